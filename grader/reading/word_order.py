"""Whether words stand in an order that a language allows.

A function word says much about the word behind it: no English sentence has "the of", "with is" or "a." in it,
and words of the field go in fixed pairs. The same words in random order break a third of such pairs, a writer
whose English is not perfect breaks one in twenty. The tests show how far honest and shuffled texts lie apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

HIGHEST_DISORDER = 0.1
"""Share of impossible pairs from which on a text does not read like sentences."""
FEWEST_IMPOSSIBLE = 2
"""One slip is a slip, however short the text."""
LIMIT_WORDS = 20_000


def _each(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DETERMINERS = _each("a an the this these those its their our your every each my")
_PREPOSITIONS = _each(
    "of in on at by for with from into to as after before between during through via over under per without"
    " using until than"
)
_CONJUNCTIONS = _each("and or but so because while which that where when if")
_PRONOUNS = _each("it they we i you")
_VERBS = (
    _each("is are was were be been has have had does do did can will would should must may not") | _PRONOUNS
)
_END = frozenset({""})

FUNCTION_WORDS = _DETERMINERS | _PREPOSITIONS | _CONJUNCTIONS | _VERBS

_NEVER_BEHIND: dict[str, frozenset[str]] = {
    **dict.fromkeys(_DETERMINERS, FUNCTION_WORDS | _END),
    **dict.fromkeys(_PREPOSITIONS, _PREPOSITIONS | _CONJUNCTIONS | (_VERBS - _PRONOUNS) | _END),
    **dict.fromkeys(_each("and or but because while if"), _each("and or of but than") | _END),
    **dict.fromkeys(_each("is are was were"), _each("is are was were has have of do does can will")),
    **dict.fromkeys(_each("has have can will"), _each("is are was has of and or than in") | _END),
}
"""For each function word what no sentence has behind it; "" is the end of the sentence."""

_POSSIBLE = {
    "this these those that": "is are was were has have can will does do did should must may not",
    "this these those": "in to with and by for",
    "each": "of with has have is for in after",
    "through before after over under without in on by": "END",
    "this these those each its that": "END",
    "a the": "to of",
    "as": "in for if when to of before after with by on",
    "to": "over under be have do not in after and between",
    "in of with for from to by on at after before": "which that",
    "in from at": "between before under over",
    "by": "using over not",
    "than": "in on with for by that when if is was are to using",
    "of": "over under using",
    "with for at": "over under using",
    "on over through": "to after",
    "so": "that",
    "until": "when",
    "before after": "and using",
    "via": "per",
    "for not": "not",
}
"""What the rule above would forbid and people do write: first words, and what may stand behind them."""

_ALLOWED = frozenset(
    (first, "" if behind == "END" else behind)
    for firsts, followers in _POSSIBLE.items()
    for first in firsts.split()
    for behind in followers.split()
)

_FOLLOWERS = {
    "batch": _each(
        "norm normalisation normalization norms normalized normalised norm2d size sizes lr processing"
    ),
    "fully": _each("connected convolutional"),
    "global": _each("average avg max pooling pool"),
    "receptive": _each("field fields"),
    "average": _each("pool pooling pooled pools loss of over accuracy"),
    "max": _each("pool pooling pools pooled lr at of"),
    "feature": _each("map maps extraction extractor extractors channels size sizes representation detection"),
}
"""Words of the field that few others stand behind."""

_LEADERS = {
    "pooling": _each("max maximum average avg global mean spatial"),
    "connected": _each("fully is are densely"),
    "field": _each("receptive"),
    "fields": _each("receptive"),
    "normalization": _each("batch group layer image input data instance"),
    "normalisation": _each("batch group layer image input data instance"),
}
"""Words of the field that few others stand before, but for function words."""


@dataclass(frozen=True)
class Order:
    """How often a text's words stand as no sentence has them."""

    pairs: int  # pairs of which something can be said
    impossible: int

    @property
    def reads_like_sentences(self) -> bool:
        return self.impossible < FEWEST_IMPOSSIBLE or self.impossible / self.pairs < HIGHEST_DISORDER


def order(texts: Iterable[str]) -> Order:
    """Look at each text (a paragraph, a list item) by itself, pair by pair."""
    pairs = impossible = 0
    for text in texts:
        more, wrong = _counted(text)
        pairs += more
        impossible += wrong
    return Order(pairs, impossible)


@lru_cache(maxsize=256)
def _counted(text: str) -> tuple[int, int]:
    """(pairs of which something can be said, impossible ones). A paragraph is asked about in each section around it."""
    found = list(_judged(text))
    return len(found), sum(found)


def _judged(text: str) -> Iterator[bool]:
    """For each pair of words of which something can be said: is it impossible?"""
    shown = text.split()[:LIMIT_WORDS]
    yield from _parentheses(shown)
    tokens = [token for token in shown if any(map(str.isalnum, token))]
    for token, behind in itertools.pairwise([*tokens, ""]):
        word, follower = bare(token), bare(behind)
        if _ends(token):
            if behind[:1].isalpha():
                yield behind[0].islower()
            follower = ""
        elif behind and behind[0].isupper() and behind[1:].islower() and follower in FUNCTION_WORDS:
            yield token[-1] not in ":-)" and not token[0].isupper()
        yield from _pair(token, word, follower)


def _pair(token: str, word: str, follower: str) -> Iterator[bool]:
    if token[-1] in ",:);-":
        if word in _DETERMINERS and token[-1] != ")":
            yield follower != "" or token[-1] != ":"
    elif word in _NEVER_BEHIND:
        yield follower in _NEVER_BEHIND[word] and (word, follower) not in _ALLOWED
        if word in ("a", "an") and follower[:1].isalpha() and follower not in FUNCTION_WORDS:
            yield _wrong_article(word, follower)
    elif word in _FOLLOWERS and follower:
        yield follower not in _FOLLOWERS[word]
    elif follower in _LEADERS and word:
        yield word not in _LEADERS[follower] | FUNCTION_WORDS


def _wrong_article(article: str, word: str) -> bool:
    """`a input`, `an kernel`; letters that are spelled out (`an FC layer`) and `a unit` are fine."""
    if len(word) < 4 or word.startswith(("uni", "use", "one", "eu", "hour", "hon")):
        return False
    return (word[0] in "aeiou") != (article == "an")


def _parentheses(tokens: list[str]) -> Iterator[bool]:
    """Each parenthesis that opens is closed by a later word; a list's `a)` in front is none."""
    is_open = False
    for token in tokens[1:] if tokens and re.fullmatch(r"\w{1,2}\)", tokens[0]) else tokens:
        opens, closes = token.count("("), token.count(")")
        if opens > closes:
            yield is_open
            is_open = True
        elif closes > opens:
            yield not is_open
            is_open = False


def bare(token: str) -> str:
    """A word without the signs around it, in lower case."""
    return token.strip("\"'`*_.,:;!?()[]“”‘’").lower()


_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bapprox)(?<!\betc)[.!?](?=\s|$)")


def sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(text)


def _ends(token: str) -> bool:
    return len(token) > 2 and bool(_SENTENCE_END.search(token[-8:]))
