"""Rates that came from a learning-rate finder: taken from what the notebook printed, or named as not recoverable."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from grader.isolation.conversation import FINDER_RATE
from grader.reading.notebook import LIMIT_CHARACTERS, code_cells
from grader.reading.staged import staged_text
from grader.records import Call, Scalar, Session

_SUGGESTED = re.compile(
    r"(?:suggested|suggestion|best|optimal|max(?:imum)?)[ _]{0,2}(?:lr|learning[ _]rate)[^\d\n]{0,20}?"
    r"(\d{0,3}\.?\d{1,12}(?:[eE][-+]?\d{1,3})?)",
    re.IGNORECASE,
)
_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.04, 0.02, 0.01, 0.001, 2.0, 5.0, 10.0)
"""What students multiply a suggested rate by."""

_NOT_RECOVERABLE = "from a finder, not recoverable"


def with_found_rate(session: Session, root: Path, unit: str) -> Session:
    """The session with the stand-in's rate replaced by the one that the finder really printed, where it did."""
    if not _comes_from_finder(session):
        return session
    printed = _printed(root, unit)
    optimizer = _resolved(session.optimizer, printed)
    schedules = tuple(replace(one, call=_resolved(one.call, printed)) for one in session.schedules)
    if printed is not None:
        rate, cell = printed
        return replace(
            session,
            optimizer=optimizer,
            schedules=schedules,
            first_rate=_scaled(session.first_rate, rate),
            last_rate=_scaled(session.last_rate, rate),
            rate_finder=f"The rate is the one that a learning-rate finder printed in {cell}: {rate:g}.",
        )
    known = tuple(item for item in session.unknown if item[0] not in ("first_rate", "last_rate"))
    return replace(
        session,
        optimizer=optimizer,
        schedules=schedules,
        first_rate=0.0,
        last_rate=0.0,
        rate_finder="The rate comes from a learning-rate finder, and no saved output shows it: it is not recoverable.",
        unknown=(*known, ("first_rate", _NOT_RECOVERABLE), ("last_rate", _NOT_RECOVERABLE)),
    )


def _comes_from_finder(session: Session) -> bool:
    values = [value for call in _calls(session) for _, value in call.arguments]
    return any(_share(value) is not None for value in values)


def _calls(session: Session) -> list[Call]:
    return [session.optimizer, *(one.call for one in session.schedules)]


def _share(value: Scalar) -> float | None:
    """Which share of the stand-in's rate this is, None for a rate of the student's own."""
    if isinstance(value, bool) or not isinstance(value, float):
        return None
    return next((share for share in _SHARES if abs(value - share * FINDER_RATE) < 1e-6 * FINDER_RATE), None)


def _resolved(call: Call, printed: tuple[float, str] | None) -> Call:
    changed: list[tuple[str, Scalar]] = []
    for name, value in call.arguments:
        share = _share(value)
        if share is None:
            changed.append((name, value))
        else:
            changed.append((name, _NOT_RECOVERABLE if printed is None else share * printed[0]))
    return replace(call, arguments=tuple(changed))


def _scaled(rate: float, printed: float) -> float:
    """A rate that a schedule derived from the stand-in's, derived from the printed one."""
    return rate / FINDER_RATE * printed


def _printed(root: Path, unit: str) -> tuple[float, str] | None:
    """The last rate that the notebook's saved outputs suggest, and its cell."""
    if not unit.lower().endswith(".ipynb"):
        return None
    try:
        cells = code_cells(staged_text(root, unit, LIMIT_CHARACTERS))
    except ValueError:
        return None
    found: tuple[float, str] | None = None
    for cell in cells:
        for output in cell.outputs:
            for match in _SUGGESTED.finditer(output):
                rate = float(match[1])
                if 0 < rate < 100:
                    found = (rate, f"{unit}, cell {cell.number}")
    return found
