"""The faithful lane: the student's own loop runs once more, on the task's training images and the grader's budget."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from grader.isolation import conversation, faithful
from grader.isolation.faithful import Budget, FaithfulRun, OwnEnding, Wanted
from grader.isolation.states import ENTRY_LIMIT_BYTES
from grader.isolation.supervisor import Ending, EndingKind, Worker
from grader.records import Loading, RecoveredTraining, Session
from grader.stages.job import Job
from grader.stages.job import Unit as Unit

if TYPE_CHECKING:
    from grader.data.interface import DataSet

BESIDE_CPU_SECONDS = 60.0
"""What the rest of the unit may take besides its training, as in a capture."""

NO_FINDER_RATE = 0.01
"""What a finder suggests whose rate the chosen training does not use."""

_LAYERS = 10_000
_FOUND_RATE = re.compile(r": ([\d.e+-]+)\.$")


def run_faithful(job: Job, training: RecoveredTraining, unit: Unit, seed: int, epochs: int) -> FaithfulRun:
    """One training of the chosen session by the student's own code, in a worker of its own.

    Args:
        unit: what the capture ran when it saw `training`.
        seed: from 0 to 2**31 - 1; it takes the place of the seeds that the student's code sets.
        epochs: that are trained at the most; the student's loop may end before.
    """
    refused = why_not(training, job.data)
    if refused:
        return _never("uncovered", f"The student's loop cannot be run faithfully here. {refused}")
    wanted = wanted_of(training, unit)
    worker = job.open_worker()
    try:
        handed = _hand_over(job, worker)
        if handed is not None:
            return _never(handed.kind, handed.sentence)
        budget = _budget(job, seed, epochs)
        # A loop that says how many epochs it has may end before the budget does.
        stated = training.sessions[training.chosen].epochs
        needed = min(budget.samples, stated * budget.images or budget.samples)
        return faithful.train(
            worker,
            wanted,
            budget,
            patience=job.patience(BESIDE_CPU_SECONDS),
            on_progress=job.on_progress,
            pace=partial(job.pace, samples_needed=needed),
        )
    finally:
        worker.stop()


def why_not(training: RecoveredTraining, data: DataSet) -> str:
    """Why the student's loop cannot be run for this task, as a sentence; "" where it can be tried."""
    session = training.sessions[training.chosen]
    if session.way != "captured":
        return "The training was only read in the source, and never seen to run."
    if not served_as(data):
        return f"No data set of torchvision can hold the images of {data.facts.name}."
    if session.rate_finder and _found_rate(session) is None:
        return session.rate_finder
    return ""


def served_as(data: DataSet) -> str:
    """torchvision's name for data of this shape; "" where it has none."""
    if data.inputs != "pixels" or data.second is not None or len(data.input_shape) != 3:
        return ""
    if data.input_shape == (1, 28, 28):
        return "MNIST"
    if data.input_shape == (3, 32, 32):
        return {10: "CIFAR10", 100: "CIFAR100"}.get(data.classes, "")
    return "ImageFolder"


def wanted_of(training: RecoveredTraining, unit: Unit) -> Wanted:
    """How the chosen session is told from the unit's others when the unit runs again.

    By the place where its optimizer steps, the class and the size of its model and its batch size; of several that
    agree in all of these, by their order.
    """
    chosen = training.sessions[training.chosen]
    alike = [one for one in training.sessions[: training.chosen] if _look(one) == _look(chosen)]
    place, model, trainable, batch_size = _look(chosen)
    return Wanted(
        unit=unit.path,
        arguments=unit.arguments,
        names=unit.names,
        place=place,
        model=model,
        trainable=trainable,
        batch_size=batch_size,
        ordinal=len(alike),
        rate=_found_rate(chosen) or NO_FINDER_RATE,
    )


def _look(session: Session) -> tuple[str, str, int, int]:
    batch_size = session.training.batch_size if isinstance(session.training, Loading) else 0
    return session.place, session.model.name, session.trainable, batch_size


def _found_rate(session: Session) -> float | None:
    """The rate that the student's finder printed, where the training uses one."""
    match = _FOUND_RATE.search(session.rate_finder)
    try:
        rate = float(match[1]) if match else 0.0
    except ValueError:
        return None
    return rate if 1e-9 <= rate <= 1 else None


def _hand_over(job: Job, worker: Worker) -> Ending | None:
    import numpy as np

    labels = np.asarray(job.data.train_labels, dtype=np.int64)
    return conversation.hand_over(worker, job.data.train_images, labels)


def _budget(job: Job, seed: int, epochs: int) -> Budget:
    model, data = job.model, job.data
    # Every value may be a float64, and each parameter may have two statistics beside it.
    most = 8 * (3 * model.parameters + model.buffer_elements) + ENTRY_LIMIT_BYTES * _LAYERS
    return Budget(
        data_set=served_as(data),
        classes=data.classes,
        images=len(data.train_images),
        epochs=epochs,
        seed=seed,
        threads=job.threads,
        state_limit=most,
    )


def _never(ending: OwnEnding | EndingKind, sentence: str) -> FaithfulRun:
    return FaithfulRun((), (), 0, 0, 0, ending, sentence)
