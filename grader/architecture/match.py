"""Compare a model with a pattern: the longest part that agrees, and where they part.

All states that a pattern can be in are carried along at once, so the order of alternatives decides nothing and
no part is tried twice from the same state. The work is bounded all the same: a pattern that is still open after
`BUDGET` comparisons is too ambiguous to be decided by a machine.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from grader.architecture.explain import row, said
from grader.architecture.graph import Graph
from grader.architecture.pattern import Anything, Element, Parallel, Repeat, Residual
from grader.architecture.progress import Match, State, Stop, Trail, distinct, longer, rows_of
from grader.architecture.series import Branches, Item, Series, Single, is_clear, operators_in, series_of
from grader.architecture.words import Bound, fit, stands_for
from grader.records import Operator

BUDGET = 100_000
"""Comparisons of a state with an element or an operator. ResNet-18 takes a few hundred."""

Elements = tuple[Element, ...]


def match(elements: Elements, graph: Graph, without: tuple[str, ...] = (), budget: int = BUDGET) -> Match:
    """Compare the whole model with a sequence; `without` are words for operators that may be nowhere in it."""
    for operator in graph.listed():
        for word in without:
            if stands_for(word, operator):
                one = row("", operator)
                return Match("mismatch", (), f"no {word}", one.found, one.place, operator)
    matcher = _Matcher(graph, budget)
    try:
        ended = matcher.whole(elements, series_of(graph), State(0, (), None))
    except _Exhausted:
        return Match("ambiguous", rows_of(matcher.stop.trail))
    if ended:
        return Match("match", rows_of(ended[0].trail))
    return matcher.stop.mismatch()


class _Exhausted(Exception):
    """The budget is used up."""


class _Matcher:
    def __init__(self, graph: Graph, budget: int) -> None:
        self.graph = graph
        self.left = budget
        self.stop = Stop()

    def whole(self, elements: Elements, series: Series, start: State) -> list[State]:
        """The states after the elements, where nothing of the series is left over."""
        ended = []
        for state in self.sequence(elements, series, [start]):
            rest = self._skip(series, state.place)
            if rest == len(series):
                ended.append(state)
            else:
                self.stop.note(replace(state, searching=False), state.end, series, rest)
        return ended

    def sequence(self, elements: Elements, series: Series, states: list[State]) -> list[State]:
        for element in elements:
            states = distinct(new for state in states for new in self.element(element, series, state))
            if not states:
                break
        return states

    def element(self, element: Element, series: Series, state: State) -> list[State]:
        self._spend()
        options = element.options
        if isinstance(options, Repeat):
            return self._repeat(options, series, state)
        if isinstance(options, Residual | Parallel):
            return self._branches(element, options, series, state)
        if isinstance(options, Anything):
            return self._anything(options, series, state)
        if element.optional is not None:
            return [state, *self.sequence(element.optional, series, [state])]
        if element.any_of is not None:
            return [new for choice in element.any_of for new in self.sequence(choice, series, [state])]
        if element.in_any_order is not None:
            return self._any_order(element.in_any_order, series, state)
        return self._single(element, series, state)

    # --- one operator -----------------------------------------------------------------------------------------

    def _single(self, element: Element, series: Series, state: State) -> list[State]:
        """Take the next operator, or one behind those that need no name."""
        for place in range(state.place, len(series)):
            item = series[place]
            operator = _alone(item)
            self._spend()
            fitted = fit(element, operator, self._source(operator), state.bound) if operator else None
            if operator and fitted and fitted.fits:
                return [_after(state, place, fitted.bound, longer(state, said(element), operator))]
            if not (isinstance(item, Single) and item.transparent):
                self.stop.note(state, said(element), series, place, near=bool(fitted and fitted.near))
                return []
        self.stop.note(state, said(element), series, len(series))
        return []

    def _source(self, operator: Operator) -> Operator | None:
        """The operator before, views left out of account: a pooling's whole map is that of its source."""
        sources = self.graph.inputs[operator.index]
        return self.graph.operator(sources[0]) if sources[0] >= 0 else None

    def _spend(self) -> None:
        if self.left <= 0:
            raise _Exhausted
        self.left -= 1

    def _skip(self, series: Series, place: int) -> int:
        """The next place that needs a name."""
        while place < len(series) and is_clear(series[place : place + 1]):
            place += 1
        return place

    # --- several operators ------------------------------------------------------------------------------------

    def _repeat(self, repeat: Repeat, series: Series, state: State) -> list[State]:
        found: dict[tuple[int, Bound], State] = {}
        states, done = [state], 0
        while states:
            if done >= repeat.lowest:
                states = [one for one in states if (one.place, one.bound) not in found]
                found.update({(one.place, one.bound): one for one in states})
            if done == repeat.highest:
                break
            states, done = self.sequence(repeat.of, series, states), done + 1
        return list(found.values())

    def _any_order(self, elements: Elements, series: Series, state: State) -> list[State]:
        """After all of the elements, each of them once."""
        level: dict[frozenset[int], list[State]] = {frozenset(range(len(elements))): [state]}
        for _ in elements:
            after: dict[frozenset[int], list[State]] = {}
            for left, states in level.items():
                for index in sorted(left):
                    after.setdefault(left - {index}, []).extend(
                        self.sequence((elements[index],), series, states)
                    )
            level = {left: distinct(states) for left, states in after.items()}
        return level.get(frozenset(), [])

    def _anything(self, options: Anything, series: Series, state: State) -> list[State]:
        found = [state]
        for place in range(state.place, len(series)):
            self._spend()
            inside = operators_in(series[place])
            if any(stands_for(word, operator) for operator in inside for word in options.without):
                break
            found.append(replace(state, place=place + 1))
        return [replace(one, searching=True) for one in found]

    # --- branches ---------------------------------------------------------------------------------------------

    def _branches(
        self, element: Element, options: Residual | Parallel, series: Series, state: State
    ) -> list[State]:
        place = self._skip(series, state.place)
        item = series[place] if place < len(series) else None
        asked: tuple[Elements, ...]
        if isinstance(options, Residual):
            kind, asked = "add", (options.body, options.shortcut)
        else:
            kind, asked = options.joined_by, options.branches
        if not isinstance(item, Branches) or item.join.kind != kind or len(item.ways) != len(asked):
            self.stop.note(state, said(element), series, place)
            return []
        found = []
        for number, ways in enumerate(_pairings(asked, item.ways)):
            for ended in self._ways(asked, ways, replace(state, unlikely=state.unlikely or number > 0)):
                trail = longer(ended, f"{kind} that joins the branches", item.join)
                found.append(_after(state, place, ended.bound, trail))
        return distinct(found)

    def _ways(self, asked: tuple[Elements, ...], ways: tuple[Series, ...], state: State) -> list[State]:
        states = [state]
        for elements, way in zip(asked, ways, strict=True):
            begun = (replace(one, place=0, searching=False, end="the end of the branch") for one in states)
            states = distinct(new for one in begun for new in self.whole(elements, way, one))
        return states


def _alone(item: Item) -> Operator | None:
    """The operator that a single word may stand for; a join of nothing but views counts as one."""
    if isinstance(item, Single):
        return item.operator
    clear = isinstance(item, Branches) and all(is_clear(way) for way in item.ways)
    return item.join if clear else None


def _pairings(asked: tuple[Elements, ...], ways: tuple[Series, ...]) -> list[tuple[Series, ...]]:
    """Every order of the branches, first that in which long ones meet long parts of the pattern."""

    def weight(order: tuple[Series, ...]) -> int:
        pairs = zip(asked, order, strict=True)
        return sum(len(part) * sum(1 for item in way for _ in operators_in(item)) for part, way in pairs)

    return sorted(permutations(ways), key=weight, reverse=True)


def _after(state: State, place: int, bound: Bound, trail: Trail) -> State:
    return State(place + 1, bound, trail, unlikely=state.unlikely, end=state.end)
