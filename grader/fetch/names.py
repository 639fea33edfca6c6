"""Which names of files are taken, and what some names mean."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from grader.text import clean

_MAX_NAME_BYTES = 255
_MAX_PATH_BYTES = 1024
_README = re.compile(r"readme(\.(md|markdown|mdown|rst|txt))?", re.IGNORECASE)

SKIPPED_FOLDERS = {
    "__pycache__": "a cache of Python",
    ".ipynb_checkpoints": "copies made by Jupyter",
    "node_modules": "packages of Node.js",
    ".mypy_cache": "a cache of mypy",
    ".pytest_cache": "a cache of pytest",
    ".ruff_cache": "a cache of ruff",
    ".tox": "environments of tox",
    ".nox": "environments of nox",
    ".hypothesis": "a cache of hypothesis",
    ".eggs": "packages of setuptools",
}
"""Folders that nobody hands in on purpose; those that are committed are taken all the same."""


def is_readme(path: str) -> bool:
    return _README.fullmatch(PurePosixPath(path).name) is not None


def is_code(path: str) -> bool:
    """A notebook or a Python file."""
    return path.lower().endswith((".ipynb", ".py"))


def shown(raw: bytes) -> str:
    """A path as it may be printed, whatever bytes it holds."""
    return clean(raw.decode("utf-8", "backslashreplace"), 400)


def refusal(raw: bytes) -> str:
    """Why a file with this path (relative, with slashes) is not taken; "" where it is.

    Taken paths can be printed as they are: whatever `grader.text.clean` would make visible is refused here.
    """
    if len(raw) > _MAX_PATH_BYTES:
        return f"its path is longer than {_MAX_PATH_BYTES} bytes"
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "its name is not UTF-8"
    if raw.startswith(b"/"):
        return "its path is absolute"
    for part in path.split("/"):
        fault = _fault_of(part)
        if fault:
            return fault
    if clean(path, _MAX_PATH_BYTES) != unicodedata.normalize("NFC", path):
        return "its name holds control, bidirectional or unassigned characters"
    return ""


def _fault_of(part: str) -> str:
    if part in ("", ".", ".."):
        return f'its path holds "{part}"'
    if part.rstrip(" .").lower() in (".git", "git~1"):
        return "its path holds .git"
    if len(part.encode()) > _MAX_NAME_BYTES:
        return f"its name is longer than {_MAX_NAME_BYTES} bytes"
    return ""
