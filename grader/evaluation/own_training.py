"""Judging the student's own training, session by session, as it was recovered.

A training that was not recovered costs nothing by itself: a person looks. What was only read in the source, and not
seen while it ran, is judged like the rest, and the finding says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol

from grader.evaluation.remarks import chosen_session
from grader.records import Absent, Finding, Part, RecoveredTraining, Session, Status
from grader.text import clean, counted


@dataclass(frozen=True)
class Answer:
    """What one session shows of what a check asks for."""

    status: Literal["passed", "failed", "review"]
    measured: str
    why: str = ""
    hint: str = ""
    place: str = ""  # of the line that says so; "" for the training's own
    notes: tuple[str, ...] = ()


class Asked(Protocol):
    """What is needed of a check's rule."""

    @property
    def points(self) -> float: ...

    @property
    def each_session(self) -> bool: ...

    def requirement(self) -> str: ...


class Judged(NamedTuple):
    """The fields of a check's verdict, in their order."""

    status: Status
    finding: Finding
    share: float = 0.0
    open_share: float = 0.0
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()


def judged(
    asked: Asked,
    training: RecoveredTraining | Absent,
    look: Callable[[Session], Answer],
    *,
    any_session: bool = False,
) -> Judged:
    """The verdict on the training that made the model.

    Where it is asked: on each training with an equal share, or on the best of them (`any_session`).
    """
    expected = asked.requirement()
    if isinstance(training, Absent):
        return not_recovered(training, expected)
    session = chosen_session(training)
    if session is None:
        why = "It is not certain which training made the model: a person looks."
        return Judged("review", Finding("not clear enough to judge", expected, why), open_share=1.0)
    if asked.each_session:
        return _each(asked, training, look)
    if any_session:
        session = _best(training, session, look)
    answer = settled(session, look(session))
    others = len(training.sessions) - 1
    notes = (*answer.notes, *_of_several(session, others))
    finding = _finding(session, answer, expected)
    return Judged(answer.status, finding, *_shares(answer.status), notes=notes)


def not_recovered(absent: Absent, expected: str) -> Judged:
    """A training that could not be recovered goes to a person; other reasons say themselves what they mean."""
    tried = absent.cause == "skipped" and absent.stage == "capture"
    status: Status = "review" if tried else absent.cause
    finding = Finding("not found out", expected, clean(absent.reason, 2_000), clean(absent.hint, 600))
    return Judged(status, finding, open_share=0.0 if status == "failed" else 1.0)


def settled(session: Session, answer: Answer) -> Answer:
    """The answer as far as it can be sure: nothing is lost by a training that may not be the model's."""
    if answer.status == "failed" and session.confidence == "low":
        doubt = "It is not certain that this training made the model handed in: a person looks."
        return replace(answer, status="review", why=f"{answer.why} {doubt}".strip())
    return answer


def reason_of(session: Session, *fields: str) -> str:
    """Why one of these fields of the session could not be found out; "" where all are known."""
    for name, reason in session.unknown[:100]:
        if name in fields:
            return clean(reason, 300)
    return ""


def way_of(session: Session) -> str:
    """How it is known, as the end of a sentence."""
    return "seen while it ran" if session.way == "captured" else "read in the source, not seen to run"


def _best(training: RecoveredTraining, chosen: Session, look: Callable[[Session], Answer]) -> Session:
    """The session with the best answer; the chosen one where none is better."""
    order = ("passed", "review", "failed")
    sessions = (chosen, *(one for one in training.sessions if one is not chosen))
    return min(sessions, key=lambda one: order.index(settled(one, look(one)).status))


def _each(asked: Asked, training: RecoveredTraining, look: Callable[[Session], Answer]) -> Judged:
    certain = [one for one in training.sessions if one.confidence != "low"]
    sessions = certain or list(training.sessions)
    share = asked.points / len(sessions)
    parts = tuple(_part(number, one, look, share) for number, one in enumerate(sessions, 1))
    left = len(training.sessions) - len(sessions)
    held = "they may be tests of learning rates or parts of another training"
    notes = (f"{counted(left, 'training was', 'trainings were')} not judged: {held}.",) if left else ()
    passed = sum(one.status == "passed" for one in parts)
    review = sum(one.status == "review" for one in parts)
    status: Status = "review" if review else "passed" if passed == len(parts) else "partial"
    finding = Finding(f"{passed} of {counted(len(parts), 'training', 'trainings')}", asked.requirement())
    share_open = review / len(parts)
    return Judged(
        "failed" if not passed and not review else status,
        finding,
        passed / len(parts),
        share_open,
        parts,
        notes,
    )


def _part(number: int, session: Session, look: Callable[[Session], Answer], share: float) -> Part:
    answer = settled(session, look(session))
    trained = clean(session.model.text, 80) if session.model.name else "training"
    name = f"{number}: {trained}, {clean(session.place, 120)}"
    points = share if answer.status == "passed" else 0.0
    expected = "the same of each training"
    return Part(name, answer.status, points, share, _finding(session, answer, expected))


def _finding(session: Session, answer: Answer, expected: str) -> Finding:
    place = clean(answer.place or session.place or session.unit, 200)
    return Finding(f"{answer.measured} ({place}, {way_of(session)})", expected, answer.why, answer.hint)


def _shares(status: Status) -> tuple[float, float]:
    """(certain, open)."""
    return (1.0 if status == "passed" else 0.0), (1.0 if status == "review" else 0.0)


def _of_several(session: Session, others: int) -> tuple[str, ...]:
    if others < 1:
        return ()
    found = counted(others, "other training was", "other trainings were")
    return (f"Judged is the training in {clean(session.place or session.unit, 200)}; {found} found.",)
