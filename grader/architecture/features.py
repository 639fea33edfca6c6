"""What a model can use, by name: which operators show it, and what else a person should know about it.

Used means that an operator ran on the way from the image to the answer, not that a layer exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from grader.architecture import flow, patches
from grader.architecture.graph import Graph, graph_of, is_global_average, is_linear, is_pointwise_linear
from grader.architecture.recorded import described, size_of, where
from grader.records import ModelFacts, Operator, Structure

Feature = Literal[
    "batch norm", "group norm", "layer norm", "instance norm", "dropout", "max pool", "global average pool",
    "fully connected", "fully connected after gap", "depthwise separable", "dilated convolution", "strided 3x3",
    "1x1 convolution", "residual addition", "attention", "softmax output", "embedding", "average pool",
    "strided convolution", "patch embedding", "mixing block",
]  # fmt: skip
FEATURES: tuple[Feature, ...] = get_args(Feature)

_SPATIAL = (
    "max pool", "global average pool", "fully connected after gap", "depthwise separable", "dilated convolution",
    "strided 3x3", "1x1 convolution", "residual addition", "average pool", "strided convolution", "patch embedding",
    "mixing block",
)  # fmt: skip
"""What an operator that nobody knows could be, or could hide by standing between its parts."""


@dataclass(frozen=True)
class Answer:
    """The operators that show a feature. `doubts` name operators without a rule that may show more of it."""

    feature: str
    operators: tuple[Operator, ...]
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.operators)

    def shown(self, most: int = 4) -> str:
        """`3 batch norm: bn1 (batch norm), ...`; `none` where there is none."""
        if not self.operators:
            return "none"
        listed = [f"{where(one)} ({described(one)})" for one in self.operators[:most]]
        more = f" and {self.count - most} more" if self.count > most else ""
        return f"{self.count}: {', '.join(listed)}{more}"


def answers(model: ModelFacts, structure: Structure) -> Callable[[Feature], Answer]:
    """A function that says of a feature whether this model uses it."""
    graph = graph_of(structure, model.output_shape)
    return lambda feature: _answer(feature, graph, structure)


def _answer(feature: Feature, graph: Graph, structure: Structure) -> Answer:
    operators, notes = _FINDERS[feature](graph)
    doubts = structure.unknown_operators if feature in _SPATIAL else ()
    return Answer(feature, operators, notes, doubts)


Found = tuple[tuple[Operator, ...], tuple[str, ...]]
_Test = Callable[[Operator], bool]


def _all(test: _Test) -> Callable[[Graph], Found]:
    return lambda graph: (tuple(one for one in graph.listed() if test(one)), ())


def _kind(*kinds: str) -> Callable[[Graph], Found]:
    return _all(lambda operator: operator.kind in kinds)


def _one_group(operator: Operator) -> bool:
    return operator.kind == "group norm" and operator.detail("groups") == 1


def _group_norm(graph: Graph) -> Found:
    norms = [one for one in graph.listed() if one.kind == "group norm"]
    single = [one for one in norms if _one_group(one)]
    note = f"{_names(single)}: group norm with one group is layer norm, and not counted here."
    return tuple(one for one in norms if one not in single), (note,) if single else ()


def _layer_norm(graph: Graph) -> Found:
    norms = [one for one in graph.listed() if one.kind == "layer norm" or _one_group(one)]
    single = [one for one in norms if _one_group(one)]
    note = f"{_names(single)}: group norm with one group has the statistics of layer norm, and is counted as one."
    return tuple(norms), (note,) if single else ()


def _is_active_dropout(operator: Operator) -> bool:
    share = operator.detail("p", 0.0)
    return operator.kind == "dropout" and not isinstance(share, str) and share > 0


def _linear(graph: Graph) -> Found:
    return _connected(graph, tuple(one for one in graph.listed() if is_linear(one)))


def _linear_after_pool(graph: Graph) -> Found:
    return _connected(graph, flow.linear_after_pool(graph))


def _connected(graph: Graph, layers: tuple[Operator, ...]) -> Found:
    pointwise = [one for one in layers if is_pointwise_linear(one)]
    covering = [one for one in graph.listed() if flow.covers_map(one)]
    notes = []
    if pointwise:
        notes.append(
            f"{_names(pointwise)}: a 1x1 convolution on a 1x1 map does the same arithmetic, and is counted."
        )
    if covering:
        notes.append(
            f"{_names(covering)}: the kernel covers the whole map; this is not counted as fully connected."
        )
    return layers, tuple(notes)


def _separable(graph: Graph) -> Found:
    return tuple(dict.fromkeys(first for first, _ in flow.depthwise_separable(graph))), ()


def _is_dilated(operator: Operator) -> bool:
    return operator.kind == "convolution" and any(side > 1 for side in size_of(operator, "dilation"))


def _is_strided(operator: Operator) -> bool:
    return operator.kind == "convolution" and any(side > 1 for side in size_of(operator, "stride"))


def _is_strided_3x3(operator: Operator) -> bool:
    return _is_strided(operator) and size_of(operator, "kernel") == (3, 3)


def _is_average_pool(operator: Operator) -> bool:
    return operator.kind in ("average pool", "adaptive average pool") and not is_global_average(operator)


def _softmax(graph: Graph) -> Found:
    found = flow.output_softmax(graph)
    note = "The answer is a log-softmax, which holds the softmax."
    return found, (note,) if found and found[0].kind == "log softmax" else ()


def _names(operators: list[Operator]) -> str:
    return ", ".join(where(one) for one in operators[:4]) + (" and others" if len(operators) > 4 else "")


_FINDERS: dict[Feature, Callable[[Graph], Found]] = {
    "batch norm": _kind("batch norm"),
    "group norm": _group_norm,
    "layer norm": _layer_norm,
    "instance norm": _kind("instance norm"),
    "dropout": _all(_is_active_dropout),
    "max pool": _kind("max pool", "global max pool"),
    "global average pool": lambda graph: (flow.head_pools(graph), ()),
    "fully connected": _linear,
    "fully connected after gap": _linear_after_pool,
    "depthwise separable": _separable,
    "dilated convolution": _all(_is_dilated),
    "strided 3x3": _all(_is_strided_3x3),
    "average pool": _all(_is_average_pool),
    "strided convolution": _all(_is_strided),
    "1x1 convolution": _all(flow.is_pointwise),
    "residual addition": lambda graph: (flow.residual_additions(graph), ()),
    "attention": lambda graph: (flow.attentions(graph), ()),
    "softmax output": _softmax,
    "embedding": lambda graph: (tuple(one for one in graph.operators if one.kind == "embedding"), ()),
    "patch embedding": lambda graph: (patches.patch_embeddings(graph), ()),
    "mixing block": lambda graph: (patches.mixing_blocks(graph), ()),
}  # an embedding of positions comes from no image: it is looked for among all operators
