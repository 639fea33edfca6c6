"""A deadline of one's own: a moment, or a length that is added to everybody's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.errors import UsageError
from grader.fetch.deadline import Deadline, parse_deadline
from grader.text import clean

MAX_DAYS = 366
_UNIT_SECONDS = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60}
_PIECE = r"(\d{1,6}(?:\.\d{1,3})?)\s*(weeks?|days?|hours?|h|minutes?|min)"
_LENGTH = re.compile(rf"\+?\s*(?:{_PIECE})(?:\s*(?:,|and|\s)\s*(?:{_PIECE})){{0,3}}", re.IGNORECASE)
_ONE = re.compile(_PIECE, re.IGNORECASE)
_EXAMPLE = "2 days, 36 h or 2026-03-03T23:59:00+05:30"


@dataclass(frozen=True)
class Extension:
    """Until a moment, or so much longer; only one of the two is set."""

    until: Deadline | None = None
    seconds: float = 0.0

    def after(self, deadline: Deadline) -> Deadline:
        """The deadline that holds with this extension: never an earlier one."""
        if self.until is not None:
            return max(deadline, self.until, key=lambda one: one.seconds)
        try:
            moment = datetime.fromisoformat(deadline.shown) + timedelta(seconds=self.seconds)
        except OverflowError:  # past the year 9999
            return deadline
        return Deadline(deadline.seconds + self.seconds, moment.isoformat(), deadline.zone_assumed)

    @property
    def shown(self) -> str:
        return f"until {self.until.shown}" if self.until else f"{self.seconds / 3600:g} h longer"


def read_extension(text: str) -> Extension | None:
    """`2 days`, `1 day 12 hours` or a moment as `--before` takes it; None where the cell is empty.

    Raises:
        UsageError: it is neither, or longer than a year.
    """
    given = text.strip()
    if not given:
        return None
    if len(given) > 100:
        raise _unreadable(given)
    if not _LENGTH.fullmatch(given):
        try:
            return Extension(until=parse_deadline(given))
        except UsageError as error:
            if "time of the day" in error.message:
                raise
            raise _unreadable(given) from None
    seconds = sum(float(number) * _UNIT_SECONDS[unit[0].lower()] for number, unit in _ONE.findall(given))
    if seconds > MAX_DAYS * 86400:
        raise UsageError(f'"{clean(given, 60)}" is longer than {MAX_DAYS} days.', f"Write {_EXAMPLE}.")
    return Extension(seconds=seconds)


def _unreadable(given: str) -> UsageError:
    return UsageError(f'"{clean(given, 60)}" is no moment and no length of time.', f"Write {_EXAMPLE}.")
