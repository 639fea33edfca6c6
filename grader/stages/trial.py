"""One trial: train in one worker, predict in a fresh one that gets nothing but the state, score out here.

A third worker runs the integrity probes (`grader.stages.probing`).
"""

from __future__ import annotations

from grader.evaluation import probes, probes_state
from grader.evaluation.score import Score, Secret, score
from grader.isolation import conversation
from grader.isolation.states import State
from grader.isolation.supervisor import Ending, Worker
from grader.isolation.training import Training
from grader.records import Absent, EpochPoint, Measurement, ModelFacts, Probe, Projection, Trial
from grader.stages.endings import absent_because
from grader.stages.epochs import NOT_MEASURED, epoch_points
from grader.stages.job import Job as Job
from grader.stages.job import prepare
from grader.stages.own_loop import Trained, train_by_own_loop
from grader.stages.plan import plan_of
from grader.stages.probing import Probed, Scored, probe

PROBE_STEPS = 30
_WARM_UP_STEPS = 5
_REPORTS_PER_EPOCH = 24
_EVALUATING_SEED = 0x5EED
"""Another seed than the training's: what was not learned is not the same by chance."""


def run_trial(job: Job, seed: int) -> tuple[Trial, tuple[Probe, ...]]:
    """Train and score once.

    Raises:
        LoopNotRun: the student's own loop was to train, and does not train on the task's images.
    """
    secret = Secret.draw(
        job.data.classes, len(job.data.test_images), job.secret, seed, permuted=job.own_loop is None
    )
    trained = _train(job, seed, secret)
    if isinstance(trained, Absent):
        return _never_begun(seed, trained), ()
    if isinstance(trained.state, Absent):
        return _cut_short(job, seed, secret, trained.training, trained.state), ()
    scored = _predict(job, seed, secret, trained.state)
    probed: Probed | Absent = Probed(())
    if isinstance(scored, Scored):
        probed = probe(job, seed, secret, trained.start, trained.state, scored)
    if isinstance(probed, Absent):
        return _trial(job, seed, trained.training, trained.state, probed), ()
    judged = scored if isinstance(scored, Absent) else probed.lowest or scored.score
    last = NOT_MEASURED if isinstance(judged, Absent) else judged.accuracy
    points = epoch_points(job, seed, secret, trained.training, last)
    said = _said(job, trained.training, trained.state, scored)
    if job.on_figures:
        training = trained.training
        told = {"writes": training.writes / max(training.steps, 1), "outside bytes": training.outside_bytes}
        job.on_figures({**told, **probed.figures})
    trial = _trial(job, seed, trained.training, trained.state, judged, points)
    return trial, (*said, *probed.probes)


def _trial(
    job: Job,
    seed: int,
    training: Training,
    state: State,
    judged: Score | Absent,
    points: tuple[EpochPoint, ...] = (),
) -> Trial:
    ended = "all epochs were trained" if job.own_loop is None else "the student's own loop ended"
    reason = "the loss became NaN or infinite" if training.diverged else ended
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
        epochs=points,
        notes=_notes(training),
    )


def _cut_short(job: Job, seed: int, secret: Secret, training: Training, why: Absent) -> Trial:
    """A training that ended before its time: what was seen of it until then."""
    points = () if why.cause == "errored" else epoch_points(job, seed, secret, training)
    return Trial(
        seed=seed,
        status="stopped",
        stop_reason=why.reason,
        steps=training.steps,
        samples=training.samples,
        curve=training.curve,
        wall_seconds=round(training.wall_seconds, 2),
        cpu_seconds=round(training.cpu_seconds, 2),
        state_elements=0,
        state_digest="",
        correct=-1,
        accuracy=why,
        epochs=points,
        notes=_notes(training),
    )


def _notes(training: Training) -> tuple[str, ...]:
    """A run in which nothing was learned at all is named; it is trained to its end all the same."""
    losses = [point.loss for point in training.curve]
    if training.diverged or not training.epochs or len(losses) < 2 or min(losses[1:]) < losses[0]:
        return training.notes
    return (f"The training loss never fell below {losses[0]:.4g}, with which it began.", *training.notes)


def project(job: Job, seed: int) -> Projection | Absent:
    """A short training, and from its speed how long the whole one would take here."""
    worker = job.open_worker()
    try:
        ready = _ready(job, worker, seed, job.data.train_labels)
        if isinstance(ready, Absent):
            return ready
        training = _train_here(job, worker, seed, None, PROBE_STEPS)
    finally:
        worker.stop()
    if training.ending:
        return absent_because(training.ending, "train", job.model.entrypoint)
    needed = job.recipe.epochs * -(-job.data.task_images // job.recipe.batch_size)
    if len(training.report_times) < 2:
        return Projection(training.steps, needed, training.wall_seconds)
    (first, start), (last, end) = training.report_times[0], training.report_times[-1]
    return Projection(training.steps, needed, round((end - start) / (last - first) * needed, 1))


def _train(job: Job, seed: int, secret: Secret) -> Trained | Absent:
    if job.own_loop:
        return train_by_own_loop(job, job.own_loop, seed)
    worker = job.open_worker()
    try:
        start = _ready(job, worker, seed, secret.hide(job.data.train_labels))
        if isinstance(start, Absent):
            return start
        training = _train_here(job, worker, seed, start)
        after = training.ending or conversation.state(worker)
        if isinstance(after, Ending):
            return Trained(training, start, absent_because(after, "train", job.model.entrypoint))
        return Trained(training, start, after)
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


def _train_here(job: Job, worker: Worker, seed: int, start: State | None, max_steps: int = 0) -> Training:
    steps = -(-len(job.data.train_images) // job.recipe.batch_size)
    return conversation.train(
        worker,
        plan_of(job.recipe),
        seed=seed,
        patience=job.patience(),
        start=start,
        max_steps=max_steps,
        report_every=_WARM_UP_STEPS if max_steps else max(1, steps // _REPORTS_PER_EPOCH),
        on_progress=job.on_progress,
    )


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
        shown_with = job.recipe.evaluated_with
        scores = conversation.predict(worker, shuffled, data.classes, transforms=shown_with)
        if isinstance(scores, Ending):
            return absent_because(scores, "predict", entrypoint)
        after = conversation.state(worker)
        if isinstance(after, Ending):
            return absent_because(after, "predict", entrypoint)
        scores = secret.true_order(scores)
        changed = probes_state.changed(state.blob, after.blob, state.layout)
        if job.on_scored:
            job.on_scored(job, worker, secret, seed, scores)
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


def _never_begun(seed: int, absent: Absent) -> Trial:
    return Trial(seed, "stopped", absent.reason, 0, 0, (), 0.0, 0.0, 0, "", -1, absent)


def _said(job: Job, training: Training, state: State, scored: Scored | Absent) -> tuple[Probe, ...]:
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
