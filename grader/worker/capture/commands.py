"""Shell lines and magics of a notebook: the few that change what its code finds. No process is started."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from grader.worker.capture.files import SKIPPED, WorkingCopy, mirror

LIMIT_WORDS = 200


class Commands:
    """Carries out `git clone`, `cd`, `mkdir`, `mv`, `cp`, `%run`, `python script.py` and `%%writefile`."""

    def __init__(
        self,
        copy: WorkingCopy,
        names: tuple[str, ...],
        run_file: Callable[[Path, list[str]], None],
        note: Callable[[str], None],
    ) -> None:
        self._copy, self._names, self._run_file, self._note = copy, names, run_file, note

    def __call__(self, line: str, body: str = "") -> None:
        """One line as it was typed, with its `!` or `%`; `body` is the text below `%%writefile`."""
        if line.startswith(("%%writefile", "%%file")):
            self._write(line, body)
            return
        for part in re.split(r"&&|;|\|\|", line.lstrip("!% ")):
            try:
                words = shlex.split(part, comments=True)[:LIMIT_WORDS]
            except ValueError:
                words = part.split()[:LIMIT_WORDS]
            if words:
                with contextlib.suppress(OSError, shutil.Error, ValueError):
                    self._one(words)

    def _one(self, words: list[str]) -> None:
        name, rest = Path(words[0]).name, words[1:]
        paths = [word for word in rest if not word.startswith("-")]
        if name == "git" and rest[:1] == ["clone"]:
            self._clone([word for word in rest[1:] if not word.startswith("-")])
        elif name == "cd" and paths:
            self._enter(paths[0])
        elif name == "mkdir":
            for path in paths:
                Path(self._copy.path(path)).mkdir(parents=True, exist_ok=True)
        elif name in ("mv", "cp") and len(paths) > 1:
            self._move(paths[:-1], paths[-1], keep=name == "cp")
        elif name == "run" and paths:
            self._run(rest)
        elif name.startswith("python") and paths and paths[0].endswith(".py"):
            self._run(rest[rest.index(paths[0]) :])

    def _clone(self, paths: list[str]) -> None:
        """A repository that lies in the submission under its name, or the submission itself."""
        if not paths:
            return
        url = paths[0].rstrip("/")
        name = url.rsplit("/", 1)[-1].removesuffix(".git")
        target = Path(self._copy.path(paths[1])) if len(paths) > 1 else Path.cwd() / name
        source = next(
            (
                p
                for p in sorted(self._copy.submission.iterdir())
                if p.is_dir() and p.name.lower() == name.lower()
            ),
            None,
        )
        if source is None and name.lower() in self._names:
            source = self._copy.submission
        if source is None:
            self._note(f"The notebook clones {url}, which is not part of the submission: --also gives it.")
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            mirror(source, target)

    def _enter(self, path: str) -> None:
        place = Path(self._copy.path(path))
        if not place.is_dir():
            parts = [part for part in Path(path).parts if part not in ("/", "..", ".")]
            place = self._copy.suffix(parts) or place
        if place.is_dir():
            os.chdir(place)

    def _move(self, sources: list[str], target: str, *, keep: bool) -> None:
        place = Path(self._copy.path(target))
        for pattern in sources:
            for found in glob.glob(str(self._copy.path(pattern))):  # noqa: PTH207 - patterns as the shell has them
                if keep:
                    self._copied(Path(found), place / Path(found).name if place.is_dir() else place)
                else:
                    shutil.move(found, place)

    def _copied(self, source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(
                source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*SKIPPED)
            )
        else:
            shutil.copy(source, target, follow_symlinks=False)

    def _run(self, words: list[str]) -> None:
        place = Path(self._copy.path(words[0].strip("'\"")))
        if place.suffix == "":
            place = place.with_suffix(".py")
        if place.is_file():
            self._run_file(place.absolute(), words[1:])

    def _write(self, line: str, body: str) -> None:
        names = [word for word in line.split()[1:] if not word.startswith("-")]
        if not names:
            return
        place = Path(self._copy.path(names[0].strip("'\"")))
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            self._copy.to_write(place)
            place.write_text(body, "utf-8", "surrogatepass")
