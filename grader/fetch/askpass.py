"""How a token reaches git: by a program that git asks for a password, out of a pipe that is read once.

The program stands in the private folder and holds no secret. It gives an answer to two questions alone, word for word:
the user name and the password for https at the token's own host. A server that redirects git elsewhere, to another
port or to http is asked about in other words, and gets nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import GraderFault
from grader.fetch.access import Token

_PROGRAM = """#!/bin/sh
case "$1" in
"Username for 'https://$GRADER_TOKEN_PLACE': ") printf '%s\\n' "$GRADER_TOKEN_USER" ;;
"Password for 'https://$GRADER_TOKEN_USER@$GRADER_TOKEN_PLACE': ") exec cat "/dev/fd/$GRADER_TOKEN_FD" ;;
*) exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Handed:
    """What one call of git is started with so that it can ask for the token: settings, and descriptors to inherit."""

    settings: dict[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()


@contextmanager
def handed(token: Token | None, home: Path) -> Iterator[Handed]:
    """The way to `token` for one process that is started inside of the `with`; no way at all without one.

    Raises:
        GraderFault: programs cannot be run from the folder for temporary files.
    """
    if token is None:
        yield Handed()
        return
    program = _program(home)
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(f"{token.secret}\n".encode())
        settings = {
            "GIT_ASKPASS": str(program),
            "GRADER_TOKEN_PLACE": token.place,
            "GRADER_TOKEN_USER": token.user,
            "GRADER_TOKEN_FD": str(reading),
        }
        yield Handed(settings, (reading,))
    finally:
        os.close(reading)


def _program(home: Path) -> Path:
    program = home / "askpass"
    if not program.exists():
        program.write_text(_PROGRAM, encoding="ascii")
        program.chmod(0o700)
    if not os.access(program, os.X_OK):
        raise GraderFault(
            "No program can be run from the folder for temporary files (noexec), so git cannot ask for the token.",
            "Set TMPDIR to a folder on another file system.",
        )
    return program
