"""What a repository's own .gitignore files leave out, asked of git without letting it near the folder.

Git gets the clone's git folder and an empty twin of the folder: its .gitignore files, copied, and folders with
nothing in them. So the answer is git's own, and no configuration or file of the student's is in reach.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from grader.fetch.git import Call, Git

MAX_GITIGNORE_BYTES = 1 << 20
_OUTPUT_BYTES = 256 << 20


class Ignored:
    """Answers for one folder; `prefix` is where it lies in its repository."""

    def __init__(self, git: Git, git_dir: Path, twin: Path, prefix: str) -> None:
        self._git = git
        self._git_dir = git_dir
        self._twin = twin
        self._prefix = os.fsencode(prefix) + b"/" if prefix else b""
        twin.mkdir()
        self._place(b"").mkdir(parents=True, exist_ok=True)

    def learn(self, gitignore: bytes, content: bytes) -> None:
        """Take in one .gitignore file, by its path in the folder."""
        self._place(gitignore).write_bytes(content)

    def learn_above(self, gitignore: str, content: bytes) -> None:
        """Take in a .gitignore of a folder above, by its path in the repository."""
        (self._twin / gitignore).write_bytes(content)

    def among(self, folders: Iterable[bytes], files: Iterable[bytes]) -> set[bytes]:
        """Those of the paths that are ignored. The folders above them must have been asked before."""
        folders = list(folders)
        for folder in folders:
            self._place(folder).mkdir()
        start = b"./" + self._prefix  # a path that begins with a colon would be read as a pattern
        asked = [start + path for path in (*folders, *files)]
        if not asked:
            return set()
        arguments = ("check-ignore", "--no-index", "--stdin", "-z")
        stdin = b"".join(path + b"\0" for path in asked)
        call = Call(arguments, self._git_dir, self._twin, stdin, fine=(0, 1))
        answer = self._git.output(call, _OUTPUT_BYTES)
        return {path.removeprefix(start) for path in answer.split(b"\0") if path}

    def _place(self, path: bytes) -> Path:
        return self._twin / os.fsdecode(self._prefix + path)
