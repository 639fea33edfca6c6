"""The course of a learning rate, where it follows from a schedule by arithmetic: its highest place and its end.

`OneCycleLR` and `CyclicLR` as torch documents them
(https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from grader.evaluation.stated_values import Unread, argument, is_given, number
from grader.records import Absent, Schedule, Session

EDGE = 0.25
"""A maximum this much of an epoch before or after the epoch that is asked for still counts: its first and its last
batch have nearly the same rate, and total_steps is often a rounded number."""

FALLING = frozenset({"StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "PolynomialLR"})
"""Schedules that begin at their highest rate."""


class Untold(ValueError):
    """It does not follow from what is known; the text says why, as a sentence."""


@dataclass(frozen=True)
class Peak:
    """Where the rate is highest: from `begin` to `end`, in epochs that are over by then, and how that was computed."""

    begin: float
    end: float
    how: str

    @property
    def epoch(self) -> int:
        """Counted from 1."""
        return math.floor(self.begin + 1e-9) + 1

    def is_in(self, epoch: int) -> bool:
        """Whether the rate is highest in this epoch, an edge of `EDGE` on both sides."""
        return self.end >= epoch - 1 - EDGE - 1e-9 and self.begin <= epoch + EDGE + 1e-9


def peak(schedule: Schedule, session: Session) -> Peak:
    """Where the rate is highest.

    Raises:
        Untold: it does not follow from the recovered arguments.
    """
    name = schedule.call.name
    if schedule.steps == "never":
        raise Untold("The schedule is never stepped, so the rate has no highest place.")
    if name in FALLING:
        if name == "ExponentialLR" and (number(argument(schedule.call, "gamma")) or 2.0) > 1:
            raise Untold("Its gamma is not known to be below 1.")
        return Peak(0.0, 0.0, f"{name} begins at its highest rate")
    if name == "OneCycleLR":
        index, how = _one_cycle_peak(schedule)
    elif name == "CyclicLR":
        index = _whole(schedule, "step_size_up", 2000)
        how = f"step_size_up is {index:,}"
    else:
        raise Untold(f"The course of {name} does not follow from its arguments by arithmetic.")
    steps = _steps_in_epoch(schedule, session)
    last = session.epochs * steps - 1 if session.epochs else index
    index = min(index, last)
    return Peak(index / steps, (index + 1) / steps, f"{how}; {steps:,} steps of the schedule in an epoch")


def end_share(schedule: Schedule) -> float:
    """The rate that a one-cycle schedule ends with, as a share of the one that it starts with.

    Raises:
        Untold: it is another schedule, or the factor is not known.
    """
    if schedule.call.name != "OneCycleLR":
        raise Untold(f"{schedule.call.name} is no one-cycle schedule.")
    if schedule.steps == "never":
        raise Untold("The schedule is never stepped, so the rate stays as it is.")
    return 1.0 / _positive(schedule, "final_div_factor", 1e4)


def total_steps(schedule: Schedule) -> int:
    """How many steps a one-cycle schedule is made for.

    Raises:
        Untold: it is not known.
    """
    total = number(argument(schedule.call, "total_steps"))
    if total is not None and 1 < total < 1e9:
        return int(total)
    epochs, steps = (number(argument(schedule.call, name)) for name in ("epochs", "steps_per_epoch"))
    if epochs and steps and 1 < epochs * steps < 1e9:
        return int(epochs * steps)
    raise Untold("How many steps the schedule is made for is not known.")


def _one_cycle_peak(schedule: Schedule) -> tuple[int, str]:
    """The step with the highest rate, counted from 0."""
    total = total_steps(schedule)
    share = _positive(schedule, "pct_start", 0.3)
    if share > 1:
        raise Untold("Its pct_start is no share.")
    exact = max(0.0, share * total - 1)
    course = _OneCycle.of(schedule, share, total)
    index = max((math.floor(exact), math.ceil(exact)), key=course.rate)
    return index, f"{share:.4g} of {total:,} steps"


@dataclass(frozen=True)
class _OneCycle:
    """`OneCycleLR` with a highest rate of 1: phases as (last step, rate at the begin, rate at the end)."""

    phases: tuple[tuple[float, float, float], ...]
    by_cosine: bool

    @classmethod
    def of(cls, schedule: Schedule, share: float, total: int) -> _OneCycle:
        start = 1 / _positive(schedule, "div_factor", 25.0)
        end = start / _positive(schedule, "final_div_factor", 1e4)
        by_cosine = argument(schedule.call, "anneal_strategy") != "linear"
        summit = share * total - 1
        if argument(schedule.call, "three_phase") is True:
            middle = 2 * share * total - 2
            return cls(((summit, start, 1.0), (middle, 1.0, start), (total - 1, start, end)), by_cosine)
        return cls(((summit, start, 1.0), (total - 1, 1.0, end)), by_cosine)

    def rate(self, step: float) -> float:
        begin = 0.0
        for last, first_rate, last_rate in self.phases:
            if step <= last or last == self.phases[-1][0]:
                done = min(1.0, (step - begin) / max(last - begin, 1e-9))
                done = (1 - math.cos(math.pi * done)) / 2 if self.by_cosine else done
                return first_rate + done * (last_rate - first_rate)
            begin = last
        return 0.0  # pragma: no cover - the last phase has an answer for every step


def _steps_in_epoch(schedule: Schedule, session: Session) -> int:
    """How often the schedule is stepped in an epoch of the training."""
    loading = session.training
    batches = 0
    if not isinstance(loading, Absent) and loading.batch_size and loading.images:
        batches = -(-loading.images // loading.batch_size)
    stated = number(argument(schedule.call, "steps_per_epoch"))
    batches = batches or (int(stated) if stated and stated >= 1 else 0)
    if schedule.steps == "per epoch":
        return 1
    if schedule.steps == "per batch" and batches:
        return batches
    if schedule.steps == "per batch":
        raise Untold("How many batches an epoch has is not known.")
    raise Untold("Whether the schedule is stepped per batch or per epoch is not known.")


def _positive(schedule: Schedule, name: str, default: float) -> float:
    value = number(argument(schedule.call, name))
    if not is_given(schedule.call, name):
        return default
    if value is None or value <= 0:
        raise Untold(f"The value of {name} is not known.")
    return value


def _whole(schedule: Schedule, name: str, default: int) -> int:
    value = argument(schedule.call, name)
    if isinstance(value, Unread) and not is_given(schedule.call, name):
        return default
    found = number(value)
    if found is None or not 1 <= found < 1e9:
        raise Untold(f"The value of {name} is not known.")
    return int(found)
