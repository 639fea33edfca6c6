"""Patterns and matches in words: what was expected, what was found, and where."""

from __future__ import annotations

from dataclasses import dataclass

from grader.architecture.options import Convolution, GroupNorm, Linear, Norm, Pool
from grader.architecture.pattern import Element, Parallel, Repeat, Residual
from grader.architecture.recorded import described, where
from grader.architecture.series import Branches, Item, Tangle, joined
from grader.records import Operator


@dataclass(frozen=True)
class Row:
    """One layer of the longest part that agrees with the pattern."""

    expected: str
    found: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.found}" + ("" if self.found == self.expected else f" ({self.expected})")


def row(expected: str, operator: Operator) -> Row:
    return Row(expected, described(operator), where(operator))


def said(element: Element) -> str:
    """An element as a person says it: `convolution 3x3, 64 channels, stride 2x2`."""
    options = element.options
    if isinstance(options, Repeat):
        return f"a repeated part that begins with {said(options.of[0])}"
    if isinstance(options, Residual):
        return f"a residual addition whose body begins with {said(options.body[0])}"
    if isinstance(options, Parallel):
        return f"{len(options.branches)} branches joined by {options.joined_by}"
    return ", ".join([_sized(element), *_asked(options)])


def _sized(element: Element) -> str:
    size = getattr(element.options, "kernel", None) or getattr(element.options, "size", None)
    return f"{element.word} {size}" if isinstance(size, str) else element.word


def _asked(options: object) -> list[str]:
    found: list[str] = []
    if isinstance(options, Convolution):
        found += [f"{options.channels_in} channels in"] if options.channels_in else []
        found += _channels(options)
        found += [] if options.groups is None else [_groups(options)]
        sizes = {name: getattr(options, name) for name in ("stride", "padding", "dilation")}
        found += [f"{name} {size}" for name, size in sizes.items() if size]
        found += [] if options.dilated is None else ["dilated" if options.dilated else "not dilated"]
    if isinstance(options, Linear):
        found += [f"{options.features_in} in"] if options.features_in else []
        found += [f"{options.features_out} out"] if options.features_out else []
    if isinstance(options, Norm | GroupNorm):
        found += _channels(options)
        found += [_groups(options)] if isinstance(options, GroupNorm) and options.groups else []
    if isinstance(options, Pool) and options.stride:
        found.append(f"stride {options.stride}")
    return found


def _channels(options: Convolution | Norm | GroupNorm) -> list[str]:
    if options.channels is None:
        return []
    same = options.channels.equal == "same"
    return ["as many channels as come in"] if same else [f"{options.channels} channels"]


def _groups(options: Convolution | GroupNorm) -> str:
    return "depthwise" if str(options.groups) == "depthwise" else f"{options.groups} groups"


def item_described(item: Item) -> str:
    """What stands at a place of the model."""
    if isinstance(item, Branches):
        return f"{len(item.ways)} branches joined by {described(item.join)}"
    if isinstance(item, Tangle):
        return "operators that share results in a way that is neither a sequence nor branches"
    return described(item.operator)


def item_place(item: Item) -> str:
    return where(joined(item))
