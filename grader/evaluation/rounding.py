"""How exactly a number was stated: what differs less than its last digit agrees."""

from __future__ import annotations

import re

from grader.records import Claim

LIMIT_TEXT = 400
_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6}
_NUMBER = re.compile(
    r"(?<![\d.])(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(?P<places>\d{1,9}))?\s?(?P<unit>[kKmM](?![a-zA-Z]))?"
    r"(?P<percent>\s?%)?"
)


def last_digit(claim: Claim) -> float:
    """The weight of the last digit that was written, in the unit of `claim.value`.

    `20k` is exact to 1000, `13.8K` to 100, `98.83 %` to 0.0001, `21,844` to 1.
    """
    steps = [_step(found, claim) for found in _NUMBER.finditer(claim.text[:LIMIT_TEXT])]
    fitting = [step for step in steps if step > 0]
    return min(fitting) if fitting else _usual(claim)


def _step(found: re.Match[str], claim: Claim) -> float:
    """The last digit's weight where this number is the stated one; 0 where it is another."""
    places = len(found["places"] or "")
    value = float(found["whole"].replace(",", "") + "." + (found["places"] or "0"))
    if claim.name == "test_accuracy":
        factor = 0.01 if found["percent"] or value > 1 else 1.0
    else:
        factor = _FACTORS[(found["unit"] or "").lower()]
    same = abs(value * factor - claim.value) <= 1e-6 * max(abs(claim.value), 1.0)
    return factor / 10**places if same else 0.0


def _usual(claim: Claim) -> float:
    return 0.0001 if claim.name == "test_accuracy" else 1.0


def as_stated(claim: Claim, value: float) -> bool:
    """Whether a value is what the claim states: an accuracy rounded or cut off, a count within its last digit."""
    step, more = last_digit(claim), value - claim.value
    if claim.name == "test_accuracy":
        return -0.5 * step - 1e-9 <= more < step
    return abs(more) < (0.5 if step == 1.0 else step + 1e-9)
