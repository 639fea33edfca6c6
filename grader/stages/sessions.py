"""Which of the training sessions of a unit made the model that was handed in, and how sure that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from grader.isolation.capture_answer import Capture, Seen
from grader.records import Absent, Claim, LogLine, ModelFacts, Reading, Session

TINY_RATE = 1e-5
"""A test of learning rates starts at about 1e-7; a training never starts below this."""

_BY_METRIC = "ReduceLROnPlateau"

_RAMPS = frozenset({"LambdaLR", "ExponentialLR", "MultiplicativeLR", "CyclicLR"})


def looks_like_rate_test(seen: Seen) -> bool:
    """Whether this is a learning-rate range test: one pass, nothing evaluated, a rate that climbs in each step."""
    session = seen.session
    if session.passes > 1 or session.evaluations or seen.steps < 2:
        return False
    climbs = seen.rises >= 0.9 * (seen.steps - 1) and seen.climbs
    ramp = any(
        one.steps == "per batch" and (one.call.name in _RAMPS or one.call.library == "")
        for one in session.schedules
    )
    return climbs and (ramp or session.first_rate < TINY_RATE or not session.schedules)


def choose(
    found: Capture, reading: Reading, model: ModelFacts | Absent
) -> tuple[tuple[Session, ...], int, str]:
    """All sessions with their confidence, the index of the chosen one, and why it was chosen.

    A home-made learning-rate finder may loop more often than the training: sessions that evaluate after at least
    half of their passes go first, then those of the model that was handed in, then the most passes, then the last.
    """
    order = sorted(range(len(found.seen)), key=lambda index: _rank(found.seen[index], model, index))
    best = order[-1]
    sessions = tuple(replace(one.session, confidence=_confidence(one, reading, model)) for one in found.seen)
    chosen = sessions[best]
    reason = f"{chosen.unit} was run with stand-ins for the data; the training was seen in {chosen.place}."
    if len(sessions) > 1:
        reason += f" Of its {len(sessions)} training sessions this is the one {_because(found, best, model)}."
    return sessions, best, reason


def _rank(seen: Seen, model: ModelFacts | Absent, index: int) -> tuple[bool, bool, int, int, int]:
    session = seen.session
    return (
        not looks_like_rate_test(seen),
        _evaluates(session),
        _likeness(session, model),
        session.passes,
        index,
    )


def _evaluates(session: Session) -> bool:
    return 2 * sum(one.passes for one in session.evaluations) >= max(1, session.passes)


def _likeness(session: Session, model: ModelFacts | Absent) -> int:
    """2: the model handed in, by name and size; 1: by one of the two; 0: another, or unknown."""
    if isinstance(model, Absent):
        return 0
    same_size = session.trainable == model.trainable
    return int(same_size) + int(same_size and session.model.name == model.entrypoint.class_name)


def _because(found: Capture, best: int, model: ModelFacts | Absent) -> str:
    sessions = [one.session for one in found.seen]
    likeness = [_likeness(one, model) for one in sessions]
    if likeness[best] > min(likeness):
        return "that trains the model handed in"
    if sessions[best].passes > max([one.passes for i, one in enumerate(sessions) if i != best], default=0):
        return "with the most passes over the data"
    return "that comes last"


def _confidence(seen: Seen, reading: Reading, model: ModelFacts | Absent) -> Literal["high", "medium", "low"]:
    session = seen.session
    if session.at_import or looks_like_rate_test(seen) or not session.evaluations:
        return "low"
    claimed = {int(claim.value) for claim in _claims(reading, "parameters")}
    sized = session.trainable in claimed or _likeness(session, model) > 0
    logged = {log.epoch for log in _logs(reading)} | {
        int(claim.value) for claim in _claims(reading, "epochs")
    }
    counted = session.epochs == session.passes or session.epochs in logged
    by_metric = any(one.call.name == _BY_METRIC and one.steps != "never" for one in session.schedules)
    if by_metric or "epochs" in dict(session.unknown):
        # What it measured was measured on stand-ins: the real training took another course.
        return "medium"
    return "high" if sized and counted else "medium"


def _claims(reading: Reading, name: str) -> list[Claim]:
    own = () if isinstance(reading.readme, Absent) else reading.readme.claims
    return [claim for claim in (*own, *reading.claims) if claim.name == name]


def _logs(reading: Reading) -> tuple[LogLine, ...]:
    return () if isinstance(reading.readme, Absent) else reading.readme.logs
