"""For the staff: decisions that a later one replaced, and penalties that only a person takes.

A student's record holds neither (`grader.audience`), so that a student's report has no such section.
"""

from __future__ import annotations

from grader.records import Adjustment, Decision, RunRecord
from grader.report import words
from grader.report.sections.interface import Column, Section, listed

_DECISIONS = (Column("About", "code"), Column("Decided"), Column("By"), Column("When"), Column("Reason"))
_BY_HAND = (Column("Penalty", "code"), Column("Effect", "number"), Column("It is taken for"))


def has_any(record: RunRecord) -> bool:
    return bool(record.by_hand) or len({one.id for one in record.decisions}) < len(record.decisions)


def build(record: RunRecord) -> Section:
    checks = {one.id for one in record.outcomes}
    replaced = tuple(_decision(one, one.id in checks) for one in record.decisions)
    left = tuple(map(_penalty, record.by_hand))
    return Section(
        id="history",
        title="What people decided, and what they may",
        tables=(
            *listed("Every decision, in order; the last one about each counts", _DECISIONS, replaced),
            *listed("Penalties that only a person takes", _BY_HAND, left),
        ),
    )


def _decision(one: Decision, of_check: bool) -> tuple[str, ...]:
    said = f"{words.points(one.points)} points" if of_check else "yes" if one.counts else "no"
    return one.id, said, one.who, words.moment(one.decided_at), words.sentence(one.reason)


def _penalty(one: Adjustment) -> tuple[str, ...]:
    return one.id, words.effect(one), one.outcome.requirement
