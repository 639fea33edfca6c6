"""What two parts of a spec must agree on: told from plain data, also where the spec has other mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from grader.checks.interface import rule_types

Loc = tuple[str | int, ...]
"""The way to a value: `("checks", 0, "points")`."""


def disagreements(spec: Mapping[str, object]) -> Iterator[tuple[Loc, str]]:
    """Where a spec contradicts itself, and how. Values of the wrong type are left to the schema."""
    listed = spec.get("checks")
    checks = [check if isinstance(check, Mapping) else {} for check in _items(listed)]
    yield from _same_ids(checks)
    yield from _points(spec.get("points"), checks)
    yield from _seeds(spec.get("training"))
    if spec.get("training") is None:
        yield from _needs_training(checks)


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_ids(checks: list[Mapping[str, object]]) -> Iterator[tuple[Loc, str]]:
    first: dict[str, int] = {}
    for index, check in enumerate(checks):
        name = check.get("id")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            text = f'the id "{name}" is taken by checks[{first[name]}]. Give each check an id of its own.'
            yield ("checks", index, "id"), text


def _points(whole: object, checks: list[Mapping[str, object]]) -> Iterator[tuple[Loc, str]]:
    parts = [check.get("points") for check in checks]
    numbers = [part for part in (whole, *parts) if _is_number(part)]
    if not checks or len(numbers) <= len(parts):
        return
    total = math.fsum(numbers[1:])
    if not math.isclose(total, numbers[0], abs_tol=1e-9):
        text = f"is {numbers[0]:g}, and the points of the checks add up to {total:g}. Make the two agree."
        yield ("points",), text


def _seeds(training: object) -> Iterator[tuple[Loc, str]]:
    seeds = training.get("seeds") if isinstance(training, Mapping) else None
    if not isinstance(seeds, Mapping):
        return
    least, most = seeds.get("at_least", 1), seeds.get("at_most", 5)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        text = f"is {least}, and at_most is {most}. Write at_least no larger than at_most."
        yield ("training", "seeds", "at_least"), text


def _needs_training(checks: list[Mapping[str, object]]) -> Iterator[tuple[Loc, str]]:
    """A model is built for its training only, so a check that needs one would never be judged without."""
    known = rule_types()
    for index, check in enumerate(checks):
        kind = check.get("check")
        if isinstance(kind, str) and kind in known and known[kind].needs - {"pictures"}:
            text = f"{kind} needs a model, and the spec has no training. Add a training block."
            yield ("checks", index, "check"), text
