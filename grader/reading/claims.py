"""Numbers that a student states: parameters, test accuracy, epochs, receptive field. Limits and wishes are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from grader.reading.logs import LIMIT_LINE, Line, as_ratio
from grader.reading.stated_fields import LARGEST, field_of_rows, stated_fields
from grader.records import Claim
from grader.text import clean

LIMIT_CLAIMS = 1_000
_Name = Literal["parameters", "test_accuracy", "epochs", "receptive_field"]

_COUNT = (
    r"(?<![\d.,\w-])(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\d]|[.,]\d)"
    r"\s?(?P<unit>[kKmM](?![a-zA-Z]))?"
)
_PARAMETERS = (
    re.compile(
        _COUNT + r"\s*(?:total|trainable|learnable|model|network)?\s*(?:parameters?|params?)(?![\w/])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w-])(?:parameters?|params?)\s*(?:count|number|#)?\s*(?:\([^()\d]{0,30}\)\s*)?"
        r"(?::|=|\||is|are|was)[\s:=|*`]{0,6}" + _COUNT,
        re.IGNORECASE,
    ),
)
_LEADING_PARAMETERS = re.compile(r"non[\s-]*trainable|\bper\b|\bsize\b|\bmb\b", re.IGNORECASE)
_ACCURACY = (
    re.compile(
        r"(?<![a-z])(?:test(?:ing)?|val(?:id(?:ation)?)?)(?:\s+set)?[\s_-]+acc(?:uracy)?(?![a-z])"
        r"[\s:=|*(`-]{0,6}(?:is|of|was|at|reach\w{0,4})?[\s:=|*(`~]{0,4}"
        r"(?P<number>\d{1,3}(?:\.\d+)?)(?!\d)\s*(?P<percent>%)?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\d.])(?P<number>\d{1,3}(?:\.\d+)?)\s*(?P<percent>%)\s*(?:test(?:ing)?|val(?:idation)?)\s+acc",
        re.IGNORECASE,
    ),
)
_EPOCHS = (
    re.compile(r"(?<![\w.])(?P<number>\d{1,4})\s+epochs?\b", re.IGNORECASE),
    re.compile(
        r"\b(?:num(?:ber of)?[\s_]*)?epochs\W{0,4}[:=|]\W{0,4}(?P<number>\d{1,4})(?![\d.]*\d)", re.IGNORECASE
    ),
)

_LIMITING = re.compile(
    r"(?:less than|fewer than|lower than|under|below|at most|at least|up to|within|no more than|not exceed\w*"
    r"|more than|greater than|over|above|max(?:imum)?(?: of)?|min(?:imum)?(?: of)?|limit(?: of| is|:)?"
    r"|budget(?: of| is|:)?|target(?: of|:)?|goal(?: of|:)?"
    r"|about|around|approx(?:imately|\.)?|roughly|nearly|almost|ideally|[<>≤≥~≈]=?)"
    r"\s*(?:a |the |total |of )*[*`(]*\s*$",
    re.IGNORECASE,
)
_LIMITED = re.compile(
    r"[\s-]*(?:budget|limit|cap\b|constraint|target|goal|or less|or fewer|max)", re.IGNORECASE
)
_WISH = re.compile(
    r"\b(?:requirements?|required?|constraints?|budget|limit|target|goal|must|should|objective|max(?:imum)?)\b"
    r"|less than|fewer than|[<≤]",
    re.IGNORECASE,
)


def claims(lines: Iterable[Line]) -> tuple[Claim, ...]:
    """All claims of the lines, in their order; the same number of the same line only once."""
    found: dict[tuple[str, float, str], Claim] = {}
    for line in lines:
        text = " ".join(line.text[:LIMIT_LINE].split())
        for name, value in _claimed(text):
            found.setdefault((name, value, line.place), Claim(name, value, line.place, clean(text)))
        if len(found) >= LIMIT_CLAIMS:
            break
    return tuple(found.values())[:LIMIT_CLAIMS]


def _claimed(text: str) -> Iterator[tuple[_Name, float]]:
    for match in _matches(_PARAMETERS, text):
        if not _LEADING_PARAMETERS.search(text[max(0, match.start() - 16) : match.end("number")]):
            value = _count(match["number"], match["unit"])
            if value >= 100:
                yield "parameters", value
    for match in _matches(_ACCURACY, text):
        value = as_ratio(float(match["number"]), bool(match["percent"]))
        if value > 0.01:
            yield "test_accuracy", value
    for match in _matches(_EPOCHS, text):
        if int(match["number"]) > 0:
            yield "epochs", float(match["number"])

    for match in _unlimited(stated_fields(text), text):
        if 0 < int(match["number"]) <= LARGEST:
            yield "receptive_field", float(match["number"])


def _matches(patterns: tuple[re.Pattern[str], ...], text: str) -> Iterator[re.Match[str]]:
    """The matches that state a number, not a limit or a wish."""
    for pattern in patterns:
        yield from _unlimited(pattern.finditer(text), text)


def _unlimited(matches: Iterable[re.Match[str]], text: str) -> Iterator[re.Match[str]]:
    for match in matches:
        before, behind = text[: match.start("number")], text[match.end() :]
        if not (_LIMITING.search(before[-60:]) or _LIMITED.match(behind) or _WISH.search(before)):
            yield match


def last_fields(found: Iterable[Claim]) -> tuple[Claim, ...]:
    """A listing that states a receptive field for each layer states the model's with its last line."""
    kept = list(found)
    fields = [index for index, claim in enumerate(kept) if claim.name == "receptive_field"]
    return tuple(claim for index, claim in enumerate(kept) if index not in fields[:-1])


def _count(number: str, unit: str | None) -> float:
    factor = {"k": 1e3, "m": 1e6}.get((unit or "").lower(), 1.0)
    return float(number.replace(",", "")[:15]) * factor


def table_claims(rows: list[tuple[Line, tuple[str, ...]]]) -> tuple[Claim, ...]:
    """What a table of layers states: its total in the last rows, and its last receptive field."""
    if not rows:
        return ()
    index, pixels = field_of_rows([cells for _, cells in rows])
    line = rows[index][0]
    fields = [Claim("receptive_field", float(pixels), line.place, clean(line.text))] if index > 0 else []
    return (*_totals(rows), *fields)


def _totals(rows: list[tuple[Line, tuple[str, ...]]]) -> tuple[Claim, ...]:
    """`| Total | | 21,844 |` in the column of parameters."""
    header = [cell.strip().lower()[:100] for cell in rows[0][1]]
    columns = [index for index, cell in enumerate(header) if re.search(r"\bparam", cell)]
    if not columns:
        return ()
    found = []
    for line, cells in rows[1:]:
        is_total = bool(cells) and re.match(r"\W*(?:grand |sum|total)", cells[0][:40], re.IGNORECASE)
        count = (
            re.fullmatch(r"\W*" + _COUNT + r"\W*", cells[columns[0]][:40])
            if columns[0] < len(cells)
            else None
        )
        if is_total and count:
            found.append(
                Claim("parameters", _count(count["number"], count["unit"]), line.place, clean(line.text))
            )
    return tuple(found)
