"""The recorded structure of a model, where it is there, and how operators are named to people."""

from __future__ import annotations

import re

from grader.records import Absent, Evidence, Operator, Structure
from grader.text import clean

UNSEEN = "the way from the image to the output"
"""`grader.inspection.structure.UNSEEN`, which only workers can import."""

_PAIR = re.compile(r"\d{1,6}(x\d{1,6})*")


def structure_of(evidence: Evidence) -> Structure | Absent:
    """What ran in the model, or why it is not known."""
    return evidence.model if isinstance(evidence.model, Absent) else evidence.model.structure


def doubt(operators: tuple[str, ...]) -> str:
    """The sentence for a part of the model that no rule covers; a check that depends on it goes to a person."""
    shown = ", ".join(clean(name, 60) for name in dict.fromkeys(operators))
    return f"This part of the model could not be measured: {shown}."


def size_of(operator: Operator, name: str) -> tuple[int, ...]:
    """A detail such as `"3x3"` as numbers; () where it is not there."""
    text = str(operator.detail(name))
    return tuple(int(side) for side in text.split("x")) if _PAIR.fullmatch(text) else ()


def number_of(operator: Operator, name: str) -> int:
    """A detail that is a whole number; -1 where it is not there."""
    value = operator.detail(name, -1)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def map_of(operator: Operator) -> tuple[int, ...]:
    """Height and width of the map that the operator gives; () where its output is not spatial."""
    axes = len(operator.axes)
    return operator.output_shape[-axes:] if 0 < axes < len(operator.output_shape) else ()


def is_map(operator: Operator) -> bool:
    """Whether the output still has positions to tell apart: a spatial map larger than 1x1, in any layout."""
    return bool(operator.axes) and sum(side > 1 for side in operator.output_shape) > 1


def where(operator: Operator) -> str:
    """`layer1.0.conv1`, or the operator's number where it is a call in the model's own forward."""
    return clean(operator.module, 120) or f"operator {operator.index} in the model's forward"


def described(operator: Operator) -> str:
    """What ran, in the words of a pattern: `convolution 3x3, 64 channels, stride 2x2`."""
    kind = clean(operator.kind, 60)
    if kind == "other":
        kind = f"an operator of no known kind ({clean(operator.name, 60)})"
    return ", ".join([_with_size(operator, kind), *_options(operator)])


def _with_size(operator: Operator, kind: str) -> str:
    size = size_of(operator, "kernel")
    return f"{kind} {'x'.join(map(str, size))}" if size else kind


def _options(operator: Operator) -> list[str]:
    found = []
    channels = max(number_of(operator, "channels_out"), number_of(operator, "channels"))
    if channels >= 0:
        found.append(f"{channels} channels")
    if number_of(operator, "features_out") >= 0:
        found.append(f"{number_of(operator, 'features_in')} to {number_of(operator, 'features_out')}")
    if operator.detail("depthwise", False) is True:
        found.append("depthwise")
    elif number_of(operator, "groups") > 1:
        found.append(f"{number_of(operator, 'groups')} groups")
    for name in ("stride", "dilation"):
        size = size_of(operator, name)
        if any(side > 1 for side in size):
            found.append(f"{name} {'x'.join(map(str, size))}")
    return found
