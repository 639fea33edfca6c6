"""The study: as many trials as the verdict needs, and no more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from grader.evaluation.probes_repository import repository
from grader.evaluation.verdict import another_trial_helps, spread_of
from grader.records import Absent, Measurement, Probe, Trial
from grader.stages.job import Job
from grader.stages.trial import run_trial

MAX_SEED = 1_000_000  # short enough to be read aloud
SECRET_BITS = 62  # beyond any search from the inside
WEIGHTS = ("clean", "note", "flag", "void")  # over several trials the heaviest stays


def seeds_for(given: tuple[int, ...], at_most: int) -> Iterator[int]:
    """The seeds that were asked for, else fresh ones that no student could have tried beforehand."""
    if given:
        yield from given
        return
    for _ in range(at_most):
        yield secrets.randbelow(MAX_SEED)


def run_study(
    job: Job,
    targets: tuple[float, ...],
    *,
    at_least: int,
    at_most: int,
    seeds: tuple[int, ...] = (),
    on_trial: Callable[[int, Trial], None] | None = None,
) -> tuple[tuple[Trial, ...], Measurement | Absent, tuple[Probe, ...]]:
    """Trials until every target is decided.

    Args:
        targets: the accuracies, 0 to 1, that checks hold the mean against.
        at_least, at_most: trials, as the spec says; `seeds` overrides both.
    """
    trials: list[Trial] = []
    probes = {probe.name: probe for probe in _scanned(job)}
    for seed in seeds_for(seeds, at_most):
        trial, raised = run_trial(job, seed)
        trials.append(trial)
        for probe in raised:
            known = probes.get(probe.name)
            if known is None or WEIGHTS.index(probe.weight) > WEIGHTS.index(known.weight):
                probes[probe.name] = probe
        if on_trial:
            on_trial(len(trials), trial)
        if isinstance(trial.accuracy, Absent):
            return tuple(trials), trial.accuracy, tuple(probes.values())
        values = _values(trials)
        helps = any(another_trial_helps(values, target, job.data.tabulated_sd) for target in targets)
        if not seeds and len(trials) >= at_least and not helps:
            break
    return tuple(trials), _mean(job, trials), tuple(probes.values())


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


def _mean(job: Job, trials: list[Trial]) -> Measurement:
    values = _values(trials)
    spread, source = spread_of(values, job.data.tabulated_sd)
    return Measurement(
        name="test_accuracy",
        value=sum(values) / len(values),
        unit="share",
        split="test",
        n=len(job.data.test_labels),
        values=values,
        spread=spread,
        spread_source=source,
    )
