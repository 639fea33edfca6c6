"""The page that students read: up to date, with the numbers of the spec, and text that stays text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.checks.interface import rule_types
from grader.spec.load import load_spec, parse_spec, shipped_specs
from grader.spec.measured import how_measured
from grader.spec.new import new_spec_text
from grader.spec.page import page

DOCS = Path(__file__).parents[3] / "docs"
PAGES = sorted((DOCS / "rules").glob("*.md"))


def test_there_is_a_page_of_s4_and_none_without_a_spec():
    assert "s4" in {file.stem for file in PAGES} <= set(shipped_specs())


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_a_page_is_up_to_date(file):
    """After a change: `grader spec show --page s4 > docs/rules/s4.md`."""
    assert file.read_text(encoding="utf-8") == page(load_spec(file.stem).spec)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_its_links_lead_somewhere(file):
    links = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", file.read_text(encoding="utf-8"))
    assert links
    for target, anchor in links:
        text = (file.parent / target).read_text(encoding="utf-8")
        headings = [
            line.lstrip("# ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")
        ]
        assert not anchor or anchor in headings


def full() -> str:
    return new_spec_text("net", "net.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fewer_than: 20000", "fewer_than: 31000", "fewer than 31,000 parameters"),
        ("at_least: 99 %", "at_least: 97.5 %", "97.5 % or more"),
        ("time_limit: 10 min", "time_limit: 90 s", "90 s of counted time"),
        ("{at_most: 15}", "{exactly: 3}", "exactly 3 epochs"),
        ("{at_most: 15}", "{at_most: student, cap: 60}", "the grader trains at most 60"),
        (
            "seeds: {at_least: 1, at_most: 5}",
            "seeds: {at_least: 3, at_most: 3}",
            "3 times, each time with a seed",
        ),
        ("seeds: {at_least: 1, at_most: 5}", "seeds: {at_least: 1, at_most: 1}", "15: once, each time"),
        ("recipe: student", "recipe: default", "One recipe for everybody: `sgd(momentum=0.9)`"),
        ("pass_mark: 70 %", "pass_mark: 60 %", "60 % pass"),
        ("points_source: course", "points_source: ours", "these are ours"),
        ("times: 2", "times: 4", "`x4`"),
        ("percent: 100 %", "percent: 50 %", "`-50 %`"),
        ("not_handed_in: -30 %", "not_handed_in: -20 %", "counts -20 % of the points: -20."),
        ("# models_repository", "  models_repository", "Code in a second repository"),
    ],
)
def test_its_numbers_are_those_of_the_spec(old, new, said):
    assert old in full()
    assert said not in page(parse_spec(full().encode(), "x.yaml"))
    assert said in page(parse_spec(full().replace(old, new, 1).encode(), "x.yaml"))


def test_an_assignment_without_training_speaks_of_none():
    text = re.sub(r"\ntraining:.*?\n\nchecks:", "\nchecks:", full(), flags=re.DOTALL)
    text = (
        text[: text.index("checks:")]
        + "checks:\n  - {id: a, check: readme, shows: [training log], points: 100}\n"
    )
    said = page(parse_spec(text.encode(), "x.yaml"))
    assert "epoch" not in said.split("## How it is measured")[0]
    assert "The grader trains" not in said
    assert "except for the accuracy" not in said


def test_text_of_a_spec_is_no_markup():
    text = full().replace("The title of the assignment", '"<b>x</b> [a](b) | *c* `d`"')
    assert page(parse_spec(text.encode(), "x.yaml")).startswith(
        "# \\<b\\>x\\</b\\> \\[a\\](b) \\| \\*c\\* \\`d\\`\n"
    )


@pytest.mark.parametrize("kind", sorted(rule_types()))
def test_every_kind_of_check_is_explained(kind):
    """Also one that has no words of its own here: then the first words of its file are taken."""
    spec_rules = [
        rule for name in shipped_specs() for rule in load_spec(name).spec.rules if rule.check == kind
    ]
    guide = (DOCS / "writing-a-spec.md").read_text(encoding="utf-8")
    from ruamel.yaml import YAML

    blocks = [
        YAML(typ="safe", pure=True).load(text) for text in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    ]
    written = [rule for block in blocks if isinstance(block, list) for rule in block if rule["check"] == kind]
    rules = [*spec_rules, *(rule_types()[kind].model_validate(rule) for rule in written)]
    assert rules
    for rule in rules:
        said = how_measured(rule)
        assert said
        assert all(len(line) > 20 and line[-1] in ".:" for line in said), said


def test_an_assignment_without_an_accuracy_says_that_nothing_is_trained():
    spec = parse_spec(full().encode(), "net.yaml")
    checks = tuple(rule for rule in spec.checks if rule.check != "test_accuracy")
    untrained = spec.model_copy(update={"checks": checks, "bonuses": (), "multiplier": None, "penalties": ()})
    shown = page(untrained)
    assert "No accuracy is asked for, so the grader does not train your model" in shown
    assert "comes from the default" not in shown
    assert "in seconds." in shown
    assert "No accuracy is asked for" not in page(spec)
