"""The pictures of Tiny ImageNet as they are handed out: a zip file, or the folder that it unpacks to.

Nothing is unpacked to the disk: a picture is read, held against its limits and decoded.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.data import faults
from grader.text import clean

if TYPE_CHECKING:
    from grader.data.interface import Pixels
    from grader.errors import GraderFault

ROOT = "tiny-imagenet-200"
SIDE = 64
SHAPE = (3, SIDE, SIDE)
MAX_CLASSES = 200
_MAX_PICTURE_BYTES = 1 << 20
_MAX_TEXT_BYTES = 8 << 20
_CLASS = re.compile(r"n\d{8}")


class Files(Protocol):
    """Members of the set by their path below its root folder."""

    @property
    def place(self) -> Path: ...

    def names(self) -> frozenset[str]: ...

    def read(self, name: str, limit_bytes: int) -> bytes: ...


@dataclass(frozen=True)
class _Zip:
    place: Path
    packed: zipfile.ZipFile

    def names(self) -> frozenset[str]:
        return frozenset(name.removeprefix(f"{ROOT}/") for name in self.packed.namelist())

    def read(self, name: str, limit_bytes: int) -> bytes:
        try:
            with self.packed.open(f"{ROOT}/{name}") as file:
                contents = file.read(limit_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise damaged(self.place, f"a whole {name}", f"a broken one ({error})") from error
        return _limited(contents, self.place, name, limit_bytes)


@dataclass(frozen=True)
class _Folder:
    place: Path

    def names(self) -> frozenset[str]:
        found = self.place.glob("*/*.txt"), self.place.glob("*.txt"), self.place.glob("train/*/images/*.JPEG")
        paths = [path for paths in (*found, self.place.glob("val/images/*.JPEG")) for path in paths]
        return frozenset(path.relative_to(self.place).as_posix() for path in paths if path.is_file())

    def read(self, name: str, limit_bytes: int) -> bytes:
        try:
            with (self.place / name).open("rb") as file:
                contents = file.read(limit_bytes + 1)
        except OSError as error:
            raise faults.unreadable(self.place / name, error, "tiny_imagenet") from error
        return _limited(contents, self.place, name, limit_bytes)


@contextmanager
def opened(place: Path) -> Iterator[Files]:
    """The members of a zip file or of a folder. GraderFault where it is no zip file."""
    with ExitStack() as stack:
        if place.is_dir():
            yield _Folder(place)
            return
        try:
            packed = stack.enter_context(zipfile.ZipFile(place))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            with place.open("rb") as file:
                faults.require_data(place, file.read(64), "tiny_imagenet")
            raise damaged(place, "a whole zip file", f"a broken one ({error})") from error
        yield _Zip(place, packed)


@dataclass(frozen=True)
class Listing:
    """The classes in the order of their labels, and for each class its pictures: training ones first, then those
    of the validation part, both by number."""

    classes: tuple[str, ...]
    pictures: tuple[tuple[str, ...], ...]


def listing(files: Files) -> Listing:
    """What is there. Classes are in alphabetical order, as `ImageFolder` numbers them.

    Raises:
        GraderFault: a list is missing or damaged, or a class has no pictures.
    """
    classes = tuple(sorted(_text(files, "wnids.txt").split()))
    if not 2 <= len(classes) <= MAX_CLASSES or len(set(classes)) != len(classes):
        raise damaged(files.place, f"2 to {MAX_CLASSES} different classes in wnids.txt", f"{len(classes)}")
    if strange := [name for name in classes if not _CLASS.fullmatch(name)]:
        raise damaged(files.place, "classes such as n01443537 in wnids.txt", clean(strange[0], 40))
    found: dict[str, list[str]] = {name: [] for name in classes}
    names = files.names()
    for name in names:
        parts = name.split("/")
        if name.endswith(".JPEG") and len(parts) == 4 and parts[0] == "train" and parts[1] in found:
            found[parts[1]].append(name)
    for members in found.values():
        members.sort(key=_number)
    _add_validation(files, names, found)
    if bare := [name for name, members in found.items() if len(members) < 2]:
        raise damaged(files.place, f"pictures of the class {bare[0]}", f"{len(found[bare[0]])}")
    return Listing(classes, tuple(tuple(found[name]) for name in classes))


def words(files: Files, classes: tuple[str, ...]) -> tuple[str, ...]:
    """A word for each class, "goldfish"; () where they are not told."""
    if "words.txt" not in files.names():
        return ()
    lines = (line.partition("\t") for line in _text(files, "words.txt").splitlines())
    known = {name: clean(meaning.partition(",")[0].strip(), 60) for name, _, meaning in lines}
    return tuple(known.get(name, name) for name in classes)


def decode(files: Files, name: str) -> Pixels:
    """A picture as (3, 64, 64), grey ones as three equal channels."""
    import numpy as np
    from PIL import Image

    contents = files.read(name, _MAX_PICTURE_BYTES)
    try:
        with Image.open(io.BytesIO(contents), formats=("JPEG",)) as picture:
            size = picture.size
            pixels = np.asarray(picture.convert("RGB")) if size == (SIDE, SIDE) else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        found = faults.what_it_is(contents[:64]) or "one that cannot be decoded"
        raise damaged(files.place, f"a JPEG picture {name}", found) from error
    if pixels is None:
        raise damaged(files.place, f"{SIDE} x {SIDE} pixels in {name}", f"{size[0]} x {size[1]}")
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def damaged(place: Path, expected: str, found: str) -> GraderFault:
    """The fault of a copy of Tiny ImageNet."""
    return faults.damaged(place, expected, found, "tiny_imagenet")


def _add_validation(files: Files, names: frozenset[str], found: dict[str, list[str]]) -> None:
    lines = [line.split("\t") for line in _text(files, "val/val_annotations.txt").splitlines() if line]
    told = {f"val/images/{line[0]}": line[1] for line in lines if len(line) >= 2}
    for name in sorted(told, key=_number):
        if told[name] not in found or name not in names:
            raise damaged(files.place, "pictures and classes of val_annotations.txt", f"no {clean(name, 60)}")
        found[told[name]].append(name)


def _text(files: Files, name: str) -> str:
    if name not in files.names():
        raise damaged(files.place, f"a file {name}", "none")
    return files.read(name, _MAX_TEXT_BYTES).decode("utf-8", "replace")


def _limited(contents: bytes, place: Path, name: str, limit_bytes: int) -> bytes:
    if len(contents) > limit_bytes:
        raise damaged(place, f"at most {limit_bytes:,} bytes in {name}", "more")
    return contents


def _number(name: str) -> tuple[int, str]:
    digits = re.search(r"_(\d{1,9})\.JPEG$", name)
    return (int(digits[1]) if digits else -1, name)
