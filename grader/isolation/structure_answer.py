"""A worker's account of the operators that ran, turned into records after every field was checked."""

from __future__ import annotations

import math
import re
from typing import Any

from grader.isolation import checked
from grader.isolation.frames import ProtocolError
from grader.records import Absent, Axis, Operator, Scalar, Structure

MAX_OPERATORS = 10_000
MAX_INPUTS = 2000
MAX_DETAILS = 24
MAX_NAMES = 50
MAX_FLOPS = 2**62

KINDS = frozenset(
    {
        *("convolution", "transposed convolution", "linear", "matmul", "attention"),
        *("batch norm", "group norm", "layer norm", "instance norm"),
        *("max pool", "average pool", "adaptive average pool", "global average pool", "global max pool"),
        *("dropout", "relu", "leaky relu", "gelu", "silu", "sigmoid", "tanh", "softmax", "log softmax"),
        *(
            "add",
            "concatenate",
            "multiply",
            "upsample",
            "pixel shuffle",
            "embedding",
            "lstm",
            "view",
            "pad",
            "other",
        ),
    }
)
"""The words of `grader.inspection.kinds`, which only workers can import."""

_NAME = re.compile(r"[A-Za-z_][\w.]{0,99}")
_DETAIL = re.compile(r"[a-z][a-z_]{0,39}")
_HINT = "Open the report's list of layers and judge what is asked by hand."


def structure(facts: dict[str, Any]) -> Structure | Absent:
    """The recorded structure; absent, for a person to look, where the worker could not record it.

    Raises:
        ProtocolError: a field is missing, or not as agreed.
    """
    if "structure_error" in facts:
        return Absent("review", checked.text(facts["structure_error"], 400), _HINT, "inspect")
    found = checked.mapping(facts.get("structure"), "structure")
    operators = tuple(
        _operator(index, item)
        for index, item in enumerate(checked.listed(found.get("operators"), MAX_OPERATORS))
    )
    field = tuple(_axis(item) for item in checked.listed(found.get("receptive_field"), 2))
    size = checked.shape(found.get("map_before_pool"))
    if len(field) != 2 or len(size) not in (0, 2):
        raise ProtocolError("receptive field")
    return Structure(
        operators=operators,
        receptive_field=field,
        global_pool=checked.place(found.get("global_pool"), len(operators)),
        map_before_pool=size,
        flops=checked.count(found.get("flops"), MAX_FLOPS),
        flops_partial=checked.truth(found.get("flops_partial")),
        unused_layers=_names(found.get("unused_layers")),
        unused_parameters=checked.count(found.get("unused_parameters")),
        ungraded_parameters=checked.count(found.get("ungraded_parameters")),
        hidden_elements=checked.count(found.get("hidden_elements")),
        hidden_places=_names(found.get("hidden_places")),
        unknown_operators=_names(found.get("unknown_operators")),
    )


def _operator(index: int, item: Any) -> Operator:
    """An operator takes only what ran before it."""
    fields = checked.mapping(item, "operator")
    axes = tuple(_axis(axis) for axis in checked.listed(fields.get("axes"), 2))
    if len(axes) == 1:
        raise ProtocolError("operator")
    return Operator(
        index=index,
        kind=checked.one_of(fields.get("kind"), KINDS, "operator"),
        name=_matching(_NAME, fields.get("name")),
        module=checked.text(fields.get("module")),
        inputs=tuple(
            checked.place(source, index) for source in checked.listed(fields.get("inputs"), MAX_INPUTS)
        ),
        output_shape=checked.shape(fields.get("output_shape")),
        parameters=checked.count(fields.get("parameters")),
        axes=axes,
        details=_details(fields.get("details")),
    )


def _axis(item: Any) -> Axis:
    state, size, jump = checked.listed(item, 3) if isinstance(item, list) and len(item) == 3 else (None, 0, 0)
    if state not in ("known", "global", "unknown", "none"):
        raise ProtocolError("axis")
    axis = Axis(state, checked.count(size), checked.number(jump))
    if (axis.size > 0) != (axis.state == "known"):
        raise ProtocolError("axis")
    return axis


def _details(value: Any) -> tuple[tuple[str, Scalar], ...]:
    found = checked.mapping(value, "details")
    if len(found) > MAX_DETAILS:
        raise ProtocolError("details")
    return tuple((_matching(_DETAIL, name), _scalar(item)) for name, item in found.items())


def _scalar(value: Any) -> Scalar:
    if type(value) is bool:
        return value
    if type(value) is str:
        return checked.text(value, 100)
    if type(value) is int and abs(value) < checked.MAX_COUNT:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise ProtocolError("detail")


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ProtocolError("name")
    return value


def _names(value: Any) -> tuple[str, ...]:
    return tuple(checked.text(item) for item in checked.listed(value, MAX_NAMES))
