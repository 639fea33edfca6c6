"""Second repositories: what the submission's code imports from elsewhere, staged as folders of its root."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from grader.errors import FetchError, GraderError, UsageError
from grader.fetch.deadline import Deadline, Moment, parse_deadline
from grader.fetch.digest import joined_digest, tree_digest
from grader.fetch.errand import (
    DEFAULT_CAPS,
    Asked,
    Brought,
    Caps,
    Errand,
    Fetched,
    Progress,
    machine_faults,
    silent,
)
from grader.fetch.local import local_path
from grader.fetch.names import refusal
from grader.fetch.sources import bring
from grader.records import LeftOut, SecondRepository, Submission
from grader.text import clean, without_credentials

MAX_SECONDS = 4
_NAMED = re.compile(r"\s*([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})=(.+)", re.DOTALL)


def add(
    first: Brought, sources: tuple[str, ...], moment: Moment | None, steps_back: int, errand: Errand
) -> Fetched:
    """Stage every one of `sources` inside of the root of `first`. `moment` is the deadline that `first` had.

    Raises:
        FetchError, UsageError, GraderFault: as `grader.fetch.interface.fetch`.
    """
    if len(sources) > MAX_SECONDS:
        raise UsageError(
            f"{len(sources)} second repositories were named, and at most {MAX_SECONDS} are taken.",
            "Name fewer.",
        )
    if steps_back < 0:
        raise UsageError("A number of steps back below zero makes no sense.", "Give 0 or more.")
    wanted, said = _moment(first, moment, steps_back)
    seconds: list[SecondRepository] = []
    for number, source in enumerate(sources):
        holder = errand.holder / f"also-{number}"
        holder.mkdir()
        name, place = _named(source)
        brought = _bring(place, Asked(moment=wanted, whole=True), replace(errand, holder=holder))
        folder, note = _free_folder(name or _name_of(brought.submission), first.root, seconds)
        (brought.root).rename(first.root / folder)
        notes = (note, *_notes(brought, said, moment, steps_back))
        taken = steps_back if brought.earlier_commits or _by_date(brought, wanted) else 0
        seconds.append(_record(brought, folder, notes, taken))
    return Fetched(_joined(first.submission, tuple(seconds)), first.root, tuple(sources), errand.access)


def earlier(
    fetched: Fetched,
    index: int = 0,
    *,
    steps: int = 1,
    caps: Caps = DEFAULT_CAPS,
    progress: Progress | None = None,
) -> Fetched:
    """Take one second repository `steps` commits back: for a notebook that does not fit the newest one.

    Its folder below `fetched.root` is replaced; the record that comes back is the one that counts from then on.
    `submission.also[index].earlier_commits` says how far it goes.

    Raises:
        FetchError: there are no such commits, or the repository cannot be had any more.
        GraderFault: no network, no git, no disk, no time.
    """
    second = fetched.submission.also[index]
    if not 1 <= steps <= second.earlier_commits:
        raise FetchError(
            f"{second.name} cannot be taken {steps} commits back: {second.earlier_commits} can be reached.",
            "Name a commit of it in its link: …/tree/COMMIT.",
        )
    asked = Asked(moment=Moment(None, steps, second.commit), whole=True)
    with machine_faults():
        holder = Path(tempfile.mkdtemp(prefix="also-", dir=fetched.root.parent))
        try:
            ends = time.monotonic() + caps.seconds
            errand = Errand(holder, caps, ends, progress or silent, fetched.access)
            brought = _bring(_named(fetched.also_sources[index])[1], asked, errand)
            shutil.rmtree(fetched.root / second.folder)
            brought.root.rename(fetched.root / second.folder)
        finally:
            shutil.rmtree(holder, ignore_errors=True)
    kept = tuple(note for note in second.notes if note != _steps_note(second.steps_back))
    taken = _record(brought, second.folder, kept, second.steps_back + steps)
    seconds = (*fetched.submission.also[:index], taken, *fetched.submission.also[index + 1 :])
    return replace(fetched, submission=_joined(fetched.submission, seconds))


def _named(source: str) -> tuple[str, str]:
    """`NAME=LINK` says in which folder the code expects it; ("", source) where no name is given."""
    found = _NAMED.fullmatch(source)
    if found is None or _is_there(source):
        return "", source
    return found[1], found[2]


def _is_there(source: str) -> bool:
    try:
        return local_path(source) is not None
    except UsageError:
        return False


def _bring(source: str, asked: Asked, errand: Errand) -> Brought:
    """As for a submission; a fault says that it is the second repository's."""
    try:
        return bring(source, asked, errand)
    except GraderError as error:
        shown = clean(without_credentials(source.strip()), 120)
        error.message = f"The second repository ({shown}) was not taken. {error.message}"
        raise


