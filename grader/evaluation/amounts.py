"""Limits for a whole number, as a spec states them: exactly, at least, at most, fewer than."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """At most one lower and one upper limit, or an exact number; `None` where there is none."""

    exactly: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    fewer_than: int | None = None

    def fault(self) -> str:
        """Why these limits cannot stand together; "" where they can."""
        given = [name for name in _NAMES if getattr(self, name) is not None]
        if not given:
            return "give a limit: exactly, at_least, at_most or fewer_than"
        if len(given) > 1 and (self.exactly is not None or {"at_most", "fewer_than"} <= set(given)):
            return f"{given[0]} and {given[-1]} cannot stand together"
        if self.at_least is not None and not self.allows(max(self.at_least, self._highest())):
            return "the limits leave no number"
        return ""

    def allows(self, number: int) -> bool:
        return not (
            (self.exactly is not None and number != self.exactly)
            or (self.at_least is not None and number < self.at_least)
            or (self.at_most is not None and number > self.at_most)
            or (self.fewer_than is not None and number >= self.fewer_than)
        )

    def of(self, one: str, many: str) -> str:
        """`at least 5 epochs`, `1 epoch`."""
        numbers = [getattr(self, name) for name in _NAMES if getattr(self, name) is not None]
        return f"{self} {one if numbers[-1] == 1 else many}"

    def _highest(self) -> int:
        if self.at_most is not None:
            return self.at_most
        return self.fewer_than - 1 if self.fewer_than is not None else 0

    def __str__(self) -> str:
        said = [
            f"{_NAMES[name]}{getattr(self, name):,}" for name in _NAMES if getattr(self, name) is not None
        ]
        return " and ".join(said)


_NAMES = {"exactly": "", "at_least": "at least ", "at_most": "at most ", "fewer_than": "fewer than "}
