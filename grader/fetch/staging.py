"""The private folder that a submission is copied to: regular files only, each written by us, never by git."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from grader.errors import FetchError
from grader.fetch.errand import Caps
from grader.fetch.names import shown
from grader.records import LeftOut, SubmittedFile

_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_MAX_LEFT_OUT = 200


class Stage:
    """Takes files and remembers what it took and what it left out.

    Nobody else writes below `root` and no link is ever made there, so a path whose parts were checked
    (`grader.fetch.names.refusal`) cannot lead outside of it.
    """

    def __init__(self, root: Path, caps: Caps) -> None:
        self.root = root
        self.caps = caps
        self.files: list[SubmittedFile] = []
        self.left_out: list[LeftOut] = []
        self.lfs_pointers: list[str] = []
        self._total_bytes = 0
        self._folders = {root}
        root.mkdir()
        root.chmod(0o755)  # the sandbox's user is another one; mkdir would let the umask decide

    def take(self, path: str, content: bytes) -> None:
        """Write one file; `path` was checked.

        Raises:
            FetchError: one file, or the files together, are more than the caps allow.
        """
        self._total_bytes += len(content)
        check_total(self._total_bytes, self.caps)
        if len(self.files) >= self.caps.files:
            raise too_many_files(self.caps)
        try:
            self._write(path, content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            self.leave_out(path, "another file or folder has the same name here")
            return
        self.files.append(SubmittedFile(path, len(content), hashlib.sha256(content).hexdigest()))
        if content.startswith(_LFS_POINTER):
            self.lfs_pointers.append(path)

    def leave_out(self, path: str | bytes, reason: str) -> None:
        raw = os.fsencode(path) if isinstance(path, str) else path
        self.left_out.append(LeftOut(shown(raw), reason))

    def files_below(self, subfolder: str) -> tuple[SubmittedFile, ...]:
        """The taken files in order of their paths."""
        inside = [file for file in self.files if not subfolder or file.path.startswith(f"{subfolder}/")]
        return tuple(sorted(inside, key=lambda file: file.path.encode()))

    def left_out_below(self, subfolder: str) -> tuple[LeftOut, ...]:
        """What was left out, cut at a length that a person can read."""
        inside = [item for item in self.left_out if not subfolder or item.path.startswith(f"{subfolder}/")]
        inside.sort(key=lambda item: item.path)
        if len(inside) <= _MAX_LEFT_OUT:
            return tuple(inside)
        more = LeftOut(f"{len(inside) - _MAX_LEFT_OUT} more", "left out too; not listed")
        return (*inside[:_MAX_LEFT_OUT], more)

    def notes(self) -> tuple[str, ...]:
        if not self.lfs_pointers:
            return ()
        names = ", ".join(shown(path.encode()) for path in self.lfs_pointers[:3])
        more = f" and {len(self.lfs_pointers) - 3} more" if len(self.lfs_pointers) > 3 else ""
        return (f"Stored with Git LFS, so only a pointer was fetched: {names}{more}.",)

    def _write(self, path: str, content: bytes) -> None:
        target = self.root / path
        self._make_folder(target.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(target, flags, 0o644), "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._folders:
            return
        self._make_folder(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)
        self._folders.add(folder)


def check_total(total_bytes: int, caps: Caps) -> None:
    if total_bytes > caps.total_bytes:
        raise FetchError(
            f"The files are more than {megabytes(caps.total_bytes)} together.",
            "Take data sets and saved weights out of the repository.",
        )


def too_many_files(caps: Caps) -> FetchError:
    return FetchError(
        f"There are more than {caps.files:,} files.", "Take data sets and packages out of the repository."
    )


def too_deep(caps: Caps) -> FetchError:
    return FetchError(f"Folders are nested deeper than {caps.depth}.", "Hand in the work without them.")


def over_size(size_bytes: int, caps: Caps) -> str:
    """Why one file is too large; "" where it is not."""
    if size_bytes <= caps.file_bytes:
        return ""
    return f"{megabytes(size_bytes)}, and no file over {megabytes(caps.file_bytes)} is taken"


def megabytes(size_bytes: int) -> str:
    return (
        f"{size_bytes / (1 << 20):,.0f} MiB"
        if size_bytes >= 10 << 20
        else f"{size_bytes / (1 << 20):.2g} MiB"
    )
