"""The data-flow graph as a series of operators, and of branches that part and join again.

An item of a series is one operator, or branches with the operator that joins them; each branch is a series.
A stretch whose operators share results in any other way is a `Tangle`: no pattern describes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.architecture.graph import IMAGE, Graph, is_transparent
from grader.records import Operator

MAX_NESTING = 24
"""Branches inside of branches. No network that a person describes comes near; a hostile one may."""


@dataclass(frozen=True)
class Single:
    operator: Operator
    transparent: bool


@dataclass(frozen=True)
class Branches:
    """Two or more ways from one result to the operator that joins them. An empty one is the identity."""

    join: Operator
    ways: tuple[tuple[Item, ...], ...]


@dataclass(frozen=True)
class Tangle:
    join: Operator
    within: tuple[Operator, ...]


Item = Single | Branches | Tangle
Series = tuple[Item, ...]


def series_of(graph: Graph) -> Series:
    """The whole way from the image to the answer."""
    if graph.output == IMAGE:
        return ()
    return _Splitter(graph).series(IMAGE, graph.output, 0)


def joined(item: Item) -> Operator:
    """The operator whose output is the item's output."""
    return item.operator if isinstance(item, Single) else item.join


def operators_in(item: Item) -> Iterator[Operator]:
    """Every operator of an item, that of the join last."""
    if isinstance(item, Branches):
        for way in item.ways:
            for inner in way:
                yield from operators_in(inner)
    elif isinstance(item, Tangle):
        yield from item.within
    yield joined(item)


def is_clear(series: Series) -> bool:
    """Nothing in it that a pattern would have to name: it passes its input on."""
    return all(isinstance(item, Single) and item.transparent for item in series)


class _Splitter:
    """Finds where branches part: the nearest result that every way to a join comes through."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.parent: dict[int, int] = {}
        self.depth: dict[int, int] = {IMAGE: 0}
        for index, sources in graph.inputs.items():  # in the order of execution: sources come first
            parent = sources[0]
            for source in sources[1:]:
                parent = self._common(parent, source)
            self.parent[index], self.depth[index] = parent, self.depth[parent] + 1

    def _common(self, one: int, other: int) -> int:
        while one != other:
            if self.depth[one] >= self.depth[other]:
                one = self.parent[one]
            else:
                other = self.parent[other]
        return one

    def series(self, fork: int, end: int, nesting: int) -> Series:
        """The items after `fork`, up to and with `end`; `fork` is on every way to `end`."""
        items: list[Item] = []
        here = end
        while here != fork:
            items.append(self._item(here, nesting))
            here = self.parent[here]
        return tuple(reversed(items))

    def _item(self, end: int, nesting: int) -> Item:
        operator, sources = self.graph.operator(end), self.graph.inputs[end]
        if len(sources) == 1:
            return Single(operator, is_transparent(operator))
        fork = self.parent[end]
        parts = [self._between(fork, source) for source in sources]
        together = set().union(*parts)
        if sum(map(len, parts)) > len(together) or nesting >= MAX_NESTING:
            return Tangle(operator, tuple(self.graph.operator(index) for index in sorted(together)))
        return Branches(operator, tuple(self.series(fork, source, nesting + 1) for source in sources))

    def _between(self, fork: int, end: int) -> set[int]:
        """Every operator on a way from `fork` to `end`, `fork` left out."""
        found: set[int] = set()
        pending = [end]
        while pending:
            here = pending.pop()
            if here not in found and here != fork:
                found.add(here)
                pending.extend(self.graph.inputs[here])
        return found
