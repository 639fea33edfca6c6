"""What a text states: sentences, list items and table rows that say something of a layer kind.

The same few words over and over, or a row of words without any that join them, state nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from grader.reading.layer_words import kinds_named
from grader.reading.word_order import FUNCTION_WORDS, LIMIT_WORDS, bare, sentences

LONGEST_STATEMENT = 60

_WORD = re.compile(r"\S*[^\W_]\S*")


def words(text: str) -> list[str]:
    """Words and numbers; a sign alone is none."""
    return _WORD.findall(text)[:LIMIT_WORDS]


_FACT = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|ten|twice|half|double)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:is|are|was|follow\w*|after|before|reduc\w*|extract\w*|normali[sz]\w*|prevent\w*|regulari[sz]\w*|map\w*"
    r"|flatten\w*|us(?:es|ed|ing)|add\w*|appl\w*|introduc\w*|halv\w*|shrink\w*|down\W?sampl\w*|keep\w*|help\w*"
    r"|produc\w*|giv\w*|turn\w*|convert\w*|feed\w*|stabili[sz]\w*|connect\w*|classif\w*|replac\w*|detect\w*"
    r"|learn\w*|improv\w*|avoid\w*|mak\w*|has|have|tak\w*|output\w*|activat\w*|for)\b",
    re.IGNORECASE,
)


def statements(texts: Iterable[str], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Sentences, list items and table rows that say something of a layer kind: a number, a role.

    A long text with next to no function words is a row of words and has no statements.
    """
    found: dict[str, str] = {}
    for text in texts:
        for sentence in _stating(text):
            found.setdefault(sentence.lower(), sentence)
    for row in rows:
        line = " | ".join(cell for cell in row if cell.strip())
        if _states(line) or (len(row) > 1 and kinds_named(line) and _FACT.search(line)):
            found.setdefault(line.lower(), line)
    return list(found.values())


@lru_cache(maxsize=256)
def _stating(text: str) -> tuple[str, ...]:
    """The sentences that state something. A paragraph is asked about in each section around it."""
    if _is_bag(text):
        return ()
    return tuple(sentence.strip() for sentence in sentences(text) if _states(sentence))


def _states(sentence: str) -> bool:
    count = len(words(sentence))
    if not 3 <= count <= LONGEST_STATEMENT or not kinds_named(sentence):
        return False
    return bool(_FACT.search(sentence) or _ROLE.search(sentence))


def _is_bag(text: str) -> bool:
    said = [bare(word) for word in words(text)]
    if len(said) < 20:
        return False
    functions = sum(word in FUNCTION_WORDS for word in said)
    return functions < 0.08 * len(said) or len(set(said)) < 0.3 * len(said)
