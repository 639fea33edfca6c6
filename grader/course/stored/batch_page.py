"""The page of a batch, gathered from the store and written beside the runs: `<out>/<spec>/batch.html`.

Each record is read, made into its row and let go: a course of thousands needs no more memory than its rows.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from grader.course.stored.batch_table import TABLE_NAME, table
from grader.course.stored.codes import FILE_NAME as CODES
from grader.course.stored.codes import code_of
from grader.course.stored.database import Database, IndexedRun, Standing, now
from grader.course.stored.folder import folder_name, on_disk, prepare
from grader.course.stored.rendered import put
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.runs import folders_of
from grader.errors import StoreError, UsageError
from grader.records import Absent
from grader.records.similarity import Similarity
from grader.report.batch_page import FILE_NAME, BatchPage, Export, render
from grader.report.batch_rows import BatchRow, row_of_run, row_without_run
from grader.report.similarity import from_json
from grader.text import clean, counted

SIMILARITY = "similarity.json"
SIMILARITY_PAGE = "similarity.html"
FILES = (FILE_NAME, TABLE_NAME, SIMILARITY, SIMILARITY_PAGE)
"""What lies in an assignment's folder beside its submissions and names them: all of it goes when one is forgotten."""
LIMIT_SIMILARITY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class About:
    """What is known of a batch beyond the store: of `grader report --batch`, nothing."""

    title: str = ""
    course: str = ""
    names: Mapping[str, str] = field(default_factory=dict)  # of the rows, by their keys


@dataclass
class _Gathered:
    rows: list[BatchRow]
    title: str
    course: str


def write_pages(place: Path, database: Database, only: str = "") -> tuple[Path, ...]:
    """Write the page and the table of every assignment below the folder of all runs.

    Args:
        only: the folder of the one assignment that is wanted; "" for all.

    Raises:
        UsageError: there is no run.
        StoreError: a file cannot be written.
    """
    database.refresh()
    wanted = [one for one in database.assignments() if only in ("", folder_name(one))]
    if not wanted:
        raise UsageError(
            f"{clean(str(place))} holds no run of the grader.",
            "Give the folder of all runs (reports without --out), or an assignment's folder in it.",
        )
    return tuple(file for one in wanted for file in write_page(database, one))


def write_page(database: Database, spec_id: str, about: About | None = None) -> tuple[Path, Path]:
    """Write the page of one assignment, and its table for spreadsheets; the files, the page first.

    Raises:
        StoreError: a file cannot be written.
    """
    known = about or About()
    folder = database.base / folder_name(spec_id)
    found = _gathered(database, spec_id, folder, known)
    page = BatchPage(
        title=known.title or found.title or spec_id,
        course=known.course or found.course,
        spec_id=spec_id,
        made_at=now(),
        rows=tuple(found.rows),
        similarity=_similarity(folder),
        exports=_exports(database.base, folder),
        notes=_notes(database, spec_id),
    )
    with on_disk(folder):
        prepare(folder)
    put(folder / FILE_NAME, render(page).encode("utf-8"))
    put(folder / TABLE_NAME, table(page.rows).encode("utf-8"))
    return folder / FILE_NAME, folder / TABLE_NAME


def place_of(place: Path) -> tuple[Path, str]:
    """The folder of all runs, and the assignment's folder where `place` is one of them, else "".

    Raises:
        UsageError: there is no run, or it is the folder of one submission.
    """
    folders = folders_of(place) if place.is_dir() else ()
    depth = min((len(one.relative_to(place).parts) for one in folders), default=0)
    if depth == 3:
        return place, ""
    if depth == 2:
        named = place if place.name not in ("", "..") else place.resolve()
        return named.parent, named.name
    fault = "is the folder of one submission" if depth else "holds no run of the grader"
    raise UsageError(
        f"{clean(str(place))} {fault}.",
        "Give the folder of all runs (reports without --out), or an assignment's folder in it.",
    )


def remove_pages(base: Path) -> None:
    """Remove what names submissions beside their folders, in every assignment's folder: it can be written anew.

    Raises:
        StoreError: a file cannot be removed.
    """
    for file in (found for name in FILES for found in base.glob(f"*/{name}")):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"{file} could not be removed: {error.strerror}.",
                "Remove it by hand, and give the command again.",
            ) from error


# --- rows -------------------------------------------------------------------------------------------------------------


def _gathered(database: Database, spec_id: str, folder: Path, about: About) -> _Gathered:
    found = _Gathered([], "", "")
    runs = {one.run_id: one for one in database.runs_under(spec_id)}
    batches = _batches(database, spec_id, runs)
    if not batches:
        latest = {one.submission: one for one in runs.values()}
        found.rows += filter(None, (_of_run(one, folder, found) for one in latest.values()))
    for standings in batches:
        for key, standing in standings.items():
            found.rows.append(_of_standing(key, standing, runs, folder, found, about))
    found.rows.sort(key=lambda row: row.name.casefold())
    return found


