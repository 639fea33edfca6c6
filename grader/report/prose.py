"""Sentences that name code between backticks: each format shows it in its own font of code.

Any text may come here, also a student's: a piece is only ever shown, and every format makes it harmless by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CODE = re.compile(r"(?<!`)`([^`\s](?:[^`\n]{0,200}[^`\s])?)`(?!`)")


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a sentence in their order, and whether each is code. Without the backticks, they are the sentence."""
    end = 0
    for found in _CODE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield found[1], True
        end = found.end()
    if end < len(text):
        yield text[end:], False
