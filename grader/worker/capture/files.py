"""A working copy that can be written, and paths of other machines led into it.

The submission itself is mounted read-only. The copy consists of folders and links: a file is copied only when
something opens it to write. Notebooks name `/content/...` and `/kaggle/...`: these are looked for in the copy.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MAX_ENTRIES = 20_000
SKIPPED = frozenset(
    {".git", ".ipynb_checkpoints", "__pycache__", "node_modules", "site-packages", ".venv", "venv"}
)
_FOREIGN = re.compile(
    r"(?:/(?:content|kaggle|gdrive|drive|mnt|home|Users|root|data|datasets?|workspace)\b|[A-Za-z]:[\\/])"
)


def mirror(source: Path, target: Path, room: int = MAX_ENTRIES) -> int:
    """Folders of `source` made anew at `target`, files linked. Returns how many entries may still come."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        entries = sorted(
            os.scandir(source), key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name)
        )
    except OSError:
        return room
    for entry in entries:
        if room <= 0:
            return 0
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED:
                room = mirror(Path(entry.path), place, room - 1)
        elif not place.exists() and not place.is_symlink():
            place.symlink_to(entry.path)
            room -= 1
    return room


class WorkingCopy:
    """Where the student's code runs: `root` mirrors the submission, `start` is the folder of the unit."""

    def __init__(self, submission: Path, root: Path, unit_folder: str) -> None:
        self.submission = submission
        self.root = root
        mirror(submission, root)
        self.start = root / unit_folder
        self.start.mkdir(parents=True, exist_ok=True)

    def path(self, name: Any) -> Any:
        """Where a path leads: itself where it exists or is of this machine, else what it means in the copy."""
        try:
            shown = os.fspath(name)
        except TypeError:
            return name
        if not isinstance(shown, str):
            return name
        shown = os.path.expanduser(shown) if shown.startswith("~") else shown  # noqa: PTH111
        if not _FOREIGN.match(shown) or os.path.lexists(shown):
            return name if shown == name else shown
        parts = [part for part in re.split(r"[\\/]+", shown) if part and not part.endswith(":")]
        if parts[:1] == ["content"]:
            parts = parts[1:]
        found = self.suffix(parts)
        return str(found or self.start.joinpath(*parts))

    def suffix(self, parts: list[str]) -> Path | None:
        """The longest ending of a path that is there, below the unit's folder or the root."""
        for first in range(len(parts)):
            for base in (self.start, self.root):
                place = base.joinpath(*parts[first:])
                if os.path.lexists(place):
                    return place
        return None if parts else self.start

    def to_write(self, name: Any) -> None:
        """Before something is written there: a link to the submission becomes a file of its own."""
        try:
            place = Path(name)
            if place.is_symlink() and place.resolve().is_relative_to(self.submission.resolve()):
                origin = place.resolve()
                place.unlink()
                shutil.copyfile(origin, place)
            elif not place.parent.exists() and place.absolute().is_relative_to(self.root):
                place.parent.mkdir(parents=True)
        except (OSError, TypeError, ValueError):
            return

    def python_files(self) -> Iterator[str]:
        """Paths of all .py and .ipynb files, relative to the root, shallow ones first."""
        waiting = [self.root]
        seen = 0
        while waiting:
            folder = waiting.pop(0)
            for entry in sorted(os.scandir(folder), key=lambda one: one.name):
                seen += 1
                if seen > MAX_ENTRIES:
                    return
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        waiting.append(Path(entry.path))
                elif entry.name.endswith((".py", ".ipynb")):
                    yield str(Path(entry.path).relative_to(self.root))

    def relative(self, place: Path) -> str:
        """A path as the submission knows it."""
        for base in (self.root, self.submission):
            if place.is_relative_to(base):
                return str(place.relative_to(base))
        return place.name


def redirect(copy: WorkingCopy) -> None:
    """Lead every path that student code, or a library for it, opens or asks about."""
    real_open = io.open

    @functools.wraps(real_open)
    def opened(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if not isinstance(file, int):
            file = copy.path(file)
            if isinstance(mode, str) and set(mode) & set("wax+"):
                copy.to_write(file)
        return real_open(file, mode, *arguments, **named)

    builtins.open = opened
    io.open = opened
    for name in ("stat", "listdir", "mkdir", "chdir", "scandir", "remove", "unlink", "rmdir", "access"):
        setattr(os, name, _led(getattr(os, name), copy))


def _led(original: Callable[..., Any], copy: WorkingCopy) -> Callable[..., Any]:
    @functools.wraps(original)
    def led(path: Any = ".", *arguments: Any, **named: Any) -> Any:
        return original(copy.path(path) if not isinstance(path, int) else path, *arguments, **named)

    return led
