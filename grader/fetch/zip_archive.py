"""Members of a zip archive."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.errors import FetchError
from grader.fetch.feed import Limits, damaged
from grader.fetch.members import MEMBERS_PER_FILE, Member
from grader.fetch.names import shown
from grader.fetch.safe_open import kind_of
from grader.fetch.staging import too_many_files
from grader.text import clean

_DIRECTORY_BYTES_PER_FILE = 512
_CHUNK_BYTES = 1 << 18
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 99: "AES"}
_BACKSLASH_SYSTEMS = (0, 11)  # MS-DOS and NTFS: their tools may part folders by a backslash


class _TooLarge(Exception):
    """The list of members is larger than any honest one."""


class _Bounded:
    """A file of which no part above the limit is read at once: zipfile reads the whole list of members in one go."""

    def __init__(self, file: BinaryIO, limit_bytes: int) -> None:
        self._file = file
        self._limit_bytes = limit_bytes

    def read(self, size: int = -1) -> bytes:
        if size > self._limit_bytes:
            raise _TooLarge
        return self._file.read(self._limit_bytes if size < 0 else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def listed(path: Path, limits: Limits) -> tuple[list[Member], tuple[str, ...]]:
    """All members, and what the archive says of itself.

    Raises:
        FetchError: it is damaged, encrypted, packed by a method that is not read, or has too many members.
    """
    with _opened(path, limits) as archive:
        infos = archive.infolist()
        if len(infos) > MEMBERS_PER_FILE * limits.caps.files:
            raise too_many_files(limits.caps)
        members = [_member(index, info, limits) for index, info in enumerate(infos)]
        return members, commit_note(archive.comment)


def contents(path: Path, wanted: Mapping[int, str], limits: Limits) -> Iterator[tuple[str, bytes]]:
    """(wanted name, content) of the members with these indices."""
    with _opened(path, limits) as archive:
        for index, info in enumerate(archive.infolist()):
            if index in wanted:
                yield wanted[index], _content(archive, info, limits)


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    limit_bytes = _DIRECTORY_BYTES_PER_FILE * max(limits.caps.files, 256)
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(_Bounded(file, limit_bytes))
        except _TooLarge:
            raise too_many_files(limits.caps) from None
        except UnicodeDecodeError as error:
            name = shown(bytes(error.object))
            raise FetchError(
                f"{limits.label}: the name of the member {name} says that it is UTF-8 and is not.",
                "Rename that file, pack the work again and hand that in.",
            ) from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError) as error:
            raise damaged(limits.label) from error
        with archive:
            yield archive


def _member(index: int, info: zipfile.ZipInfo, limits: Limits) -> Member:
    raw = _raw_name(info)
    if info.flag_bits & _ENCRYPTED:
        raise FetchError(
            f"{limits.label}: the member {shown(raw)} is encrypted.",
            "Pack the work again without a password.",
        )
    is_folder = raw.endswith(b"/")
    if info.compress_type not in _METHODS and not is_folder:
        method = _OTHER_METHODS.get(info.compress_type, f"number {info.compress_type}")
        raise FetchError(
            f"{limits.label}: the member {shown(raw)} is packed by a method that is not read ({method}).",
            "Pack the work again with the tool of the system (the method is called deflate).",
        )
    mode = info.external_attr >> 16
    odd = stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)
    return Member(index, raw, info.file_size, kind_of(mode) if odd else "", is_folder)


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    """The bytes of the name. Many tools write UTF-8 without saying so; zipfile then read them as code page 437."""
    name = info.orig_filename
    raw = name.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace")
    if info.create_system in _BACKSLASH_SYSTEMS and b"/" not in raw:
        raw = raw.replace(b"\\", b"/")
    return raw


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The whole member; its size was checked against the caps, and is again: the file may have changed since."""
    if info.file_size > limits.caps.file_bytes:
        raise damaged(limits.label, shown(_raw_name(info)))
    parts = []
    left = info.file_size + 1
    try:
        with archive.open(info) as member:
            while left > 0 and (chunk := member.read(min(left, _CHUNK_BYTES))):
                limits.look()
                parts.append(chunk)
                left -= len(chunk)
    except (
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        ValueError,
        OSError,
    ) as error:
        raise damaged(limits.label, shown(_raw_name(info))) from error
    if left != 1:
        raise damaged(limits.label, shown(_raw_name(info)))
    return b"".join(parts)


def commit_note(comment: bytes) -> tuple[str, ...]:
    """`git archive`, and so the large hosts, write the commit into the archive."""
    text = clean(comment.decode("ascii", "replace").strip(), 60)
    if len(text) != 40 or set(text) - set("0123456789abcdef"):
        return ()
    return (f"The archive says that it was made from commit {text}; that was not checked.",)
