"""Where submissions lie for a zygote: one folder that its jail sees, and in it one numbered folder per worker.

The jail is built once, so a submission cannot be bound into it later. Files are linked, not copied, where the file
system allows it: a number tells nothing about whose work it is, and the worker sees it read-only.
"""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from grader.scratch import private_folder


class Stage:
    """Folders of one zygote; all of them are gone after `close`, and after any other end of this process."""

    def __init__(self) -> None:
        self._held = ExitStack()
        # Nobody else may enter the outer one; whom root drops to gets the inner one bound.
        self.folder = self._held.enter_context(private_folder("zygote-")) / "stage"
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
        self._held.close()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or another's file
        shutil.copy2(source, target, follow_symlinks=False)
