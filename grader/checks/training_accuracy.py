"""Accuracy on the training images, measured by the grader outside of the sandbox.

What counts is the model when its training ends, shown every training image once more in the way of test images: not
the running average that a training loop prints. The number is the mean over the grader's seeds, and the verdict on it
is that of `test_accuracy`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict
from grader.checks.test_accuracy import Shown, describe, noise_at, verdict_of
from grader.evaluation.verdict import decide
from grader.records import Absent, Evidence


class Rule(interface.Rule):
    """The trained model gets as many of its training images right as the assignment asks for."""

    check: Literal["training_accuracy"]
    at_least: Ratio = Field(description="The mean accuracy over the grader's seeds must be at or above this.")

    needs: ClassVar[frozenset[str]] = frozenset({"train_accuracy"})

    def requirement(self) -> str:
        return f"The trained model reaches a training accuracy of {100 * self.at_least:.4g} % or more."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    measured = evidence.train_accuracy
    assert not isinstance(measured, Absent)
    noise = noise_at(rule.at_least, evidence, measured)
    decision = decide(measured.values, rule.at_least, noise.sd)
    shown = Shown(rule.requirement(), describe(measured), decision, measured.values, noise)
    return verdict_of(shown, evidence, measured)
