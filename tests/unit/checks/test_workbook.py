"""The verdict on a workbook: shares, whose fault, and when a person looks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.workbook import Rule
from grader.evaluation.backprop import CLASS_START, QUANTITIES, WEIGHTS, quantities
from grader.records import (
    Absent,
    ErrorSeries,
    LeftOut,
    Link,
    Outcome,
    Quantity,
    SheetFacts,
    Workbook,
)

SHEET = SheetFacts("a.xlsx", "S", 300, 8, 1, 0)
ERROR = ErrorSeries(0.5, "a.xlsx, S!T3:T14", 12, 12, 0.2425198, 0.1, "")
RIGHT = tuple(
    Quantity(name, f"a.xlsx, S!{name}", "value", 12 - (name in WEIGHTS), int(name in WEIGHTS), first, 1e-17)
    for name, first in quantities(CLASS_START).items()
)
GOOD = Workbook((SHEET,), RIGHT, ERROR, (ERROR,))
ALL = {
    "first_error": 0.24252,
    "right": ["forward pass", "gradients", "weight updates"],
    "formulas": True,
    "error_falls": True,
    "learning_rates": [0.5, 2.0],
}
NO_TABLE = Absent("review", "No table was found.", "Name the headers.")


def judged(record, found: Workbook, **keys: object) -> Outcome:
    rule = Rule.model_validate({"id": "a", "check": "workbook", "points": 80.0} | (keys or ALL))
    return run(rule, replace(record.evidence, workbook=found))


def changed(*names: str, **changes: object) -> Workbook:
    """GOOD with other facts of some quantities."""
    listed = tuple(replace(one, **changes) if one.name in names else one for one in RIGHT)
    return replace(GOOD, quantities=listed)


def statuses(outcome: Outcome) -> dict[str, str]:
    return {part.name: part.status for part in outcome.parts if part.status != "passed"}


@pytest.fixture
def record(example_records):
    return example_records["full_marks"]


def test_everything_right_but_a_rate_that_is_missing(record) -> None:
    several = replace(GOOD, series=(ERROR, replace(ERROR, rate=0.1)))
    outcome = judged(record, several)
    assert (outcome.points, statuses(outcome)) == (70, {"learning rate 2": "failed"})
    whole = replace(GOOD, series=(ERROR, replace(ERROR, rate=2.0)))
    assert (judged(record, whole).status, judged(record, whole).points) == ("passed", 80)


@pytest.mark.parametrize(
    ("found", "part", "status", "said"),
    [
        (changed("dE/dw5", wrong_at="a.xlsx, S!AC4", wrong=0.2, expected=0.1), "gradients", "failed", "is first off at AC4: 0.2, expected 0.1"),
        (changed("E1", wrong_at="a.xlsx, S!V3"), "forward pass", "failed", "E1 in a.xlsx"),
        (changed("w3", wrong_at="a.xlsx, S!H4"), "weight updates", "failed", "w3 in a.xlsx"),
        (changed("h1", formulas=0, numbers=12), "formulas", "failed", "h1 in a.xlsx, S!h1 has 12"),
        (changed("w2", formulas=10, numbers=2), "formulas", "failed", "w2 in a.xlsx, S!w2 has 2"),
        (changed(*QUANTITIES[-8:], wrong_at="a.xlsx, S!A1"), "gradients", "review", "laid out in another way"),
        (replace(GOOD, quantities=RIGHT[:-1]), "gradients", "review", "dE/dw8 not found"),
        (changed(*WEIGHTS, deviation=-1.0), "weight updates", "review", "could not be compared"),
        (replace(GOOD, error=replace(ERROR, first=0.2426)), "first total error", "failed", "other numbers than the class"),
        (replace(GOOD, error=replace(ERROR, rises_at="a.xlsx, S!T9")), "falling error", "failed", "It rises at a.xlsx, S!T9"),
        (replace(GOOD, error=replace(ERROR, values=9)), "falling error", "failed", "too few lines"),
    ],
    ids=["gradient", "forward", "update", "pasted", "pasted weight", "all gradients", "no column", "uncompared", "first", "rises", "short"],
)  # fmt: skip
def test_one_fault_loses_its_own_part(record, found: Workbook, part: str, status: str, said: str) -> None:
    outcome = judged(record, found, **(ALL | {"learning_rates": [0.5]}))
    assert statuses(outcome) == {part: status}
    assert outcome.points == pytest.approx(80 * 6 / 7, abs=0.01)
    (finding,) = (one.finding for one in outcome.parts if one.name == part)
    assert said in finding.rationale
    assert outcome.open_points == (0 if status == "failed" else pytest.approx(80 / 7, abs=0.01))


@pytest.mark.parametrize(("given", "first", "status"), [(0.24252, 0.242516, "passed"), (0.24252, 0.24253, "failed"), (0.24, 0.2449, "passed"), (1, 1.4, "passed"), (1, 1.6, "failed")])  # fmt: skip
def test_the_first_error_is_compared_to_the_digits_of_the_spec(
    record, given: float, first: float, status: str
) -> None:
    found = replace(GOOD, error=replace(ERROR, first=first))
    assert judged(record, found, first_error=given).status == status


def test_a_table_that_is_not_recognised_goes_to_a_person(record) -> None:
    found = replace(GOOD, quantities=(), error=NO_TABLE, series=())
    outcome = judged(record, found)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 80)
    assert "No table was found. A person looks." in outcome.parts[0].finding.rationale


def test_a_graph_that_is_only_a_picture_goes_to_a_person(record) -> None:
    """On a sheet, or in the README; where there is no picture at all, there is no graph."""
    reading = record.evidence.reading
    pictured, bare = (
        replace(reading, readme=replace(reading.readme, links=links))
        for links in ((Link("a.png", 1, "picture"),), ())
    )
    for found, seen, status in (
        (GOOD, pictured, "review"),
        (replace(GOOD, sheets=(replace(SHEET, pictures=1),)), bare, "review"),
        (GOOD, bare, "failed"),
    ):
        with_readme = replace(record, evidence=replace(record.evidence, reading=seen))
        assert statuses(judged(with_readme, found, learning_rates=[0.1, 0.5])) == {
            "learning rate 0.1": status
        }


EMPTY = Workbook((), (), NO_TABLE, ())


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (EMPTY, "failed", ""),
        (replace(EMPTY, sheets=(SheetFacts("a.xlsx", "S", 0, 0, 0, 0),)), "failed", "No cell holds"),
        (replace(EMPTY, broken=(LeftOut("a.xlsx", "is no zip"),)), "failed", "a.xlsx is no zip."),
        (replace(EMPTY, unreadable=(LeftOut("a.xlsx", "is protected"),)), "review", "a.xlsx is protected. A person opens it."),
        (replace(EMPTY, others=("a.xls",)), "review", "There is a.xls. A person looks."),
        (replace(EMPTY, cut="1 workbook was not looked at."), "review", "1 workbook was not looked at."),
    ],
    ids=["nothing", "empty", "broken", "protected", "other", "late"],
)  # fmt: skip
def test_no_workbook(record, found: Workbook, status: str, said: str) -> None:
    outcome = judged(record, found)
    assert (outcome.status, outcome.parts) == (status, ())
    assert outcome.open_points == (0 if status == "failed" else 80)
    assert said in outcome.finding.rationale
    assert ".xlsx" in outcome.finding.hint


def test_what_was_seen_is_noted(record) -> None:
    found = replace(GOOD, notes=("a.xlsx, S!B1: 4.1 is saved, and its formula gives 4.",), cut="Not all.")
    notes = judged(record, found).notes
    assert notes[0] == "Sheets: a.xlsx, S: 300 formulas, 8 numbers, 1 chart, 0 pictures."
    assert notes[1:] == (found.notes[0], "Not all.")


@pytest.mark.parametrize(
    "keys",
    [{}, {"right": ["everything"]}, {"learning_rates": [0]}, {"learning_rates": [-1.0]}, {"first_error": 0}, {"formulas": "x"}],
    ids=str,
)  # fmt: skip
def test_a_rule_that_asks_for_nothing_that_can_be_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"id": "a", "check": "workbook", "points": 1.0} | keys)
