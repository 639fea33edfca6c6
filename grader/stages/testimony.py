"""What the workers of a trial say of themselves, held against the bytes that crossed the border."""

from __future__ import annotations

from grader.evaluation import probes
from grader.evaluation.score import Score
from grader.isolation.states import State
from grader.isolation.training import Training
from grader.records import Absent, ModelFacts, Probe
from grader.stages.job import Job
from grader.stages.probing import Scored


def what_is_said(job: Job, training: Training, state: State, scored: Scored | Absent) -> tuple[Probe, ...]:
    """What the bytes that crossed the border say about what the model said, and what the training worker says."""
    model = job.model
    testimony: tuple[Probe, ...] = ()
    if job.own_loop is None:
        steps = probes.writes(training.writes / max(training.steps, 1), training.steps)
        testimony = (steps, probes.outside(training.outside_bytes))
    return (
        _size(model, state),
        *_buffers(model),
        *_hidden(model),
        *(_finite(scored.score) if isinstance(scored, Scored) else ()),
        *testimony,
    )


def _size(model: ModelFacts, state: State) -> Probe:
    claimed = model.parameters + model.buffer_elements
    if (state.parameters, state.buffers) == (model.parameters, model.buffer_elements):
        return probes.clean(
            "state size", f"The trained state holds the {claimed:,} values that were counted."
        )
    return probes.raised(
        "state size",
        f"The trained state holds {state.elements:,} values, counted were {claimed:,}: a person will look at it.",
    )


def _buffers(model: ModelFacts) -> tuple[Probe, ...]:
    limit = probes.LIMITS["buffers"].threshold
    if model.buffer_elements <= max(limit, model.parameters // 10):
        return ()
    seen = f"{model.buffer_elements:,} values are kept in buffers, which no limit counts"
    return (probes.raised("buffers", f"{seen}: a person will look at it."),)


def _hidden(model: ModelFacts) -> tuple[Probe, ...]:
    structure = model.structure
    if isinstance(structure, Absent):
        return ()
    return (probes.hidden_values(structure.hidden_elements, structure.hidden_places),)


def _finite(scored: Score) -> tuple[Probe, ...]:
    if not scored.not_finite:
        return ()
    seen = f"{scored.not_finite:,} test images got a score of NaN or infinity."
    return (probes.raised("finite scores", seen),)
