"""One trial: train in one worker, predict in a fresh one that gets nothing but the state, score out here.

A third worker runs the integrity probes (`grader.stages.probing`).
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.evaluation import probes, probes_state
from grader.evaluation.score import Score, Secret, score
from grader.isolation import conversation
from grader.isolation.conversation import State, Training
from grader.isolation.supervisor import Ending, Worker
from grader.records import Absent, Measurement, ModelFacts, Probe, Projection, Trial
from grader.stages.endings import absent_because
from grader.stages.job import Job as Job
from grader.stages.job import prepare
from grader.stages.probing import Probed, Scored, probe

PROBE_STEPS = 30
_WARM_UP_STEPS = 5
_EVALUATING_SEED = 0x5EED
"""Another seed than the training's: what was not learned is not the same by chance."""


@dataclass(frozen=True)
class _Trained:
    training: Training
    start: State  # before the first step
    state: State  # after the last one


def run_trial(job: Job, seed: int) -> tuple[Trial, tuple[Probe, ...]]:
    """Train and score once."""
    secret = Secret.draw(job.data.classes, len(job.data.test_images), job.secret, seed)
    trained = _train(job, seed, secret)
    if isinstance(trained, Absent):
        return _stopped(seed, trained), ()
    scored = _predict(job, seed, secret, trained.state)
    probed: Probed | Absent = Probed(())
    if isinstance(scored, Scored):
        probed = probe(job, seed, secret, trained.start, trained.state, scored)
    if isinstance(probed, Absent):
        return _trial(job, seed, trained, probed), ()
    judged = scored if isinstance(scored, Absent) else probed.lowest or scored.score
    said = _said(job.model, trained, scored)
    if job.on_figures:
        training = trained.training
        told = {"writes": training.writes / max(training.steps, 1), "outside bytes": training.outside_bytes}
        job.on_figures({**told, **probed.figures})
    return _trial(job, seed, trained, judged), (*said, *probed.probes)


def _trial(job: Job, seed: int, trained: _Trained, judged: Score | Absent) -> Trial:
    training, state = trained.training, trained.state
    reason = "the loss became NaN or infinite" if training.diverged else "all epochs were trained"
    return Trial(
        seed=seed,
        status="stopped" if training.diverged else "finished",
        stop_reason=reason,
        steps=training.steps,
        samples=training.samples,
        curve=training.curve,
        wall_seconds=round(training.wall_seconds, 2),
        cpu_seconds=round(training.cpu_seconds, 2),
        state_elements=state.elements,
        state_digest=state.digest,
        correct=-1 if isinstance(judged, Absent) else judged.correct,
        accuracy=judged if isinstance(judged, Absent) else _measurement(job, judged),
        confusion=() if isinstance(judged, Absent) else judged.confusion,
    )


def project(job: Job, seed: int) -> Projection | Absent:
    """A short training, and from its speed how long the whole one would take here."""
    worker = job.open_worker()
    try:
        ready = _ready(job, worker, seed, job.data.train_labels)
        training = ready if isinstance(ready, Absent) else _train_here(job, worker, seed, PROBE_STEPS)
    finally:
        worker.stop()
    if isinstance(training, Absent):
        return training
    needed = job.recipe.epochs * -(-job.data.task_images // job.recipe.batch_size)
    if len(training.report_times) < 2:
        return Projection(training.steps, needed, training.wall_seconds)
    (first, start), (last, end) = training.report_times[0], training.report_times[-1]
    return Projection(training.steps, needed, round((end - start) / (last - first) * needed, 1))


def _train(job: Job, seed: int, secret: Secret) -> _Trained | Absent:
    worker = job.open_worker()
    try:
        start = _ready(job, worker, seed, secret.hide(job.data.train_labels))
        if isinstance(start, Absent):
            return start
        training = _train_here(job, worker, seed)
        if isinstance(training, Absent):
            return training
        state = conversation.state(worker)
        if isinstance(state, Ending):
            return absent_because(state, "train", job.model.entrypoint)
        return _Trained(training, start, state)
    finally:
        worker.stop()


def _ready(job: Job, worker: Worker, seed: int, labels: object) -> State | Absent:
    """The model built and the training data handed over; the state it starts from."""
    import numpy as np

    ended = prepare(job, worker, seed)
    if ended:
        return absent_because(*ended, job.model.entrypoint, job.model.input_shape)
    start = conversation.state(worker)
    if isinstance(start, Ending):
        return absent_because(start, "build", job.model.entrypoint)
    handed = conversation.hand_over(worker, job.data.train_images, np.asarray(labels, dtype=np.int64))
    return absent_because(handed, "train", job.model.entrypoint) if handed else start


def _train_here(job: Job, worker: Worker, seed: int, max_steps: int = 0) -> Training | Absent:
    training = conversation.train(
        worker,
        job.recipe,
        head=job.model.head,
        mean=job.data.mean,
        std=job.data.std,
        seed=seed,
        patience=job.patience(),
        max_steps=max_steps,
        report_every=_WARM_UP_STEPS if max_steps else 20,
        on_progress=job.on_progress,
    )
    if isinstance(training, Ending):
        return absent_because(training, "train", job.model.entrypoint)
    return training


def _predict(job: Job, seed: int, secret: Secret, state: State) -> Scored | Absent:
    entrypoint, data = job.model.entrypoint, job.data
    worker = job.open_worker()
    try:
        ended = prepare(job, worker, seed ^ _EVALUATING_SEED)
        if ended:
            return absent_because(*ended, entrypoint, job.model.input_shape)
        restored = conversation.restore(worker, state)
        if restored:
            return absent_because(restored, "restore", entrypoint)
        shuffled = data.test_images[secret.test_order]
        scores = conversation.predict(worker, shuffled, data.classes, mean=data.mean, std=data.std)
        if isinstance(scores, Ending):
            return absent_because(scores, "predict", entrypoint)
        after = conversation.state(worker)
        if isinstance(after, Ending):
            return absent_because(after, "predict", entrypoint)
        scores = secret.true_order(scores)
        changed = probes_state.changed(state.blob, after.blob, state.layout)
        return Scored(scores, score(scores, data.test_labels), changed)
    finally:
        worker.stop()


def _measurement(job: Job, scored: Score) -> Measurement:
    return Measurement(
        name="test_accuracy",
        value=scored.accuracy,
        unit="share",
        split="test",
        n=scored.images,
        values=(scored.accuracy,),
        spread=job.data.tabulated_sd,
        spread_source="tabulated for this task",
    )


def _stopped(seed: int, absent: Absent) -> Trial:
    return Trial(seed, "stopped", absent.reason, 0, 0, (), 0.0, 0.0, 0, "", -1, absent)


def _said(model: ModelFacts, trained: _Trained, scored: Scored | Absent) -> tuple[Probe, ...]:
    """What the bytes that crossed the border say about what the model said, and what the training worker says."""
    training, state = trained.training, trained.state
    return (
        _size(model, state),
        *_buffers(model),
        *_hidden(model),
        *(_finite(scored.score) if isinstance(scored, Scored) else ()),
        probes.writes(training.writes / max(training.steps, 1), training.steps),
        probes.outside(training.outside_bytes),
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
