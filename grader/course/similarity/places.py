"""Where submissions to compare lie: the kept clones of a batch, or folders and archives by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.batch.clones import kept
from grader.course.batch.setup import FOLDER
from grader.course.similarity.architecture import Network, networks
from grader.course.similarity.works import Work, read_work
from grader.course.stored.codes import code_of
from grader.errors import FetchError, GraderError, GraderFault, StoreError, UsageError
from grader.fetch.interface import fetch
from grader.text import clean

LIMIT_WORKS = 1_500
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_CODE = re.compile(r"s-[a-z2-7]{8}")
"""What a batch that was graded with codes has as names already."""
_RECORD = "submission.json"
_CLONES = "clones"

Told = Callable[[str], None]


def _silent(name: str) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Place:
    """Submissions that belong together."""

    name: str  # of the batch or the folder
    folder: Path
    kind: str  # "clones": kept ones; "folder": one submission in each folder or archive
    base: Path | None = None  # the folder of all runs, where there is one


@dataclass(frozen=True)
class ReadPlace:
    """What was read, and why something was not."""

    works: tuple[Work, ...]
    notes: tuple[str, ...]


def place_of(given: Path, batch: str = "") -> Place:
    """What lies at a path: a batch (its folder, or the folder of runs that it is below), or submissions by hand.

    Args:
        batch: which of the batches below a folder of runs.

    Raises:
        UsageError: there is nothing to compare, or there are several batches.
    """
    if not given.is_dir():
        raise UsageError(
            f"There is no folder {clean(str(given))}.",
            "Give the folder of the runs, a batch's folder, or a folder with a submission in each of its folders.",
        )
    if (given / FOLDER).is_dir():
        return _batch_below(given / FOLDER, batch)
    if (given / _CLONES).is_dir():
        return _clones(given)
    if given.name == _CLONES and any(given.glob(f"*/{_RECORD}")):
        return _clones(given.parent)
    if not any(_by_hand(given)):
        raise UsageError(
            f"{clean(str(given))} holds no submissions.",
            "Grade the batch first (grader batch), or give a folder with a submission in each of its folders.",
        )
    return Place(given.resolve().name, given, "folder")


def read_place(
    place: Place, *, earlier: bool = False, coded: Path | None = None, told: Told = _silent
) -> ReadPlace:
    """Read every submission of a place, one after the other; a fault of one is a note and takes no other away.

    Args:
        earlier: it is an earlier batch, which is named beside each of its submissions.
        coded: the folder of runs whose codes take the place of names.
        told: the name of each submission before it is read.

    Raises:
        GraderFault: this machine cannot even read the first one.
    """
    works: list[Work] = []
    notes: list[str] = []
    label = place.name if earlier else ""
    for child in _children(place, notes):
        plain = _name(child)
        name = code_of(coded, plain) if coded and not _CODE.fullmatch(plain) else plain
        told(clean(name, 80))
        try:
            works.append(_read(child, name, label, place))
        except (GraderError, OSError) as error:
            if isinstance(error, GraderFault) and not isinstance(error, StoreError) and not works:
                raise  # git or the disk: the next one would fail, too
            said = error.message if isinstance(error, GraderError) and not coded else "it cannot be read"
            notes.append(f"{clean(name, 80)} was not compared: {clean(said, 300)}")
    return ReadPlace(tuple(_with_networks(works, place)), tuple(notes))


def read_starter(places: Sequence[Path]) -> Work:
    """What was handed out, as one work. Each place is a file, an archive, or a folder.

    Raises:
        UsageError: there is nothing at a place.
    """
    works = []
    for place in places:
        try:
            works.append(_starter_file(place) if _is_source(place) else _fetched(place, "starter", ""))
        except FetchError as error:
            raise UsageError(f"{clean(str(place))} is no starter code: {error.message}", error.hint) from None
    return Work(
        "starter",
        hashes=frozenset(one for work in works for one in work.hashes),
        notebooks={digest: path for work in works for digest, path in work.notebooks.items()},
        weights={digest: path for work in works for digest, path in work.weights.items()},
        logs={key: line for work in works for key, line in work.logs.items()},
        notes=tuple(note for work in works for note in work.notes),
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(child: Path, name: str, label: str, place: Place) -> Work:
    if place.kind == "clones":
        found = kept(child)
        return read_work(found.root, found.submission, name, label)
    return _fetched(child, name, label)


def _fetched(place: Path, name: str, label: str) -> Work:
    """Folders and archives come through the one door that bounds what they may hold."""
    with fetch(str(place.resolve())) as found:
        return read_work(found.root, found.submission, name, label)


def _starter_file(place: Path) -> Work:
    """A single file of code, as a submission of its own."""
    import shutil

    from grader.scratch import private_folder

    with private_folder() as holder:
        try:
            (holder / "starter").mkdir()
            shutil.copyfile(place, holder / "starter" / place.name)
        except OSError as error:
            raise UsageError(
                f"{clean(str(place))} cannot be read: {error.strerror}.", "Look at the path."
            ) from None
        return _fetched(holder / "starter", "starter", "")


def _is_source(place: Path) -> bool:
    return place.is_file() and place.suffix.lower() in (".py", ".ipynb")


def _with_networks(works: Sequence[Work], place: Place) -> Iterator[Work]:
    found: dict[str, Network] = {}
    if place.base is not None:
        found = networks(place.base, (work.tree_digest for work in works))
    for work in works:
        known = found.get(work.tree_digest)
        yield replace(work, network=known.digest) if known else work


# --- finding ----------------------------------------------------------------------------------------------------------


def _batch_below(folder: Path, wanted: str) -> Place:
    batches = sorted(one for one in folder.iterdir() if (one / _CLONES).is_dir())
    if wanted:
        batches = [one for one in batches if one.name == wanted]
    names = ", ".join(clean(one.name, 80) for one in batches)
    if not batches:
        raise UsageError(
            f"There is no {f'batch {clean(wanted, 80)}' if wanted else 'batch'} below {clean(str(folder))}.",
            "Grade one first: grader batch SPEC --roster FILE.",
        )
    if len(batches) > 1:
        raise UsageError(f"There are several batches: {names}.", "Choose one: --batch NAME.")
    return _clones(batches[0])


def _clones(batch: Path) -> Place:
    whole = batch.resolve()
    base = whole.parent.parent if whole.parent.name == FOLDER else None
    return Place(whole.name, whole / _CLONES, "clones", base)


def _children(place: Place, notes: list[str]) -> list[Path]:
    try:
        if place.kind == "clones":
            found = sorted(one for one in place.folder.iterdir() if (one / _RECORD).is_file())
        else:
            found = sorted(_by_hand(place.folder))
    except OSError as error:
        raise StoreError(f"{place.folder}: {error.strerror}.", "Look at its permissions.") from error
    if len(found) > LIMIT_WORKS:
        notes.append(f"only the first {LIMIT_WORKS:,} of {len(found):,} submissions were compared")
    return found[:LIMIT_WORKS]


def _by_hand(folder: Path) -> Iterator[Path]:
    """Folders and archives, each a submission; what is hidden or a link is none."""
    for child in folder.iterdir():
        is_archive = child.name.lower().endswith(ARCHIVES) and child.is_file()
        if not child.name.startswith(".") and not child.is_symlink() and (child.is_dir() or is_archive):
            yield child


def _name(child: Path) -> str:
    """A folder's name; an archive's without its ending."""
    ending = next(
        (one for one in sorted(ARCHIVES, key=len, reverse=True) if child.name.lower().endswith(one)), ""
    )
    return child.name[: -len(ending)] if ending and child.is_file() else child.name
