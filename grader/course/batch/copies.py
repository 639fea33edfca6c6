"""The folder of an attempt as several machines share it. An engine may run the same attempt twice at once, as when a
machine was lost and lives on: each copy of it writes in a folder of its own, and the first answer wins, for good.

    job.json                what to grade
    .alive                  changes as long as whoever launched it is there
    .copies/<one>/          of one copy alone: its job, events and run
    answer-<digest>.json    the first answer: a hard link, so that it is whole, and made once
    answer.json             the same, when whoever launched it has put the run where runs are

A look at several has `job.json` and the answers in a folder each. The digest is the job's: what an old copy finds is no
answer to a new job.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.batch.executors.interface import MAX_LINE
from grader.course.batch.job import ANSWER, FINISH, JOB, Answer, Job, read_answer, read_job, write
from grader.course.stored.folder import folder_name, move, prepare
from grader.errors import StoreError

ALIVE, COPIES, EVENTS, RUNS = ".alive", ".copies", "events.jsonl", "runs"
"""The first two with a dot, as no key of a row has: a look has a folder for each key beside them."""
_READ_BYTES = 16 * MAX_LINE
_GONE = ".gone-"


# --- whoever launches ---------------------------------------------------------------------------------------------


def begin(folder: Path, job: Job, *, anew: bool) -> None:
    """The folder of an attempt at this job: an empty one, or the one in which copies of it may still be at work.

    Args:
        anew: an empty one in any case.

    Raises:
        OSError, StoreError: it cannot be written.
    """
    if anew or (folder / ANSWER).exists() or not _may_be_under_way(folder, {folder: job}):
        _made(folder, {folder: job})


def begin_look(folder: Path, jobs: Mapping[str, Job]) -> None:
    """As `begin`, for a look at several, by the names of their folders in this one."""
    wanted = {folder / name: job for name, job in jobs.items()}
    if not _may_be_under_way(folder, wanted):
        _made(folder, wanted)
    (folder / FINISH).unlink(missing_ok=True)


def _made(folder: Path, jobs: Mapping[Path, Job]) -> None:
    cleared(folder)
    for place, job in jobs.items():
        place.mkdir(parents=True)
        write(place / JOB, job)


def cleared(folder: Path) -> None:
    """Nothing has this name any more. A copy that still writes there does so somewhere else, and ends."""
    with suppress(FileNotFoundError):
        folder.rename(folder.with_name(f"{_GONE}{secrets.token_hex(4)}"))
    for gone in folder.parent.glob(f"{_GONE}*"):  # also what a copy has kept in use the last time
        shutil.rmtree(gone, ignore_errors=True)


def _may_be_under_way(folder: Path, jobs: Mapping[Path, Job]) -> bool:
    if not (folder / ALIVE).exists():
        return False
    try:
        return {place: read_job(place / JOB) for place in places(folder)} == jobs
    except StoreError:
        return False


def beat(folder: Path) -> None:
    """Tell all copies that somebody waits for them."""
    with suppress(OSError):  # a disk that hiccups is no reason to end
        (folder / ALIVE).write_text(secrets.token_hex(8), "ascii")


def attempt_name(folder: Path) -> tuple[str, str]:
    """Names the attempt in this folder for an engine: the same folder has the same first part, and the same jobs in it
    the same second one."""
    jobs = "".join(_digest(place / JOB) for place in places(folder))
    return _short(str(folder.absolute()).encode()), _short(jobs.encode())


def collected(folder: Path) -> bool:
    """Put each run that won where runs are, and its answer where it is looked for; whether that are all answers.

    Raises:
        StoreError: the disk is full, or cannot be written.
    """
    return set(map(_collected, places(folder))) <= {True}


def _collected(place: Path) -> bool:
    if (place / ANSWER).is_file():
        return True
    published = _published(place)
    try:
        answer = read_answer(published)
    except StoreError as error:
        answer = Answer("machine", "", error.message, error.hint)
    if answer is None:
        return False
    if answer.kind == "graded":
        answer = replace(answer, folder=str(_put(Path(answer.folder), Path(read_job(place / JOB).out))))
    write(place / ANSWER, answer)
    return True


def _put(run: Path, base: Path) -> Path:
    """Move a run below `base`, under the names that it has."""
    target = base.joinpath(*run.parts[-3:])
    if not target.is_dir():  # else it was moved, and then we were killed
        prepare(target.parent.parent)
        target.parent.mkdir(exist_ok=True)
        move(run, target)
    return target


class Said:
    """What all copies say, each line once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / COPIES
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[bytes]:
        """Lines that are there since the last time."""
        for place in sorted(self._folder.glob(f"*/{EVENTS}")):
            with suppress(OSError), place.open("rb") as file:
                begin = file.seek(self._read.get(place, 0))
                data = file.read(_READ_BYTES)
                whole = data.rpartition(b"\n")[0] if b"\n" in data or len(data) < _READ_BYTES else data
                self._read[place] = begin + len(whole) + (data[len(whole) : len(whole) + 1] == b"\n")
                yield from whole.split(b"\n") if whole else ()


