"""The boxes of COCO 2017, as its annotation files have them: for anchors, and nothing is trained on them.

It is no task: it has neither pictures nor labels. A copy is official if the zip file has the published MD5, which is why
only the zip file counts; the two files of boxes are read out of it, never unpacked.
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from grader.coco import Boxes, read_boxes
from grader.data import download, faults, search
from grader.data.download import Remote
from grader.data.interface import Request
from grader.data.places import Contents, look_exactly
from grader.data.search import Source
from grader.errors import UsageError

TITLE = "COCO 2017 annotations"
MIRRORS = ("http://images.cocodataset.org/annotations/",)
"""The host has no certificate of its own; what it sends is compared with the MD5 below."""
ARCHIVE = Remote("annotations_trainval2017.zip", 252_907_541, "f4bbac642086de4f52a3fdda2de5fa2c")
ANNOTATION_FILES = ("instances_train2017.json", "instances_val2017.json")
LIMIT_BYTES = 1 << 30
SECONDS = 600.0
_FOLDERS = ("", "coco", "COCO", "coco/annotations", "annotations")
_NAME = "coco"


@dataclass(frozen=True)
class Published:
    """One of the files, and where its archive was found."""

    name: str
    place: str  # in words
    official: bool
    boxes: Boxes


def look(folder: Path) -> Contents:
    return look_exactly(folder, (ARCHIVE.name,), _FOLDERS)


def load(request: Request, name: str = ANNOTATION_FILES[1], mirrors: tuple[str, ...] = MIRRORS) -> Published:
    """The boxes of the file `name`, from the first place that holds the archive.

    Raises:
        DataMissing: it is in none of the places, and it cannot be downloaded.
        GraderFault: it is damaged or not the official one.
        UsageError: there is no such file in it.
    """
    if name not in ANNOTATION_FILES:
        raise UsageError(f'{TITLE} have no file "{name}".', f"Known: {', '.join(ANNOTATION_FILES)}.")
    ways = (
        f"Do one of two things: run `grader data fetch {_NAME}` on a machine with network and copy its cache folder "
        f"here; or pass --data-dir DIR (or set GRADER_DATA) where DIR holds {ARCHIVE.name}."
    )

    def read_it(contents: Contents, place: str, allow_unofficial: bool) -> Published:
        return read(contents.files[ARCHIVE.name], name, place, allow_unofficial)

    return search.first_copy(request, Source(TITLE, look, read_it, lambda: fetch(request, mirrors), ways))


def fetch(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> Path:
    """Download the zip file into the user cache. Returns its folder.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors hand out something else, or the cache cannot be written.
    """
    folder = search.cache(request)
    download.fetch((ARCHIVE,), mirrors, folder, request.progress)
    return folder


def read(archive: Path, name: str, place: str, allow_unofficial: bool) -> Published:
    """Verify the archive, and read one of its files.

    Raises:
        GraderFault: it is damaged, or not the official one and `allow_unofficial` is not set.
    """
    try:
        with archive.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise faults.unreadable(archive, error, _NAME) from error
    official = found == ARCHIVE.md5
    if not official and not allow_unofficial:
        expected = f"the zip file with MD5 {ARCHIVE.md5}"
        raise faults.not_official(archive, TITLE, expected, found, _NAME)
    return Published(name, place, official, _boxes(archive, name))


def _boxes(archive: Path, name: str) -> Boxes:
    try:
        with zipfile.ZipFile(archive) as files:
            info = files.getinfo(f"annotations/{name}")
            if info.file_size > LIMIT_BYTES:
                raise ValueError(f"it has {info.file_size:,} bytes unpacked")
            with files.open(info) as file:
                text = file.read(LIMIT_BYTES).decode("utf-8", "replace")
        return read_boxes(text, SECONDS)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise faults.damaged(archive, f"boxes in annotations/{name}", str(error), _NAME) from error