def _moment(first: Brought, moment: Moment | None, steps_back: int) -> tuple[Moment, str]:
    """The moment for a second repository, and what to say where there is none."""
    found = first.submission
    date = _readable(first.changed_at or found.committed_at)
    if date is None:
        deadline = moment.deadline if moment else None
        said = (
            "" if deadline else "The submission has no commit date to go by, so the newest commit was taken."
        )
        return Moment(deadline, steps_back, yields=True), said
    why = f"the last change of {found.subfolder}" if first.changed_at else "the submission's own commit"
    return Moment(date, steps_back, or_oldest=moment is None, yields=True, why=why), ""


def _readable(committed_at: str) -> Deadline | None:
    """A commit's date; a forged one may be none that a calendar has."""
    try:
        return parse_deadline(committed_at) if committed_at else None
    except UsageError:
        return None


def _by_date(brought: Brought, moment: Moment) -> bool:
    found = brought.submission
    return found.kind == "git" and not found.ref and moment.yields


def _notes(brought: Brought, said: str, deadline: Moment | None, steps_back: int) -> list[str]:
    found = brought.submission
    if found.kind != "git":
        return [f"It is {_AS_IT_IS[found.kind]}: taken as it is."]
    if not found.ref:
        return [said]
    notes = [f"Its link names {clean(found.ref, 80)}, so no commit was chosen by a date."]
    if deadline:
        notes.append("The deadline was not applied to it.")
    if steps_back:
        notes.append("No steps back were taken in it.")
    return [" ".join(notes)]


_AS_IT_IS = {"folder": "a folder", "archive": "an archive"}


def _name_of(found: Submission) -> str:
    """The name that `git clone` would give its folder."""
    name = found.name.rpartition("/")[2].removesuffix(".git")
    return "also" if refusal(name.encode()) or name.startswith(".") else name


def _free_folder(name: str, root: Path, seconds: list[SecondRepository]) -> tuple[str, str]:
    """A folder of the root that nobody has, and a note where it is not the repository's own name."""
    taken = {second.folder for second in seconds}
    start, note = name, ""
    if os.path.lexists(root / name) and name not in taken:
        start = f"{name}__also"
        note = f"The submission has {name} itself; that one stays, and this repository lies in "
    folder, number = start, 1
    while os.path.lexists(root / folder):
        number += 1
        folder = f"{start}__{number}"
    if number > 1 and not note:
        note = f"Another second repository has the name {name}; this one lies in "
    return folder, f"{note}{folder}." if note else ""


def _record(brought: Brought, folder: str, notes: tuple[str, ...], steps_back: int) -> SecondRepository:
    found = brought.submission
    steps = _steps_note(steps_back) if steps_back else ""
    return SecondRepository(
        source=found.source,
        kind=found.kind,
        name=found.name,
        folder=folder,
        ref=found.ref,
        commit=found.commit,
        committed_at=found.committed_at,
        tree_digest=tree_digest(found.files),
        files=tuple(replace(file, path=f"{folder}/{file.path}") for file in found.files),
        earlier_commits=brought.earlier_commits,
        steps_back=steps_back,
        left_out=tuple(LeftOut(f"{folder}/{left.path}", left.reason) for left in found.left_out),
        notes=tuple(note for note in dict.fromkeys((*notes, *found.notes, steps)) if note),
    )


def _steps_note(steps: int) -> str:
    return f"{steps} newer {'commit was' if steps == 1 else 'commits were'} stepped over: the code was taken from before."


def _joined(found: Submission, seconds: tuple[SecondRepository, ...]) -> Submission:
    return replace(found, also=seconds, tree_digest=joined_digest(tree_digest(found.files), seconds))
