"""Is a source a path on this machine? What a person typed and what is not there is that person's mistake."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import UsageError
from grader.fetch.url import looks_like_link
from grader.text import clean

_SECRET = re.compile(r"[^/\s@:]*:[^/\s]*@")  # a link without its scheme may hold a password
_SHORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")


def local_path(source: str) -> Path | None:
    """The absolute path that `source` names; None where it is a link.

    Raises:
        UsageError: it is neither a link nor anything that is there.
    """
    text = source if _there(source) else source.strip()
    if "://" not in text and _there(text):
        return Path(text).expanduser().resolve()
    if not text:
        raise UsageError("No submission was named.", "Give a repository's address or a folder.")
    if looks_like_link(text):
        return None
    raise UsageError(f"There is no folder {clean(_SECRET.sub('…@', text))}.", _next_step(text))


def is_bare(path: Path) -> bool:
    """A bare git repository is a source of its own: there are no files to copy."""
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _there(text: str) -> bool:
    try:
        return bool(text.strip()) and Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, no such user
        return False


def _next_step(text: str) -> str:
    if _SHORT_NAME.fullmatch(text):
        return f"If it is a repository on GitHub, write https://github.com/{text}."
    return "Check the spelling, or give the full address: https://github.com/owner/repository."
