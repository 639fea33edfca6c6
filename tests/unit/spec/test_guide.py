"""The guide for authors of specs says what the loader does; each of its examples is read by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from grader.checks.interface import rule_types
from grader.errors import SpecError
from grader.spec.course import Course, load_course
from grader.spec.load import parse_spec, shipped_specs
from grader.spec.page import page
from grader.spec.schema import Spec
from grader.spec.tree import read_tree

GUIDE = (Path(__file__).parents[3] / "docs" / "writing-a-spec.md").read_text(encoding="utf-8")
TEXTS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
S4 = shipped_specs()["s4"].read_text(encoding="utf-8")


def data(text: str):
    return YAML(typ="safe", pure=True).load(text)


def read(text: str) -> str:
    """Reads a block as what it is, with the loader itself, and says what it was."""
    found = data(text)
    if isinstance(found, list):
        for rule in found:
            rule_types()[rule["check"]].model_validate(rule)
        return "checks"
    if "checks" in found:
        assert isinstance(parse_spec(text.encode(), "guide.yaml"), Spec)
        return "spec"
    if "specs" in found:
        assert isinstance(Course.model_validate(read_tree(text).data), Course)
        return "course"
    parse_spec(_within_s4(text, found).encode(), "guide.yaml")
    return "part"


def _within_s4(text: str, found: dict[str, object]) -> str:
    """The shipped spec with this part of one in place of its own."""
    kept = S4
    for key in found:
        kept = re.sub(rf"^{key}:.*\n(?: .*\n|\n)*", "", kept, flags=re.MULTILINE)
    assert not set(data(kept)) & set(found)
    return f"{kept.rstrip()}\n{text}"


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_its_examples_are_valid(text):
    assert read(text) in ("checks", "spec", "course", "part")


def test_it_shows_a_whole_spec_a_course_parts_and_every_kind_of_check():
    assert {"checks", "spec", "course", "part"} == set(map(read, TEXTS))
    shown = [rule for text in TEXTS if isinstance(data(text), list) for rule in data(text)]
    assert {rule["check"] for rule in shown} == set(rule_types())


def test_an_example_with_a_slip_would_be_noticed():
    wrong = [text.replace("test_accuracy", "tset_accuracy") for text in TEXTS if "test_accuracy" in text]
    assert len(wrong) >= 3
    for text in wrong:
        with pytest.raises((SpecError, KeyError, ValueError)):
            read(text)


def test_the_course_of_the_guide_is_one_for_the_loader_too(tmp_path):
    (text,) = [text for text in TEXTS if read(text) == "course"]
    (tmp_path / "my-course.yaml").write_text(text, encoding="utf-8")
    assert load_course(tmp_path / "my-course.yaml").specs == ("s4",)


def test_the_ten_minute_spec_has_every_number_of_the_assignments_text():
    (text,) = [text for text in TEXTS if read(text) == "spec"]
    spec = parse_spec(text.encode(), "digits.yaml")
    said = page(spec)
    for number in (
        "at most 15",
        "99.4 %",
        "last 3 epochs",
        "fewer than 10,000",
        "8,000",
        "-100",
        "-100 %",
        "-30 %",
    ):
        assert number in said, number
    quoted = "\n".join(line for line in GUIDE.splitlines() if line.startswith(">"))
    for number in ("15 epochs", "99.4 %", "10,000", "8,000", "−100", "−30 %"):
        assert number in quoted


@pytest.mark.parametrize("model", [Spec, Course], ids=["spec", "course"])
def test_it_names_every_key(model):
    for name in model.model_fields:
        in_table = re.search(rf"^\| .*`{name}`.* \|", GUIDE, re.MULTILINE)
        assert in_table or (model is Course and re.search(rf"^{name}:", GUIDE, re.MULTILINE)), name


def test_its_messages_are_those_of_the_loader():
    for old, new in (
        ("edition: 1", "editon: 1"),
        ("points: 250", "points: 240"),
        ("25000", "25k"),
        ("id: learns-fast", "id: small"),
    ):
        assert old in S4
        with pytest.raises(SpecError) as caught:
            parse_spec(S4.replace(old, new, 1).encode(), "my-spec.yaml")
        shown = [
            line.split(", points, ...")[0] for line in GUIDE.splitlines() if line.startswith("my-spec.yaml:")
        ]
        assert any(problem.startswith(line) for problem in caught.value.problems for line in shown), (
            caught.value.problems
        )
