"""The numbers that the submission states are those that were measured.

Decided by the comparisons of `grader.evaluation.comparisons`. Rounding, noise, and numbers that may be about
something else never count; of the others only what is off by more than the spec allows, in the submission's favour.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, failed, from_absence, open_verdict, passed
from grader.records import Absent, Comparison, Evidence, Finding, Measurement, ModelFacts

About = Literal["parameters", "test_accuracy", "receptive_field", "epochs"]
LISTED = 5

_WORDS: dict[About, str] = {
    "parameters": "parameters",
    "test_accuracy": "test accuracy",
    "receptive_field": "receptive field",
    "epochs": "epochs",
}


class Rule(interface.Rule):
    """The numbers that the submission states are those that were measured."""

    check: Literal["honest_claims"]
    about: tuple[About, ...] = Field(
        ("parameters", "test_accuracy"), min_length=1, description="Which stated numbers are looked at."
    )
    parameters_within: Ratio = Field(
        0.1, description="A count may be too low by this share of the measured one, written `10 %`."
    )
    accuracy_within: Ratio = Field(
        0.01,
        description="An accuracy may be too high by this, beyond its noise: written `1 %` for one point.",
    )
    when_not: Literal["review", "failed"] = Field(
        "review", description="`review`: a person decides about the points; `failed`: they are lost."
    )

    def requirement(self) -> str:
        named = [_WORDS[one] for one in dict.fromkeys(self.about)]
        return f"The numbers that are stated ({', '.join(named)}) are those that were measured."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    if isinstance(evidence.model, Absent):
        return from_absence(evidence.model, rule.requirement())
    looked_at = [one for one in evidence.comparisons if one.claim.name in rule.about]
    apart = [one for one in looked_at if one.verdict == "differs" and _in_favour(rule, one, evidence)]
    notes = tuple(_said(one) for one in looked_at if one.verdict == "differs" and one not in apart)[:LISTED]
    if not apart:
        return passed(Finding(_counted(looked_at), rule.requirement()), notes)
    finding = Finding(
        measured=f"{_counted(looked_at)}; {_number(len(apart))} clearly apart from the measurement",
        expected=rule.requirement(),
        rationale=" ".join(_said(one) for one in apart[:LISTED]),
        hint="State the measured numbers, or say in the same line what else the number is about.",
    )
    return failed(finding, notes) if rule.when_not == "failed" else open_verdict("review", finding, notes)


def _in_favour(rule: Rule, one: Comparison, evidence: Evidence) -> bool:
    """The stated number is better than the measured one, by more than the spec allows."""
    stated, name = one.claim.value, one.claim.name
    if name == "parameters" and isinstance(evidence.model, ModelFacts):
        return stated < (1 - rule.parameters_within) * evidence.model.parameters
    if name == "test_accuracy" and isinstance(evidence.test_accuracy, Measurement):
        return stated > evidence.test_accuracy.value + rule.accuracy_within
    return True


def _counted(looked_at: list[Comparison]) -> str:
    if not looked_at:
        return "no number is stated that could be compared"
    agree = sum(one.verdict == "agrees" for one in looked_at)
    return f"{_number(len(looked_at))} stated, {agree} of them agree"


def _number(count: int) -> str:
    return f"{count} number{'s' if count != 1 else ''}"


def _said(one: Comparison) -> str:
    value = (
        f"{100 * one.claim.value:.2f} %" if one.claim.name == "test_accuracy" else f"{one.claim.value:,.0f}"
    )
    words = _WORDS[one.claim.name]
    return f"{one.claim.place} states {value} ({words}); measured: {one.measured or 'nothing'}. {one.reason}"
