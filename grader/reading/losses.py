"""The loss that a training run takes backward: its name, its arguments, and whether something is added to it."""

from __future__ import annotations

from dataclasses import dataclass

from grader.reading.describing import Unclear, arguments_of
from grader.reading.runs import Run
from grader.reading.tracing import library
from grader.reading.tracing.values import Combined, Made, Value, children
from grader.records import Scalar
from grader.text import clean


@dataclass(frozen=True)
class Loss:
    name: str  # "nll_loss"; several joined by " + "; "" where it is not known
    arguments: tuple[tuple[str, Scalar], ...] = ()
    is_plain: bool = True  # nothing is added to it


def loss_of(run: Run, unclear: Unclear) -> Loss:
    """What `.backward()` is called on beside the optimizer's step, or what is handed on with the optimizer."""
    values = list(run.steps[0].given) if run.is_handed else _taken_backward(run)
    found = [one for value in values for one in children(value, 6) if isinstance(one, Made)]
    losses = [one for one in found if library.loss_name(one.name)]
    if not losses:
        elsewhere = "it is in code that is not in the submission"
        unclear.append(("loss", elsewhere if run.is_handed else "reading cannot tell which it is"))
        return Loss("")
    names = dict.fromkeys(library.loss_name(one.name) for one in losses)
    mixed = any(isinstance(one, Combined) for value in values for one in children(value, 2))
    return Loss(clean(" + ".join(names)), _arguments(losses[0], unclear), len(names) == 1 and not mixed)


def _taken_backward(run: Run) -> list[Value]:
    step = run.steps[0]
    near = [
        event
        for event in run.followed.trace.events
        if event.kind == "backward" and event.top == step.top and event.loops == step.loops
    ]
    before = [event.subject for event in near if event.order < step.order]
    return before[-1:] or [event.subject for event in near[:1]]


def _arguments(loss: Made, unclear: Unclear) -> tuple[tuple[str, Scalar], ...]:
    maker = loss.attributes.get("made by")
    named = (maker.named if isinstance(maker, Made) else {}) | loss.named
    return arguments_of({name: value for name, value in named.items() if value != "mean"}, "loss", unclear)
