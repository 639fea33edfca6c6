"""The size of the map that a layer gives, where the source names the layer by its steps below the model."""

from __future__ import annotations

import re

from grader.records import Layer, ModelFacts

_INDEX = re.compile(r"-?\d{1,4}")
_PREFIXES = 2


def named_layer(model: ModelFacts, path: str) -> Layer | None:
    """The layer at the end of a path such as `layer4.-1`; None where this model has none there.

    A path may begin with up to two names that are none of the model's own: `self.model.layer4`, `model.module.layer4`.
    """
    steps = path.split(".")
    own = {layer.name for layer in model.layers}
    for _ in range(_PREFIXES):
        if len(steps) > 1 and steps[0] not in own and not _INDEX.fullmatch(steps[0]):
            steps = steps[1:]
    return _follow(model.layers, steps)


def map_side(layer: Layer) -> int:
    """The shorter side of the layer's map in pixels; 0 where its output is none of channels, height and width."""
    return min(layer.output_shape[1:]) if len(layer.output_shape) == 3 else 0


def _follow(layers: tuple[Layer, ...], steps: list[str]) -> Layer | None:
    by_name = {layer.name: layer for layer in layers}
    name = ""
    for step in steps:
        inner = f"{name}.{step}" if name else step
        if inner not in by_name:
            children = _children(layers, name) if _INDEX.fullmatch(step) else []
            if not -len(children) <= int(step if children else 0) < len(children):
                return None
            inner = children[int(step)]
        name = inner
    return by_name.get(name)


def _children(layers: tuple[Layer, ...], name: str) -> list[str]:
    """Names of the modules right below one, in their order."""
    start = f"{name}." if name else ""
    return [
        one.name
        for one in layers
        if one.name.startswith(start) and one.name != name and "." not in one.name[len(start) :]
    ]
