"""What a batch needs before its first row: its folder, which it has alone, a machine that was proven, and its rows."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.batch.copies import begin, cleared
from grader.course.batch.ending import answer_of
from grader.course.batch.entries import Entry, Plan, Row
from grader.course.batch.job import Answer, Execution, Job
from grader.course.rosters.records import Problem, Roster, RosterRow
from grader.course.stored.codes import code_of
from grader.course.stored.database import device_class
from grader.course.stored.folder import folder_name
from grader.errors import GraderFault, StoreError, UsageError
from grader.fetch.access import NO_ACCESS, Access
from grader.fetch.deadline import parse_deadline
from grader.fetch.url import looks_like_link, with_folder
from grader.isolation.quota import usable_cores
from grader.text import clean

if TYPE_CHECKING:
    from grader.course.batch.executors.interface import Executor
    from grader.pipeline import Request
    from grader.spec.load import Loaded

MOST_SLOTS = 8
FOLDER = ".batches"


@dataclass(frozen=True)
class Wanted(Execution):
    """What was asked for on the command line."""

    loaded: Loaded
    spec_file: Path  # the spec's own file
    out: Path
    roster_file: Path
    command: str
    course: str = ""
    ref: str = ""
    before: str = ""
    web: bool = False
    access: Access = NO_ACCESS


def work_folder(wanted: Wanted) -> Path:
    """Of this spec and this roster below the folder of runs: clones, attempts, the batch's secret."""
    name = folder_name(f"{wanted.loaded.spec.id}-{wanted.roster_file.stem}")
    return wanted.out / FOLDER / name


@contextmanager
def alone(work: Path) -> Iterator[None]:
    """This batch for one process.

    Raises:
        UsageError: another one is at work.
        StoreError: the folder cannot be written.
    """
    import fcntl

    try:
        work.mkdir(parents=True, exist_ok=True)
        file = (work / "lock").open("w")
    except OSError as error:
        raise StoreError(f"{work}: {error.strerror}.", "Give a folder that can be written: --out.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"This batch is being graded already, by another process ({work}).",
                "Wait for it, or stop it with Ctrl-C where it runs.",
            ) from None
        yield


def plan_of(wanted: Wanted, work: Path, elsewhere: Executor | None = None) -> Plan:
    """The plan, after a look at this machine: what is missing here is said before anything is fetched.

    Args:
        elsewhere: what runs attempts on other machines; a GPU is there, and need not be here.

    Raises:
        GraderFault: no sandbox, no data, no such device.
    """
    from grader.pipeline import prepare_machine

    device = wanted.device if elsewhere is None else "cpu"
    machine = prepare_machine(machine_request(wanted.loaded, replace(wanted, device=device)))
    spec = work / wanted.spec_file.name
    try:
        shutil.copyfile(wanted.spec_file, spec)
    except OSError as error:
        raise StoreError(f"{spec}: {error.strerror}.", "Give a folder that can be written: --out.") from error
    job = Job(
        spec=str(spec),
        clone="",
        out=str(wanted.out),
        name="",
        source="",
        command=wanted.command,
        secret=0,
        course=wanted.course,
        web=wanted.web,
        plan=_digest(wanted, machine.data.facts.digest if machine.data else ""),
        **wanted.execution(),
    )
    text = machine.device.text if device == wanted.device else _device_of(elsewhere, job, work / "machine")
    return Plan(
        loaded=wanted.loaded,
        base=wanted.out,
        work=work,
        name=work.name,
        job=job,
        data_digest=machine.data.facts.digest if machine.data else "",
        device_class=device_class(text),
        before=wanted.before,
        ref=wanted.ref,
        access=wanted.access,
    )


def _device_of(elsewhere: Executor | None, job: Job, folder: Path) -> str:
    """The device of a machine there, as an attempt that grades nothing finds it."""
    assert elsewhere is not None
    begin(folder, job, anew=True)
    ended = elsewhere.attempt(folder, lambda _: None, threading.Event())
    answer = answer_of(folder, ended)
    cleared(folder)
    if answer is None or answer.kind != "prepared":
        said = answer or Answer("machine", "", "The look at a machine was ended.", "Start the batch again.")
        raise GraderFault(said.message, said.hint)
    return answer.message


def _digest(wanted: Wanted, data_digest: str) -> str:
    """Of what an answer hangs on and no other value of a job says."""
    from grader import __version__
    from grader.records import MEASURING_VERSION

    parts = (wanted.loaded.digest, __version__, str(MEASURING_VERSION), data_digest)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def machine_request(loaded: Loaded, how: Execution) -> Request:
    """What `grader.pipeline.prepare_machine` needs: nobody's submission, on this machine."""
    from grader.pipeline import Request

    return Request(
        loaded=loaded,
        source="",
        command="",
        data_dir=Path(how.data_dir) if how.data_dir else None,
        stand_in=how.stand_in,
        unofficial_data=how.unofficial_data,
        device=how.device,
        level=how.level,  # type: ignore[arg-type]
        zygote=how.zygote,
    )


def rows_of(roster: Roster, before: str, *, coded: Path | None = None) -> list[Row]:
    """The roster's rows for the batch, in its order, none left out.

    Args:
        coded: the folder of all runs, where names and links are to be replaced by its codes.
    """
    rows = [_row(row, before, roster.mistakes_of(row)) for row in roster.rows]
    return rows if coded is None else [_coded(row, coded) for row in rows]


def _coded(row: Row, base: Path) -> Row:
    code = code_of(base, row.entry.key)
    text = "The roster has a mistake in its row: `grader roster` shows it." if row.text else ""
    return replace(row, entry=replace(row.entry, key=code, name=code, shown=code), text=text)


def _row(row: RosterRow, before: str, mistakes: Sequence[Problem]) -> Row:
    """A row with a mistake is held back: under it, it might be graded as somebody else's, or by a wrong deadline."""
    also = (row.models_repository,) if row.models_repository else ()
    source = f"{row.repository}" if not row.folder else _inside(row.repository, row.folder)
    entry = Entry(row.key, row.name or row.id or row.key, source, also, _deadline(before, row))
    made = Row(entry)
    if mistakes:
        said = "; ".join(f"{one.column}: {one.fault}" if one.column else one.fault for one in mistakes)
        made = replace(
            made, state="blocked", text=clean(f"In the roster: {said} {mistakes[0].next_step}", 600)
        )
    elif row.state == "bad link":
        made = replace(made, state="blocked", text="Its link cannot be read: the roster's problems say why.")
    return made


def _deadline(before: str, row: RosterRow) -> str:
    """The row's own deadline; "" where it has everybody's."""
    if row.extension is None:
        return ""
    if before:
        return row.extension.after(parse_deadline(before)).shown
    return row.extension.until.shown if row.extension.until else ""


def _inside(repository: str, folder: str) -> str:
    """The place of a folder in what is handed in: in a repository behind a link, or in a folder here."""
    return with_folder(repository, folder) if looks_like_link(repository) else str(Path(repository) / folder)


def slots(asked: int | None) -> int:
    """Attempts at once on this machine: a core each, and no more than it has."""
    return asked or max(1, min(MOST_SLOTS, len(usable_cores())))
