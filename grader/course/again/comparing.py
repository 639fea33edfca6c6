"""Two batches held against each other: which runs belong together, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.again.differences import Difference, difference
from grader.course.again.side_by_side import Accuracies, accuracies
from grader.course.stored.codes import FILE_NAME as CODES
from grader.course.stored.codes import code_of
from grader.course.stored.folder import folder_name
from grader.course.stored.results import RESULT, read_result
from grader.course.stored.runs import folders_of
from grader.errors import StoreError, UsageError
from grader.records import RunRecord
from grader.text import clean

Key = tuple[str, str]
"""(assignment, submission)"""


@dataclass(frozen=True)
class Side:
    """What lies at one of the two places: of each submission its latest run."""

    place: Path
    runs: dict[Key, RunRecord]
    unreadable: tuple[str, ...]
    is_one: bool  # the place is a run itself, and no folder of runs


@dataclass(frozen=True)
class Pair:
    """A submission that both have."""

    spec_id: str
    name: str  # as the first one calls it
    difference: Difference
    accuracies: Accuracies


@dataclass(frozen=True)
class Compared:
    pairs: tuple[Pair, ...]
    only_first: tuple[Key, ...]
    only_second: tuple[Key, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both have the same submissions with the same grades."""
        moved = any(one.difference.move != "unchanged" for one in self.pairs)
        return not (moved or self.only_first or self.only_second)


def side(place: Path) -> Side:
    """The runs at a place: a result's file, a run's folder, a folder of runs, or a folder of results' files.

    Raises:
        UsageError: there is no run.
    """
    is_one = place.is_file() or (place / RESULT).is_file()
    files = [place] if place.is_file() else [folder / RESULT for folder in folders_of(place)]
    if not is_one and place.is_dir():
        files += sorted(one for one in place.glob("*.json") if one.is_file())
    if not files:
        raise UsageError(
            f"{clean(str(place), 200)} holds no run of the grader.",
            "Give a run's folder or its result.json, or the folder that was given as --out.",
        )
    found = [_read(file) for file in files]
    runs: dict[Key, RunRecord] = {}
    for one in found:
        if isinstance(one, RunRecord):
            key = (one.provenance.spec_id, one.evidence.submission.name)
            if key not in runs or runs[key].run_id < one.run_id:
                runs[key] = one
    return Side(place, runs, tuple(one for one in found if isinstance(one, str)), is_one)


def _read(file: Path) -> RunRecord | str:
    """The record, or why there is none."""
    try:
        return read_result(file)
    except StoreError as error:
        return f"{file}: {error.message}"


def compared(first: Side, second: Side) -> Compared:
    """The submissions that both have, by their names, or by the code that the other folder has for a name."""
    partners = dict(_partners(first, second))
    taken = set(partners.values())
    return Compared(
        pairs=tuple(_pair(key, first.runs[key], second.runs[other]) for key, other in partners.items()),
        only_first=tuple(key for key in sorted(first.runs) if key not in partners),
        only_second=tuple(key for key in sorted(second.runs) if key not in taken),
    )


def _pair(key: Key, a: RunRecord, b: RunRecord) -> Pair:
    return Pair(key[0], key[1], difference(a, b), accuracies(a, b))


def _partners(first: Side, second: Side) -> Iterator[tuple[Key, Key]]:
    by_code = {code: key for key in second.runs for code in _codes(key, first.place)}
    for key in sorted(first.runs):
        if key in second.runs:
            yield key, key
            continue
        other = next((code for code in _codes(key, second.place) if code in second.runs), by_code.get(key))
        if other is not None:
            yield key, other


def _codes(key: Key, place: Path) -> Iterator[Key]:
    """What a submission is called in a folder of runs that has codes in place of names."""
    for base in (place, *list(place.absolute().parents)[:2]):
        if (base / CODES).is_file():
            for name in (key[1], folder_name(key[1]).lower()):
                yield key[0], code_of(base, name)
            return
