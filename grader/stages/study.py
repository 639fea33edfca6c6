"""The study: as many trials as the verdict needs, and no more."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from grader.evaluation import consistency
from grader.evaluation.consistency import Line
from grader.evaluation.noise import spread_of, tabulated
from grader.evaluation.probes_repository import repository
from grader.evaluation.verdict import another_trial_helps
from grader.records import Absent, Measurement, Probe, Trial
from grader.stages.job import Job
from grader.stages.trial import run_trial

MAX_SEED = 1_000_000  # short enough to be read aloud
SECRET_BITS = 62  # beyond any search from the inside
WEIGHTS = ("clean", "note", "flag", "void")  # over several trials the heaviest stays


def seeds_for(given: tuple[int, ...], at_most: int, drawn_from: int | None = None) -> Iterator[int]:
    """The seeds that were asked for, else fresh ones, all different, that no student could have tried.

    Args:
        drawn_from: a number that nobody else knows, from which they follow: the same ones each time.
    """
    if given:
        yield from given
        return
    source = secrets.SystemRandom() if drawn_from is None else random.Random(drawn_from)
    yield from source.sample(range(MAX_SEED), at_most)


def lines_of(rules: Iterable[object]) -> tuple[Line, ...]:
    """The lines that a spec's checks hold an accuracy against, each once."""
    lines: dict[Line, None] = {}
    for rule in rules:
        needs = getattr(rule, "needs", ())
        if "test_accuracy" in needs and hasattr(rule, "at_least"):
            lines[Line(rule.at_least, getattr(rule, "in_each_of_the_last", None) or 1)] = None
        if "train_accuracy" in needs and hasattr(rule, "at_least"):
            lines[Line(rule.at_least, of="training")] = None
    return tuple(lines)


def run_study(
    job: Job,
    targets: Sequence[Line | float],
    *,
    at_least: int,
    at_most: int,
    seeds: tuple[int, ...] = (),
    drawn_from: int | None = None,
    on_trial: Callable[[int, Trial], None] | None = None,
) -> tuple[tuple[Trial, ...], Measurement | Absent, tuple[Probe, ...]]:
    """Trials until every target is decided.

    Args:
        targets: the lines that checks hold the mean against; a number is one after the last epoch.
        at_least, at_most: trials, as the spec says; `seeds` overrides both.
        drawn_from: see `seeds_for`.
    """
    lines = tuple(one if isinstance(one, Line) else Line(one) for one in targets)
    trials: list[Trial] = []
    probes = {probe.name: probe for probe in _scanned(job)}
    for seed in seeds_for(seeds, at_most, drawn_from):
        trial, raised = run_trial(job, seed)
        trials.append(trial)
        # What is trained once is not given up later because the machine became slower.
        job = replace(job, projects=False)
        _keep_heaviest(probes, raised)
        if on_trial:
            on_trial(len(trials), trial)
        if isinstance(trial.accuracy, Absent):
            return tuple(trials), trial.accuracy, tuple(probes.values())
        if not seeds and len(trials) >= at_least and not any(_is_open(job, trials, line) for line in lines):
            break
    return tuple(trials), _mean(job, trials, lines), tuple(probes.values())


def _is_open(job: Job, trials: list[Trial], line: Line) -> bool:
    """Whether another trial could still tell on which side of this line the submission is."""
    known = known_sd(job, line.target)
    if line.of == "training":
        values = tuple(
            one.train_accuracy.value for one in trials if not isinstance(one.train_accuracy, Absent)
        )
        return len(values) == len(trials) and another_trial_helps(values, line.target, known)
    if line.last_epochs > 1:
        return consistency.another_trial_helps(trials, line, known)
    return another_trial_helps(_values(trials), line.target, known)


def known_sd(job: Job, near: float) -> float:
    """What is known of the noise from run to run near this accuracy, 0 to 1."""
    return tabulated(job.data.facts.name, near, job.data.tabulated_sd).sd


def _keep_heaviest(probes: dict[str, Probe], raised: Iterable[Probe]) -> None:
    for probe in raised:
        known = probes.get(probe.name)
        if known is None or WEIGHTS.index(probe.weight) > WEIGHTS.index(known.weight):
            probes[probe.name] = probe


def _scanned(job: Job) -> tuple[Probe, ...]:
    scan = job.scan
    if scan is None:
        return ()
    return repository(
        weight_files=scan.weight_files,
        tables=scan.tables,
        long_literals=scan.long_literals,
        numbers=scan.numbers,
        shadows=scan.shadows,
        links=scan.links,
    )


def _values(trials: list[Trial]) -> tuple[float, ...]:
    return tuple(trial.accuracy.value for trial in trials if not isinstance(trial.accuracy, Absent))


def _mean(job: Job, trials: list[Trial], lines: tuple[Line, ...]) -> Measurement:
    """The mean with its spread; the table's holds at the line that is nearest to it."""
    values = _values(trials)
    mean = sum(values) / len(values)
    of_test = [line.target for line in lines if line.of == "test"]
    near = min(of_test, key=lambda target: abs(target - mean), default=mean)
    spread, source = spread_of(values, known_sd(job, near))
    return Measurement(
        name="test_accuracy",
        value=mean,
        unit="share",
        split="test",
        n=len(job.data.test_labels),
        values=values,
        spread=spread,
        spread_source=source,
    )
