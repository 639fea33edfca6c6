"""The data flow of a recorded forward pass: who takes whose output, on the way from the image to the answer.

Only operators on that way are in the graph. What is computed and never used, and constants that do not come
from the image, are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.architecture.recorded import is_map, map_of, number_of
from grader.records import Operator, Structure

IMAGE = -1
"""The model's input, in the place of an operator's index."""

ACTIVATIONS = ("relu", "leaky relu", "gelu", "silu", "sigmoid", "tanh")
NORMS = ("batch norm", "group norm", "layer norm", "instance norm")
_IDENTITIES = ("clone", "contiguous", "detach", "alias", "_to_copy", "to", "lift_fresh", "copy", "identity")
_SEVERAL = ("add", "multiply", "matmul", "concatenate", "attention", "linear", "lstm", "embedding", "other")
"""Kinds that may take several results. All others take one, which may have been written in place."""
_SCALES = ("mul", "div", "multiply", "divide", "true_divide")


@dataclass(frozen=True)
class Graph:
    """`inputs` and `users` hold, per operator index, only what lies between the image and the answer."""

    operators: tuple[Operator, ...]
    inputs: dict[int, tuple[int, ...]]
    users: dict[int, tuple[int, ...]]
    output: int  # index of the operator that gives the answer; IMAGE where none does

    def operator(self, index: int) -> Operator:
        return self.operators[index]

    def listed(self) -> tuple[Operator, ...]:
        """The operators of the graph in the order of execution."""
        return tuple(self.operators[index] for index in sorted(self.inputs))

    def after(self, start: int) -> tuple[int, ...]:
        """Everything that depends on the output of `start`, in the order of execution."""
        found: set[int] = set()
        pending = list(self.users.get(start, ()))
        while pending:
            here = pending.pop()
            if here not in found:
                found.add(here)
                pending.extend(self.users.get(here, ()))
        return tuple(sorted(found))

    def before(self, end: int) -> tuple[int, ...]:
        """Everything that the output of `end` depends on, the image left out, in the order of execution."""
        found: set[int] = set()
        pending = list(self.inputs.get(end, ()))
        while pending:
            here = pending.pop()
            if here not in found and here != IMAGE:
                found.add(here)
                pending.extend(self.inputs[here])
        return tuple(sorted(found))

    def next_through(self, start: int, passes: Callable[[Operator], bool]) -> tuple[int, ...]:
        """The first operators after `start` that do not let pass, along every path."""
        return self._first(self.users, start, passes)

    def last_through(self, end: int, passes: Callable[[Operator], bool]) -> tuple[int, ...]:
        """The last operators before `end` that do not let pass, along every path."""
        return self._first(self.inputs, end, passes)

    def _first(
        self, edges: dict[int, tuple[int, ...]], start: int, passes: Callable[[Operator], bool]
    ) -> tuple[int, ...]:
        seen: set[int] = set()
        found: set[int] = set()
        pending = list(edges.get(start, ()))
        while pending:
            here = pending.pop()
            if here in seen or here == IMAGE:
                continue
            seen.add(here)
            if passes(self.operators[here]):
                pending.extend(edges.get(here, ()))
            else:
                found.add(here)
        return tuple(sorted(found))


def graph_of(structure: Structure, output_shape: tuple[int, ...] = ()) -> Graph:
    """The graph that ends in the operator whose output the model returns.

    Args:
        output_shape: of the model, without the batch; tells the answer from values that are computed and dropped.
    """
    operators = structure.operators
    derived = _from_image(operators)
    output = _output(operators, derived, output_shape)
    wanted = _ancestors(derived, output)
    inputs = {index: derived[index] for index in sorted(wanted)}
    users: dict[int, list[int]] = {}
    for index, sources in inputs.items():
        for source in dict.fromkeys(sources):
            users.setdefault(source, []).append(index)
    return Graph(operators, inputs, {index: tuple(found) for index, found in users.items()}, output)


def _from_image(operators: tuple[Operator, ...]) -> dict[int, tuple[int, ...]]:
    """Per operator that depends on the image: those of its inputs that do."""
    found: dict[int, tuple[int, ...]] = {}
    for index, operator in enumerate(operators):
        sources = tuple(one for one in operator.inputs if one == IMAGE or (one in found and one < index))
        if len(sources) > 1 and operator.kind not in _SEVERAL:
            sources = _newest(found, sources)
        if sources:
            found[index] = sources
    return found


def _newest(derived: dict[int, tuple[int, ...]], sources: tuple[int, ...]) -> tuple[int, ...]:
    """Of an operand that was written into after it was made: the last writer, which has seen the earlier ones."""
    seen = {one for source in sources for one in _ancestors(derived, source) if one != source}
    return tuple(one for one in sources if one not in seen and one != IMAGE) or sources[:1]


def _output(
    operators: tuple[Operator, ...], derived: dict[int, tuple[int, ...]], shape: tuple[int, ...]
) -> int:
    taken = {source for sources in derived.values() for source in sources}
    ends = [index for index in derived if index not in taken]
    fitting = [index for index in ends if operators[index].output_shape == shape]
    return max(fitting or ends, default=IMAGE)


def _ancestors(derived: dict[int, tuple[int, ...]], output: int) -> set[int]:
    found: set[int] = set()
    pending = [output]
    while pending:
        here = pending.pop()
        if here != IMAGE and here not in found:
            found.add(here)
            pending.extend(derived[here])
    return found


def is_view(operator: Operator) -> bool:
    """Only moves or copies values: reshape, permute, slice, clone."""
    return operator.kind == "view" or (operator.kind == "other" and _base(operator) in _IDENTITIES)


def is_constant_shift(operator: Operator, sources: int) -> bool:
    """Adds a bias or a number, or multiplies by a number: one operand only depends on the image."""
    if sources > 1:
        return False
    scales = operator.kind in ("multiply", "other") and _base(operator) in _SCALES and not operator.parameters
    return scales or operator.kind == "add"


def is_transparent(operator: Operator, sources: int = 1) -> bool:
    """What a pattern does not need to name: views, padding, dropout, a bias, a constant factor."""
    return is_view(operator) or operator.kind in ("dropout", "pad") or is_constant_shift(operator, sources)


def is_global_average(operator: Operator) -> bool:
    """An average over the whole map, however it is written."""
    if operator.kind == "global average pool":
        return True
    averages = operator.kind in ("average pool", "adaptive average pool")
    return averages and bool(map_of(operator)) and not is_map(operator)


def is_pointwise_linear(operator: Operator) -> bool:
    """A 1x1 convolution on a 1x1 map: the same arithmetic as a fully connected layer."""
    return (
        operator.kind == "convolution"
        and operator.detail("kernel") == "1x1"
        and operator.detail("on_map") == "1x1"
        and number_of(operator, "groups") in (-1, 1)
    )


def is_linear(operator: Operator) -> bool:
    return operator.kind == "linear" or is_pointwise_linear(operator)


def _base(operator: Operator) -> str:
    """`aten.mul_.Tensor` → `mul`."""
    name = operator.name.removeprefix("aten.").removeprefix("aten::").partition(".")[0]
    return name if name == "_to_copy" else name.rstrip("_")
