"""A student's learning-rate schedule, rebuilt for the number of epochs that is trained.

What was written as a function of the number of epochs or of the loader's length is scaled (one-cycle always, the
others where their length is that of the whole training); absolute steps stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.records import Scalar, Schedule

_LENGTHS = {
    "CosineAnnealingLR": "T_max",
    "LinearLR": "total_iters",
    "PolynomialLR": "total_iters",
}
_SAME_SHARE = 0.02
"""A length this close to that of the whole training was meant to be it: 2,400 for 24 epochs of 98 batches."""


@dataclass(frozen=True)
class Span:
    """The length of a training."""

    epochs: int  # 0 where it is not known
    steps: int  # of the optimizer in one epoch

    def calls(self, schedule: Schedule) -> int:
        """How often the schedule is stepped."""
        return self.epochs * (self.steps if schedule.steps == "per batch" else 1)


def rebuilt(schedule: Schedule, stated: Span, trained: Span) -> Schedule:
    """The schedule for the span that is trained; the very same where it need not change."""
    if schedule.steps not in ("per batch", "per epoch") or stated.calls(schedule) == trained.calls(schedule):
        return schedule
    if schedule.call.name == "OneCycleLR":
        return _one_cycle(schedule, stated, trained)
    name = _LENGTHS.get(schedule.call.name)
    length = dict(schedule.call.arguments).get(name or "")
    calls = stated.calls(schedule)
    if name is None or type(length) is not int or not _is_whole(length, calls):
        return schedule
    return _with(schedule, {name: max(1, trained.calls(schedule))})


def _is_whole(length: int, calls: int) -> bool:
    return abs(length - calls) <= max(1.0, _SAME_SHARE * calls) and calls > 0


def _one_cycle(schedule: Schedule, stated: Span, trained: Span) -> Schedule:
    """Its length is a function of the training's by design; the share of the training that it covers stays."""
    given = dict(schedule.call.arguments)
    total = _one_cycle_steps(given)
    if total == 0:
        return schedule
    calls = stated.calls(schedule) or total
    length = round(total * trained.calls(schedule) / calls)
    # A cycle of one step would begin at its end.
    return _with(schedule, {"total_steps": max(2, length)}, without=("epochs", "steps_per_epoch"))


def _one_cycle_steps(given: dict[str, Scalar]) -> int:
    total, epochs, steps = (given.get(name) for name in ("total_steps", "epochs", "steps_per_epoch"))
    if type(total) is int:
        return total
    return epochs * steps if type(epochs) is int and type(steps) is int else 0


def _with(schedule: Schedule, changed: dict[str, Scalar], without: tuple[str, ...] = ()) -> Schedule:
    """The arguments in their order, with these in their place or at the end."""
    kept = {name: value for name, value in schedule.call.arguments if name not in without}
    return replace(schedule, call=replace(schedule.call, arguments=tuple({**kept, **changed}.items())))
