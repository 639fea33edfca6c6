"""Where data sets are looked for, and in which layouts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

_MNIST = ("MNIST/raw", "mnist", "raw", "")
"""torchvision's folder, our plain one, inside of `MNIST`, and the files themselves."""

_LAYOUTS = (*_MNIST, "cifar-10-batches-py", "cifar10", "digit-recognizer", "digit_csv", "iris")
"""Every set's folders, for a look by names alone."""


@dataclass(frozen=True)
class Place:
    """A folder that may hold data sets. `explicit`: somebody named it for this purpose."""

    folder: Path
    name: str  # in words, as reports show it
    explicit: bool


@dataclass(frozen=True)
class Contents:
    """What a place holds of a set: the files found, and the names of those that are not there."""

    files: dict[str, Path]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing

    def describe(self) -> str:
        if not self.files:
            return "holds none of the files"
        return f"lacks {' and '.join(self.missing)}"


@dataclass(frozen=True)
class PassedOver:
    """A place that could have held the set, and why it was not taken."""

    place: Place
    reason: str


def in_words(name: str, passed_over: list[PassedOver]) -> str:
    """Where a set came from, for reports: no paths, but what was named and not used."""
    return "; ".join([name, *(f"{one.place.name} did not hold it" for one in passed_over)])


def user_cache(environment: Mapping[str, str]) -> Path:
    """The folder that downloads go to: `grader/data` in XDG_CACHE_HOME, else in ~/.cache."""
    base = environment.get("XDG_CACHE_HOME", "")
    if not Path(base).is_absolute():  # the XDG specification: a relative path is to be ignored
        home = environment.get("HOME", "")
        base = str((Path(home) if home else _home()) / ".cache")
    return Path(base) / "grader" / "data"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageError(
            "There is no home folder to keep data in.", "Set XDG_CACHE_HOME or --data-dir."
        ) from error


def search_order(data_dir: Path | None, environment: Mapping[str, str]) -> tuple[Place, ...]:
    """The places of this machine: `data_dir` and GRADER_DATA where they are given, the user cache last."""
    named = environment.get("GRADER_DATA", "")
    places = [
        Place(data_dir, "--data-dir", True) if data_dir else None,
        Place(Path(named).expanduser(), "GRADER_DATA", True) if named else None,
        Place(user_cache(environment), "user cache", False),
    ]
    return tuple(place for place in places if place)


def look(folder: Path, stems: tuple[str, ...]) -> Contents:
    """The files of a set in the layout that holds most of them.

    Args:
        stems: names without ending, "train-images-idx3-ubyte"; each may be packed (.gz) or not, and may be
            spelt with a dot before `idx`, as other mirrors do.
    """
    found = ({stem: path for stem in stems if (path := _file(folder / layout, stem))} for layout in _LAYOUTS)
    best = max(found, key=len)
    return Contents(best, tuple(stem for stem in stems if stem not in best))


def look_exactly(folder: Path, names: tuple[str, ...], layouts: tuple[str, ...]) -> Contents:
    """The files of a set by their exact names, in the layout that holds most of them."""
    found = (
        {name: path for name in names if (path := _is_file(folder / layout / name))} for layout in layouts
    )
    best = max(found, key=len)
    return Contents(best, tuple(name for name in names if name not in best))


def fullest(*seen: Contents) -> Contents:
    """Of several ways to lay a set out, the first complete one, else the one that lacks least."""
    complete = [contents for contents in seen if contents.complete]
    return complete[0] if complete else max(seen, key=lambda contents: len(contents.files))


def _is_file(path: Path) -> Path | None:
    # os.path: a folder that may not be entered counts as one that holds nothing
    return path if os.path.isfile(path) else None  # noqa: PTH113


def _file(folder: Path, stem: str) -> Path | None:
    for name in (f"{stem}.gz", stem, f"{stem.replace('-idx', '.idx')}.gz", stem.replace("-idx", ".idx")):
        if path := _is_file(folder / name):
            return path
    return None
