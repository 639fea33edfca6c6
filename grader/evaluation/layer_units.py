"""The layers of a measured model, each with the lines of the source that build and apply it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from grader.records import Entrypoint, Layer, LayerComment, ModelFacts, Operator, Structure

COUNTS: dict[str, str] = {
    "convolution": "convolution",
    "transposed convolution": "convolution",
    "max pool": "max pool",
    "global max pool": "max pool",
    "average pool": "average pool",
    "adaptive average pool": "average pool",
    "global average pool": "average pool",
    "linear": "linear",
}
"""Operators that are a layer of their own, and what the name of such a layer says."""

LIMIT_UNITS = 400
LIMIT_DEPTH = 24
"""Modules inside of each other that are followed."""


@dataclass(frozen=True)
class LayerUnit:
    """One layer as the source has it. A line that builds a block several times is one layer that runs several times."""

    name: str
    kind: str  # one of the values of `COUNTS`
    runs: tuple[Operator, ...]
    lines: tuple[LayerComment, ...]  # where it is built, then where it is applied; () where none was found


def layer_units(
    model: ModelFacts, structure: Structure, lines: tuple[LayerComment, ...]
) -> tuple[LayerUnit, ...]:
    """The layers in the order in which they run."""
    source = _Lines(model.entrypoint, model.layers, lines)
    plain = _plain_calls(structure, source)
    runs: dict[object, list[Operator]] = defaultdict(list)
    found: dict[object, tuple[LayerComment, ...]] = {}
    for operator in structure.operators:
        if operator.kind not in COUNTS:
            continue
        own = plain.get(operator.index) or source.of_module(operator.module)
        first = own[0] if own else None
        key = (first.file, first.cell, first.line, first.path, operator.kind) if first else operator.module
        if key in found or len(found) < LIMIT_UNITS:
            runs[key].append(operator)
            found.setdefault(key, own)
    return tuple(
        LayerUnit(_name(runs[key][0], own), COUNTS[runs[key][0].kind], tuple(runs[key]), own)
        for key, own in found.items()
    )


def _name(operator: Operator, lines: tuple[LayerComment, ...]) -> str:
    if lines and not lines[0].path:
        return f"{operator.kind} in forward"
    return operator.module or operator.kind


class _Lines:
    """The lines of the classes that the model is made of."""

    def __init__(
        self, entrypoint: Entrypoint, layers: tuple[Layer, ...], lines: tuple[LayerComment, ...]
    ) -> None:
        self.kinds = {layer.name: layer.kind for layer in layers}
        self.kinds.setdefault("", entrypoint.class_name)
        groups: dict[str, dict[tuple[str, int], list[LayerComment]]] = defaultdict(lambda: defaultdict(list))
        for line in lines:
            groups[line.class_name][line.file, line.cell].append(line)
        here = (entrypoint.file, entrypoint.cell)
        self._of_class = {
            name: of[max(of, key=lambda place: (place == here, place[0] == here[0], place[1] <= here[1]))]
            for name, of in groups.items()
        }
        near = [line for of in self._of_class.values() for line in of if line.file == entrypoint.file]
        self._near = _by_path(near)
        self._paths = {name: _by_path(of) for name, of in self._of_class.items()}

    def calls(self, module: str) -> list[LayerComment]:
        """Plain functions that the forward of this module's class applies, in their order."""
        own = self._of_class.get(self.kinds.get(module, ""), [])
        return [line for line in own if line.applied and not line.path and line.kind]

    def is_own(self, module: str) -> bool:
        """Whether the module's class stands in the source, so that its forward applies operators by itself."""
        return self.kinds.get(module, "") in self._of_class

    def of_module(self, module: str) -> tuple[LayerComment, ...]:
        """Where a layer is built and applied: in the class right around it first, then in those around that."""
        steps = module.split(".")[:LIMIT_DEPTH] if module else []
        found: list[LayerComment] = []
        for depth in range(len(steps) - 1, -1, -1):
            own = self._paths.get(self.kinds.get(".".join(steps[:depth]), ""), {})
            found += _nearest(own, steps[depth:])
        return tuple(found or (_nearest(self._near, steps) if steps else []))


def _by_path(lines: list[LayerComment]) -> dict[str, list[LayerComment]]:
    found: dict[str, list[LayerComment]] = defaultdict(list)
    for line in lines:
        found[line.path].append(line)
    return dict(found)


def _nearest(lines: dict[str, list[LayerComment]], steps: list[str]) -> list[LayerComment]:
    """The lines about the longest beginning of the path that there is, those that build first."""
    for length in range(len(steps), 0, -1):
        fitting = lines.get(".".join(steps[:length]), [])
        if any(not line.applied for line in fitting) or (fitting and length == 1):
            return sorted(fitting, key=lambda line: line.applied)
    return []


def _plain_calls(structure: Structure, source: _Lines) -> dict[int, tuple[LayerComment, ...]]:
    """Operators that a class's own forward applies by a plain function, each with its line.

    They are matched by their order; where there are more or fewer than lines, any of the lines may be meant.
    """
    ran: dict[tuple[str, str], list[Operator]] = defaultdict(list)
    for operator in structure.operators:
        if operator.kind in COUNTS and source.is_own(operator.module):
            ran[operator.module, COUNTS[operator.kind]].append(operator)
    found: dict[int, tuple[LayerComment, ...]] = {}
    for (module, kind), operators in ran.items():
        lines = [line for line in source.calls(module) if line.kind == kind]
        same = len(lines) == len(operators)
        for index, operator in enumerate(operators):
            found[operator.index] = (lines[index],) if same else tuple(lines)
    return found
