"""The accuracy after each epoch: earlier states of a training, scored in a worker of their own."""

from __future__ import annotations

from grader.evaluation.score import Secret, score
from grader.isolation import conversation
from grader.isolation.hearing import EpochState
from grader.isolation.supervisor import Ending
from grader.isolation.training import Training
from grader.records import EpochPoint
from grader.stages.job import Job, prepare

NOT_MEASURED = -1.0

_SEED = 0xE90C


def epoch_points(
    job: Job, seed: int, secret: Secret, training: Training, last: float = NOT_MEASURED
) -> tuple[EpochPoint, ...]:
    """One point per epoch that was trained to its end.

    The last epoch's state is scored before, in a worker that has seen nothing else. The earlier ones share one
    worker and come in their order: what it keeps from a state is from a worse one.

    Args:
        last: the accuracy after the last planned epoch, 0 to 1; `NOT_MEASURED` where that was not reached.
    """
    accuracies = {one.epoch: NOT_MEASURED for one in training.epochs}
    earlier = list(training.epochs)
    if last != NOT_MEASURED and earlier and earlier[-1].epoch == job.recipe.epochs:
        accuracies[earlier.pop().epoch] = last
    accuracies |= _scored(job, seed, secret, [one for one in earlier if one.state is not None])
    return tuple(EpochPoint(one.epoch, one.samples, accuracies[one.epoch]) for one in training.epochs)


def _scored(job: Job, seed: int, secret: Secret, states: list[EpochState]) -> dict[int, float]:
    """Epoch → accuracy; where the worker fails, that epoch and the later ones are missing."""
    found: dict[int, float] = {}
    if not states:
        return found
    data = job.data
    shuffled = job.test_inputs[secret.test_order]
    worker = job.open_worker()
    try:
        if prepare(job, worker, seed ^ _SEED):
            return found
        for one in states:
            assert one.state is not None
            if conversation.restore(worker, one.state):
                break
            scores = conversation.predict(
                worker, shuffled, data.classes, transforms=job.recipe.evaluated_with
            )
            if isinstance(scores, Ending):
                break
            found[one.epoch] = score(secret.true_order(scores), data.test_labels).accuracy
    finally:
        worker.stop()
    return found
