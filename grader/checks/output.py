"""What the model gives: one row with a number for each class, and what these numbers are.

The kind of head is told from values: probabilities add up to 1, log-softmax does so after an exponential, all
else are logits.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, failed, passed
from grader.records import Absent, Evidence, Finding, ModelFacts

Head = Literal["logits", "log_softmax", "probabilities"]


def _in_a_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Rule(interface.Rule):
    """The model's output has the form that the assignment asks for."""

    check: Literal["output"]
    classes: int | None = Field(
        None, ge=1, le=1_000_000, strict=True, description="How many numbers the model gives for one input."
    )
    head: Annotated[
        tuple[Head, ...],
        BeforeValidator(_in_a_list, json_schema_input_type=Head | list[Head]),
        Field(description="Kinds of head that are right; any if it is left out."),
    ] = ()

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.classes is None and not self.head:
            raise ValueError("ask for at least one of classes, head")
        return self

    def requirement(self) -> str:
        count = f"{self.classes} numbers for each input" if self.classes is not None else ""
        kind = " or ".join(_SAID[one] for one in dict.fromkeys(self.head))
        return f"The model gives {count}{', as ' if count and kind else ''}{kind}."


_SAID: dict[str, str] = {"logits": "logits", "log_softmax": "log-softmax", "probabilities": "probabilities"}


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    model = evidence.model
    assert not isinstance(model, Absent)
    faults = [*_wrong_shape(rule, model), *_wrong_head(rule, model)]
    shape = " x ".join(map(str, model.output_shape)) or "one"
    measured = f"{shape} numbers, {_SAID[model.head]}"
    hint = "Look at the last layer of the model." if faults else ""
    finding = Finding(measured, rule.requirement(), " ".join(text for text in faults), hint)
    return failed(finding) if faults else passed(finding)


def _wrong_shape(rule: Rule, model: ModelFacts) -> list[str]:
    if rule.classes is None or model.output_shape == (rule.classes,):
        return []
    if len(model.output_shape) != 1:
        shape = ", ".join(map(str, model.output_shape))
        return [f"The output has the shape ({shape}) for each input instead of one row."]
    return [f"The last layer has {model.output_shape[0]} outputs for {rule.classes} classes."]


def _wrong_head(rule: Rule, model: ModelFacts) -> list[str]:
    if not rule.head or model.head in rule.head:
        return []
    return [f"The numbers are {_SAID[model.head]}."]
