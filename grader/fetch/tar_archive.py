"""Members of a tar archive: ustar, GNU and POSIX (pax) headers, read by ourselves.

Python's own reader takes a header of any length into memory and reads chains of headers by recursion; here every
header has a limit, and its sum is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import FetchError
from grader.fetch.feed import Feed, Limits, damaged, is_tar_header, opened
from grader.fetch.members import MEMBERS_PER_FILE, Member
from grader.fetch.names import shown
from grader.fetch.staging import too_many_files
from grader.fetch.zip_archive import commit_note

_BLOCK = 512
_MAX_HEADER_BYTES = 1 << 20
_FILES = (b"0", b"\0", b"7")
_FOLDER = b"5"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL = b"L", b"K", b"x", b"g"
_SPARSE = b"S"
_WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", b"5", b"6")
_REASONS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    _SPARSE: "a sparse file",
}


@dataclass
class _Pending:
    """What headers before a member say about it."""

    name: bytes = b""
    size: int | None = None
    sparse: bool = False
    count: int = 0


@dataclass(frozen=True)
class _Header:
    kind: bytes
    name: bytes
    size: int
    block: bytes = field(repr=False)


def listed(path: Path, kind: str, limits: Limits) -> tuple[list[Member], tuple[str, ...]]:
    """All members, and what the archive says of itself.

    Raises:
        FetchError: it is damaged, no tar archive, a bomb, or has too many members.
    """
    members: list[Member] = []
    notes: list[str] = []
    with opened(path, kind, limits) as feed:
        for member in _members(feed, limits, notes):
            members.append(member)
            if len(members) > MEMBERS_PER_FILE * limits.caps.files:
                raise too_many_files(limits.caps)
            _pass(feed, member, limits)
    return members, tuple(notes)


def contents(path: Path, kind: str, wanted: Mapping[int, str], limits: Limits) -> Iterator[tuple[str, bytes]]:
    """(wanted name, content) of the members with these indices; their sizes were checked against the caps."""
    with opened(path, kind, limits) as feed:
        for member in _members(feed, limits, []):
            if member.index not in wanted:
                _pass(feed, member, limits)
                continue
            if member.size_bytes > limits.caps.file_bytes:  # it is not the file any more that was listed
                raise damaged(limits.label, feed.place)
            content = feed.read(member.size_bytes)
            if len(content) < member.size_bytes or not feed.skip(-member.size_bytes % _BLOCK):
                raise damaged(limits.label, feed.place)
            yield wanted[member.index], content


def _pass(feed: Feed, member: Member, limits: Limits) -> None:
    if not feed.skip(member.size_bytes + -member.size_bytes % _BLOCK):
        raise damaged(limits.label, feed.place)


def _members(feed: Feed, limits: Limits, notes: list[str]) -> Iterator[Member]:
    """Each member with `feed` at the start of its content; the caller moves past it."""
    pending = _Pending()
    index = 0
    while (header := _header(feed, limits)) is not None:
        if header.kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL):
            _note_down(feed, header, pending, limits, notes)
            continue
        if header.kind == _SPARSE:
            _pass_sparse_map(feed, header.block, limits)
        name = pending.name or header.name
        size = header.size if pending.size is None else pending.size
        is_folder = header.kind == _FOLDER or name.endswith(b"/")
        reason = "" if header.kind in _FILES or is_folder else _REASONS.get(header.kind, "not a regular file")
        if pending.sparse:
            reason = _REASONS[_SPARSE]
        if header.kind in _WITHOUT_CONTENT:
            size = 0  # some tools write the size of a link's target here; there is nothing to pass over
        feed.place = shown(name)
        yield Member(index, name, size, reason, is_folder)
        pending, index = _Pending(), index + 1


def _header(feed: Feed, limits: Limits) -> _Header | None:
    """The next header; None at the end of the archive."""
    first = feed.position == 0
    block = feed.read(_BLOCK)
    if not block.strip(b"\0"):
        if first:
            raise _no_tar(limits)
        return None
    if not is_tar_header(block):
        raise _no_tar(limits) if first else damaged(limits.label, feed.place)
    name = block[:100].partition(b"\0")[0]
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].partition(b"\0")[0]
        name = prefix + b"/" + name if prefix else name
    size = _number(block[124:136])
    if size < 0:
        raise damaged(limits.label, shown(name))
    return _Header(block[156:157], name, size, block)


def _number(text: bytes) -> int:
    """Octal digits, or where the first bit is set a binary number; -1 where it is neither."""
    if text[0] & 0x80:
        return int.from_bytes(bytes([text[0] & 0x7F]) + text[1:], "big") if text[0] == 0x80 else -1
    try:
        return int(text.strip(b" \0") or b"0", 8)
    except ValueError:
        return -1


def _note_down(feed: Feed, header: _Header, pending: _Pending, limits: Limits, notes: list[str]) -> None:
    pending.count += 1
    if header.size > _MAX_HEADER_BYTES or pending.count > 8:
        raise FetchError(
            f"{limits.label}: the header of the member after {feed.place or 'the start'} is too long.",
            "Pack the work again and hand that in.",
        )
    text = feed.read(header.size)
    if len(text) < header.size or not feed.skip(-header.size % _BLOCK):
        raise damaged(limits.label, feed.place)
    if header.kind == _LONG_NAME:
        pending.name = text.partition(b"\0")[0]
    elif header.kind in (_PAX, _PAX_GLOBAL):
        records = _pax(text, limits, feed.place)
        if header.kind == _PAX_GLOBAL:
            notes[:] = notes or commit_note(records.get(b"comment", b""))
            return
        pending.name = records.get(b"GNU.sparse.name", records.get(b"path", pending.name))
        pending.sparse = any(key.startswith(b"GNU.sparse.") for key in records)
        if b"size" in records:
            pending.size = _decimal(records[b"size"], limits, feed.place)


def _pax(text: bytes, limits: Limits, place: str) -> dict[bytes, bytes]:
    """Records `<length> <key>=<value>\n`, where the length counts itself."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(text):
        digits, _, _ = text[at : at + 20].partition(b" ")
        length = _decimal(digits, limits, place)
        key, equals, value = text[at + len(digits) + 1 : at + length].partition(b"=")
        if not equals or not value.endswith(b"\n") or at + length > len(text):  # a length of 0 has no "="
            raise damaged(limits.label, place)
        records[key] = value[:-1]
        at += length
    return records


def _decimal(digits: bytes, limits: Limits, place: str) -> int:
    if not digits.isdigit() or len(digits) > 18:
        raise damaged(limits.label, place)
    return int(digits)


def _pass_sparse_map(feed: Feed, block: bytes, limits: Limits) -> None:
    """GNU's old sparse files: further blocks of their map stand before the content."""
    more = block[482]
    while more:
        extension = feed.read(_BLOCK)
        if len(extension) < _BLOCK:
            raise damaged(limits.label, feed.place)
        more = extension[504]


def _no_tar(limits: Limits) -> FetchError:
    return FetchError(
        f"{limits.label} is packed, but holds no tar archive.", "Pack the work as a zip or a tar.gz archive."
    )
