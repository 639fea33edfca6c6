"""Networks that work on patches of an image: how these are embedded, and how they are mixed."""

from __future__ import annotations

from grader.architecture import flow
from grader.architecture.graph import ACTIVATIONS, IMAGE, NORMS, Graph, is_linear, is_transparent
from grader.architecture.recorded import size_of
from grader.records import Operator


def patch_embeddings(graph: Graph) -> tuple[Operator, ...]:
    """What turns each patch of the image into a vector of its own.

    A convolution whose stride is its kernel, so that no two patches overlap ("Patches Are All You Need?", Trockman
    and Kolter 2022), or a linear layer on patches that were cut out before. Nothing is computed ahead of it.
    """
    return tuple(one for one in graph.listed() if _cuts(one) and _is_first(graph, one.index))


def _cuts(operator: Operator) -> bool:
    if operator.kind == "convolution":
        kernel = size_of(operator, "kernel")
        return (
            bool(kernel) and kernel == size_of(operator, "stride") and not any(size_of(operator, "padding"))
        )
    several = len(operator.output_shape) > 1 and operator.output_shape[0] > 1
    return is_linear(operator) and operator.kind != "convolution" and several


def _is_first(graph: Graph, index: int) -> bool:
    """Whether only views and constants stand between the image and the operator."""
    pending, seen = [index], set[int]()
    while pending:
        for source in graph.inputs[pending.pop()]:
            if source == IMAGE or source in seen:
                continue
            if not is_transparent(graph.operator(source), len(graph.inputs[source])):
                return False
            seen.add(source)
            pending.append(source)
    return True


def mixing_blocks(graph: Graph) -> tuple[Operator, ...]:
    """Attention, and the blocks of a ConvMixer, each by its first operator; in the order of execution."""
    found = (*flow.attentions(graph), *_convmixer_blocks(graph))
    return tuple(sorted(found, key=lambda one: one.index))


def _convmixer_blocks(graph: Graph) -> list[Operator]:
    """A depthwise convolution that goes round itself, then one over the channels of each place."""
    additions = {one.index for one in flow.residual_additions(graph)}
    found = []
    for operator in graph.listed():
        if operator.kind != "convolution" or operator.detail("depthwise", False) is not True:
            continue
        sums = [one for one in graph.next_through(operator.index, _between) if one in additions]
        after = [graph.operator(one) for add in sums for one in graph.next_through(add, _between)]
        if any(flow.is_pointwise(one) for one in after):
            found.append(operator)
    return found


def _between(operator: Operator) -> bool:
    return operator.kind in (*ACTIVATIONS, *NORMS) or is_transparent(operator, len(operator.inputs))
