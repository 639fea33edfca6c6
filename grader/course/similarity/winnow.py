"""Fingerprints of a row of tokens, by winnowing.

Schleimer, Wilkerson, Aiken: "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003. Every run of `SPAN`
tokens has a hash; of every `WINDOW` hashes in a row the smallest is kept, the last one of several. So two texts that
share `SPAN + WINDOW - 1` tokens in a row are sure to share a fingerprint, and what is shorter than `SPAN` is never seen.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

SPAN = 16
"""Tokens of one fingerprint, more than one statement: `self.conv1 = nn.Conv2d(1, 8, 3)` has 14. A single layer, a
single call to the optimizer is everybody's."""
WINDOW = 8
"""Hashes of which one is kept. 23 tokens in a row, about two statements, are always found."""

_MODULUS = (1 << 61) - 1
_BASE = 0x1F3D5B79_2468ACE1 % _MODULUS
_FIRST = pow(_BASE, SPAN - 1, _MODULUS)


def fingerprints(words: Sequence[str]) -> list[tuple[int, int]]:
    """(hash, index of its first token) of each fingerprint, in the order of the tokens."""
    return list(_winnowed(_hashes(words)))


def _hashes(words: Sequence[str]) -> Iterator[int]:
    """The hash of every `SPAN` tokens: the same on every machine and in every process."""
    numbers = [_number(word) for word in words]
    rolled = 0
    for index, number in enumerate(numbers):
        if index >= SPAN:
            rolled = (rolled - numbers[index - SPAN] * _FIRST) % _MODULUS
        rolled = (rolled * _BASE + number) % _MODULUS
        if index >= SPAN - 1:
            yield rolled


def _winnowed(hashes: Iterator[int]) -> Iterator[tuple[int, int]]:
    waiting: deque[tuple[int, int]] = deque()  # rising hashes of this window
    last = -1
    for index, value in enumerate(hashes):
        while waiting and waiting[-1][0] >= value:
            waiting.pop()
        waiting.append((value, index))
        if waiting[0][1] <= index - WINDOW:
            waiting.popleft()
        if index >= WINDOW - 1 and waiting[0][1] != last:
            last = waiting[0][1]
            yield waiting[0]
    if last < 0 and waiting:
        yield waiting[0]


@lru_cache(maxsize=1 << 16)
def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=7).digest(), "big") + 1