# --- a copy -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copy:
    """One of the copies of an attempt. `published` is of each of its folders where an answer to it goes."""

    shared: Path
    own: Path
    published: dict[Path, Path]

    @classmethod
    def of(cls, shared: Path) -> Copy:
        """A new copy of the attempt, or of the look, in this folder: of what has no answer yet.

        Raises:
            OSError, StoreError: there is no job any more, or the folder cannot be written.
        """
        name = f"{folder_name(socket.gethostname())}-{os.getpid()}-{secrets.token_hex(4)}"
        own = shared.absolute() / COPIES / name
        if not (jobs := places(shared)):
            raise StoreError(f"{shared} holds no job any more.", "Its batch ended, or began anew.")
        own.parent.mkdir(exist_ok=True)
        own.mkdir()
        published = {}
        for place in jobs:
            goal, mine = _published(place), own / place.relative_to(shared)
            if not goal.exists():
                published[mine] = goal.absolute()
                mine.mkdir(exist_ok=True)
                write(mine / JOB, replace(_here(read_job(place / JOB)), out=str(own / RUNS)))
        (own / FINISH).symlink_to(shared.absolute() / FINISH)
        return cls(shared, own, published)

    def publish(self, place: Path, answer: Answer) -> bool:
        """Make this the answer of all copies; whether it is: False where another was first.

        Raises:
            StoreError: the answer cannot be written.
        """
        goal = self.published[place]
        mine = goal.with_name(f".{self.own.name}.json")  # some disks link within one folder alone
        write(mine, answer)
        try:
            os.link(mine, goal)
        except OSError as error:
            if mine.stat().st_nlink > 1:  # a network disk that did it, and lost its own reply
                return True
            if isinstance(error, FileExistsError):
                return False
            reason = error.strerror or str(error)
            raise StoreError(f"{goal}: {reason}.", "The shared folder needs hard links.") from error
        finally:
            mine.unlink(missing_ok=True)
        return True

    def is_needed(self) -> bool:
        """Whether anything in it still has no answer, and the folder is still the one that it began in."""
        return self.own.is_dir() and not all(goal.exists() for goal in self.published.values())


def _here(job: Job) -> Job:
    """On the GPU that was given to this job, where the engine says so by a number."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return replace(job, device=f"cuda:{given}") if job.device == "cuda" and given.isdecimal() else job


def places(folder: Path) -> list[Path]:
    """The folders with a job: this one, or those in it."""
    if (folder / JOB).is_file():
        return [folder]
    return sorted(place.parent for place in folder.glob(f"*/{JOB}"))


def is_answered(folder: Path) -> bool:
    """Whether all that is asked for in this folder has an answer."""
    found = places(folder)
    return bool(found) and all(_published(place).exists() for place in found)


def _published(place: Path) -> Path:
    return place / f"answer-{_digest(place / JOB)}.json"


def _digest(job: Path) -> str:
    return _short(job.read_bytes())


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
