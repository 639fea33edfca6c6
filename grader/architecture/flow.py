"""Questions about the data flow: what feeds the head, what follows what, what is added to what."""

from __future__ import annotations

from grader.architecture.graph import (
    ACTIVATIONS,
    IMAGE,
    NORMS,
    Graph,
    is_constant_shift,
    is_global_average,
    is_linear,
    is_transparent,
    is_view,
)
from grader.architecture.recorded import is_map, map_of, size_of
from grader.records import Operator

_SOFT = ("softmax", "log softmax")


def head_pools(graph: Graph) -> tuple[Operator, ...]:
    """The global average pools that feed the head.

    After one of them no operator gives or takes a map with more than one position: the pool inside of
    squeeze-and-excite, whose result goes back into a map, is none.
    """
    pools = (one for one in graph.listed() if is_global_average(one))
    return tuple(pool for pool in pools if not is_map(pool) and _feeds_head(graph, pool.index))


def _feeds_head(graph: Graph, pool: int) -> bool:
    after = graph.after(pool)
    return all(not _touches_map(graph, index, after) for index in after)


def _touches_map(graph: Graph, index: int, after: tuple[int, ...]) -> bool:
    outside = (one for one in graph.inputs[index] if one not in after and one != IMAGE)
    return is_map(graph.operator(index)) or any(is_map(graph.operator(one)) for one in outside)


def linear_after_pool(graph: Graph) -> tuple[Operator, ...]:
    """Fully connected layers between a global average pool that feeds the head and the answer."""
    found = {index for pool in head_pools(graph) for index in graph.after(pool.index)}
    return tuple(graph.operator(index) for index in sorted(found) if is_linear(graph.operator(index)))


def covers_map(operator: Operator) -> bool:
    """A convolution whose kernel is as large as the map that it works on, and larger than 1x1."""
    kernel, on_map = size_of(operator, "kernel"), size_of(operator, "on_map")
    unpadded = not any(size_of(operator, "padding"))
    return operator.kind == "convolution" and kernel == on_map and max(kernel, default=1) > 1 and unpadded


def depthwise_separable(graph: Graph) -> tuple[tuple[Operator, Operator], ...]:
    """Depthwise convolutions with the pointwise one that follows, through norms, activations and dropout only."""
    found = []
    for operator in graph.listed():
        if operator.kind == "convolution" and operator.detail("depthwise", False) is True:
            after = (
                graph.operator(index) for index in graph.next_through(operator.index, _between_convolutions)
            )
            found += [(operator, one) for one in after if is_pointwise(one)]
    return tuple(found)


def _between_convolutions(operator: Operator) -> bool:
    return is_transparent(operator, len(operator.inputs)) or operator.kind in (*ACTIVATIONS, *NORMS)


def is_pointwise(operator: Operator) -> bool:
    """A 1x1 convolution over all channels."""
    grouped = operator.detail("groups", 1) not in (1, -1)
    return operator.kind == "convolution" and size_of(operator, "kernel") == (1, 1) and not grouped


def attentions(graph: Graph) -> tuple[Operator, ...]:
    """Fused attention, and softmaxes over a product of activations that weigh another one."""
    found = []
    for operator in graph.listed():
        if operator.kind == "attention" or (operator.kind == "softmax" and _weighs(graph, operator.index)):
            found.append(operator)
    return tuple(found)


def _weighs(graph: Graph, softmax: int) -> bool:
    """A product of two activations goes in and a product with a third one comes out."""

    def passes(operator: Operator) -> bool:
        return is_transparent(operator, len(graph.inputs.get(operator.index, ())))

    scores = [graph.operator(index) for index in graph.last_through(softmax, passes)]
    result = [graph.operator(index) for index in graph.next_through(softmax, passes)]
    return any(one.kind == "matmul" for one in scores) and any(one.kind == "matmul" for one in result)


def residual_additions(graph: Graph) -> tuple[Operator, ...]:
    """Additions of a result to what it came from, directly or through a shortcut.

    The recorder's own answer counts where it gives one. Where it does not, one of the ways to the addition has
    to be a shortcut: nothing but views, poolings, norms and 1x1 convolutions.
    """
    return tuple(one for one in graph.listed() if one.kind == "add" and _is_residual(graph, one))


def _is_residual(graph: Graph, operator: Operator) -> bool:
    sources = set(graph.inputs[operator.index])
    said = operator.detail("residual", "")
    if len(sources) < 2 or isinstance(said, bool):
        return len(sources) > 1 and said is True
    return any(_is_shortcut(graph, source, sources - {source}) for source in sources)


def _is_shortcut(graph: Graph, end: int, others: set[int]) -> bool:
    """Whether a plain way leads back from `end` to something that the other operands come from."""
    beside = {IMAGE, *others, *(index for other in others for index in graph.before(other))}
    here = end
    while here not in beside:
        operator = graph.operator(here)
        if not (
            is_transparent(operator, len(graph.inputs[here])) or operator.kind in NORMS or _is_plain(operator)
        ):
            return False
        here = graph.inputs[here][0]
    return True


def _is_plain(operator: Operator) -> bool:
    return "pool" in operator.kind or is_pointwise(operator)


def output_softmax(graph: Graph) -> tuple[Operator, ...]:
    """The softmax or log-softmax that gives the answer, if one does."""
    if graph.output == IMAGE:
        return ()
    here = graph.operator(graph.output)
    while is_view(here) or is_constant_shift(here, len(graph.inputs[here.index])):
        if graph.inputs[here.index][0] == IMAGE:
            return ()
        here = graph.operator(graph.inputs[here.index][0])
    return (here,) if here.kind in _SOFT else ()


def blocks(graph: Graph) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Per size of map, in the order of execution: the size, and the most channels of a convolution there.

    A block is what runs on maps of one size; a strided convolution belongs to the block that it opens.
    """
    found: list[tuple[tuple[int, ...], int]] = []
    for operator in graph.listed():
        if operator.kind != "convolution" or not is_map(operator):
            continue
        size, channels = map_of(operator), operator.output_shape[0]
        if found and found[-1][0] == size:
            found[-1] = (size, max(channels, found[-1][1]))
        else:
            found.append((size, channels))
    return tuple(found)
