"""Lines of a training log that two people who train by themselves do not both get: losses with all their decimals."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from grader.text import clean

LIMIT_LINES = 2_000
"""Lines of one output or file that are kept."""
LEAST_DIGITS = 7
"""Digits of its numbers with decimals that count, all together: a loss and an accuracy."""
_LIMIT_LENGTH = 400

_LOGGED = re.compile(r"loss|acc", re.IGNORECASE)
_DECIMAL = re.compile(r"(?<![\d.:])\d{1,6}\.(\d{2,20})(?![\d.]|:\d|\s{0,2}(?:s/|it/|ms|s\b|sec|min))")
_TABLE = re.compile(r"params|flops|\[-1,|forward/backward|size \(mb\)", re.IGNORECASE)


def log_keys(text: str) -> Iterator[tuple[int, str]]:
    """(key, line) of each line of a log. The key hangs on the numbers with decimals alone, whatever words are around."""
    found = 0
    for line in text.split("\n"):
        shown = line.strip()[:_LIMIT_LENGTH]
        if not _LOGGED.search(shown) or _TABLE.search(shown):
            continue
        numbers = [match[0] for match in _DECIMAL.finditer(shown)]
        if sum(len(number.replace(".", "").lstrip("0")) for number in numbers) >= LEAST_DIGITS:
            yield _key(numbers), clean(shown, 160)
            found += 1
            if found >= LIMIT_LINES:
                return


def _key(numbers: list[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(numbers).encode(), digest_size=8).digest(), "big")
