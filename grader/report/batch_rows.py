"""What the page of a batch knows of each submission: a small row out of a run's record, or one without a run.

A record is large, and a course has thousands: each is read, made into its row, and let go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from sys import intern

from grader.decisions import open_items
from grader.records import Absent, ModelFacts, Outcome, RunRecord, Status
from grader.report import words
from grader.report.deciding import span
from grader.report.inert import one_line
from grader.report.words import Word

NAME_LIMIT = 80
REASON_LIMIT = 240
_NOTHING = Absent("skipped", "There is no run.")

GRADED = {
    "passed": Word("✓", "Passed", "good", "at or above the pass mark"),
    "below": Word("✗", "Below the pass mark", "bad", ""),
    "person": Word("?", "Needs a person", "person", "something is open"),
    "ungradable": Word("✗", "Could not be graded", "bad", "it lacks what the central check needs"),
    "fault": Word("!", "Grader fault", "fault", "the grader or its machine failed; to be run again"),
    "unread": Word("!", "Cannot be read", "fault", "its stored run is broken; to be graded again"),
}
"""How a row with a run stands."""

WITHOUT_A_RUN = {
    "missing": Word("–", "Nothing handed in", "quiet", ""),
    "unreachable": Word("✗", "Unreachable", "bad", "what was handed in cannot be had"),
    "blocked": Word("!", "For you to put right", "person", "a link, a token or the roster"),
    "stuck": Word("!", "Machine's fault", "fault", "three times; costs no point"),
    "waiting": Word("·", "Not graded yet", "quiet", "the batch is at work, or was stopped"),
}
"""How a row without one stands. A batch at work knows more states: they all are `waiting` here."""

STATES = GRADED | WITHOUT_A_RUN


@dataclass(frozen=True)
class Mark:
    """How one check came out."""

    id: str
    requirement: str
    status: Status


@dataclass(frozen=True)
class Open:
    """Something that a person has to decide."""

    id: str
    span: str  # what can be decided: `0 to 50 points`


@dataclass(frozen=True)
class BatchRow:
    """One submission, or one row of the roster that has none."""

    name: str
    state: str  # one of `STATES`
    reason: str  # "" where the state says it all
    address: str = ""  # of its report, relative to the page; "" where there is none
    points: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0
    max_points: float = 0.0  # of what was judged; 0 where nothing was
    pass_mark: float = 0.0
    accuracy: float | Absent = _NOTHING
    seeds: int = 0
    parameters: int | Absent = _NOTHING
    train_seconds: float = 0.0
    wall_seconds: float = 0.0
    marks: tuple[Mark, ...] = ()
    open: tuple[Open, ...] = ()
    spec_digest: str = ""
    not_a_grade: bool = False

    @property
    def has_points(self) -> bool:
        """Whether its points say something about the submission."""
        return self.max_points > 0 and self.state != "fault"

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the checks that are not wholly met."""
        return tuple(one.id for one in self.marks if one.status in ("failed", "partial"))


def row_of_run(record: RunRecord, address: str) -> BatchRow:
    """The row of a stored run; every text in it is inert."""
    grade, made, evidence = record.grade, record.provenance, record.evidence
    measured = evidence.test_accuracy
    return BatchRow(
        name=one_line(evidence.submission.name, NAME_LIMIT),
        state=_state(record),
        reason="" if grade.status == "complete" else one_line(grade.reason, REASON_LIMIT),
        address=address,
        points=_finite(grade.points),
        lowest=_finite(grade.lowest),
        highest=_finite(grade.highest),
        max_points=_finite(grade.max_points),
        pass_mark=_finite(grade.pass_mark),
        accuracy=_absent(measured) if isinstance(measured, Absent) else _finite(measured.value),
        seeds=0 if isinstance(measured, Absent) else len(measured.values),
        parameters=_parameters(evidence.model),
        train_seconds=_finite(made.train_seconds),
        wall_seconds=_finite(made.wall_seconds),
        marks=tuple(_mark(one) for one in record.outcomes),
        open=tuple(Open(one_line(one.id, NAME_LIMIT), span(one)) for one in open_items(record)),
        spec_digest=made.spec_digest,
        not_a_grade=bool(record.not_a_grade),
    )


def row_without_run(name: str, state: str, reason: str) -> BatchRow:
    """The row of somebody without a run; every text in it is inert.

    Args:
        state: as the batch keeps it, or `unread`.
    """
    shown = state if state in STATES else "waiting"
    return BatchRow(one_line(name, NAME_LIMIT), shown, one_line(reason, REASON_LIMIT))


def _state(record: RunRecord) -> str:
    grade = record.grade
    if grade.status in ("infrastructure", "needs_review", "ungradable"):
        return {"infrastructure": "fault", "needs_review": "person"}.get(grade.status, "ungradable")
    return "passed" if grade.passed else "below"


def _mark(outcome: Outcome) -> Mark:
    """Interned: the same few texts stand in every row."""
    return Mark(
        intern(one_line(outcome.id, NAME_LIMIT)),
        intern(one_line(outcome.requirement, REASON_LIMIT)),
        outcome.status,
    )


def _finite(number: float) -> float:
    """The number, and 0 for what is none or past all bounds: a stored record may have been edited."""
    return number if math.isfinite(number) and abs(number) < 1e12 else 0.0


def _parameters(model: ModelFacts | Absent) -> int | Absent:
    if isinstance(model, Absent):
        return _absent(model)
    if 0 <= model.parameters < 10**15:
        return model.parameters
    return Absent("review", "The stored number cannot be right.")


def _absent(why: Absent) -> Absent:
    return Absent(why.cause, one_line(words.why_not(why), REASON_LIMIT))
