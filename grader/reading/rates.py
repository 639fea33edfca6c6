"""The first and the last learning rate of a training, where they follow from the recipe by arithmetic."""

from __future__ import annotations

from grader.records import Call, Scalar, Schedule

_DEFAULT_RATE = {
    "Adam": 1e-3,
    "AdamW": 1e-3,
    "NAdam": 2e-3,
    "RAdam": 1e-3,
    "RMSprop": 1e-2,
    "Adagrad": 1e-2,
    "SGD": 1e-3,
}


def first_and_last(
    optimizer: Call, schedules: tuple[Schedule, ...], epochs: int, unknown: frozenset[str] = frozenset()
) -> tuple[float, float]:
    """(rate of the first step, rate of the last one); 0.0 for what cannot be told.

    Args:
        unknown: arguments that are given and not known, as `optimizer.lr` or `schedule.gamma`: torch's defaults
            do not stand for them.

    A step schedule acts after each epoch; `OneCycleLR` starts at `max_lr / div_factor`
    (https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html).
    """
    known = dict(optimizer.arguments)
    is_lost = "lr" not in known and bool(unknown & {"optimizer.lr", "optimizer.**"})
    rate = 0.0 if is_lost else _number(known.get("lr", _DEFAULT_RATE.get(optimizer.name, 0.0)))
    acting = [one for one in schedules if one.steps in ("per batch", "per epoch", "unclear")]
    cycles = [one for one in schedules if one.call.name == "OneCycleLR"]
    if cycles:
        return _start_of_cycle(cycles[-1], unknown), 0.0
    if not acting:
        return rate, rate
    last = _stepped(rate, acting[0], epochs) if len(acting) == 1 and not _lost(acting[0], unknown) else 0.0
    return rate, last


def _start_of_cycle(schedule: Schedule, unknown: frozenset[str]) -> float:
    given = dict(schedule.call.arguments)
    if "div_factor" not in given and unknown & {"schedule.div_factor", "schedule.**"}:
        return 0.0
    return _number(given.get("max_lr", 0.0)) / (_number(given.get("div_factor", 25.0)) or 25.0)


def _lost(schedule: Schedule, unknown: frozenset[str]) -> bool:
    """Whether a factor that has a default was given and is not known."""
    return "gamma" not in dict(schedule.call.arguments) and bool(unknown & {"schedule.gamma", "schedule.**"})


def _stepped(rate: float, schedule: Schedule, epochs: int) -> float:
    given = dict(schedule.call.arguments)
    if schedule.steps != "per epoch" or not epochs or epochs > 100_000:
        return 0.0
    factor = _number(given.get("gamma", 0.1))
    if schedule.call.name == "StepLR":
        size = int(_number(given.get("step_size", 0)))
        return rate * factor ** min((epochs - 1) // size, 10_000) if size > 0 and 0 < factor <= 1 else 0.0
    if schedule.call.name == "ExponentialLR" and 0 < factor <= 1:
        return rate * factor ** (epochs - 1)
    return 0.0


def _number(value: Scalar) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e12 else 0.0
