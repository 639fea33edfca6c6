"""A comparison as a page."""

from __future__ import annotations

from collections.abc import Iterator

from grader.bench.compare import ERROR_RATE, Compared, Comparison, Row, changed_conditions
from grader.bench.page import Grid, Page, seconds
from grader.bench.records import Bench
from grader.records import Absent
from grader.report.words import moment

READ_AS = (
    "Differences are the second result minus the first, with their 95 % intervals (Welch); those of time are shares of "
    "the first mean.",
    f"A difference is reported where Holm's p over all rows is below {ERROR_RATE:g}: where nothing differs, at most "
    f"{100 * ERROR_RATE:.0f} of 100 such comparisons report one of accuracy, and as many one of time.",
    "No evidence of a difference is no proof that there is none: the interval says how large it may still be.",
)


def compare_page(first: Bench, second: Bench, found: Comparison) -> Page:
    said = changed_conditions(first, second)
    lines = (
        f"First: {moment(first.made_at)}, {first.command}",
        f"Second: {moment(second.made_at)}, {second.command}",
        f"What else differs: {'; '.join(said)}." if said else "Machine, versions and settings are the same.",
    )
    accuracy = tuple(_accuracy(row) for row in found.rows)
    time = tuple(_time(row) for row in found.rows)
    heads = ("model", "seeds", "first", "second", "difference", "95 % interval", "p", "verdict")
    grids = (
        Grid("Accuracy", heads, accuracy, (1, 2, 3, 4, 5, 6), tuple(_left(found))),
        Grid("Counted time of a training", heads, time, (1, 2, 3, 4, 5, 6)),
    )
    return Page("Comparison", lines, grids, READ_AS)


def _accuracy(row: Row) -> tuple[str, ...]:
    one = row.accuracy
    if isinstance(one, Absent):
        return _without(row, one)
    points = f"{100 * one.difference.mean:+.2f} points"
    interval = f"{100 * one.difference.low:+.2f} to {100 * one.difference.high:+.2f}"
    words = {"larger": "better", "smaller": "worse"}
    shown = (f"{100 * one.first:.2f} %", f"{100 * one.second:.2f} %", points, interval)
    return (row.name, _seeds(row), *shown, _p(one), _verdict(row, words.get(one.verdict, one.verdict)))


def _time(row: Row) -> tuple[str, ...]:
    one = row.time
    if isinstance(one, Absent):
        return _without(row, one)
    by = max(one.first, 1e-9)
    points = f"{100 * one.difference.mean / by:+.1f} %"
    interval = f"{100 * one.difference.low / by:+.1f} to {100 * one.difference.high / by:+.1f} %"
    words = {"larger": "slower", "smaller": "faster"}
    shown = (seconds(one.first), seconds(one.second), points, interval)
    return (row.name, _seeds(row), *shown, _p(one), _verdict(row, words.get(one.verdict, one.verdict)))


def _without(row: Row, why: Absent) -> tuple[str, ...]:
    return (row.name, _seeds(row), "–", "–", "–", "–", "–", f"cannot tell: {why.reason}")


def _seeds(row: Row) -> str:
    return f"{row.seeds[0]}, {row.seeds[1]}"


def _p(one: Compared) -> str:
    return f"{one.p:.3f}" if one.p >= 0.001 else "< 0.001"


def _verdict(row: Row, word: str) -> str:
    return f"{word} ({'; '.join(row.notes)})" if row.notes else word


def _left(found: Comparison) -> Iterator[str]:
    for which, names in (("first", found.only_first), ("second", found.only_second)):
        if names:
            yield f"Only in the {which} result: {', '.join(names)}."
