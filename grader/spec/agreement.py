"""What two parts of a spec must agree on: told from plain data, also where the spec has other mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from grader.checks.interface import rule_types
from grader.text import clean

Loc = tuple[str | int, ...]
"""The way to a value: `("checks", 0, "points")`."""

_RULES: tuple[tuple[str, ...], ...] = (
    ("checks", "*"),
    ("bonuses", "*"),
    ("multiplier", "where"),
    ("penalties", "*", "taken_unless"),
    ("penalties", "*", "proposed_unless"),
)
"""Where checks stand in a spec; `*` is a place in a list."""

OF_NO_MODEL = frozenset({"pictures", "workbook", "annotations", "web"})
"""Parts of the evidence that no model takes part in: `grader.stages.beside` looks at them."""

_KINDS = {"checks": "check", "bonuses": "bonus", "multiplier": "multiplier", "penalties": "penalty"}


def rule_length(loc: Loc) -> int:
    """How many steps of this way lead to a check, wherever a spec may hold one; 0 where it leads to none."""
    for pattern in _RULES:
        here = loc[: len(pattern)]
        if len(here) == len(pattern) and all(map(_fits, here, pattern)):
            return len(pattern)
    return 0


def _fits(step: str | int, wanted: str) -> bool:
    return isinstance(step, int) if wanted == "*" else step == wanted


def disagreements(spec: Mapping[str, object]) -> Iterator[tuple[Loc, str]]:
    """Where a spec contradicts itself, and how. Values of the wrong type are left to the schema."""
    checks = _mappings(spec.get("checks"))
    yield from _same_ids(_named(spec))
    yield from _points(spec.get("points"), checks)
    yield from _seeds(spec.get("training"))
    if spec.get("training") is None:
        yield from _needs_training(_conditions(spec))
    elif spec.get("task") is None:
        yield (
            ("training",),
            "training needs a data set, and the spec has no task. Add one, such as task: mnist.",
        )


def _mappings(listed: object) -> list[Mapping[str, object]]:
    """The entries of a list; {} for one that is no mapping."""
    return [entry if isinstance(entry, Mapping) else {} for entry in _items(listed)]


def _entries(spec: Mapping[str, object], *keys: str) -> Iterator[tuple[Loc, Mapping[str, object]]]:
    for key in keys:
        if isinstance(found := spec.get(key), Mapping):
            yield (key,), found
        else:
            yield from (((key, index), entry) for index, entry in enumerate(_mappings(found)))


def _named(spec: Mapping[str, object]) -> Iterator[tuple[Loc, Mapping[str, object]]]:
    """Everything that has an id of its own."""
    return _entries(spec, "checks", "bonuses", "multiplier", "penalties")


def _conditions(spec: Mapping[str, object]) -> Iterator[tuple[Loc, Mapping[str, object]]]:
    """Every check, wherever it stands."""
    yield from _entries(spec, "checks", "bonuses")
    for loc, entry in _entries(spec, "multiplier", "penalties"):
        for key in ("where", "taken_unless", "proposed_unless"):
            if isinstance(found := entry.get(key), Mapping) and rule_length((*loc, key)):
                yield (*loc, key), found


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_ids(entries: Iterator[tuple[Loc, Mapping[str, object]]]) -> Iterator[tuple[Loc, str]]:
    first: dict[str, Loc] = {}
    for loc, entry in entries:
        name = entry.get("id")
        if isinstance(name, str) and first.setdefault(name, loc) != loc:
            taken, kind = shown(first[name]), _KINDS[str(loc[0])]
            text = f'the id "{name}" is taken by {taken}. Give each {kind} an id of its own.'
            yield (*loc, "id"), text


def shown(loc: Loc) -> str:
    """`checks[0].fewer_than`; "the spec" for all of it."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{clean(step, 60)}" if text else clean(step, 60)
    return text or "the spec"


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


def _needs_training(rules: Iterator[tuple[Loc, Mapping[str, object]]]) -> Iterator[tuple[Loc, str]]:
    """A model is built for its training only, so a check that needs one would never be judged without."""
    known = rule_types()
    for loc, rule in rules:
        kind = rule.get("check")
        if isinstance(kind, str) and kind in known and known[kind].needs - OF_NO_MODEL:
            text = f"{kind} needs a model, and the spec has no training. Add a training block."
            yield (*loc, "check"), text
