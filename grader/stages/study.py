"""The study: as many trials as the verdict needs, and no more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from grader.evaluation.verdict import another_trial_helps, spread_of
from grader.records import Absent, Measurement, Probe, Trial
from grader.stages.trial import Job, run_trial

MAX_SEED = 1_000_000  # short enough to be read aloud
SECRET_BITS = 62  # beyond any search from the inside


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
    probes: dict[str, Probe] = {}
    for seed in seeds_for(seeds, at_most):
        trial, raised = run_trial(job, seed)
        trials.append(trial)
        for probe in raised:
            if probe.name not in probes or probe.weight != "clean":
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
