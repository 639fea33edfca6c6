"""Where the points of a run went: what is lost, and what is open, in a line each."""

from __future__ import annotations

from dataclasses import dataclass

from grader.records import RunRecord
from grader.report import words


@dataclass(frozen=True)
class Loss:
    """Points of a check that are not certain, and whether they are lost or open."""

    place: int  # of the check among the outcomes, from 1
    tone: words.Tone
    text: str  # "75 points lost: The model has fewer than 25,000 parameters."


def losses(record: RunRecord) -> tuple[Loss, ...]:
    """Where points went, the most first: what is lost, then what is open. A check that was skipped lost nothing."""
    found = []
    for place, one in enumerate(record.outcomes, 1):
        gone = round(one.max_points - one.points - one.open_points, 2)
        word = words.STATUS[one.status]
        if one.status != "skipped" and gone > 0:
            found.append(
                (False, -gone, Loss(place, word.tone, f"{words.points(gone)} points lost: {one.requirement}"))
            )
        if one.status != "skipped" and one.open_points > 0:
            who = "the grader failed" if one.status == "errored" else "a person decides"
            said = f"{words.points(one.open_points)} points open, {who}: {one.requirement}"
            found.append((True, -one.open_points, Loss(place, word.tone, said)))
    return tuple(loss for _, _, loss in sorted(found, key=lambda row: row[:2]))
