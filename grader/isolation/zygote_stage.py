"""Where submissions lie for a zygote: one folder that its jail sees, and in it one numbered folder per worker.

The jail is built once, so a submission cannot be bound into it later. Files are linked, not copied, where the file
system allows it: a number tells nothing about whose work it is, and the worker sees it read-only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "zygote-"


class Stage:
    """Folders of one zygote; all of them are gone after `close`."""

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self._home = Path(
            tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
        )  # nobody else may enter this one
        self.folder = self._home / "stage"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self._numbers = itertools.count()

    def put(self, submission: Path) -> str:
        """Lay a submission out under a name that says nothing.

        Raises:
            OSError: it cannot be read, or there is no room.
        """
        name = str(next(self._numbers))
        try:
            shutil.copytree(submission, self.folder / name, symlinks=True, copy_function=_link)
        except BaseException:
            self.drop(name)
            raise
        return name

    def drop(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def close(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or another's file
        shutil.copy2(source, target, follow_symlinks=False)


def _sweep(folder: Path) -> None:
    """Remove the stages of graders that were killed before they could."""
    for left in folder.glob(f"{_PREFIX}*-*"):
        number = left.name.removeprefix(_PREFIX).partition("-")[0]
        if number.isdigit() and not Path("/proc", number).exists():
            with contextlib.suppress(OSError):
                if left.lstat().st_uid == os.geteuid() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
