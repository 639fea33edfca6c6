"""What a commit holds, as git lists it, and the place in it that was handed in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.errors import FetchError
from grader.fetch.errand import Caps
from grader.fetch.names import is_code, is_readme, refusal, shown
from grader.fetch.staging import over_size, too_deep, too_many_files
from grader.text import clean_path

_MAX_RECORD_BYTES = 1 << 20
_KINDS = {b"120000": "a symbolic link", b"160000": "a submodule: another repository"}


@dataclass(frozen=True)
class Entry:
    """One entry of a commit's tree. `reason` says why it is not taken; "" where it is."""

    raw: bytes
    object_id: str
    size_bytes: int
    reason: str

    @property
    def path(self) -> str:
        return self.raw.decode("utf-8") if not self.reason else shown(self.raw)


@dataclass(frozen=True)
class Place:
    """What was handed in: a folder of the repository ("" for all of it), and the file in it that the link named."""

    subfolder: str
    readme_path: str = ""
    notes: tuple[str, ...] = ()
    named_file: str = ""  # a notebook or a Python file


def read_listing(chunks: Iterable[bytes], caps: Caps) -> list[Entry]:
    """The entries of `git ls-tree -r -z -l`, judged one by one as they come: a tree may unfold without end.

    Raises:
        FetchError: more files or deeper folders than the caps allow.
    """
    entries: list[Entry] = []
    for record in _records(chunks):
        entries.append(_entry(record, caps))
        if len(entries) > caps.files:
            raise too_many_files(caps)
    return entries


def _records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
        if len(rest) > _MAX_RECORD_BYTES:
            raise FetchError(
                "The repository holds a path of over a million bytes.", "Take it out and push again."
            )


def _entry(record: bytes, caps: Caps) -> Entry:
    facts, _, raw = record.partition(b"\t")
    mode, kind, object_id, size = facts.split()
    if raw.count(b"/") > caps.depth:
        raise too_deep(caps)
    size_bytes = int(size) if size.isdigit() else 0
    if kind == b"blob" and mode in (b"100644", b"100755", b"100664"):
        reason = refusal(raw) or over_size(size_bytes, caps)
    else:
        reason = _KINDS.get(mode, "not a regular file")
    return Entry(raw, object_id.decode(), size_bytes, reason)


def locate(path: tuple[str, ...], entries: list[Entry]) -> Place:
    """The place that the link's path names.

    Raises:
        FetchError: there is no such folder (the nearest are named), or it is a file that is neither a
            README nor code.
    """
    if not path:
        return Place("")
    wanted = "/".join(path)
    folders = folders_of(entry.path for entry in entries)
    if wanted in folders:
        return Place(wanted, notes=_namesakes(wanted, folders))
    for entry in entries:
        if entry.path == wanted:
            return _of_file(entry, wanted, folders)
    raise _nothing_there(wanted, folders, entries)


def _of_file(entry: Entry, wanted: str, folders: dict[str, None]) -> Place:
    """A README, a notebook or a Python file stands for the folder that it lies in."""
    if not is_readme(wanted) and not is_code(wanted):
        raise FetchError(
            f"The link is a link to a file ({clean_path(wanted)}), not to a repository or a folder.",
            "Hand in the link to the folder that it lies in, or to the README or the notebook there.",
        )
    subfolder = wanted.rpartition("/")[0]
    notes = _namesakes(subfolder, folders)
    kind = "README" if is_readme(wanted) else "file"
    if entry.reason:
        return Place(
            subfolder, notes=(*notes, f"The {kind} that the link names is not taken: {entry.reason}.")
        )
    if is_readme(wanted):
        return Place(subfolder, wanted, notes)
    where = f"the folder {clean_path(subfolder)}" if subfolder else "the repository"
    note = f"The link is to the file {clean_path(wanted)}; all of {where} was taken."
    return Place(subfolder, "", (*notes, note), wanted)


def folders_of(paths: Iterable[str]) -> dict[str, None]:
    """Every folder that holds one of the paths, however deep below; in order, without doubles."""
    found: dict[str, None] = {}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found[folder] = None
            folder = folder.rpartition("/")[0]
    return found


def _namesakes(folder: str, folders: dict[str, None]) -> tuple[str, ...]:
    """A note where another folder's name differs by case only: the rest of the work may lie there."""
    twins = [other for other in folders if other != folder and other.casefold() == folder.casefold()]
    if not folder or not twins:
        return ()
    return (
        f"Beside {clean_path(folder)} there is {', '.join(map(clean_path, twins[:3]))}: only the case differs.",
    )


def _nothing_there(wanted: str, folders: dict[str, None], entries: list[Entry]) -> FetchError:
    paths = [*folders, *(entry.path for entry in entries if is_readme(entry.path))]
    kind = "file" if is_readme(wanted) else "folder"
    message = f"There is no {kind} {clean_path(wanted)} in the repository"
    same = [path for path in paths if path.casefold() == wanted.casefold()]
    if same:
        return FetchError(
            f"{message}; there is {clean_path(same[0])}, which differs by case.", "Correct the link."
        )
    alike = difflib.get_close_matches(wanted, paths[:5000], n=3, cutoff=0.5)
    top = [folder for folder in folders if "/" not in folder]
    near = ", ".join(clean_path(path) for path in (alike or top)[:5])
    return FetchError(
        f"{message}; {f'the nearest are: {near}' if near else 'it has no folders'}.", "Correct the link."
    )
