"""What the fast lane can build by name: optimizers, schedules and losses, with the arguments they take.

No torch here: the supervisor asks before a worker is started. The tables are held against torch by a test. What is
left out of them needs something that the loop of the fast lane does not give, and goes to the faithful lane.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

Scalar = str | int | float | bool
Plain = int | float | bool | str | None | tuple["Plain", ...]

_ADAM = ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize")

OPTIMIZERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ASGD": ("lr", "lambd", "alpha", "t0", "weight_decay", "maximize"),
        "Adadelta": ("lr", "rho", "eps", "weight_decay", "maximize"),
        "Adafactor": ("lr", "beta2_decay", "eps", "d", "weight_decay", "maximize"),
        "Adagrad": ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "maximize"),
        "Adam": (*_ADAM, "decoupled_weight_decay"),
        "AdamW": _ADAM,
        "Adamax": ("lr", "betas", "eps", "weight_decay", "maximize"),
        "NAdam": (
            *("lr", "betas", "eps", "weight_decay", "momentum_decay"),
            *("decoupled_weight_decay", "maximize"),
        ),
        "RAdam": ("lr", "betas", "eps", "weight_decay", "decoupled_weight_decay", "maximize"),
        "RMSprop": ("lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize"),
        "Rprop": ("lr", "etas", "step_sizes", "maximize"),
        "SGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"),
    }
)
"""Without LBFGS (it needs the loss again in a step), SparseAdam and Muon (they refuse usual parameters)."""

SCHEDULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ConstantLR": ("factor", "total_iters"),
        "CosineAnnealingLR": ("T_max", "eta_min"),
        "CosineAnnealingWarmRestarts": ("T_0", "T_mult", "eta_min"),
        "CyclicLR": (
            *("base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma"),
            *("scale_mode", "cycle_momentum", "base_momentum", "max_momentum"),
        ),
        "ExponentialLR": ("gamma",),
        "LinearLR": ("start_factor", "end_factor", "total_iters"),
        "MultiStepLR": ("milestones", "gamma"),
        "OneCycleLR": (
            *("max_lr", "total_steps", "epochs", "steps_per_epoch", "pct_start", "anneal_strategy"),
            *("cycle_momentum", "base_momentum", "max_momentum", "div_factor", "final_div_factor"),
            "three_phase",
        ),
        "PolynomialLR": ("total_iters", "power"),
        "StepLR": ("step_size", "gamma"),
    }
)
"""Without those that call the student's own code, hold other schedules, or act on a measured value."""

LOSSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cross_entropy": ("label_smoothing", "reduction"),
        "nll_loss": ("reduction",),
        "multi_margin_loss": ("p", "margin", "reduction"),
        "nll_loss_of_log": (),
    }
)
"""Losses of scores and class ids. Arguments that name classes are left out: a worker sees permuted ids."""

CLIPPING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"clip_grad_norm_": ("max_norm", "norm_type"), "clip_grad_value_": ("clip_value",)}
)
"""What is done to the gradients of all parameters before a step."""

HOW_NOT_WHAT = frozenset({"foreach", "fused", "capturable", "differentiable", "verbose", "last_epoch"})
"""Arguments that do not change what is computed, and `last_epoch`, which must be -1 (as nothing is resumed)."""

_WORDS = {
    "anneal_strategy": ("cos", "linear"),
    "mode": ("triangular", "triangular2", "exp_range"),
    "scale_mode": ("cycle", "iterations"),
    "reduction": ("mean", "sum"),
}
_WHOLE = frozenset(
    {
        "T_max",
        "T_0",
        "step_size",
        "step_size_up",
        "step_size_down",
        "total_steps",
        "epochs",
        "steps_per_epoch",
    }
)


class NotPlain(ValueError):
    """A value that cannot be passed on; its text says which, as the end of a sentence."""


def arguments(
    given: Sequence[tuple[str, Scalar]], known: Sequence[str], what: str
) -> tuple[tuple[str, Plain], ...]:
    """Recorded arguments as the values that they stand for.

    Args:
        given: names and values; what is no scalar is the text that Python shows.
        known: the names that are covered.
        what: whose arguments they are, for the message.

    Raises:
        NotPlain: an argument is not covered, or its value is not plain.
    """
    found: list[tuple[str, Plain]] = []
    for name, value in given:
        if name == "last_epoch" and value != -1:
            raise NotPlain(f"{what} goes on from an earlier training")
        if name in HOW_NOT_WHAT:
            continue
        if name not in known:
            raise NotPlain(f"{what} is given {name}")
        found.append((name, _value(name, value, what)))
    return tuple(found)


def _value(name: str, value: Scalar, what: str) -> Plain:
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise NotPlain(f"{name} of {what} is not a known word")
        return value
    plain = literal(value)
    if isinstance(plain, str) or not _finite(plain):
        raise NotPlain(f"{name} of {what} is no plain value")
    if name in _WHOLE and plain is not None and (type(plain) is not int or plain < 1):
        raise NotPlain(f"{name} of {what} is no whole number from 1 on")
    return plain


def literal(value: Scalar) -> Plain:
    """The value that a recorded argument stands for: `"(0.9, 0.99)"` → `(0.9, 0.99)`; other texts stay texts."""
    if not isinstance(value, str):
        return value
    try:
        return _frozen(ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def _frozen(value: object) -> Plain:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if value is None or isinstance(value, int | float | str):
        return value
    raise ValueError("no plain value")


def _finite(value: Plain) -> bool:
    if isinstance(value, tuple):
        return all(not isinstance(item, str) and _finite(item) for item in value)
    return value is None or (isinstance(value, int | float) and math.isfinite(value))
