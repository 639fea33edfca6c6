"""The training runs of a unit: who is stepped where, and inside of which loops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.reading.tracing.datasets import loader_in, loaders_in
from grader.reading.tracing.follow import Followed
from grader.reading.tracing.trace import Event, Loop
from grader.reading.tracing.values import Instance, Made, children


@dataclass(frozen=True)
class Run:
    """The steps of one optimizer that one statement at the top level leads to."""

    followed: Followed
    optimizer: Made
    steps: tuple[Event, ...]  # those that step it, or the one that hands it to code that is not there
    is_handed: bool
    until: int  # the order of the event that begins the next run
    is_only: bool  # no other run of the unit has this optimizer


def trained_models(units: Iterable[Followed]) -> dict[int, int]:
    """Models whose parameters an optimizer steps: identity of the object → order of the last step."""
    found: dict[int, int] = {}
    for followed in units:
        for event in followed.trace.events:
            if event.kind in ("step", "handed") and isinstance(event.subject, Made):
                model = model_of(event.subject)
                if model is not None:
                    found[id(model)] = event.order
    return found


def model_of(optimizer: Made) -> Instance | Made | None:
    """The model whose parameters an optimizer is given."""
    for one in children(optimizer.named.get("params"), 5):
        if (
            isinstance(one, Made)
            and one.name == "parameters"
            and isinstance(one.positional[0], Instance | Made)
        ):
            return one.positional[0]
    return None


def runs(followed: Followed) -> list[Run]:
    events = followed.trace.events
    groups: dict[tuple[int, str], list[Event]] = {}
    for event in events:
        if event.kind == "step":
            groups.setdefault((id(event.subject), event.top), []).append(event)
    stepped = {key[0] for key in groups}
    for event in events:
        if event.kind == "handed" and id(event.subject) not in stepped:
            groups.setdefault((id(event.subject), event.top), []).append(event)
    ordered = sorted(groups.values(), key=lambda group: group[0].order)
    starts = [*(group[0].order for group in ordered[1:]), 1 << 60][: len(ordered)]
    optimizers = [id(group[0].subject) for group in ordered]
    return [
        Run(
            followed,
            group[0].subject,
            tuple(group),
            group[0].kind == "handed",
            until,
            optimizers.count(id(group[0].subject)) == 1,
        )
        for group, until in zip(ordered, starts, strict=True)
        if isinstance(group[0].subject, Made)
    ]


def loops_of(event: Event) -> tuple[Loop | None, Loop | None]:
    """(the loop over the batches, the loop over the epochs) around an event."""
    found = [index for index, loop in enumerate(event.loops) if loader_in(loop.over) is not None]
    at = found[-1] if found else len(event.loops) - 1
    if at < 0:
        return None, None
    alone = not found and len(event.loops) == 1 and event.loops[0].rounds > 0
    if alone:
        return None, event.loops[0]
    return event.loops[at], event.loops[at - 1] if at > 0 else None


def training_loader(run: Run, inner: Loop | None) -> Made | None:
    found = loader_in(inner.over) if inner else None
    if found is None and run.is_handed:
        given = list(loaders_in(run.steps[0].given))
        named = run.steps[0].whole_call.named if run.steps[0].whole_call else {}
        trains = [value for name, value in named.items() if "train" in name.lower() and value in given]
        return next((one for one in [*trains, *given] if isinstance(one, Made)), None)
    return found


def model_called_in(run: Run, step: Event) -> Instance | Made | None:
    for event in run.followed.trace.events:
        if (
            event.kind == "forward"
            and event.loops == step.loops
            and isinstance(event.subject, Instance | Made)
        ):
            return event.subject
    return None
