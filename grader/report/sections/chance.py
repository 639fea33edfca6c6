"""The chance of passing: what the grader's own verdict on an accuracy may come to. Only a self-check has one."""

from __future__ import annotations

from grader.records import Absent, Forecast, RunRecord
from grader.report.sections.interface import Column, Section, Table

TITLE = "The chance of passing"
NOT_A_GRADE = "A forecast and not a grade: the grader trains again, with seeds of its own."
COLUMNS = (
    Column("Requirement"),
    Column("Passes", "number"),
    Column("A person decides", "number"),
    Column("Fails", "number"),
    Column("From"),
)
BASIS = {
    "measured": "accuracies that this check measured",
    "stated": "your own figure, not measured",
    "nothing": "nothing known",
}


def build(record: RunRecord) -> Section:
    names = {outcome.id: outcome.requirement for outcome in record.outcomes}
    rows = tuple(_row(one, names.get(one.id, one.id)) for one in record.forecasts)
    tables = (Table("In 100 studies with other seeds", COLUMNS, rows),) if rows else ()
    lead = (*(one.sentence for one in record.forecasts), NOT_A_GRADE)
    return Section(id="chance", title=TITLE, lead=lead, tables=tables)


def _row(one: Forecast, requirement: str) -> tuple[str, ...]:
    if isinstance(one.odds, Absent):
        return (requirement, "–", "–", "–", BASIS[one.basis])
    shares = (one.odds.passed, one.odds.borderline, one.odds.failed)
    return (requirement, *map(_in_a_hundred, shares), BASIS[one.basis])


def _in_a_hundred(share: float) -> str:
    """No forecast is certain, so there is no 0 and no 100."""
    if share < 0.01:
        return "< 1"
    return "> 99" if share > 0.99 else f"{100 * share:.0f}"
