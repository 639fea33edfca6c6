"""The one doorway to the staged files: regular files inside of the root, size first, never through a link."""

from __future__ import annotations

import stat
from pathlib import Path


def staged_text(root: Path, path: str, limit_bytes: int) -> str:
    """The text of a staged file; bytes that are no UTF-8 become replacement characters.

    Raises ValueError with the fault: not there, a link, not a regular file, outside of the root, too large.
    """
    place = root / path
    try:
        status = place.lstat()
        inside = place.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError):
        raise ValueError("cannot be opened") from None
    if not stat.S_ISREG(status.st_mode) or not inside:
        raise ValueError("not a regular file of the submission")
    if status.st_size > limit_bytes:
        raise ValueError(
            f"{status.st_size / 1e6:.1f} MB is more than the {limit_bytes // 1000:,} kB that are read"
        )
    try:
        return place.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        raise ValueError("cannot be opened") from None
