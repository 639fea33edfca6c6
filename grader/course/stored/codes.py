"""Stable codes in place of names: the same name has the same code in one folder of runs, and nobody can work it back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from grader.errors import StoreError

FILE_NAME = ".codes"
LETTERS = 8


def code_of(base: Path, name: str) -> str:
    """The code of a name, such as `s-k7q2m9xa`, below the folder of all runs.

    Raises:
        StoreError: the folder's key cannot be read or written.
    """
    digest = hmac.new(_key(base), name.strip().casefold().encode(), hashlib.sha256).digest()
    return f"s-{base64.b32encode(digest).decode('ascii').lower()[:LETTERS]}"


def _key(base: Path) -> bytes:
    """Drawn once, and kept where only its owner can read it: without it the codes tell nothing."""
    place = base / FILE_NAME
    try:
        base.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            new = base / f"{FILE_NAME}.{secrets.token_hex(4)}"
            new.touch(mode=0o600)
            new.write_text(secrets.token_hex(32), "ascii")
            new.replace(place)
        return bytes.fromhex(place.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{place}: {error}.", "Look at its permissions, or remove it: codes change then."
        ) from error
