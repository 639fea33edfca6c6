"""What GitHub Actions shows: annotations, those that matter most first, and a summary below its limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.records import Claim, Comparison, RunRecord
from grader.report.actions_annotations import PER_KIND, Annotation, annotated, render
from grader.report.actions_summary import CUT, LIMIT_BYTES, summary

KINDS = ("error", "warning", "notice")


def test_each_line_is_one_command_and_nothing_else_is(example_record: RunRecord, actions_runner) -> None:
    text = render(example_record)
    read = actions_runner().read(text)
    assert len(read.obeyed) == len(read.of(*KINDS)) == len(text.splitlines())
    assert read.plain == [""]
    assert [one.name for one in read.obeyed] == sorted((one.name for one in read.obeyed), key=KINDS.index)
    assert all(len(read.of(kind)) <= PER_KIND for kind in KINDS)


def test_a_runner_reads_what_was_meant(actions_runner) -> None:
    one = Annotation("warning", "a:: b, c % d", "50 %: done, ::error::x %0A", "S4/my file, v2:1.py", 41)
    (read,) = actions_runner().read(one.command()).obeyed
    assert (read.name, read.data) == ("warning", one.message)
    assert read.properties == {"title": one.title, "file": one.file, "line": "41"}


texts = st.text(alphabet=":,%=#[]0AD \n\r\u2028ax", max_size=30) | st.text(max_size=10)


@settings(max_examples=60)
@given(title=texts, message=texts)
def test_no_text_leaves_its_command(title: str, message: str, actions_runner) -> None:
    (read,) = actions_runner().read(Annotation("notice", title, message, title, 3).command()).obeyed
    assert read.name == "notice"
    assert set(read.properties) <= {"title", "file", "line"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("full_marks", "notice"),
        ("partial", "error"),
        ("no_model", "error"),
        ("review", "notice"),
        ("infrastructure", "error"),
        ("self_check", "notice"),
    ],
)
def test_the_verdict_comes_first_of_its_kind(name, kind, example_records) -> None:
    first = next(one for one in annotated(example_records[name]) if one.kind == kind)
    assert first.title.startswith("s4: ")
    assert example_records[name].grade.reason in first.message


def test_the_check_that_costs_most_comes_next(example_records) -> None:
    errors = [one.title for one in annotated(example_records["no_model"]) if one.kind == "error"]
    assert errors[1:] == ["learns-fast: Not met", "small: Not met"]


def test_more_than_ten_of_a_kind_are_cut_and_the_lightest_go(example_records) -> None:
    made = example_records["no_model"]
    failed = made.outcomes[0]
    many = tuple(replace(failed, id=f"c{i}", max_points=float(i)) for i in range(1, 16))
    errors = [one for one in annotated(replace(made, outcomes=many)) if one.kind == "error"]
    assert len(errors) == PER_KIND
    assert [one.title for one in errors[1:]] == [f"c{i}: Not met" for i in range(15, 6, -1)]


def test_a_place_in_a_file_is_shown_there(example_records) -> None:
    found = {one.title: one for one in annotated(example_records["review"]) if one.file}
    logged = next(one for one in found.values() if one.title == "measured on the training set")
    assert (logged.file, logged.line) == ("README.md", 41)
    made = example_records["review"]
    below = replace(made.evidence, submission=replace(made.evidence.submission, subfolder="S4"))
    assert {one.file for one in annotated(replace(made, evidence=below)) if one.file} == {"S4/README.md"}


def test_a_file_that_was_not_handed_in_is_not_named(example_records) -> None:
    made = example_records["full_marks"]
    claim = Claim("parameters", 1.0, "../../etc/passwd:3", "1 parameter")
    lie = Comparison(claim, "6,338", "differs", "Stated are 6,337 less.")
    (found,) = [
        one
        for one in annotated(replace(made, evidence=replace(made.evidence, comparisons=(lie,))))
        if one.kind == "warning"
    ]
    assert (found.file, found.line) == ("", 0)


def test_a_harmless_remark_is_no_warning(example_records) -> None:
    made = example_records["review"]
    assert any(one.harmless for one in made.evidence.remarks)
    assert not [one for one in annotated(made) if "log-softmax" in one.title]


def test_a_summary_that_fits_is_whole(example_record: RunRecord) -> None:
    text = summary(example_record, LIMIT_BYTES)
    assert CUT not in text
    assert len(text.encode()) < LIMIT_BYTES


@pytest.mark.parametrize("limit", [0, 200, 500, 1000])
def test_a_summary_is_cut_between_paragraphs_and_says_so(limit, example_records) -> None:
    whole = summary(example_records["adjusted"], LIMIT_BYTES)
    text = summary(example_records["adjusted"], limit)
    assert len(text.encode()) <= limit
    if text:
        kept, _, said = text.rpartition("\n\n")
        assert said == f"{CUT}\n"
        assert whole.startswith(f"{kept}\n\n")


def test_a_huge_record_stays_below_the_limit(example_records) -> None:
    made = example_records["partial"]
    long = replace(made.outcomes[0], notes=("é" * 590,) * 1000)
    text = summary(replace(made, outcomes=(long,)), LIMIT_BYTES)
    assert len(text.encode()) <= LIMIT_BYTES
    assert text.startswith("# MNIST in one epoch")
    assert text.endswith(f"{CUT}\n")
