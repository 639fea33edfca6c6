"""Learning rates that a finder suggested, as the saved outputs of the notebook show them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from grader.reading.logs import Line
from grader.records import Session
from grader.text import clean

_SUGGESTED = re.compile(
    r"(?:suggested|suggestion|best|optimal|max(?:imum)?|found)[\s_-]{0,3}(?:max[\s_-])?(?:lr|learning[\s_-]rate)(?:\s+is)?\W{0,5}"
    r"(?P<rate>\d{1,2}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)",
    re.IGNORECASE,
)


def suggested_rates(lines: Iterable[Line]) -> dict[str, list[tuple[str, float]]]:
    """For each notebook the places of its saved outputs that suggest a rate, with the rate."""
    found: dict[str, list[tuple[str, float]]] = {}
    for line in lines:
        match = _SUGGESTED.search(line.text[:1_000])
        if match and 0 < float(match["rate"]) < 100:
            found.setdefault(line.place.partition(", cell ")[0], []).append(
                (line.place, float(match["rate"]))
            )
    return found


def with_suggestions(
    sessions: tuple[Session, ...], suggested: dict[str, list[tuple[str, float]]]
) -> tuple[Session, ...]:
    """Sessions whose rate came from a finder say what the saved output suggests, or that nothing was kept."""
    return tuple(_with(one, suggested.get(one.unit, [])) if one.rate_finder else one for one in sessions)


def _with(session: Session, suggested: list[tuple[str, float]]) -> Session:
    if not suggested:
        return replace(
            session,
            rate_finder=clean(f"{session.rate_finder}; its result was not kept, so it cannot be recovered"),
        )
    place, rate = suggested[-1]
    return replace(
        session, rate_finder=clean(f"{session.rate_finder}; the saved output of {place} says {rate:g}")
    )
