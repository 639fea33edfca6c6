"""The contract of every report format, over every kind of ending."""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import replace

import pytest

from grader.errors import UsageError
from grader.records import RunRecord
from grader.report import interface

FORMATS = sorted(interface.formats())
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

OF_GRADES = {"actions_annotations", "actions_summary", "classroom50", "gradescope", "junit"}
"""What other systems take: the verdict, and not the evidence behind it."""

each_format = pytest.mark.parametrize("name", FORMATS)


def test_the_formats_are_found_by_their_files() -> None:
    whole = {"html", "json", "markdown", "staff", "terminal"}
    assert set(FORMATS) == whole | OF_GRADES
    assert len({module.file_name for module in interface.formats().values()}) == len(FORMATS)


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r'format "pdf".*html, json, .*markdown \(md\), staff, terminal'):
        interface.reports(("html", "pdf"))


def test_the_stored_files_are_those_of_a_run_folder(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    written = {report.file_name: report.render(record) for report in interface.reports()}
    assert sorted(written) == ["README.md", "report.html", "result.json", "staff.html"]
    assert all(text.encode("utf-8") for text in written.values())


@each_format
def test_the_same_record_gives_the_same_bytes(
    name: str, example_record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = interface.formats()[name].render(example_record).encode("utf-8")
    for key, value in {"COLUMNS": "33", "FORCE_COLOR": "1", "TERM": "xterm-256color", "LANG": "C"}.items():
        monkeypatch.setenv(key, value)
    assert interface.formats()[name].render(dataclasses.replace(example_record)).encode("utf-8") == first


@each_format
def test_no_character_can_drive_a_terminal_or_reorder_a_line(name: str, example_record: RunRecord) -> None:
    text = interface.formats()[name].render(example_record)
    driving = {c for c in text if ord(c) < 32 or 0x7F <= ord(c) < 0xA0} - {"\n"}
    assert not driving
    assert not set(text) & set(BIDI)
    assert text.endswith("\n")


@each_format
def test_every_ending_is_told_apart(name: str, example_records: dict[str, RunRecord]) -> None:
    texts = {interface.formats()[name].render(record) for record in example_records.values()}
    verdicts = {(record.outcomes, record.grade) for record in example_records.values()}
    assert len(verdicts) == len(example_records) - 2  # the evidence alone tells two of them from full marks
    assert len(texts) == (len(verdicts) if name in OF_GRADES else len(example_records))


@each_format
def test_the_reasons_against_a_grade_are_always_shown(
    name: str, example_records: dict[str, RunRecord]
) -> None:
    text = " ".join(interface.formats()[name].render(example_records["review"]).split())
    assert "the pictures were generated, they are not MNIST." in text
    assert "Isolation level 1: code was trusted." in text


@each_format
def test_an_absence_is_shown_as_its_reason(name: str, example_records: dict[str, RunRecord]) -> None:
    assert "The disk is full." in interface.formats()[name].render(example_records["minimal"])
    assert "No class in the submission is an nn.Module." in interface.formats()[name].render(
        example_records["no_model"]
    )


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])  # which is the record, uncut
def test_a_very_long_name_does_not_make_a_very_long_report(
    name: str, example_records: dict[str, RunRecord]
) -> None:
    record = example_records["full_marks"]
    long = replace(record.evidence.submission, name="x" * 1_000_000, source="<" * 1_000_000)
    changed = replace(record, title="t" * 1_000_000, evidence=replace(record.evidence, submission=long))
    assert (
        len(interface.formats()[name].render(changed))
        < len(interface.formats()[name].render(record)) + 10_000
    )


def test_rendering_imports_no_torch(example_records: dict[str, RunRecord]) -> None:
    before = "torch" in sys.modules
    for name in FORMATS:
        interface.formats()[name].render(example_records["partial"])
    assert ("torch" in sys.modules) == before
