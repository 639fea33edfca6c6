"""How many parameters the model has: unique storage over everything that is registered.

Counted by the grader, not taken from torchinfo or from the student's own summary. After a training the number
is confirmed by the size of the state that crossed the border (see docs/threat-model.md).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, failed, passed
from grader.records import Absent, Evidence, Finding, ModelFacts

Count = Annotated[int, Field(ge=0, strict=True)]


class Rule(interface.Rule):
    """The model has the number of parameters that the assignment asks for."""

    check: Literal["parameters"]
    fewer_than: Count | None = Field(None, description="The count must be below this number.")
    at_most: Count | None = Field(None, description="The count may be this number, not more.")
    exactly: Count | None = Field(None, description="The count must be this number.")

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if sum(limit is not None for limit in (self.fewer_than, self.at_most, self.exactly)) != 1:
            raise ValueError("give exactly one of fewer_than, at_most, exactly")
        return self

    def requirement(self) -> str:
        if self.fewer_than is not None:
            return f"The model has fewer than {self.fewer_than:,} parameters."
        if self.at_most is not None:
            return f"The model has at most {self.at_most:,} parameters."
        return f"The model has exactly {self.exactly:,} parameters."

    def allows(self, count: int) -> bool:
        if self.fewer_than is not None:
            return count < self.fewer_than
        if self.at_most is not None:
            return count <= self.at_most
        return count == self.exactly


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    model = evidence.model
    assert not isinstance(model, Absent)
    count = max(
        [model.parameters, *(trial.state_elements - model.buffer_elements for trial in evidence.trials)]
    )
    finding = Finding(
        measured=f"{count:,} parameters",
        expected=rule.requirement(),
        rationale=f"{model.entrypoint.call} in {model.entrypoint.place}, all registered parameters, shared ones once.",
        hint="" if rule.allows(count) else _hint(model, count),
    )
    notes = () if count == model.parameters else (f"The model itself reported {model.parameters:,}.",)
    return passed(finding, notes) if rule.allows(count) else failed(finding, notes)


def _hint(model: ModelFacts, count: int) -> str:
    """Name where the parameters sit: that is where they can be saved."""
    layers = sorted(
        (layer for layer in model.layers if layer.parameters), key=lambda layer: -layer.parameters
    )[:3]
    where = ", ".join(f"{layer.name} ({layer.kind}) {layer.parameters:,}" for layer in layers)
    return f"Most of the {count:,} sit in: {where}." if where else ""
