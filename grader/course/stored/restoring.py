"""Many runs stored at once: all of them or none, whatever happens in between.

The new runs are written below `.regrade` in the assignment's folder, where nobody looks for runs. When the last one is
on the disk, a list of where each belongs is put beside them: from then on they count. Then they are moved to their
places, one rename each. Who finds such a folder that nobody works on finishes the moves where the list is there, and
removes it where it is not (`settle`): whoever lists runs calls that first.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.course.stored.disk import FILE_NAME
from grader.course.stored.folder import locked, move, new_run_id, on_disk, rewrite
from grader.course.stored.opening import connected
from grader.errors import StoreError

FOLDER = ".regrade"
MOVES = "moves.json"
SPARE_FILES = 64
SECOND = 1.2
"""Names of runs of the same second have no order: then the next one is waited for."""


@dataclass(frozen=True)
class Move:
    """A new run in its waiting place, and where it belongs: names below the assignment's folder."""

    waiting: str  # folder below `.regrade`
    submission: str
    run_id: str
    instead_of: str  # the run that it was judged from


def store_all(
    assignment: Path,
    moves: Sequence[Move],
    write: Callable[[Path], None],
    unchanged: Callable[[], None],
    sources: Sequence[Path],
) -> tuple[Path, ...]:
    """Store a run for each move, all or none. Returns their folders.

    Args:
        assignment: the folder that holds a folder for each submission.
        write: writes each run's files into its waiting place below this folder, which is there and empty.
        unchanged: raises where what the runs were judged from is no longer as it was. Asked at the last moment, while
            nobody else can write to it.
        sources: the folders of those runs.

    Raises:
        StoreError: the disk is full or the folder cannot be written; nothing is stored then.
        Whatever `write` and `unchanged` raise; nothing is stored then.
    """
    with locked(assignment):
        _tidy(assignment)
        folder = assignment / FOLDER
        try:
            with on_disk(folder):
                folder.mkdir()
                for one in moves:
                    (folder / one.waiting).mkdir()
            write(folder)
            with _all_locked(sources):
                unchanged()
                rewrite(folder, {MOVES: _text(moves)})  # from here on they are stored
        except BaseException:
            if not (folder / MOVES).exists():
                shutil.rmtree(folder, ignore_errors=True)
            raise
        _finish(assignment)
    return tuple(assignment / one.submission / one.run_id for one in moves)


def new_run_ids(count: int, after: str = "") -> list[str]:
    """Names of runs that begin now, in their order, and behind the name `after`.

    Raises:
        StoreError: `after` is of a moment that is still to come.
    """
    end = time.monotonic() + SECOND
    while True:
        found: set[str] = set()
        while len(found) < count:
            found.add(new_run_id())
        if min(found, default="~") > after:
            return sorted(found)
        if time.monotonic() > end:
            raise StoreError(
                f"The run {after} is newer than this machine's clock.",
                "Set the clock, and give the command again. Nothing was stored.",
            )
        time.sleep(0.1)


def settle(place: Path) -> None:
    """Finish or undo what a killed regrade has left at `place` or around it. Cheap where it left nothing.

    Raises:
        StoreError: it cannot be finished.
    """
    for assignment in _assignments(place):
        if (assignment / FOLDER).is_dir():
            _settle(assignment)


def _assignments(place: Path) -> list[Path]:
    """The folders of assignments that a look at `place` may reach into."""
    here = place.absolute()
    around = [here, *list(here.parents)[:3]]
    with contextlib.suppress(OSError):
        around += [child for child in here.iterdir() if not child.is_symlink()]
    return around


def _settle(assignment: Path) -> None:
    with on_disk(assignment):
        fd = os.open(assignment, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = True
    except OSError:
        is_ours = False  # somebody is at work on it
    finally:
        os.close(fd)
    if is_ours or (assignment / FOLDER / MOVES).exists():
        with locked(assignment):
            _tidy(assignment)


def _tidy(assignment: Path) -> None:
    """What a regrade that was killed has left. The assignment's folder is locked."""
    folder = assignment / FOLDER
    if (folder / MOVES).exists():
        _finish(assignment)
    elif folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _finish(assignment: Path) -> None:
    folder = assignment / FOLDER
    moves = _read(folder / MOVES)
    with on_disk(folder):
        for one in moves:
            if (folder / one.waiting).is_dir():
                (assignment / one.submission).mkdir(exist_ok=True)
                move(folder / one.waiting, assignment / one.submission / one.run_id)
    _tell_batches(assignment.parent, moves)
    with on_disk(folder):
        (folder / MOVES).unlink()
        shutil.rmtree(folder)


def _tell_batches(base: Path, moves: Sequence[Move]) -> None:
    """A batch goes on from the new runs, where there is an index."""
    if (base / FILE_NAME).is_file():
        with connected(base) as database:
            database.judged_anew([(one.instead_of, one.run_id) for one in moves])


# --- the list ---------------------------------------------------------------------------------------------------


def _text(moves: Sequence[Move]) -> str:
    return json.dumps([asdict(one) for one in moves], indent=1) + "\n"


def _read(place: Path) -> tuple[Move, ...]:
    try:
        moves = tuple(Move(**given) for given in json.loads(place.read_text("utf-8")))
        for one in moves:
            for name in (one.waiting, one.submission, one.run_id):
                if Path(name).name != name:
                    raise ValueError(f"{name} is no name of a folder")
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{place} cannot be read: {error}.",
            f"It belongs to a regrade that was interrupted. Move {place.parent} away, and give the command again.",
        ) from error
    return moves


# --- the disk ---------------------------------------------------------------------------------------------------


@contextmanager
def _all_locked(folders: Sequence[Path]) -> Iterator[None]:
    """Nobody decides anything in these runs in the meantime. Each lock is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = len(folders) + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    with ExitStack() as stack:
        for folder in sorted(set(folders)):
            stack.enter_context(locked(folder))
        yield
