"""The one doorway for text that came from a student, a repository or a worker.

`clean` makes it safe to print and to store: no control bytes that drive a terminal, no bidirectional overrides
that reorder a line, no lone surrogates that break encoding, no endless lines. HTML escaping is the renderer's.
"""

from __future__ import annotations

import re
import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _visible(character: str, keep: str) -> str:
    if character in keep:
        return character
    if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"\\u{ord(character):04x}" if ord(character) > 0xFF else f"\\x{ord(character):02x}"
    return character


def clean(text: str, limit: int = 200) -> str:
    """One line of student text: NFC, control and bidi characters as visible escapes, cut at `limit`."""
    return _shown(text[: 4 * limit], "", limit)


def clean_block(text: str, limit: int = 16_000) -> str:
    """Several lines of student text: as `clean`, but newlines and tabs stay."""
    return _shown(text[: 4 * limit].replace("\r\n", "\n"), "\n\t", limit)


def _shown(text: str, keep: str, limit: int) -> str:
    """A bounded text, made visible and cut. What can be printed holds none of the characters that are looked for."""
    normal = unicodedata.normalize("NFC", text)[: limit + 1]  # no character becomes less than one
    if not normal.isprintable():
        normal = "".join([c if c.isprintable() else _visible(c, keep) for c in normal])
    return normal if len(normal) <= limit else normal[: limit - 1] + "…"


def without_credentials(source: str) -> str:
    """A link as it may be shown and stored: no user, password or query, where a secret may stand."""
    return re.sub(
        r"(?<=://)[^/@\s]*@", "", re.sub(r"(?<=\w)\?[^#\s]*", "", source) if "://" in source else source
    )


def clean_path(path: str) -> str:
    """A path inside of a submission, cut in the middle if it is long."""
    shown = clean(path, 400)
    return shown if len(shown) <= 160 else f"{shown[:60]}…{shown[-99:]}"


def counted(number: int, one: str, many: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many}"
