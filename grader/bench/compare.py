"""Two results held against each other, by model and spec: differences with intervals, and a gate for CI.

Welch's test for each quantity; over all rows of a comparison the p values are Holm's, so that where nothing differs at
most 5 of 100 comparisons report a difference of accuracy, however many rows they have, and the same for time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.bench.records import Bench, Series
from grader.bench.stats import Difference, holm, welch
from grader.bench.summary import accuracies, seconds
from grader.records import Absent

ERROR_RATE = 0.05
"""Of comparisons between equals, how many report a difference of one quantity."""

Verdict = Literal["larger", "smaller", "no evidence of a difference"]


@dataclass(frozen=True)
class Compared:
    """One quantity of one row."""

    first: float  # means
    second: float
    difference: Difference  # the second minus the first, by itself
    p: float  # over all rows of the comparison
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One model under one spec, in both results."""

    spec_id: str
    model: str
    seeds: tuple[int, int]
    accuracy: Compared | Absent
    time: Compared | Absent  # counted seconds of a training
    slower: Compared | Absent  # than the limit allows; absent where none was given
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.spec_id} {self.model}"


@dataclass(frozen=True)
class Comparison:
    rows: tuple[Row, ...]
    only_first: tuple[str, ...]  # rows that the other result lacks
    only_second: tuple[str, ...]
    slower_by: float  # the limit, as a share; -1 where none was given


NO_LIMIT = -1.0
_NOT_ASKED = Absent("skipped", "No limit was given.")


def compare(first: Bench, second: Bench, *, slower_by: float = NO_LIMIT) -> Comparison:
    """The second result against the first.

    Args:
        slower_by: the share by which trainings may become longer: 0.1.
    """
    here, there = _by_name(first), _by_name(second)
    both = [name for name in here if name in there]
    faults = {name: _not_comparable(here[name], there[name]) for name in both}
    good = [name for name in both if not faults[name]]
    pairs = [(here[name], there[name]) for name in good]
    found = {
        "accuracy": _tested(pairs, accuracies),
        "time": _tested(pairs, seconds),
        "slower": _tested(pairs, seconds, 1 + slower_by) if slower_by >= 0 else [_NOT_ASKED] * len(pairs),
    }
    rows = []
    for name in both:
        parts: dict[str, Compared | Absent] = dict.fromkeys(found, Absent("review", faults[name]))
        if name in good:
            parts = {of: found[of][good.index(name)] for of in found}
        rows.append(_row(here[name], there[name], parts))
    return Comparison(
        tuple(rows),
        tuple(" ".join(name) for name in here if name not in there),
        tuple(" ".join(name) for name in there if name not in here),
        slower_by,
    )


def regressions(found: Comparison, *, worse: bool) -> tuple[str, ...]:
    """What a gate fails for: a training that is longer than allowed or, where `worse`, an accuracy that is lower."""
    said = []
    for row in found.rows:
        if worse and isinstance(row.accuracy, Compared) and row.accuracy.verdict == "smaller":
            said.append(
                f"{row.name}: the accuracy is lower by {-100 * row.accuracy.difference.mean:.2f} points."
            )
        if (
            isinstance(row.slower, Compared)
            and row.slower.verdict == "larger"
            and isinstance(row.time, Compared)
        ):
            grown = row.time.second / max(row.time.first, 1e-9) - 1
            said.append(f"{row.name}: a training takes {100 * grown:.0f} % longer.")
    return tuple(said)


def undecided(found: Comparison, *, worse: bool) -> tuple[str, ...]:
    """What a gate can say nothing of: it must not pass for it."""
    said = [f"{name}: the second result does not have it." for name in found.only_first]
    for row in found.rows:
        parts = [row.accuracy] if worse else []
        parts += [row.slower] if found.slower_by >= 0 else []
        said += dict.fromkeys(f"{row.name}: {part.reason}" for part in parts if isinstance(part, Absent))
    return tuple(said) if found.rows or said else ("The results have no model in common.",)


def _by_name(bench: Bench) -> dict[tuple[str, str], Series]:
    return {(one.assignment.spec_id, one.subject.model): one for one in bench.series}


def _not_comparable(first: Series, second: Series) -> str:
    """Why their accuracies are of two different things; "" where they are not."""
    here, there = first.assignment, second.assignment
    if here.plan_digest != there.plan_digest:
        return f"The assignment measures something else now (editions {here.edition} and {there.edition})."
    if here.data_digest != there.data_digest:
        return f"The data differs ({here.data} and {there.data})."
    return ""


def _tested(
    pairs: Sequence[tuple[Series, Series]], values: Callable[[Series], tuple[float, ...]], factor: float = 1.0
) -> list[Compared | Absent]:
    """One quantity of all rows. `factor`: what the first values are multiplied by."""
    samples = [(tuple(factor * value for value in values(first)), values(second)) for first, second in pairs]
    found: list[Difference | Absent] = [_difference(*sample) for sample in samples]
    tests = [one for one in found if not isinstance(one, Absent)]
    adjusted = iter(holm([one.p for one in tests]))
    return [
        one if isinstance(one, Absent) else _compared(*sample, one, next(adjusted))
        for one, sample in zip(found, samples, strict=True)
    ]


def _difference(first: tuple[float, ...], second: tuple[float, ...]) -> Difference | Absent:
    if min(len(first), len(second)) < 2:
        return Absent(
            "review", f"Two seeds or more of each are needed; there are {len(first)} and {len(second)}."
        )
    return welch(first, second)


def _compared(
    first: tuple[float, ...], second: tuple[float, ...], difference: Difference, p: float
) -> Compared:
    verdict: Verdict = "no evidence of a difference"
    if p < ERROR_RATE:
        verdict = "larger" if difference.mean > 0 else "smaller"
    return Compared(sum(first) / len(first), sum(second) / len(second), difference, p, verdict)


def _row(first: Series, second: Series, parts: dict[str, Compared | Absent]) -> Row:
    return Row(
        spec_id=first.assignment.spec_id,
        model=first.subject.model,
        seeds=(len(accuracies(first)), len(accuracies(second))),
        accuracy=parts["accuracy"],
        time=parts["time"],
        slower=parts["slower"],
        notes=tuple(_notes(first, second)),
    )


def _notes(first: Series, second: Series) -> Iterator[str]:
    for which, series in (("first", first), ("second", second)):
        lost = len(series.trials) - len(accuracies(series))
        if lost:
            yield f"{lost} of the {which} result's trials came to no accuracy and do not count"
    if first.subject.tree_digest != second.subject.tree_digest:
        yield "the model's files differ"
    if first.subject.parameters != second.subject.parameters:
        yield f"{first.subject.parameters:,} and {second.subject.parameters:,} parameters"


def changed_conditions(first: Bench, second: Bench) -> tuple[str, ...]:
    """What else differs between the two, as sentences: the machine, the versions."""
    here, there = first.conditions, second.conditions
    names = [name for name in here.__dataclass_fields__ if name != "versions"]
    said = [
        f"{name}: {getattr(here, name)}, then {getattr(there, name)}"
        for name in names
        if getattr(here, name) != getattr(there, name)
    ]
    before = dict(here.versions)
    said += [
        f"{name}: {before.get(name, 'none')}, then {version}"
        for name, version in second.conditions.versions
        if before.get(name) != version
    ]
    if first.grader_version != second.grader_version:
        said.append(f"grader: {first.grader_version}, then {second.grader_version}")
    return tuple(said)
