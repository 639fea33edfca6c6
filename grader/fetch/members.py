"""What is taken of an archive, decided from the list of its members before anything is unpacked.

A member that could write elsewhere, that comes twice, or that grows without end makes the whole archive refused:
no honest tool packs so, and which content would count is anybody's guess. What cannot do harm and cannot be
graded (links, devices, odd names, large files) is left out with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.errors import FetchError
from grader.fetch.errand import Caps
from grader.fetch.names import SKIPPED_FOLDERS, refusal, shown
from grader.fetch.staging import over_size, too_deep, too_many_files
from grader.fetch.walk import MARKS
from grader.records import LeftOut

MEMBERS_PER_FILE = 5
"""Members that are listed, for each file that may be taken: folders and copies of a desktop count too."""
MAX_RATIO = 100
_RATIO_FROM_BYTES = 16 << 20  # small honest logs shrink by more than the ratio
_DRIVE = re.compile(rb"[A-Za-z]:")
_PACK_AGAIN = "Pack the folder of the work again, with the tool of the system, and hand that in."


@dataclass(frozen=True)
class Member:
    """One member as the archive names it. `reason` says why it cannot be taken; "" for a regular file."""

    index: int  # among all members
    raw: bytes
    size_bytes: int  # unpacked, as the archive says
    reason: str = ""
    is_folder: bool = False


@dataclass(frozen=True)
class Plan:
    taken: tuple[Member, ...]
    paths: tuple[str, ...]  # of `taken`, in the submission
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def planned(
    members: list[Member], label: str, archive_bytes: int, caps: Caps, *, is_committed: bool = False
) -> Plan:
    """Decide about every member. What was committed is taken wherever it lies, as it is from a repository.

    Raises:
        FetchError: the archive as a whole is refused; the message names the member and the fault.
    """
    paths = [_normal(member, label) for member in members]
    _refuse_doubles(members, paths, label)
    _refuse_bomb(members, label, archive_bytes)
    left = {} if is_committed else _left_folders(paths)
    taken: list[tuple[Member, bytes]] = []
    left_out = [LeftOut(shown(folder), reason) for folder, reason in sorted(left.items())]
    for member, path in zip(members, paths, strict=True):
        if member.is_folder or _is_desktop(path) or _above(path, left):
            continue
        reason = member.reason or refusal(path) or over_size(member.size_bytes, caps)
        if reason:
            left_out.append(LeftOut(shown(path), reason))
            continue
        if path.count(b"/") > caps.depth:
            raise too_deep(caps)
        taken.append((member, path))
        if len(taken) + len(left_out) > caps.files:
            raise too_many_files(caps)
    names = [path.decode() for _, path in taken]
    top = _single_top(names)
    inside = len(top) + 1 if top else 0
    notes = _notes(names, top)
    cut = tuple(
        LeftOut(item.path.removeprefix(f"{top}/") if top else item.path, item.reason) for item in left_out
    )
    return Plan(tuple(member for member, _ in taken), tuple(name[inside:] for name in names), cut, notes)


def _normal(member: Member, label: str) -> bytes:
    """The path without `./` and doubled slashes; a path that leads elsewhere is refused."""
    raw = member.raw
    if raw.startswith(b"/") or _DRIVE.match(raw):
        raise FetchError(f"{label}: the member {shown(raw)} has an absolute path.", _PACK_AGAIN)
    parts = [part for part in raw.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise FetchError(f'{label}: the member {shown(raw)} leads out of the archive by "..".', _PACK_AGAIN)
    return b"/".join(parts)


def _refuse_doubles(members: list[Member], paths: list[bytes], label: str) -> None:
    seen: set[bytes] = set()
    for member, path in zip(members, paths, strict=True):
        if member.is_folder or _is_desktop(path):
            continue
        if path in seen:
            raise FetchError(
                f"{label}: the member {shown(path)} is in it twice; which one counts, nobody can say.",
                _PACK_AGAIN,
            )
        seen.add(path)


def _refuse_bomb(members: list[Member], label: str, archive_bytes: int) -> None:
    whole = sum(member.size_bytes for member in members)
    if whole <= _RATIO_FROM_BYTES or whole <= MAX_RATIO * archive_bytes:
        return
    largest = max(members, key=lambda member: member.size_bytes)
    raise FetchError(
        f"{label}: it unpacks to more than {MAX_RATIO} times its size, most of it {shown(largest.raw)}.",
        "Take that member out and hand the archive in again.",
    )


def _left_folders(paths: list[bytes]) -> dict[bytes, str]:
    """Folders that nobody hands in on purpose, with the reason; the topmost of several."""
    found: dict[bytes, str] = {}
    for path in paths:
        parts = path.split(b"/")
        mark = MARKS.get(parts[-1].decode("utf-8", "replace"), "")
        if mark and len(parts) > 1:
            found.setdefault(b"/".join(parts[:-1]), mark)
        for depth, part in enumerate(parts[:-1], 1):
            reason = SKIPPED_FOLDERS.get(part.decode("utf-8", "replace"), "")
            if reason:
                found.setdefault(b"/".join(parts[:depth]), reason)
                break
    return {
        folder: reason
        for folder, reason in found.items()
        if not _above(folder, found) and not _is_desktop(folder)
    }


def _above(path: bytes, folders: dict[bytes, str]) -> bool:
    """Whether one of `folders` is a folder above the path."""
    if not folders:
        return False
    parts = path.split(b"/")
    return any(b"/".join(parts[:depth]) in folders for depth in range(1, len(parts)))


def _is_desktop(path: bytes) -> bool:
    """What desktops and git add by themselves; nobody misses it, so it is not reported."""
    parts = path.split(b"/")
    name = parts[-1]
    return (
        name in (b".DS_Store", b"Thumbs.db", b"")
        or name.startswith(b"._")
        or b"__MACOSX" in parts
        or b".git" in parts
    )


def _single_top(names: list[str]) -> str:
    """The one folder that everything lies in; "" where there is none, or where it is a package of its own."""
    tops = {name.partition("/")[0] for name in names if "/" in name}
    if len(tops) != 1 or any("/" not in name for name in names):
        return ""
    top = tops.pop()
    return "" if f"{top}/__init__.py" in names else top


def _notes(names: list[str], top: str) -> tuple[str, ...]:
    notes = []
    if top:
        notes.append(
            f"Everything in the archive lies in the folder {top}; that folder was taken as the root."
        )
    first: dict[str, str] = {}
    for name in names:
        for path in (*(str(parent) for parent in PurePosixPath(name).parents), name):
            other = first.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if other != path:
                notes.append(
                    f"{other} and {path} differ only by case; some systems would unpack one over the other."
                )
                return tuple(notes)
    return tuple(notes)
