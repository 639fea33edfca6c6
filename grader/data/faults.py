"""What can be wrong with a file of a data set, and what is said: the file, the fault and the next step."""

from __future__ import annotations

from pathlib import Path

from grader.errors import GraderFault

_WEB_PAGES = (b"<!doctype html", b"<html", b"<?xml")
_HEAD_BYTES = 64


def damaged(path: Path, expected: str, found: str, task: str) -> GraderFault:
    """The fault of a file that is not what it should be. It names the file, the fault and the next step."""
    return GraderFault(
        f"{path}: expected {expected}, found {found}.",
        f"Replace the file with a fresh copy, or delete it and run: grader data fetch {task}",
    )


def not_official(path: Path, title: str, expected: str, found: str, task: str) -> GraderFault:
    """The fault of a well-formed file whose contents are not the published ones."""
    return GraderFault(
        f"{path}: not the official {title} file: expected {expected}, found {found}.",
        f"Take the official file (grader data fetch {task}), or accept this copy with --unofficial-data: "
        "every report will name it.",
    )


def read_file(path: Path, limit_bytes: int, task: str) -> bytes:
    """A whole file. GraderFault where it cannot be read, is too large, or is plainly something else."""
    try:
        size = path.stat().st_size
        contents = path.read_bytes() if size <= limit_bytes else b""
    except OSError as error:
        raise unreadable(path, error, task) from error
    if size > limit_bytes:
        raise damaged(path, f"at most {limit_bytes:,} bytes", f"{size:,} bytes", task)
    require_data(path, contents[:_HEAD_BYTES], task)
    return contents


def unreadable(path: Path, error: OSError, task: str) -> GraderFault:
    """The fault of a file that the machine does not hand out."""
    return GraderFault(
        f"{path}: cannot be read ({error.strerror or error}).",
        f"Make it readable, or delete it and run: grader data fetch {task}",
    )


def require_data(path: Path, head: bytes, task: str) -> None:
    """GraderFault where a file begins as something that a failed download leaves behind."""
    if seen := what_it_is(head):
        raise damaged(path, "the data set's own file", seen, task)


def what_it_is(head: bytes) -> str:
    """A file that is plainly no data, by its first bytes: "a web page (HTML)"; "" if it may be data."""
    if not head:
        return "an empty file"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        return "a web page (HTML)"
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, which only names the file"
    return ""