def _batches(
    database: Database, spec_id: str, runs: Mapping[str, IndexedRun]
) -> list[Mapping[str, Standing]]:
    """The batches of this assignment: one of its runs is theirs, or, without any run, they are called after it."""
    others = [f"{folder_name(one)}-" for one in database.assignments() if one != spec_id]
    start = f"{folder_name(spec_id)}-"
    found: list[Mapping[str, Standing]] = []
    for name in database.batches():
        standings = _each_once(database.standing(name), database.base)
        ids = {one.run_id for one in standings.values() if one.run_id}
        longer = any(name.startswith(other) and len(other) > len(start) for other in others)
        if ids & runs.keys() or (not ids and name.startswith(start) and not longer):
            found.append(standings)
    return found


def _each_once(standings: dict[str, Standing], base: Path) -> dict[str, Standing]:
    """Without the older of two rows of one person, who was graded under a name and under a code."""
    if not (base / CODES).is_file():
        return standings
    kept = dict(standings)
    for key in standings:
        code = code_of(base, key)
        if code in kept and key in kept and code != key:
            del kept[min((key, code), key=lambda one: standings[one].run_id)]
    return kept


def _of_standing(
    key: str,
    standing: Standing,
    runs: Mapping[str, IndexedRun],
    folder: Path,
    found: _Gathered,
    about: About,
) -> BatchRow:
    name = about.names.get(key, key)
    if standing.state != "graded":
        return row_without_run(name, standing.state, standing.reason)
    run = runs.get(standing.run_id)
    row = _of_run(run, folder, found) if run else None
    return row or row_without_run(name, "unread", "Its run is gone or cannot be read: start the batch again.")


def _of_run(run: IndexedRun, folder: Path, found: _Gathered) -> BatchRow | None:
    """The row of a run; None where it cannot be read, or is a student's own check."""
    try:
        record = read_run(run.folder)
    except StoreError:
        return None
    if record.self_check:
        return None
    found.title, found.course = record.title, record.course
    return row_of_run(record, f"{quote(os.path.relpath(run.folder, folder))}/report.html")


# --- what stands around them ------------------------------------------------------------------------------------------


def _similarity(folder: Path) -> Similarity | Absent:
    file = folder / SIMILARITY
    hint = f"grader similarity {shlex.quote(str(folder.parent))} --json > {shlex.quote(str(file))}"
    if not file.is_file():
        return Absent("skipped", f"Nobody has compared the submissions yet. To see the pairs here: `{hint}`")
    try:
        if file.stat().st_size > LIMIT_SIMILARITY_BYTES:
            raise StoreError(f"it is larger than {LIMIT_SIMILARITY_BYTES // 1024**2} MiB.")
        return from_json(file.read_text("utf-8"))
    except (StoreError, OSError, UnicodeDecodeError) as error:
        return Absent("errored", f"{SIMILARITY} cannot be read: {error} Write it anew: `{hint}`")


def _exports(base: Path, folder: Path) -> tuple[Export, ...]:
    place = shlex.quote(str(folder))
    beside = (
        (TABLE_NAME, "This table for a spreadsheet (batch.csv)"),
        (SIMILARITY_PAGE, "Similar pairs, side by side (similarity.html)"),
    )
    files = [Export(text, name) for name, text in beside if name == TABLE_NAME or (folder / name).is_file()]
    return (
        *files,
        Export("Decide what is open", command=f"grader review {place} --page"),
        Export("This page anew, after decisions", command=f"grader report {place} --batch"),
        Export("Totals of the course", command="grader grades COURSE.yaml --roster ROSTER"),
        Export("Points for Canvas", command="grader export canvas --help"),
        Export("Points for Moodle", command="grader export moodle --help"),
        Export(
            "Who is like whom", command=f"grader similarity {shlex.quote(str(base))} --html similarity.html"
        ),
    )


def _notes(database: Database, spec_id: str) -> tuple[str, ...]:
    unread = [one for one in database.unread() if one.parent.parent.name == folder_name(spec_id)]
    if not unread:
        return ()
    names = ", ".join(clean(f"{one.parent.name}/{one.name}", 80) for one in unread[:5])
    more = f" and {len(unread) - 5} more" if len(unread) > 5 else ""
    runs = counted(len(unread), "stored run", "stored runs")
    return (f"{runs} cannot be read: {names}{more}. {RESULT} is broken there; grade them again.",)
