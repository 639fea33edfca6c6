"""One trial: train in one worker, predict in a fresh one that gets nothing but the state, score out here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.data.interface import DataSet
from grader.evaluation.score import Score, Secret, score
from grader.isolation import conversation
from grader.isolation.conversation import State, Training
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import Absent, Measurement, ModelFacts, Probe, Projection, Recipe, Trial
from grader.stages.endings import absent_because
from grader.stages.workers import OpenWorker

PROBE_STEPS = 30
_WARM_UP_STEPS = 5
_BACK_STOP = 4
"""Wall clock may be this many times the time limit before the machine is called too busy."""


@dataclass(frozen=True)
class Job:
    """What every trial of one submission has in common."""

    open_worker: OpenWorker
    model: ModelFacts
    recipe: Recipe
    data: DataSet
    time_limit_seconds: float
    threads: int
    secret: int
    on_progress: Callable[[int, float], None] | None = None

    def patience(self) -> Patience:
        limit = self.time_limit_seconds
        return Patience(_BACK_STOP * limit, cpu_seconds=limit * self.threads, overrun="slow")


def run_trial(job: Job, seed: int) -> tuple[Trial, tuple[Probe, ...]]:
    """Train and score once."""
    secret = Secret.draw(job.data.classes, len(job.data.test_images), job.secret, seed)
    trained = _train(job, seed, secret)
    if isinstance(trained, Absent):
        return _stopped(seed, trained), ()
    training, state = trained
    scored = _predict(job, seed, secret, state)
    accuracy = scored if isinstance(scored, Absent) else _measurement(job, scored)
    reason = "the loss became NaN or infinite" if training.diverged else "all epochs were trained"
    trial = Trial(
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
        correct=-1 if isinstance(scored, Absent) else scored.correct,
        accuracy=accuracy,
        confusion=() if isinstance(scored, Absent) else scored.confusion,
    )
    return trial, _probes(job.model, state, scored)


def project(job: Job, seed: int) -> Projection | Absent:
    """A short training, and from its speed how long the whole one would take here."""
    result = _train_here(job, seed, job.data.train_labels, max_steps=PROBE_STEPS)
    if isinstance(result, Absent):
        return result
    training, _ = result
    needed = job.recipe.epochs * -(-job.data.task_images // job.recipe.batch_size)
    if len(training.report_times) < 2:
        return Projection(training.steps, needed, training.wall_seconds)
    (first, start), (last, end) = training.report_times[0], training.report_times[-1]
    return Projection(training.steps, needed, round((end - start) / (last - first) * needed, 1))


def _train(job: Job, seed: int, secret: Secret) -> tuple[Training, State] | Absent:
    result = _train_here(job, seed, secret.hide(job.data.train_labels))
    if isinstance(result, Absent):
        return result
    training, state = result
    assert state is not None
    return training, state


def _train_here(
    job: Job, seed: int, labels: object, max_steps: int = 0
) -> tuple[Training, State | None] | Absent:
    import numpy as np

    entrypoint = job.model.entrypoint
    worker = job.open_worker()
    try:
        ending = _prepare(job, worker, seed)
        if ending:
            return ending
        handed = conversation.hand_over(worker, job.data.train_images, np.asarray(labels, dtype=np.int64))
        if handed:
            return absent_because(handed, "train", entrypoint)
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
            return absent_because(training, "train", entrypoint)
        if max_steps:
            return training, None
        state = conversation.state(worker)
        return absent_because(state, "train", entrypoint) if isinstance(state, Ending) else (training, state)
    finally:
        worker.stop()


def _prepare(job: Job, worker: Worker, seed: int) -> Absent | None:
    """Load and build in a fresh worker; one forward pass makes lazy parameters exist."""
    entrypoint = job.model.entrypoint
    loaded = conversation.load(worker, entrypoint.file, entrypoint.cell, entrypoint.class_name)
    if isinstance(loaded, Ending):
        return absent_because(loaded, "load", entrypoint)
    built = conversation.build(worker, dict(entrypoint.arguments), seed)
    if built:
        return absent_because(built, "build", entrypoint)
    settled = conversation.settle(worker, job.model.input_shape)
    return absent_because(settled, "forward", entrypoint, job.model.input_shape) if settled else None


def _predict(job: Job, seed: int, secret: Secret, state: State) -> Score | Absent:
    entrypoint, data = job.model.entrypoint, job.data
    worker = job.open_worker()
    try:
        # Another seed than the training's: what was not learned is not the same by chance.
        ending = _prepare(job, worker, seed ^ 0x5EED)
        if ending:
            return ending
        restored = conversation.restore(worker, state)
        if restored:
            return absent_because(restored, "restore", entrypoint)
        shuffled = data.test_images[secret.test_order]
        scores = conversation.predict(worker, shuffled, data.classes, mean=data.mean, std=data.std)
        if isinstance(scores, Ending):
            return absent_because(scores, "predict", entrypoint)
        return score(secret.true_order(scores), data.test_labels)
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


def _probes(model: ModelFacts, state: State, scored: Score | Absent) -> tuple[Probe, ...]:
    """What the bytes that crossed the border say about what the model said."""
    claimed = model.parameters + model.buffer_elements
    probes = [
        Probe("state size", "clean", f"The trained state holds the {claimed:,} values that were counted.")
        if (state.parameters, state.buffers) == (model.parameters, model.buffer_elements)
        else Probe(
            "state size",
            "flag",
            f"The trained state holds {state.elements:,} values, counted were {claimed:,}: a person will look at it.",
        )
    ]
    if model.buffer_elements > max(1000, model.parameters // 10):
        probes.append(
            Probe(
                "buffers",
                "flag",
                f"{model.buffer_elements:,} values are kept in buffers, which no limit counts: a person will look at it.",
            )
        )
    if isinstance(scored, Score) and scored.not_finite:
        probes.append(
            Probe(
                "finite scores", "note", f"{scored.not_finite:,} test images got a score of NaN or infinity."
            )
        )
    return tuple(probes)
