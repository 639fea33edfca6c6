"""A regrade put into effect: a new run for each that the corrected spec changes, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from grader.course.again.regrade import Again, Looked, newest_beside, stamp_of
from grader.course.again.spreading import spread
from grader.course.stored.disk import FILE_NAME
from grader.course.stored.folder import rewrite
from grader.course.stored.restoring import Move, new_run_ids, store_all
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.store import opened
from grader.errors import StoreError, UsageError
from grader.report.interface import reports
from grader.text import clean


def applied(rows: Sequence[Looked], again: Again) -> tuple[Path, ...]:
    """Store what these runs come to, each as the latest run of its submission. Returns the new folders.

    The earlier runs stay. When the work was handed in stays, too: it is a part of the evidence.

    Raises:
        UsageError: the runs do not lie as the grader stores them.
        StoreError: the disk is full, one of the runs was written in the meantime, or the clock is behind; nothing was
            stored then.
    """
    new = sorted((row for row in rows if row.is_new), key=lambda row: (row.folder.parent, row.folder.name))
    if not new:
        return ()
    assignment = _assignment(new)
    ids = new_run_ids(len(new), after=max(row.newest for row in new))
    pairs = list(zip(new, ids, strict=True))
    moves = [
        Move(str(index), row.folder.parent.name, run_id, row.run_id)
        for index, (row, run_id) in enumerate(pairs)
    ]
    sources = {move.waiting: row.folder for move, row in zip(moves, new, strict=True)}
    reports()  # imported once, and not by each process that writes

    def write(folder: Path) -> None:
        spread(partial(_write, again, folder, sources), moves)

    stored = store_all(
        assignment, moves, write, partial(_unchanged, new), sources=tuple(row.folder for row in new)
    )
    _indexed(assignment.parent)
    return stored


def _write(again: Again, folder: Path, sources: dict[str, Path], move: Move) -> None:
    record = again.judged(read_run(sources[move.waiting]), move.run_id)
    texts = {one.file_name: one.render(record) for one in reports()}
    files = {"events.jsonl": "", **texts}
    rewrite(folder / move.waiting, dict(sorted(files.items(), key=lambda item: item[0] == RESULT)))


def _unchanged(rows: Sequence[Looked]) -> None:
    for row in rows:
        if stamp_of(row.folder) != row.stamp or newest_beside(row.folder) != row.newest:
            raise StoreError(
                f"{clean(row.name, 80)} was graded or decided on in the meantime ({row.folder.parent}).",
                "Nothing was stored. Give the command again.",
            )


def _assignment(rows: Sequence[Looked]) -> Path:
    """The one folder that holds all of them, a folder for each submission between."""
    for row in rows:
        if row.folder.name != row.run_id:
            raise UsageError(
                f"{row.folder} is not the place where the grader stored run {clean(row.run_id, 60)}.",
                "Give the folder of runs itself: what was given as --out (reports without it).",
            )
    folders = sorted({row.folder.absolute().parent.parent for row in rows})
    if len(folders) > 1:
        raise UsageError(
            f"The runs lie in several folders: {', '.join(str(one) for one in folders[:3])}.",
            "Give one of them.",
        )
    return folders[0]


def _indexed(base: Path) -> None:
    """The index follows, where there is one; it is made anew from the runs at any time."""
    if (base / FILE_NAME).is_file():
        with opened(base) as database:
            database.refresh()
