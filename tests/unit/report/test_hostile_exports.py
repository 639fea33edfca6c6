"""Whatever a student writes, in every text of a record at once: no export obeys it and none becomes invalid."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from grader.course.stored.actions import log_text
from grader.records import RunRecord
from grader.report.interface import formats

SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schemas"
WORST = (
    "::set-output name=x::y",
    "  ::error::x",
    "\n::add-mask::a",
    "\r::set-env name=PATH::/tmp",
    "##[add-path]/tmp",
    "x ##[set-env name=a]b",
    "::stop-commands::endtoken",
    "]]>",
    "<script>alert(1)</script>",
    "<![CDATA[x",
    "&lt;&#0;",
    "\x00",
    "\x1b]8;;x\x07",
    "\u202e\u2066",
    "\u2028::error::x\u2029",
    "\x85::error::x",
    "\xa0::error::x",
    "\ud800",
    "\ufffe\uffff",
    "=HYPERLINK(1)",
    "[a](javascript:b)",
    "![a](http://b)",
    "| a |\n| --- |",
    "```",
    "`",
    "\\",
    "%0A::error::x",
    "%",
    "<details>",
    "https://evil.example",
    "# a",
    "> a",
)
texts = st.lists(st.sampled_from(WORST) | st.text(max_size=8), max_size=6).map("".join)


@pytest.fixture(scope="module")
def fixture() -> ModuleType:
    return sys.modules["grader_test_records"]


@pytest.fixture(scope="module")
def base(fixture) -> RunRecord:
    """Every kind of entry and every kind of annotation, with little evidence: what is tried many times is small."""
    made: RunRecord = fixture.review()
    found = replace(made.evidence, trials=(), explanations=fixture.minimal().evidence.model)
    worst = replace(made.grade, adjustments=fixture.adjusted().grade.adjustments)
    decisions = fixture.decided().decisions
    return replace(made, evidence=found, grade=worst, decisions=decisions)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Draft202012Validator]:
    return {
        name: Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))
        for name in ("gradescope", "classroom50")
    }


@settings(max_examples=15)
@given(text=texts)
def test_every_export_stays_valid_and_no_runner_obeys_it(
    text, fixture, base, schemas, actions_runner
) -> None:
    record = fixture.with_every_string(base, text)
    made = {
        name: formats()[name].render(record)
        for name in ("gradescope", "classroom50", "junit", "actions_summary")
    }
    for name, schema in schemas.items():
        assert not list(schema.iter_errors(json.loads(made[name])))
    ElementTree.fromstring(made["junit"].encode("utf-8"))
    for name, printed in made.items():
        assert actions_runner().read(printed).obeyed == [], name
    annotated = actions_runner().read(formats()["actions_annotations"].render(record))
    assert len(annotated.obeyed) == len(annotated.of("error", "warning", "notice"))
    assert annotated.plain == [""]


@settings(max_examples=15)
@given(text=texts)
def test_the_log_of_a_step_obeys_its_own_commands_alone(text, fixture, base, actions_runner) -> None:
    record = fixture.with_every_string(base, text)
    read = actions_runner().read(log_text(record))
    assert [one.name for one in read.obeyed[:3]] == ["group", "stop-commands", "endgroup"]
    assert {one.name for one in read.obeyed[3:]} <= {"error", "warning", "notice"}
    assert read.token == ""


@settings(max_examples=15)
@given(text=texts)
def test_nothing_in_the_summary_becomes_markup(text, fixture, base) -> None:
    shown = formats()["actions_summary"].render(fixture.with_every_string(base, text))
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").parse(shown)
    found = {inner.type for token in tokens for inner in (token, *(token.children or ()))}
    assert not found & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}


def test_the_reader_would_see_an_attack(actions_runner) -> None:
    """The runner of these tests does obey what stands unguarded."""
    text = "a\n  ::set-output name=x::y\nb ##[add-path]/tmp\n::stop-commands::t\n::error::no\n::t::\n::error::yes"
    read = actions_runner().read(text)
    assert [one.name for one in read.obeyed] == ["set-output", "add-path", "stop-commands", "error"]
    assert read.obeyed[-1].data == "yes"
