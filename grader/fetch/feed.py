"""The bytes of an archive, unpacked as they are needed: every read is bounded, in size, in sum and in time."""

from __future__ import annotations

import bz2
import gzip
import lzma
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from grader.errors import FetchError, GraderFault
from grader.fetch.errand import Caps
from grader.fetch.members import MAX_RATIO
from grader.fetch.staging import megabytes

KINDS = frozenset({"zip", "tar", "gzip", "xz", "bzip2"})
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "packed by Zstandard"),
)
_XZ_MEMORY_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 18
_RATIO_FROM_BYTES = 16 << 20


@dataclass(frozen=True)
class Limits:
    """What unpacking may cost; `label` is the archive's name for people."""

    caps: Caps
    deadline: float  # of `time.monotonic`
    label: str

    def look(self) -> None:
        """GraderFault once the time is over."""
        if time.monotonic() > self.deadline:
            raise GraderFault(
                f"Unpacking {self.label} took longer than {self.caps.seconds:g} s.",
                "Try again on a machine with less to do; if it stays, a person must look at the archive.",
            )


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def magic_kind(start: bytes) -> str:
    """What kind of archive begins with these 512 bytes: one of `KINDS`, words for another one, or ""."""
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    return "tar" if is_tar_header(start) else ""


def is_tar_header(block: bytes) -> bool:
    """Whether the sum that every header of a tar archive holds is right."""
    if len(block) < 512:
        return False
    try:
        stated = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 8 * 32 + sum(block[156:512])


class Feed:
    """Reads forward through the unpacked bytes of a tar archive."""

    def __init__(self, file: BinaryIO, source: _Source, limits: Limits) -> None:
        self._file = file
        self._source = source
        self._limits = limits
        self._most = max(4 * limits.caps.total_bytes, _RATIO_FROM_BYTES)  # what is left out is unpacked too
        self.position = 0
        self.place = ""  # the member that is being read, for messages

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end. The caller bounds `size`."""
        parts = []
        while size and (chunk := self._some(min(size, _CHUNK_BYTES))):
            parts.append(chunk)
            size -= len(chunk)
        return b"".join(parts)

    def skip(self, size: int) -> bool:
        """Pass over `size` bytes; False where they end before."""
        while size:
            chunk = self._some(min(size, _CHUNK_BYTES))
            if not chunk:
                return False
            size -= len(chunk)
        return True

    def _some(self, size: int) -> bytes:
        self._limits.look()
        try:
            chunk = self._source.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
            raise damaged(self._limits.label, self.place) from error
        self.position += len(chunk)
        if self.position > _RATIO_FROM_BYTES and self.position > MAX_RATIO * max(self._file.tell(), 1):
            raise FetchError(
                f"{self._limits.label}: it unpacks to more than {MAX_RATIO} times its size{self._at()}.",
                "Take that member out and hand the archive in again.",
            )
        if self.position > self._most:
            raise FetchError(
                f"{self._limits.label}: it unpacks to more than {megabytes(self._most)}{self._at()}.",
                "Take data sets and saved weights out of it.",
            )
        return chunk

    def _at(self) -> str:
        return f", at the member {self.place}" if self.place else ""


class _Xz:
    """As `lzma.LZMAFile`, but with a limit on the memory that the archive may ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = b""
        self._inner = self._fresh()

    def read(self, size: int) -> bytes:
        while True:
            if self._inner.eof:
                self._rest = self._inner.unused_data.lstrip(b"\0") or self._file.read(_CHUNK_BYTES).lstrip(
                    b"\0"
                )
                if not self._rest:
                    return b""
                self._inner = self._fresh()
            if self._inner.needs_input and not self._rest:
                self._rest = self._file.read(_CHUNK_BYTES)
                if not self._rest:
                    raise EOFError
            given, self._rest = self._rest, b""
            chunk = self._inner.decompress(given, size)
            if chunk:
                return chunk

    @staticmethod
    def _fresh() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)


@contextmanager
def opened(path: Path, kind: str, limits: Limits) -> Iterator[Feed]:
    """The unpacked bytes of the archive at `path`."""
    with path.open("rb") as file:
        source: IO[bytes] | _Source = file
        if kind == "gzip":
            source = gzip.GzipFile(fileobj=file)
        elif kind == "bzip2":
            source = bz2.BZ2File(file)
        elif kind == "xz":
            source = _Xz(file)
        yield Feed(file, source, limits)


def damaged(label: str, place: str = "") -> FetchError:
    where = f" at the member {place}" if place else ""
    return FetchError(
        f"{label} is damaged{where}: it cannot be unpacked.", "Pack the work again and hand that in."
    )
