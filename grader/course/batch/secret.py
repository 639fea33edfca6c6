"""The number from which all seeds of a batch follow, so that what was interrupted is repeated as it was."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from grader.errors import StoreError
from grader.records import Submission

BITS = 62


def secret_of(work: Path) -> int:
    """The number of the batch in this folder; drawn once, and for the grader's eyes only.

    Raises:
        StoreError: it cannot be written or read.
    """
    place = work / "secret"
    try:
        work.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            new = work / "secret.new"
            new.touch(mode=0o600)
            new.write_text(str(secrets.randbits(BITS)), "ascii")
            new.replace(place)
        return int(place.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{place}: {error}.", "Look at its permissions, or remove it.") from error


def row_secret(secret: int, key: str, submission: Submission | None) -> int:
    """A row's own number: the same for each attempt at the same files, and for nobody to guess."""
    tree = submission.tree_digest if submission else ""
    text = f"{secret}\n{key}\n{tree}".encode()
    return int(int.from_bytes(hashlib.sha256(text).digest()[:8], "big") % 2**BITS)
