"""What the model takes and gives: one row with a number for each class, and what these numbers are.

The kind of head is told from values: probabilities add up to 1, log-softmax does so after an exponential, all
else are logits.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, failed, passed
from grader.records import Absent, Evidence, Finding, ModelFacts, PairForm

Head = Literal["logits", "log_softmax", "probabilities"]


def _in_a_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else value


Width = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Widths = Annotated[
    tuple[Width, ...],
    BeforeValidator(_one_or_more, json_schema_input_type=Width | list[Width]),
    Field(min_length=1, max_length=8),
]


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
    inputs: Annotated[int, Field(ge=1, le=2, strict=True)] | None = Field(
        None, description="How many inputs the model takes: 2 where a digit is given beside each image."
    )
    outputs: Annotated[
        tuple[Widths, ...] | None,
        Field(
            min_length=1,
            max_length=8,
            description="The model's outputs, each by how many numbers it has: a list where several are right.",
        ),
    ] = None

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.classes is None and not self.head and self.inputs is None and self.outputs is None:
            raise ValueError("ask for at least one of classes, head, inputs, outputs")
        return self

    def requirement(self) -> str:
        count = f"{self.classes} numbers for each input" if self.classes is not None else ""
        kind = " or ".join(_SAID[one] for one in dict.fromkeys(self.head))
        gives = f"{count}{', as ' if count and kind else ''}{kind}"
        several = f"outputs of {', and of '.join(map(_either, self.outputs))} numbers" if self.outputs else ""
        said = [f"takes {_TAKES[self.inputs]}"] if self.inputs else []
        said += [f"gives {one}" for one in (gives, several) if one]
        return f"The model {' and '.join(said)}."


_TAKES = {1: "an image alone", 2: "an image and a digit"}


def _either(widths: tuple[int, ...]) -> str:
    *most, last = map(str, widths)
    return f"{', '.join(most)} or {last}" if most else last


_SAID: dict[str, str] = {"logits": "logits", "log_softmax": "log-softmax", "probabilities": "probabilities"}


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    model = evidence.model
    assert not isinstance(model, Absent)
    faults = [*_wrong_shape(rule, model), *_wrong_head(rule, model), *_wrong_pair(rule, model)]
    shape = " x ".join(map(str, model.output_shape)) or "one"
    measured = f"{shape} numbers, {_SAID[model.head]}"
    if rule.inputs or rule.outputs:
        measured = f"takes {_TAKES[_inputs(model)]}, gives {_listed(_given(model))}"
    hint = _hint(rule) if faults else ""
    finding = Finding(measured, rule.requirement(), " ".join(text for text in faults), hint)
    return failed(finding) if faults else passed(finding)


def _wrong_shape(rule: Rule, model: ModelFacts) -> list[str]:
    if rule.classes is None or model.output_shape == (rule.classes,):
        return []
    if len(model.output_shape) != 1:
        shape = ", ".join(map(str, model.output_shape))
        return [f"The output has the shape ({shape}) for each input instead of one row."]
    return [f"The last layer has {model.output_shape[0]} outputs for {rule.classes} classes."]


def _inputs(model: ModelFacts) -> int:
    return 2 if isinstance(model.pair, PairForm) and model.pair.digit else 1


def _given(model: ModelFacts) -> list[int]:
    """How many numbers each output has. One row that holds both answers counts as two."""
    form = model.pair
    if isinstance(form, Absent):
        return [math.prod(model.output_shape)] if model.output_shape else []
    widths = [math.prod(shape) for shape in form.outputs]
    if form.sum_width and form.image_output == form.sum_output:
        whole = widths[form.image_output]
        return [whole - form.sum_width, form.sum_width]
    return widths


def _listed(widths: list[int]) -> str:
    return f"{' and '.join(map(str, widths))} numbers" if widths else "nothing that is a row of numbers"


def _wrong_pair(rule: Rule, model: ModelFacts) -> list[str]:
    found, faults = _inputs(model), []
    if rule.inputs and rule.inputs != found:
        faults.append(f"forward takes {_TAKES[found]}.")
    left = _given(model)
    for widths in rule.outputs or ():
        fitting = next((one for one in left if one in widths), None)
        if fitting is None:
            faults.append(f"No output has {_either(widths)} numbers.")
        else:
            left.remove(fitting)
    return faults


def _hint(rule: Rule) -> str:
    if rule.inputs or rule.outputs:
        return "Look at what forward takes and at what it returns."
    return "Look at the last layer of the model."


def _wrong_head(rule: Rule, model: ModelFacts) -> list[str]:
    if not rule.head or model.head in rule.head:
        return []
    return [f"The numbers are {_SAID[model.head]}."]
