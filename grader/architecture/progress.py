"""How far a comparison came: states, the layers that agreed on the way, and where the longest way ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from grader.architecture.explain import Row, item_described, item_place, row
from grader.architecture.series import Item, Series, joined
from grader.architecture.words import Bound
from grader.records import Operator


@dataclass(frozen=True)
class Trail:
    """The layers that agreed on the way to a state, the last one first."""

    before: Trail | None
    row: Row
    length: int


@dataclass(frozen=True)
class State:
    place: int  # index of the next item in its series
    bound: Bound
    trail: Trail | None
    searching: bool = False  # it came here by skipping over anything
    unlikely: bool = False  # it pairs a long branch with a short part of the pattern
    end: str = "the end of the model"  # what the end of its series is

    @property
    def length(self) -> int:
        return self.trail.length if self.trail else 0


@dataclass(frozen=True)
class Match:
    """`ambiguous` where the budget was used up. `rows` is the longest part that agrees, from the image on."""

    status: Literal["match", "mismatch", "ambiguous"]
    rows: tuple[Row, ...]
    expected: str = ""  # where it stopped to agree: what the pattern asks for
    found: str = ""
    place: str = ""
    stopped_at: Operator | None = None  # None at the end of the model


def rows_of(trail: Trail | None) -> tuple[Row, ...]:
    found: list[Row] = []
    while trail:
        found.append(trail.row)
        trail = trail.before
    return tuple(reversed(found))


class Stop:
    """Where the longest agreeing part ends, and what was expected there.

    Of several such ends, one with the right kind of operator and other options says the most.
    """

    def __init__(self) -> None:
        self.trail: Trail | None = None
        self.order = (-1, 0)
        self.expected: dict[str, None] = {}
        self.item: Item | None = None
        self.end, self.searched = "the end of the model", False

    def note(self, state: State, expected: str, series: Series, place: int, near: bool = False) -> None:
        """Nothing at this place of the series, or up to its end where the state is searching, is as expected."""
        item = series[place] if place < len(series) and not state.searching else None
        rank = 2 if near and item else int(state.searching)
        order = (state.length, rank - 10 * state.unlikely)
        if order < self.order or (order == self.order and item is not self.item):
            return
        if order > self.order:
            self.order, self.trail, self.item, self.expected = order, state.trail, item, {}
            self.end, self.searched = state.end, state.searching
        self.expected.setdefault(expected)

    def mismatch(self) -> Match:
        listed = list(self.expected)
        expected = " or ".join(listed[:4]) + (" or others" if listed[4:] else "")
        if self.item is None:
            found = "no such layer" if self.searched else "nothing more"
            return Match("mismatch", rows_of(self.trail), expected, found, self.end)
        at, found = joined(self.item), item_described(self.item)
        return Match("mismatch", rows_of(self.trail), expected, found, item_place(self.item), at)


def longer(state: State, expected: str, operator: Operator) -> Trail:
    return Trail(state.trail, row(expected, operator), state.length + 1)


def distinct(states: Iterable[State]) -> list[State]:
    """One state for each place and binding, that with the longest trail."""
    found: dict[tuple[int, Bound], State] = {}
    for state in states:
        key = (state.place, state.bound)
        if key not in found or state.length > found[key].length:
            found[key] = state
    return list(found.values())
