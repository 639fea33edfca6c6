"""How much of the image one position sees before the global pooling that feeds the head, along both axes.

Measured on the operators that ran, at the native input size. An operator without a rule gives no number, and
then a person looks.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.architecture.recorded import described, doubt, structure_of, where
from grader.checks import interface
from grader.checks.interface import Verdict, failed, from_absence, open_verdict, passed
from grader.records import Absent, Axis, Evidence, Finding, Structure

Pixels = Annotated[int, Field(ge=1, le=100_000, strict=True)]
_SEES_ALL = "One position sees the whole image (a fully connected layer, attention or squeeze-and-excite)."


class Rule(interface.Rule):
    """The receptive field before global pooling has the size that the assignment asks for."""

    check: Literal["receptive_field"]
    over: Pixels | None = Field(None, description="The receptive field must be larger than this, in pixels.")
    at_least: Pixels | None = Field(None, description="The receptive field may be this size, not less.")
    exactly: Pixels | None = Field(None, description="The receptive field must have this size.")

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if sum(limit is not None for limit in (self.over, self.at_least, self.exactly)) != 1:
            raise ValueError("give exactly one of over, at_least, exactly")
        return self

    def requirement(self) -> str:
        if self.over is not None:
            return f"The receptive field before global pooling is over {self.over}."
        if self.at_least is not None:
            return f"The receptive field before global pooling is at least {self.at_least}."
        return f"The receptive field before global pooling is exactly {self.exactly}."

    def allows(self, size: int) -> bool:
        if self.over is not None:
            return size > self.over
        if self.at_least is not None:
            return size >= self.at_least
        return size == self.exactly


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    structure = structure_of(evidence)
    if isinstance(structure, Absent):
        return from_absence(structure, rule.requirement())
    axes = structure.receptive_field
    finding = Finding(_measured(structure), rule.requirement(), _place(structure), _hint(rule, axes))
    notes = (_SEES_ALL,) if any(axis.state == "global" for axis in axes) else ()
    answers = [_answer(rule, axis) for axis in axes]
    if False in answers:
        return failed(finding, notes)
    if None in answers or not answers:
        why = doubt(structure.unknown_operators) if structure.unknown_operators else _NO_FIELD
        return open_verdict("review", Finding(finding.measured, finding.expected, why), notes)
    return passed(Finding(finding.measured, finding.expected, finding.rationale), notes)


_NO_FIELD = "The model has no feature map whose positions come from the image along both axes."


def _answer(rule: Rule, axis: Axis) -> bool | None:
    """Whether one axis has what is asked; None where it cannot be told."""
    if axis.state == "known":
        return rule.allows(axis.size)
    if axis.state == "global":
        return rule.exactly is None
    return None


def _measured(structure: Structure) -> str:
    if not structure.receptive_field:
        return "no feature map"
    words = {"global": "whole image", "unknown": "unknown", "none": "not from the image"}
    return " x ".join(
        str(axis.size) if axis.state == "known" else words[axis.state] for axis in structure.receptive_field
    )


def _place(structure: Structure) -> str:
    """The layer whose output has this field."""
    operators, pool = structure.operators, structure.global_pool
    if 0 <= pool < len(operators):
        sources = [one for one in operators[pool].inputs if 0 <= one < pool]
        if sources:
            last = operators[sources[0]]
            return f"At {where(last)} ({described(last)}), before the pooling {where(operators[pool])}."
        return f"At the image itself, before the pooling {where(operators[pool])}."
    spatial = [one for one in operators if one.axes]
    at = f" at {where(spatial[-1])} ({described(spatial[-1])})" if spatial else ""
    return f"No global pooling feeds the head; measured on the last map{at}."


def _hint(rule: Rule, axes: tuple[Axis, ...]) -> str:
    known = [axis for axis in axes if axis.state == "known"]
    if not known or rule.exactly is not None:
        return ""
    return "Each 3x3 convolution adds twice the product of the strides before it; strides and dilation raise it faster."
