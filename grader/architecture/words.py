"""Which operators a word of a pattern stands for, and whether one has the options that are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.architecture.graph import ACTIVATIONS, NORMS, is_global_average, is_linear
from grader.architecture.options import Amount, Convolution, GroupNorm, Linear, Norm, Pool
from grader.architecture.pattern import Element
from grader.architecture.recorded import is_map, map_of, number_of, size_of
from grader.records import Operator

Bound = tuple[tuple[str, int], ...]
"""The names of numbers that were met so far, each with its number."""

_KINDS: dict[str, tuple[str, ...]] = {
    "activation": ACTIVATIONS,
    "norm": NORMS,
    "pool": ("max pool", "average pool", "adaptive average pool", "global max pool"),
    "max pool": ("max pool", "global max pool"),
    "average pool": ("average pool", "adaptive average pool"),
}


def stands_for(word: str, operator: Operator) -> bool:
    """Whether the operator is of the kind that the word names, whatever its options."""
    if word == "linear":
        return is_linear(operator)
    if word == "global average pool":
        return is_global_average(operator)
    one_group = operator.kind == "group norm" and operator.detail("groups") == 1
    if word in ("group norm", "layer norm") and one_group:
        return word == "layer norm"
    if word in ("pool", "average pool") and is_global_average(operator):
        return False
    return operator.kind in _KINDS.get(word, (word,))


@dataclass(frozen=True)
class Fit:
    """Whether an operator is what an element asks for. `near` means the right kind with other options."""

    fits: bool
    bound: Bound = ()
    near: bool = False


def fit(element: Element, operator: Operator, source: Operator | None, bound: Bound) -> Fit:
    """Compare one operator with one element.

    Args:
        source: the operator whose output it takes; None for the image.
        bound: the names that have a number by now.
    """
    if not stands_for(element.word, operator) and not _is_window(element, operator):
        return Fit(False)
    asked, options = dict(bound), element.options
    if not all(given == measured for given, measured in _sizes(options, operator, source)):
        return Fit(False, near=True)
    if isinstance(options, Convolution) and not _convolves(options, operator):
        return Fit(False, near=True)
    for amount, measured, came_in in _amounts(options, operator):
        if not amount.allows(measured, asked, came_in):
            return Fit(False, near=True)
    return Fit(True, tuple(sorted(asked.items())))


def _is_window(element: Element, operator: Operator) -> bool:
    """An average whose window happens to be the whole map, where the pattern gives the window."""
    sized = isinstance(element.options, Pool) and element.options.size is not None
    return sized and element.word in ("pool", "average pool") and is_global_average(operator)


def _sizes(options: object, operator: Operator, source: Operator | None) -> Iterator[tuple[object, object]]:
    """What is asked and what was measured, per size that is asked."""
    if isinstance(options, Convolution):
        for name in ("kernel", "stride", "padding", "dilation"):
            if (asked := getattr(options, name)) is not None:
                yield _pair(asked), size_of(operator, name)
    if isinstance(options, Pool):
        window = size_of(operator, "kernel") or _whole_map(operator, source)
        if options.size is not None:
            yield _pair(options.size), window
        if options.stride is not None and is_map(operator):
            yield _pair(options.stride), size_of(operator, "stride") or window


def _pair(size: str) -> tuple[int, ...]:
    return tuple(int(side) for side in size.split("x"))


def _whole_map(operator: Operator, source: Operator | None) -> tuple[int, ...]:
    """A pooling without a window of its own takes the whole map, where it leaves one position."""
    if is_map(operator):
        return ()
    return size_of(operator, "on_map") or (map_of(source) if source is not None else ())


def _convolves(options: Convolution, operator: Operator) -> bool:
    dilated = any(side > 1 for side in size_of(operator, "dilation"))
    if options.dilated is not None and options.dilated != dilated:
        return False
    depthwise = options.groups is not None and options.groups.equal == "depthwise"
    return not depthwise or operator.detail("depthwise", False) is True


def _amounts(options: object, operator: Operator) -> Iterator[tuple[Amount, int, int]]:
    """What is asked, what was measured, and what came in, per number that is asked."""
    if isinstance(options, Convolution):
        came_in = number_of(operator, "channels_in")
        out = number_of(operator, "channels_out")
        groups = options.groups if options.groups and options.groups.equal != "depthwise" else None
        asked = ((options.channels_in, came_in), (options.channels, out), (groups, _groups(operator)))
    elif isinstance(options, Linear):
        came_in, out = features_of(operator)
        asked = ((options.features_in, came_in), (options.features_out, out), (None, 0))
    elif isinstance(options, Norm | GroupNorm):
        came_in = channels_of(operator)
        groups = options.groups if isinstance(options, GroupNorm) else None
        asked = ((options.channels, came_in), (groups, _groups(operator)), (None, 0))
    else:
        return
    for amount, measured in asked:
        if amount is not None:
            yield amount, measured, came_in


def features_of(operator: Operator) -> tuple[int, int]:
    """Features in and out of a fully connected layer, or of the 1x1 convolution that takes its place."""
    names = ("features_in", "features_out") if operator.kind == "linear" else ("channels_in", "channels_out")
    return number_of(operator, names[0]), number_of(operator, names[1])


def channels_of(operator: Operator) -> int:
    """Channels of a norm; of its output where the recorder did not say."""
    found = number_of(operator, "channels")
    return found if found >= 0 or not operator.output_shape else operator.output_shape[0]


def _groups(operator: Operator) -> int:
    return max(number_of(operator, "groups"), 1)
