"""The student's files hold nothing of the staff's: each staff-only field is marked, and no file has a mark."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from types import ModuleType

import pytest

from grader import records
from grader.audience import STAFF_ONLY, for_students
from grader.course.grades.feedback import feedback
from grader.course.grades.totals import Counted
from grader.evaluation.probes import LIMITS
from grader.records import Adjustment, Finding, Integrity, Outcome, Probe, RecoveredTraining, RunRecord
from grader.report import interface
from grader.report.json import to_json

STAFFS = {"json", "staff"}
MARK = re.compile(r"zq\d+")
FOR_STUDENTS = sorted(set(interface.formats()) - STAFFS)


def marks() -> dict[str, str]:
    """A mark of its own for each staff-only field."""
    return {name: f"zq{number}" for number, name in enumerate(STAFF_ONLY, 100)}


@pytest.fixture(scope="module")
def marked(endings: ModuleType) -> RunRecord:
    """A run with a mark in each of these fields, which the judge has quoted as it quotes real ones."""
    mark = marks()
    names = [*LIMITS, mark["Probe.name"]]
    weights = ("flag", "note", "clean")
    probes = [
        Probe(name, weight, f"{mark['Probe.detail']}{place} of 987 images, allowed 5 %: {name}.")
        for place, name in enumerate(names)
        for weight in weights
    ]
    made: RunRecord = endings.flagged(*probes)
    found, training = made.evidence, endings.RECORDS.training()
    assert isinstance(training, RecoveredTraining)
    isolation = replace(endings.RECORDS.SANDBOX, canary=(("network", mark["Isolation.canary"]),))
    early = records.Decision(
        "explained",
        5,
        False,
        mark["RunRecord.decisions"],
        "Ada",
        "2026-11-05T10:00:00+00:00",
        "partial",
        20,
        20,
    )
    seen = Outcome("x", "by hand", mark["RunRecord.by_hand"], "review", 0, 0, 0, Finding("left", "left"))
    return replace(
        made,
        evidence=replace(
            found,
            integrity=Integrity(isolation, found.integrity.probes),
            training=replace(training, output_tail=mark["RecoveredTraining.output_tail"]),
        ),
        provenance=replace(made.provenance, platform=f"Linux {mark['Provenance.platform']} x86_64"),
        decisions=(early, replace(early, reason="The last word.", points=20)),
        by_hand=(Adjustment("penalty", 5, "does not count", seen),),
    )


def test_the_fields_that_are_named_are_there() -> None:
    for name in STAFF_ONLY:
        kind, field = name.split(".")
        assert field in {one.name for one in fields(getattr(records, kind))}


@pytest.mark.parametrize("name", FOR_STUDENTS)
def test_no_file_of_a_students_has_a_mark(name: str, marked: RunRecord) -> None:
    text = interface.formats()[name].render(marked)
    assert not MARK.findall(text)
    assert "allowed 5 %" not in text


def test_the_staffs_files_have_each_of_them(marked: RunRecord) -> None:
    for name in STAFFS:
        text = interface.formats()[name].render(marked)
        assert {where for where, mark in marks().items() if mark not in text} == set(), name


def test_a_feedback_field_and_a_self_check_have_none(marked: RunRecord) -> None:
    counted = Counted("s4", "graded", 20, 20, 250, 250, ())
    said = feedback(counted, marked)
    assert "A person will look at" in said
    assert not MARK.findall(said)
    assert not MARK.findall(to_json(for_students(marked)))


def test_the_output_of_the_code_stays_in_a_self_check(marked: RunRecord) -> None:
    found = for_students(replace(marked, self_check=True)).evidence.training
    assert isinstance(found, RecoveredTraining)
    assert found.output_tail == marks()["RecoveredTraining.output_tail"]


def test_twice_is_as_once(example_record: RunRecord) -> None:
    once = for_students(example_record)
    assert for_students(once) == once


def test_points_and_verdicts_are_the_same_for_both(example_record: RunRecord) -> None:
    shown = for_students(example_record)
    assert (shown.grade.points, shown.grade.status) == (
        example_record.grade.points,
        example_record.grade.status,
    )
    assert [(one.status, one.points, one.finding.measured) for one in shown.outcomes] == [
        (one.status, one.points, one.finding.measured) for one in example_record.outcomes
    ]


def test_a_flag_is_said_once_and_without_its_figures(endings: ModuleType) -> None:
    record = endings.endings()["flagged"].record
    text = interface.formats()["markdown"].render(record)
    assert "A person will look at how the model answers for the test images." in text
    assert "A person will look at values that are neither parameters nor buffers." in text
    for figure in ("61.1 %", "1,789", "51,234", "96.7 %", "2.2 %"):
        assert figure not in text
        assert figure in interface.formats()["staff"].render(record)
    assert "the lowest accuracy that was measured is judged" in text  # what a student has to know of a note


def test_a_run_without_probes_and_one_whose_probes_are_clean_are_told_apart(endings: ModuleType) -> None:
    clean = endings.flagged(Probe("two orders", "clean", "No image moved."))
    none = endings.flagged()
    said = [interface.formats()["html"].render(one) for one in (clean, none)]
    assert "The integrity probes saw nothing that a person needs to look at." in said[0]
    assert "No integrity probe was run." in said[1]
