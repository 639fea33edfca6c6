"""The arithmetic of time: limits scaled to the machine at hand, projections, and which time counts.

A spec's limit is *counted* time of one trial on its reference device: CPU time per core, or device time. Here it
is multiplied by how much slower a fixed step runs on this machine. Wall-clock time is a back-stop: it also counts
what the machine did meanwhile, so that reaching it alone is nobody's failure. Nothing in here reads a clock; the
supervisor does.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple

from grader.evaluation.calibration.reference_steps import STEPS
from grader.records import TimeLimit
from grader.text import clean

BACK_STOP = 4.0
"""Wall-clock seconds for each counted second, before the machine is called too busy."""
WARM_UP_STEPS = 5
"""Steps at the start that say nothing about the others: memory is taken, kernels are chosen."""
TOLERANCE = 1.25
"""A projection from some thirty steps may be off by this much: what it puts just over the limit is tried."""

PROBE_STEPS = 30
"""Steps after which a training's time is projected, at the earliest."""
PROBE_SHARE = 0.01
"""Of the limit: what is trained before a projection at the least. Short trainings are over before one is due."""

REFERENCE_STEPS: Mapping[tuple[str, str], float] = MappingProxyType(STEPS)
"""(task, reference device) → seconds of the reference step (`grader.training.reference_step`) on that device.

Only what was measured stands in the table, by `benchmarks/reference_step.py`: no T4 was yet.
"""


def scaled_limit(
    limit_seconds: float,
    task: str,
    reference_device: str,
    measured_step_seconds: float,
    table: Mapping[tuple[str, str], float] = REFERENCE_STEPS,
) -> TimeLimit:
    """The limit times measured / tabulated step time, never below the limit itself.

    Args:
        limit_seconds: counted time of one trial on the reference device.
        measured_step_seconds: of the reference step on this machine; 0 where it was not timed.
    """
    known, device = table.get((task, reference_device), 0.0), clean(reference_device, 60)
    timed = math.isfinite(measured_step_seconds) and measured_step_seconds > 0
    step = measured_step_seconds if timed else 0.0
    if not (known and step):
        missing = f"how fast a {device} is at this task has not been measured"
        why = "this machine's reference step was not timed" if known else missing
        sentence = f"{_limit(limit_seconds)}: {why}, so the limit is not scaled."
        return TimeLimit(limit_seconds, 1.0, sentence, limit_seconds, device, step, known)
    factor = max(1.0, step / known)
    steps = f"the reference step takes {_step(step)} here and {_step(known)} on a {device}"
    sentence = _scaled(limit_seconds, factor, steps, device)
    return TimeLimit(limit_seconds * factor, factor, sentence, limit_seconds, device, step, known)


def is_measured(task: str, reference_device: str) -> bool:
    """Whether it is known how fast this device is, so that timing the reference step here is of any use."""
    return (task, reference_device) in REFERENCE_STEPS


def wall_limit(scaled_seconds: float) -> float:
    """The wall-clock back-stop of a trial."""
    return BACK_STOP * scaled_seconds


def ending(
    counted_seconds: float, wall_seconds: float, scaled_seconds: float
) -> Literal["within", "limit", "infrastructure"]:
    """Which of the two limits a trial has reached. The back-stop alone is the machine's doing."""
    if counted_seconds >= scaled_seconds:
        return "limit"
    return "infrastructure" if wall_seconds >= wall_limit(scaled_seconds) else "within"


# --- projection ---------------------------------------------------------------------------------------------


class Projected(NamedTuple):
    """What a whole trial would take, and whether it is worth starting."""

    seconds: float
    train: bool
    sentence: str


def step_seconds(marks: Sequence[tuple[int, float]], warm_up_steps: int = WARM_UP_STEPS) -> float:
    """Seconds of a warm step: the median over the stretches between two marks, each by its own steps.

    Args:
        marks: (steps done, seconds since the start) of a short training, both rising.
        warm_up_steps: stretches that begin earlier are left out, unless there are no others.

    Raises:
        ValueError: fewer than two marks, or marks that do not rise.
    """
    stretches = [
        (start, (end - begin) / (stop - start))
        for (start, begin), (stop, end) in pairwise(marks)
        if stop > start and end >= begin
    ]
    if len(stretches) != len(marks) - 1 or not stretches:
        raise ValueError("a projection needs two marks or more, with rising steps and seconds")
    warm = [seconds for start, seconds in stretches if start >= warm_up_steps]
    return statistics.median(warm or [seconds for _, seconds in stretches])


def is_due(marks: Sequence[tuple[int, float]], scaled_seconds: float) -> bool:
    """Whether these marks of a training on its way, as `step_seconds` takes them, are enough to project it."""
    if len(marks) < 2:
        return False
    (first, start), (last, end) = marks[0], marks[-1]
    return last >= PROBE_STEPS and last > first and end - start >= PROBE_SHARE * scaled_seconds


def projected(
    marks: Sequence[tuple[int, float]], steps_needed: int, scaled_seconds: float, trials: int = 1
) -> Projected:
    """How long a trial of so many steps would take here, held against the limit.

    Args:
        marks: as `step_seconds` takes them, in counted seconds.
        steps_needed: of one trial.
        trials: how many the verdict may need, for the sentence.
    """
    seconds = step_seconds(marks) * steps_needed
    need = f"A training of {steps_needed:,} steps would need about {shown(seconds)} here"
    if seconds > TOLERANCE * scaled_seconds:
        end = f"and its limit on this machine is {shown(scaled_seconds)}: not trained, all else is graded."
        return Projected(seconds, False, f"{need}, {end}")
    most = f", {shown(trials * seconds)} for {trials} trials" if trials > 1 else ""
    return Projected(seconds, True, f"{need}{most}.")


# --- time pockets -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pockets:
    """Where a run's wall-clock time went. Only the training counts against a limit."""

    train_seconds: float
    evaluate_seconds: float
    overhead_seconds: float  # starts of workers, checks, probes, writing

    @property
    def total_seconds(self) -> float:
        return self.train_seconds + self.evaluate_seconds + self.overhead_seconds

    def __add__(self, other: Pockets) -> Pockets:
        return Pockets(
            self.train_seconds + other.train_seconds,
            self.evaluate_seconds + other.evaluate_seconds,
            self.overhead_seconds + other.overhead_seconds,
        )


def pockets(total_seconds: float, train_seconds: float, evaluate_seconds: float) -> Pockets:
    """The rest of the total is overhead; never below 0, where parts ran at the same time."""
    rest = total_seconds - train_seconds - evaluate_seconds
    return Pockets(train_seconds, evaluate_seconds, max(0.0, rest))


# --- words --------------------------------------------------------------------------------------------------


def shown(seconds: float) -> str:
    """`42 s`, `12 min`, `5 h`, `1.5 h`: as exact as a projection is."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 0.95 * size:
            count = seconds / size
            return f"{count:.0f} {unit}" if count >= 9.5 else f"{round(count, 1):g} {unit}"
    return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.2g} s"


def _limit(seconds: float) -> str:
    return f"The limit is {shown(seconds)} of counted time"


def _step(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"


def _scaled(limit_seconds: float, factor: float, steps: str, device: str) -> str:
    if factor == 1.0:
        return f"{_limit(limit_seconds)}: {steps}; a faster machine does not shorten it."
    long = f"{shown(limit_seconds)} on a {device} are {shown(limit_seconds * factor)} here"
    return f"{_limit(limit_seconds * factor)}: {steps}, so {long} (factor {factor:.2f})."
