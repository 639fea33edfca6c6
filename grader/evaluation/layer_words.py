"""What the comment of a layer states: its receptive field, and the size of what goes in.

`input 28x28x1 -> 28x28x32 -> RF 3x3`, `RF: 3, channels 1 -> 32`, `1@28x28 | receptive field = 5*5`. A number that no
word explains is kept apart: it may be what was meant, and a person reads it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST = 12
"""Numbers of one kind that are kept of a comment."""
LIMIT_TEXT = 400

Size = tuple[int, ...]

_N = r"\d{1,5}"
_SIZE = (
    rf"(?:[\[(]\s?-?{_N}(?:\s?[,x*@]\s?{_N}){{0,3}}\s?[\])]"
    rf"|[\[(]?{_N}(?:\s?[x*@]\s?{_N}){{0,3}}(?![\w.]))"
)
_ROLE = r"(?:\s|[:=>~|-]|\b(?:is|of|with|size|shape|has|at|now|becomes|grows|to)\b){0,8}"
_FIELD_WORD = (
    r"(?<![\w])(?:receptive[\s_-]?fields?|r\.?f\b\.?|rf(?=\d)|grf\b|lrf\b|r[\s_]?out\b)"
    r"(?:\s?\(?(?:out(?:put)?|in(?:put)?)\)?)?"
)
_FIELD = re.compile(
    rf"{_FIELD_WORD}{_ROLE}(?P<size>{_SIZE})(?:\s?(?:->|=>|to\b|,?\s?out:?)\s?(?P<next>{_SIZE}))?"
)
_FIELD_BEFORE = re.compile(rf"(?P<size>(?<![\w.]){_N}(?:\s?[x*]\s?{_N})?)\s?(?:px\s|pixels\s)?{_FIELD_WORD}")
_FIELD_BEFORE_LAYER = re.compile(rf"(?<!\w)r[\s_]?in\b{_ROLE}{_SIZE}")
_WHOLE = re.compile(rf"{_FIELD_WORD}[^|;,0-9]{{0,30}}\b(?:whole|entire|full|global|all|complete)\b")
_OUT = re.compile(
    r"(?:\bout(?:put)?s?\b|\bo/p|\bout(?:put)?(?=_))(?:[\s_]?(?:size|shape|image|map|channels?|features?|dim\w*)\b)?"
    rf"{_ROLE}{_SIZE}"
)
_TOWARDS = re.compile(rf"(?:->|=>|(?<![-=])>|\binto\b|\bto\b)\s?{_SIZE}")
_IN_WORD = r"(?:\b(?:in(?:put)?s?|inp|i/p|from|n_?in|in_channels|in_features|takes)\b|(?<!\w)in(?=\d))"
_IN = re.compile(
    rf"{_IN_WORD}(?:[\s_]?(?:size|shape|image|map|channels?|ch|features?|dim\w*)\b)?{_ROLE}(?P<size>{_SIZE})"
)
_CHANNELS = re.compile(
    rf"\bch(?:annel|an|s)?(?:els)?s?\b{_ROLE}(?P<after>{_N})(?![\w.])"
    rf"|(?<![\w.])(?P<before>{_N})[\s-]?(?:in(?:put)?[\s-]?)?(?:ch(?:annel)?s?|features?|maps)\b"
)
_BESIDE = re.compile(
    rf"\b(?:kernel(?:[\s_]?size)?|filters?|strides?|padding|pad|dilation|groups?|conv\w*|pool\w*|p|s|k|step|block|layer"
    rf"|image[\s_]size|params?|parameters?|adds?|plus|doubles?)\b{_ROLE}{_SIZE}"
    rf"|(?<![\w.]){_SIZE}[\s-]?(?:kernels?|filters?|conv\w*|(?:max|avg|average)?[\s-]?pool\w*|strides?|window|param\w*"
    rf"|out(?:put)?\b)"
)
_BATCH = re.compile(r"[\[(]\s?(?:batch(?:[\s_]?size)?|bs|b|n)\s?,")
_ALONE = re.compile(rf"(?<![\w.]){_SIZE}")
_NUMBER = re.compile(_N)


@dataclass(frozen=True)
class Stated:
    """What one comment states. A field is (size,) or (height, width); an input up to four numbers, as written."""

    fields: tuple[Size, ...] = ()
    whole: bool = False  # it says that the field is the whole image
    inputs: tuple[Size, ...] = ()  # sizes that are named as the input, else the first one that nothing names
    channels: tuple[int, ...] = ()  # of the input, by the word
    loose: tuple[Size, ...] = ()  # what no word explains
    named: bool = False  # `inputs` are called the input


def stated(comment: str) -> Stated:
    """Read one comment; it takes time in proportion to its length, which is cut."""
    text = _FIELD_BEFORE_LAYER.sub(" ; ", _plain(comment))
    fields, text = _taken(_FIELD, text, "size", "next")
    before, text = _taken(_FIELD_BEFORE, text, "size")
    whole = bool(_WHOLE.search(_plain(comment)))
    text = _OUT.sub(" ; ", text)
    inputs, text = _taken(_IN, text, "size")
    listed = [size for size in inputs if len(size) > 1]
    channels = [size[0] for size in inputs if len(size) == 1]
    text = _BESIDE.sub(" ; ", text)
    by_word, text = _channels(text)
    towards = _numbers(_TOWARDS, text)
    left = _numbers(_ALONE, _TOWARDS.sub(" ; ", text))
    named = bool(inputs or by_word)
    if not listed:
        listed = [size for size in left if len(size) > 2][:1]
        left = [size for size in left if size not in listed]
    return Stated(
        fields=tuple(size[:2] for size in (fields + before)[:MOST]),
        whole=whole,
        inputs=tuple(listed[:MOST]),
        channels=tuple((channels + by_word)[:MOST]),
        loose=tuple((left + [size for size in towards if len(size) < 3])[:MOST]),
        named=named,
    )


def _plain(comment: str) -> str:
    """One spelling for signs that mean the same, in lower case."""
    text = unicodedata.normalize("NFKC", comment[:LIMIT_TEXT]).lower()
    for sign in ("\u00d7", "\u2715", "\u2a2f", "\u0445", "\u2217", "\u00b7"):
        text = text.replace(sign, "x")
    for sign in ("\u2192", "\u21d2", "\u279c", "\u2794", "-->", "==>"):
        text = text.replace(sign, "->")
    text = _BATCH.sub("(", re.sub(r"\s{1,400}", " ", text))
    return text.replace("torch.size", " ")


def _numbers(pattern: re.Pattern[str], text: str) -> list[Size]:
    return [tuple(int(one) for one in _NUMBER.findall(found[0])) for found in pattern.finditer(text)]


def _taken(pattern: re.Pattern[str], text: str, *groups: str) -> tuple[list[Size], str]:
    """(the sizes that a pattern names, the text without them)."""
    found = [
        tuple(int(one) for one in _NUMBER.findall(match[group]))
        for match in pattern.finditer(text)
        for group in groups
        if match[group]
    ]
    return [size for size in found if size], pattern.sub(" ; ", text)


def _channels(text: str) -> tuple[list[int], str]:
    found = [int(match["after"] or match["before"]) for match in _CHANNELS.finditer(text)]
    return found[:1], _CHANNELS.sub(" ; ", text)
