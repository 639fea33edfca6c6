"""What looks messy in the names of what was handed in. A proposal with its reasons: a person decides."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.text import clean_path, counted

LIMIT_PATHS = 20_000
SHOWN = 3

_COPIES = re.compile(
    r"^copy[ _-]of(?:\b|_)|[ _-]copy(?:[ _-]?\d+)?$|\(\d+\)$|[ _-]-[ _-]copy\b|-checkpoint$", re.IGNORECASE
)
_UNTITLED = re.compile(
    r"^(?:untitled\d*|new[ _]?(?:file|folder|notebook)\d*|asdf\w*|temp?\d*)$", re.IGNORECASE
)
_VERSIONS = re.compile(
    r"final[ _-]*(?:final|v?\d|new|version)|(?:^|[ _-])(?:old|bak|backup)\d*$|(?:^|[ _-])new[ _-]*new\b",
    re.IGNORECASE,
)
_CACHES = frozenset(
    {
        ".ipynb_checkpoints",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".idea",
        ".ds_store",
        "thumbs.db",
        "desktop.ini",
        "venv",
        ".venv",
        "node_modules",
    }
)
_DATA = re.compile(
    r"(?:^|/)(?:cifar-10-batches-py|cifar-100-python|mnist/raw|fashionmnist/raw|tiny-imagenet-200)/"
    r"|-ubyte(?:\.gz)?$|cifar-10\w*\.tar\.gz$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mess:
    """One reason, and where it shows: a few places, with how many more there are."""

    reason: str
    places: str


def mess(paths: Iterable[str]) -> tuple[Mess, ...]:
    """Every reason for which these paths look messy, () where none does. Paths are taken as they are."""
    found: dict[str, list[str]] = defaultdict(list)
    listed = list(dict.fromkeys(paths))[:LIMIT_PATHS]
    for path in listed:
        for reason, place in _of_path(path):
            found[reason].append(place)
    found["names that differ in upper and lower case alone"] += _twins(listed)
    return tuple(Mess(reason, _places(places)) for reason, places in found.items() if places)


def _of_path(path: str) -> Iterator[tuple[str, str]]:
    """(reason, the path that it is said of); of what lies in a cache or a data set nothing more is said."""
    parts = path.split("/")
    for depth, part in enumerate(parts):
        if part.lower() in _CACHES:
            yield "caches and copies that a program made", "/".join(parts[: depth + 1])
            return
    data = _DATA.search(path)
    if data:
        yield "a data set", path[: data.end()].rstrip("/") if data[0].endswith("/") else path
        return
    stem = posixpath.splitext(parts[-1])[0]
    if _COPIES.search(stem):
        yield "names of copies", path
    elif _UNTITLED.search(stem):
        yield "names that say nothing", path
    elif _VERSIONS.search(stem):
        yield "versions in names", path
    elif any(part != part.strip() for part in parts):
        yield "names that begin or end with a space", path
    elif any(" " in part for part in parts):
        yield "spaces in names", path


def _twins(paths: list[str]) -> list[str]:
    """Files and folders of one folder whose names differ by case alone: each pair once, `S4 and s4`."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        parts = path.split("/")
        for depth in range(1, min(len(parts), 20) + 1):
            whole = "/".join(parts[:depth])
            spelled[whole.lower()].add(whole)
    return [" and ".join(sorted(names)) for names in spelled.values() if len(names) > 1]


def _places(places: list[str]) -> str:
    distinct = list(dict.fromkeys(places))
    shown = ", ".join(clean_path(place) for place in distinct[:SHOWN])
    more = len(distinct) - SHOWN
    return f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown
