"""Accuracy on the test images, measured by the grader outside of the sandbox.

The number is the mean over the grader's seeds. Whether it is above the line is a sequential test on that mean
(`grader.evaluation.verdict`, docs/rules.md): where the seeds cannot tell, the check is `borderline`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, failed, open_verdict, passed
from grader.evaluation.verdict import decide
from grader.records import Absent, Evidence, Finding, Measurement

CHANCE_MARGIN = 0.05
"""A model trained by the grader's default that stays this close to chance cannot be blamed on the default."""


class Rule(interface.Rule):
    """The trained model reaches the accuracy that the assignment asks for."""

    check: Literal["test_accuracy"]
    at_least: Ratio = Field(description="The mean accuracy over the grader's seeds must be at or above this.")

    needs: ClassVar[frozenset[str]] = frozenset({"test_accuracy"})

    def requirement(self) -> str:
        return f"The trained model reaches a test accuracy of {100 * self.at_least:.4g} % or more."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    measured = evidence.test_accuracy
    assert not isinstance(measured, Absent)
    decision = decide(measured.values, rule.at_least, measured.spread)
    finding = Finding(
        measured=describe(measured),
        expected=rule.requirement(),
        rationale=decision.sentence,
        hint="" if decision.outcome == "passed" else _hint(evidence),
    )
    if decision.outcome == "passed":
        return passed(finding)
    if decision.outcome == "borderline":
        return open_verdict("borderline", finding)
    if _recipe_may_be_to_blame(evidence, measured):
        return open_verdict("review", finding)
    return failed(finding)


def describe(measured: Measurement) -> str:
    """`98.61 % ± 0.12 (3 seeds, 10,000 test images)`."""
    seeds = f"{len(measured.values)} seed{'s' if len(measured.values) != 1 else ''}"
    return f"{100 * measured.value:.2f} % ± {100 * measured.spread:.2f} ({seeds}, {measured.n:,} {measured.split} images)"


def _recipe_may_be_to_blame(evidence: Evidence, measured: Measurement) -> bool:
    """A miss under the grader's default recipe is the student's only where the model learns nothing at all."""
    default = not isinstance(evidence.recipe, Absent) and evidence.recipe.source == "default"
    chance = 1 / max(_classes(evidence), 2)
    return default and any(value > chance + CHANCE_MARGIN for value in measured.values)


def _classes(evidence: Evidence) -> int:
    return 10 if isinstance(evidence.model, Absent) else evidence.model.output_shape[-1]


def _hint(evidence: Evidence) -> str:
    if isinstance(evidence.recipe, Absent) or evidence.recipe.source == "student":
        return "Look at the curve: does the loss still fall at the end, or does it not fall at all?"
    return (
        "It was trained with the assignment's default recipe, not with yours: "
        "a person decides whether your own would have reached it."
    )
