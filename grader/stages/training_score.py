"""The accuracy on the training images: the trained state once more, in a worker of its own, without labels."""

from __future__ import annotations

import numpy as np

from grader.evaluation.noise import spread_of
from grader.evaluation.score import Secret, score
from grader.isolation import conversation
from grader.isolation.states import State
from grader.isolation.supervisor import Ending
from grader.records import Absent, Measurement, Trial
from grader.stages.endings import absent_because
from grader.stages.job import Job, prepare
from grader.stages.pairs import train_inputs

NOT_ASKED = Absent("skipped", "No check asks for the training accuracy.")

_SEED = 0x7EA1
_STREAM = 4  # the secret's streams below are the class ids, the order of the test images, and the probes


def score_training(job: Job, seed: int, secret: Secret, state: State) -> Measurement | Absent:
    """The share of the training images that the trained model gets right, as it is shown test images: nothing random
    is done to them, and in an order that the worker does not know."""
    entrypoint, data = job.model.entrypoint, job.data
    order = np.random.default_rng([job.secret, seed, _STREAM]).permutation(len(data.train_labels))
    worker = job.open_worker()
    try:
        ended = prepare(job, worker, seed ^ _SEED)
        if ended:
            return absent_because(*ended, entrypoint, job.model.input_shape)
        restored = conversation.restore(worker, state)
        if restored:
            return absent_because(restored, "restore", entrypoint)
        shown_with = job.recipe.evaluated_with
        shown = train_inputs(data, job.model)[order]
        scores = conversation.predict(worker, shown, data.classes, transforms=shown_with)
    finally:
        worker.stop()
    if isinstance(scores, Ending):
        return absent_because(scores, "predict", entrypoint)
    found = score(scores[:, secret.class_ids], data.train_labels[order])
    return _measurement((found.accuracy,), found.images, job.data.tabulated_sd)


def mean_over(trials: tuple[Trial, ...], known_sd: float) -> Measurement | Absent:
    """Over all trials; absent as soon as one of them has none.

    Args:
        known_sd: the run-to-run deviation that is known at the line, 0 to 1.
    """
    found: list[Measurement] = []
    for trial in trials:
        if isinstance(trial.train_accuracy, Absent):
            return trial.train_accuracy
        found.append(trial.train_accuracy)
    return _measurement(tuple(one.value for one in found), found[0].n, known_sd)


def _measurement(values: tuple[float, ...], images: int, known_sd: float) -> Measurement:
    spread, source = spread_of(values, known_sd)
    return Measurement(
        name="train_accuracy",
        value=sum(values) / len(values),
        unit="share",
        split="training",
        n=images,
        values=values,
        spread=spread,
        spread_source=source,
    )
