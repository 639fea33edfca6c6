"""How many parameters the model has: unique storage over everything that is registered.

Counted by the grader, not taken from torchinfo or from the student's own summary. After a training the number
is confirmed by the size of the state that crossed the border (see docs/threat-model.md). The spec says which
number its limit is about; the others stand in the notes.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.architecture.recorded import UNSEEN, doubt, structure_of
from grader.checks import interface
from grader.checks.interface import Verdict, failed, from_absence, open_verdict, passed
from grader.records import Absent, Evidence, Finding, ModelFacts
from grader.text import clean

Count = Annotated[int, Field(ge=0, strict=True)]
Counting = Literal["registered", "trainable", "used"]

FEW_HIDDEN = 0.01
"""A share of the limit. Fewer values outside of parameters (means, positions, a mask) never decide anything."""

_COUNTED: dict[Counting, str] = {
    "registered": "all registered parameters, shared ones once",
    "trainable": "the parameters that require a gradient, shared ones once",
    "used": "the parameters that the forward pass takes, shared ones once",
}


class Rule(interface.Rule):
    """The model has the number of parameters that the assignment asks for."""

    check: Literal["parameters"]
    fewer_than: Count | None = Field(None, description="The count must be below this number.")
    at_most: Count | None = Field(None, description="The count may be this number, not more.")
    exactly: Count | None = Field(None, description="The count must be this number.")
    counting: Counting = Field(
        "registered",
        description="Which ones count: all that are registered, the trainable, or the used ones.",
    )

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if sum(limit is not None for limit in (self.fewer_than, self.at_most, self.exactly)) != 1:
            raise ValueError("give exactly one of fewer_than, at_most, exactly")
        return self

    @property
    def limit(self) -> int:
        return next(n for n in (self.fewer_than, self.at_most, self.exactly) if n is not None)

    def requirement(self) -> str:
        words = "parameters" if self.counting == "registered" else f"{self.counting} parameters"
        if self.fewer_than is not None:
            return f"The model has fewer than {self.fewer_than:,} {words}."
        if self.at_most is not None:
            return f"The model has at most {self.at_most:,} {words}."
        return f"The model has exactly {self.exactly:,} {words}."

    def allows(self, count: int) -> bool:
        if self.fewer_than is not None:
            return count < self.fewer_than
        if self.at_most is not None:
            return count <= self.at_most
        return count == self.exactly


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    model, structure = evidence.model, structure_of(evidence)
    assert not isinstance(model, Absent)
    if rule.counting == "used" and isinstance(structure, Absent):
        return from_absence(structure, rule.requirement())
    count = _count(rule, evidence, model)
    outside = _outside(rule, model)
    notes = _notes(rule, model, count)
    if rule.allows(count) and outside and not rule.allows(count + outside):
        return open_verdict("review", _with_hidden(rule, model, count, outside), notes)
    if rule.allows(count) and not isinstance(structure, Absent) and UNSEEN in structure.unknown_operators:
        why = f"{doubt((UNSEEN,))} Values that work outside of PyTorch's operators are not counted."
        return open_verdict("review", Finding(f"{count:,} parameters", rule.requirement(), why), notes)
    words = "parameters" if rule.counting == "registered" else f"{rule.counting} parameters"
    finding = Finding(
        measured=f"{count:,} {words}",
        expected=rule.requirement(),
        rationale=f"{model.entrypoint.call} in {model.entrypoint.place}, {_COUNTED[rule.counting]}.",
        hint="" if rule.allows(count) else _hint(model, count),
    )
    return passed(finding, notes) if rule.allows(count) else failed(finding, notes)


def _count(rule: Rule, evidence: Evidence, model: ModelFacts) -> int:
    """What the limit is about. State that crossed the border beyond what the model reported counts, too."""
    crossed = max((trial.state_elements - model.buffer_elements for trial in evidence.trials), default=0)
    more = max(crossed - model.parameters, 0)
    return _reported(rule.counting, model) + more


def _reported(counting: Counting, model: ModelFacts) -> int:
    if counting == "trainable":
        return model.trainable
    unused = 0 if isinstance(model.structure, Absent) else model.structure.unused_parameters
    return model.parameters - (unused if counting == "used" else 0)


# --- values that are no parameters --------------------------------------------------------------------------


def _hidden(model: ModelFacts) -> int:
    return 0 if isinstance(model.structure, Absent) else model.structure.hidden_elements


def _outside(rule: Rule, model: ModelFacts) -> int:
    """Values that the model holds outside of parameters, if they are enough to matter."""
    values = _hidden(model) + model.buffer_elements
    return values if values > FEW_HIDDEN * rule.limit else 0


def _with_hidden(rule: Rule, model: ModelFacts, count: int, outside: int) -> Finding:
    places = () if isinstance(model.structure, Absent) else model.structure.hidden_places
    where = f" ({', '.join(clean(place, 80) for place in places[:4])})" if places else ""
    why = (
        f"{count:,} parameters are registered. The model works with {_hidden(model):,} more values outside of "
        f"parameters and buffers{where} and {model.buffer_elements:,} in buffers. A person decides whether they count."
    )
    hint = "Register what is learned as nn.Parameter; keep tables and constants small."
    return Finding(f"{count + outside:,} values, {count:,} of them parameters", rule.requirement(), why, hint)


# --- words --------------------------------------------------------------------------------------------------


def _notes(rule: Rule, model: ModelFacts, count: int) -> tuple[str, ...]:
    """The other numbers, where they say something else."""
    reported = _reported(rule.counting, model)
    notes = [] if count == reported else [f"The model itself reported {reported:,}."]
    numbers: dict[Counting, str] = {"registered": "registered", "trainable": "trainable", "used": "used"}
    for counting, word in numbers.items():
        other = _reported(counting, model)
        if counting != rule.counting and other != reported:
            notes.append(f"{other:,} parameters are {word}{_which(counting, model)}.")
    if _hidden(model):
        notes.append(f"{_hidden(model):,} values are neither parameters nor buffers.")
    return tuple(notes)


def _which(counting: Counting, model: ModelFacts) -> str:
    if counting != "used" or isinstance(model.structure, Absent) or not model.structure.unused_layers:
        return ""
    return f"; never called: {', '.join(clean(name, 60) for name in model.structure.unused_layers[:5])}"


def _hint(model: ModelFacts, count: int) -> str:
    """Name where the parameters sit: that is where they can be saved."""
    layers = sorted(
        (layer for layer in model.layers if layer.parameters), key=lambda layer: -layer.parameters
    )[:3]
    where = ", ".join(f"{layer.name} ({layer.kind}) {layer.parameters:,}" for layer in layers)
    return f"Most of the {count:,} sit in: {where}." if where else ""
