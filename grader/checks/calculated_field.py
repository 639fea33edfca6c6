"""Whether the receptive field is calculated: stated in numbers for each model, and right for the measured one.

Read are the README's sentences and tables, and the text cells and saved outputs of notebooks. Comments and pictures may
hold a calculation too: what is not found goes to a person. A number that is not the measured one is wrong.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.records import Comparison, Evidence, Finding, Part, Status
from grader.text import clean, counted

SHOWN = 4

Models = Annotated[int, Field(ge=1, le=20, strict=True)]


class Rule(interface.Rule):
    """The receptive field is calculated, and the one of the measured model is right."""

    check: Literal["calculated_field"]
    models: Models = Field(1, description="For how many models there must be a calculation.")

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    def requirement(self) -> str:
        which = "the model" if self.models == 1 else f"each of the {self.models} models"
        return f"The receptive field of {which} is calculated."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    stated = [one for one in evidence.comparisons if one.claim.name == "receptive_field"]
    share = rule.points / 2
    parts = (_enough(rule, stated, share), _right(stated, share))
    return combine(parts, rule.points, rule.requirement())


def _part(name: str, status: Status, share: float, finding: Finding) -> Part:
    return Part(name, status, share if status == "passed" else 0.0, share, finding)


def _enough(rule: Rule, stated: list[Comparison], share: float) -> Part:
    """One line of the README or one cell of a notebook is one calculation."""
    places = list(dict.fromkeys(one.claim.place for one in stated))
    models = counted(rule.models, "model", "models")
    name, expected = f"for {models}", f"a receptive field for {models}"
    measured = counted(len(places), "stated receptive field", "stated receptive fields")
    if len(places) >= rule.models:
        shown = ", ".join(clean(place) for place in places[:SHOWN])
        return _part(name, "passed", share, Finding(f"{measured}: {shown}", expected))
    why = "Comments in the code and pictures are not read: a person looks."
    hint = "Write `Receptive field: 32` or a table with a column of receptive fields, for each model."
    return _part(name, "review", share, Finding(measured, expected, why, hint))


def _right(stated: list[Comparison], share: float) -> Part:
    name, expected = "of the measured model", "the receptive field of the measured model"
    if not stated:
        why = "No receptive field was found in the README and the notebooks: a person looks."
        return _part(name, "review", share, Finding("none is stated", expected, why))
    right = [one for one in stated if one.verdict == "agrees"]
    best = right or [one for one in stated if one.verdict == "cannot tell"] or stated
    one = best[0]
    measured = (
        f"{clean(one.claim.place)} states {one.claim.value:,.0f}; measured: {one.measured or 'nothing'}"
    )
    status = _STATUS[one.verdict]
    hint = _HOW if status == "failed" else ""
    return _part(name, status, share, Finding(measured, expected, one.reason, hint))


_STATUS: dict[str, Status] = {"agrees": "passed", "cannot tell": "review", "differs": "failed"}
_HOW = "Each layer adds (kernel - 1) times the product of the strides before it."
