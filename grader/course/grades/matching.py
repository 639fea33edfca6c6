"""Whose row of a platform's file a grade belongs to: by numbers, logins and e-mail addresses, never by a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from grader.course.rosters.table import Record
from grader.text import clean


class Owned(Protocol):
    """A grade: `who` is for messages only."""

    @property
    def who(self) -> str: ...
    @property
    def ids(self) -> tuple[str, ...]: ...


Grade = TypeVar("Grade", bound=Owned)


def matched(
    students: Sequence[Record],
    ids: Sequence[int],
    grades: Iterable[Grade],
    normal: Callable[[str], str] = str.casefold,
) -> tuple[dict[int, Grade], list[str]]:
    """Line → grade, and the grades that lead to no student, to several, or to one that another grade leads to.

    Args:
        ids: the columns that identify a student.
        normal: how two words are compared.
    """
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for record in students:
        for at in ids:
            if word := normal(record.value(at).strip()):
                lines[word].add(record.line)
    hits: defaultdict[int, list[Grade]] = defaultdict(list)
    without: list[str] = []
    for grade in grades:
        found = {line for word in grade.ids if word.strip() for line in lines.get(normal(word.strip()), ())}
        if len(found) == 1:
            hits[found.pop()].append(grade)
        else:
            several = (
                f"its ids are those of lines {_listed(sorted(found))}" if found else "nobody has its ids"
            )
            without.append(f"{name_of(grade)}: {several}")
    for line, listed in hits.items():
        if len(listed) > 1:
            without += [f"{name_of(grade)}: line {line} has {len(listed)} grades" for grade in listed]
    return {line: listed[0] for line, listed in hits.items() if len(listed) == 1}, without


def name_of(grade: Owned) -> str:
    """A grade's owner in a message: name, and ids in brackets."""
    return f"{clean(grade.who, 80)} ({clean(', '.join(grade.ids), 120) or 'no id'})"


def _listed(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:5])) + (" and more" if len(lines) > 5 else "")
