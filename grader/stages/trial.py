"""One trial: train in one worker, predict in a fresh one that gets nothing but the state, score out here.

A third worker runs the integrity probes (`grader.stages.probing`).
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from grader.evaluation import probes_state
from grader.evaluation.clock import PROBE_STEPS, step_seconds
from grader.evaluation.score import Score, Secret, score
from grader.isolation import conversation
from grader.isolation.frames import Array
from grader.isolation.states import State
from grader.isolation.supervisor import Ending, Worker
from grader.isolation.training import Training
from grader.records import Absent, EpochPoint, Measurement, Probe, Projection, Trial
from grader.stages.endings import absent_because, not_trained
from grader.stages.epochs import NOT_MEASURED, epoch_points
from grader.stages.job import Job as Job
from grader.stages.job import prepare
from grader.stages.own_loop import Trained, train_by_own_loop
from grader.stages.pairs import beside, in_plan, train_targets, with_digits
from grader.stages.plan import plan_of
from grader.stages.probing import Probed, Scored, probe
from grader.stages.testimony import what_is_said
from grader.stages.training_score import score_training

_WARM_UP_STEPS = 5
_REPORTS_PER_EPOCH = 24
_NOT_DUE = Absent("skipped", "It was over, or far from its limit, before one was due.")
_EVALUATING_SEED = 0x5EED
"""Another seed than the training's: what was not learned is not the same by chance."""


def run_trial(job: Job, seed: int) -> tuple[Trial, tuple[Probe, ...]]:
    """Train and score once.

    Raises:
        LoopNotRun: the student's own loop was to train, and does not train on the task's images.
    """
    job = replace(job, data=with_digits(job.data, seed))
    # A sum is made of the digits as they are: under other class ids it would be none.
    permuted = job.own_loop is None and job.data.second is None
    secret = Secret.draw(job.data.classes, len(job.data.test_images), job.secret, seed, permuted=permuted)
    trained = _train(job, seed, secret)
    if isinstance(trained, Absent):
        return _never_begun(seed, trained), ()
    begin = time.monotonic()
    trial, raised = _evaluated(job, seed, secret, trained)
    return replace(trial, evaluate_seconds=round(time.monotonic() - begin, 2)), raised


def _evaluated(job: Job, seed: int, secret: Secret, trained: Trained) -> tuple[Trial, tuple[Probe, ...]]:
    """Score and probe what a training worker left."""
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
    said = what_is_said(job, trained.training, trained.state, scored)
    if job.on_figures:
        training = trained.training
        told = {"writes": training.writes / max(training.steps, 1), "outside bytes": training.outside_bytes}
        job.on_figures({**told, **probed.figures})
    trial = _trial(job, seed, trained.training, trained.state, judged, points)
    measured = () if isinstance(scored, Absent) else scored.beside
    trial = replace(trial, beside=measured)
    if job.scores_training and not isinstance(judged, Absent):
        trial = replace(trial, train_accuracy=score_training(job, seed, secret, trained.state))
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
        time_limit=job.time_limit,
        projection=_projection(training),
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
        time_limit=job.time_limit,
        projection=_projection(training),
    )


def _projection(training: Training) -> Projection | Absent:
    return training.paced.projection if training.paced else _NOT_DUE


def _notes(training: Training) -> tuple[str, ...]:
    """A run in which nothing was learned at all is named; it is trained to its end all the same."""
    losses = [point.loss for point in training.curve]
    if training.diverged or not training.epochs or len(losses) < 2 or min(losses[1:]) < losses[0]:
        return training.notes
    return (f"The training loss never fell below {losses[0]:.4g}, with which it began.", *training.notes)


PROBE_SECONDS = 45.0
"""A short training begins no step after these: a student who checks a large network waits no longer."""


def project(job: Job, seed: int) -> Projection | Absent:
    """A short training, and from its speed how long the whole one would take here."""
    worker = job.open_worker()
    try:
        ready = _ready(job, worker, seed, train_targets(job.data, job.data.train_labels))
        if isinstance(ready, Absent):
            return ready
        training = _train_here(job, worker, seed, None, PROBE_STEPS)
    finally:
        worker.stop()
    if training.ending:
        return absent_because(training.ending, "train", job.model.entrypoint)
    needed = job.recipe.epochs * -(-job.data.task_images // job.recipe.batch_size)
    if len(training.report_times) < 2:  # it was over soon, or a step takes long
        each = training.wall_seconds / max(1, training.steps)
        return Projection(training.steps, needed, round(each * max(needed, training.steps), 1))
    return Projection(training.steps, needed, round(step_seconds(training.report_times) * needed, 1))


def _train(job: Job, seed: int, secret: Secret) -> Trained | Absent:
    if job.own_loop:
        return train_by_own_loop(job, job.own_loop, seed)
    worker = job.open_worker()
    try:
        targets = train_targets(job.data, secret.hide(job.data.train_labels))
        start = _ready(job, worker, seed, targets)
        if isinstance(start, Absent):
            return start
        training = _train_here(job, worker, seed, start)
        return Trained(training, start, _state_after(job, worker, training))
    finally:
        worker.stop()


def _state_after(job: Job, worker: Worker, training: Training) -> State | Absent:
    if training.paced and training.paced.declined:
        return not_trained(training.paced.declined)
    after = training.ending or conversation.state(worker)
    if isinstance(after, Ending):
        model = job.model
        return absent_because(after, "train", model.entrypoint, model.input_shape, job.time_limit)
    return after


def _ready(job: Job, worker: Worker, seed: int, targets: Array) -> State | Absent:
    """The model built and the training data handed over; the state it starts from."""
    ended = prepare(job, worker, seed)
    if ended:
        return absent_because(*ended, job.model.entrypoint, job.model.input_shape)
    start = conversation.state(worker)
    if isinstance(start, Ending):
        return absent_because(start, "build", job.model.entrypoint)
    handed = conversation.hand_over(worker, job.data.train_images, targets)
    return absent_because(handed, "train", job.model.entrypoint) if handed else start


def _train_here(job: Job, worker: Worker, seed: int, start: State | None, max_steps: int = 0) -> Training:
    steps = -(-len(job.data.train_images) // job.recipe.batch_size)
    return conversation.train(
        worker,
        {**plan_of(job.recipe), **in_plan(job.data, job.model)},
        seed=seed,
        patience=job.patience(),
        start=start,
        max_steps=max_steps,
        max_seconds=PROBE_SECONDS if max_steps else 0.0,
        report_every=_WARM_UP_STEPS if max_steps else max(1, steps // _REPORTS_PER_EPOCH),
        on_progress=job.on_progress,
        pace=None
        if max_steps
        else partial(job.pace, samples_needed=job.recipe.epochs * len(job.data.train_images)),
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
        shuffled = job.test_inputs[secret.test_order]
        shown_with = job.recipe.evaluated_with
        scores = conversation.predict(worker, shuffled, data.classes, transforms=shown_with)
        if isinstance(scores, Ending):
            return absent_because(scores, "predict", entrypoint)
        after = conversation.state(worker)
        if isinstance(after, Ending):
            return absent_because(after, "predict", entrypoint)
        found = beside(data, job.model, secret.in_order(scores))
        scores = secret.true_order(scores)
        changed = probes_state.changed(state.blob, after.blob, state.layout)
        if job.on_scored:
            job.on_scored(job, worker, secret, seed, scores)
        return Scored(scores, score(scores, data.test_labels), changed, found)
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
