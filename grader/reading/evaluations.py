"""Passes over data without training, within one training run."""

from __future__ import annotations

from grader.reading.describing import Unclear, clean_place
from grader.reading.pipelines import loading_of
from grader.reading.runs import Run
from grader.reading.tracing.datasets import loader_in
from grader.reading.tracing.trace import Loop
from grader.records import Evaluating, Loading


def evaluations(
    run: Run, _inner: Loop | None, outer: Loop | None, epochs: int, unclear: Unclear
) -> tuple[Evaluating, ...]:
    """Loops over a loader in which a model is called and nothing is stepped, until the next run begins."""
    start = run.steps[0].order
    training = {
        id(event.loops[-1])
        for event in run.followed.trace.events
        if event.kind in ("step", "backward") and event.loops
    }
    found: dict[tuple[int, str], Evaluating] = {}
    for event in run.followed.trace.events:
        loader = loader_in(event.loops[-1].over) if event.loops else None
        with_it = (outer is not None and outer in event.loops) or start <= event.order < run.until
        if event.kind != "forward" or loader is None or not with_it or id(event.loops[-1]) in training:
            continue
        key = (id(loader), event.place)
        if key in found or len(found) >= 8:
            continue
        loading: Loading = loading_of(run.followed.machine, loader, "evaluation", unclear)
        often = epochs if outer is not None and outer in event.loops else 1
        mode = event.mode if event.mode in ("eval", "train") else "unclear"
        found[key] = Evaluating(loading, often, mode, event.gradients, clean_place(event.place))  # type: ignore[arg-type]
    return tuple(found.values())
