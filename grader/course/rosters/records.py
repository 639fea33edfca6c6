"""What a roster says, row by row, and everything about it that a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.course.rosters.extension import Extension

Format = Literal[
    "own columns", "Classroom 50", "Canvas", "Moodle worksheet", "Moodle participants", "unknown"
]
Weight = Literal["mistake", "warning"]
State = Literal["ready", "duplicate", "empty", "bad link"]
"""`duplicate`: another row hands in the same; `empty`: nothing was handed in; `bad link`: what was cannot be read."""

STATES: tuple[State, ...] = ("ready", "duplicate", "empty", "bad link")


@dataclass(frozen=True)
class Problem:
    """`mistake`: somebody has to put it right, or the row cannot be graded as it should; `warning`: look at it."""

    line: int  # where the row begins, counted from 1
    column: str  # the column's title; "" where it is about the whole row or file
    fault: str
    next_step: str
    weight: Weight = "mistake"
    file: str = ""  # where it is not the roster itself: the second file

    def text(self, file: str) -> str:
        """One line for people: place, fault, next step. `file` is the roster's name."""
        place = f"{self.file or file}:{self.line}" + (f" {self.column}" if self.column else "")
        return f"{place}: {self.fault} {self.next_step}".rstrip()


@dataclass(frozen=True)
class PassedOver:
    """A row of the file that is nobody's, and what it is."""

    line: int
    what: str


@dataclass(frozen=True)
class Member:
    """One of a group. Where only one of the two is written, it stands for both."""

    name: str
    id: str


@dataclass(frozen=True)
class RosterRow:
    """One student or group. All but `cells` was cleaned."""

    line: int
    key: str  # for names of folders and for the store: lower case letters, digits, dot, dash, underscore; unique
    id: str  # as the roster's system knows them; "" where it says none
    ids: tuple[str, ...]  # every word that identifies them: id, SIS id, login, user name, e-mail address
    name: str
    email: str
    members: tuple[Member, ...]
    repository: str  # as `grader.fetch` takes it; "" where the state is `empty` or `bad link`
    folder: str  # below the repository's root; "" for all of it
    models_repository: str
    extension: Extension | None
    state: State
    cells: tuple[str, ...]  # exactly as they stand in the file: not for people to see


@dataclass(frozen=True)
class Roster:
    """A roster, whole: each row below the titles is in `rows` or in `passed_over`."""

    file: str
    format: Format
    encoding: str
    separator: str
    titles: tuple[str, ...]
    rows: tuple[RosterRow, ...]
    passed_over: tuple[PassedOver, ...]
    problems: tuple[Problem, ...]  # by line

    def count(self, state: State) -> int:
        return sum(row.state == state for row in self.rows)

    @property
    def mistakes(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.weight == "mistake")

    def mistakes_of(self, row: RosterRow) -> tuple[Problem, ...]:
        """What has to be put right before this row can be graded as it should."""
        return tuple(one for one in self.mistakes if one.line == row.line and not one.file)
