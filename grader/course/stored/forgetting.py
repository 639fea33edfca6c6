"""Everything about one student, removed: runs, reports, kept clones. A line that says so stays, without the name."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from grader.course.batch.setup import FOLDER
from grader.course.stored.batch_page import remove_pages
from grader.course.stored.codes import code_of
from grader.course.stored.database import Database
from grader.course.stored.folder import folder_name
from grader.errors import StoreError


@dataclass(frozen=True)
class Remembered:
    """What there is about a student below a folder of runs."""

    name: str
    runs: tuple[Path, ...]
    kept: tuple[Path, ...]  # clones, and attempts and looks that were never finished
    rows: tuple[tuple[str, str], ...]  # (batch, key) in the store

    def __bool__(self) -> bool:
        return bool(self.runs or self.kept or self.rows)


def remembered(database: Database, name: str) -> Remembered:
    """What there is about the student, group or submission of this name, or of this name's code.

    The store is refreshed first: runs of every command are found.
    """
    database.refresh()
    names = dict.fromkeys((name, code_of(database.base, folder_name(name).lower())))
    runs = tuple(folder for one in names for folder in database.runs_of(one))
    rows = tuple(sorted({row for one in names for row in database.rows_of(one, folder_name(one).lower())}))
    work = database.base / FOLDER
    kept = [
        place
        for batch, key in rows
        for place in (
            *(work / batch / "clones").glob(f"{key}*"),
            *(work / batch / "attempts").glob(key),
        )
        if place.name in (key, f"{key}.partial")
    ]
    kept += [one.parent for batch, key in rows for one in (work / batch / "looks").glob(f"*/{key}")]
    partial = [place for folder in {one.parent for one in runs} for place in folder.glob("*.partial")]
    return Remembered(name, runs, tuple(sorted({*kept, *partial})), rows)


def forget(database: Database, found: Remembered, who: str) -> str:
    """Remove it, and keep a line that says so. Returns the code that the line has in place of the name.

    Raises:
        StoreError: something could not be removed; what is left is still known, and the same command goes on.
    """
    code = code_of(database.base, found.name)
    remove_pages(database.base)  # first: what is left of a removal that fails must still be known
    for place in (*found.kept, *found.runs):
        _remove(place)
    for folder in {one.parent for one in found.runs}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    database.forgotten(code, len(found.runs), found.rows, who)
    return code


def _remove(place: Path) -> None:
    try:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{place} could not be removed: {error.strerror}.",
            "Remove it by hand, and give the command again.",
        ) from error
