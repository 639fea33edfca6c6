"""A deadline as a person types it: a date and a time, with a zone or in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from grader.errors import UsageError
from grader.text import clean

_EXAMPLE = "2026-03-01T23:59:00+05:30"


@dataclass(frozen=True)
class Deadline:
    """A moment up to which commits count, that moment included."""

    seconds: float  # since 1970, UTC
    shown: str  # ISO 8601 with its zone
    zone_assumed: bool = False  # none was given: UTC was taken

    def note(self) -> str:
        """What has to be said where no zone was given; "" where one was."""
        return (
            f"The deadline {self.shown} was given without a time zone; UTC was taken."
            if self.zone_assumed
            else ""
        )


@dataclass(frozen=True)
class Moment:
    """Which commit of a branch is meant: the last one at `deadline`, and then `steps_back` commits before it.

    `start` is a commit to step back from, in place of a date.

    `or_oldest`: where every commit is later, the oldest is taken, with a note; otherwise that is an error.
    `yields`: a branch, tag or commit that the link names wins, and the moment is not looked at.
    """

    deadline: Deadline | None
    steps_back: int = 0
    start: str = ""
    or_oldest: bool = False
    yields: bool = False
    why: str = ""  # what the moment is, where it is no deadline: "the submission's own commit"


def parse_deadline(text: str) -> Deadline:
    """Read `2026-03-01T23:59:00+05:30`; without a zone, UTC is taken.

    Raises:
        UsageError: it is no date with a time.
    """
    given = text.strip()
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise _not_a_moment(given) from None
    if ":" not in given:  # a date alone: whether its day still counts, nobody said
        raise UsageError(
            f'"{clean(given, 60)}" says no time of the day.', f"Give the deadline with its time: {_EXAMPLE}."
        )
    assumed = moment.tzinfo is None
    if assumed:
        moment = moment.replace(tzinfo=UTC)
    try:
        return Deadline(moment.timestamp(), moment.isoformat(), assumed)
    except (OverflowError, ValueError):
        raise _not_a_moment(given) from None


def shown_moment(seconds: int) -> str:
    """A commit's time as ISO 8601 in UTC; a commit may claim any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"


def _not_a_moment(given: str) -> UsageError:
    return UsageError(f'"{clean(given, 60)}" is not a date with a time.', f"Write it as {_EXAMPLE}.")
