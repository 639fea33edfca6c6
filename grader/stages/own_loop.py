"""A trial by the student's own loop, in the form that the harness's loop gives."""

from __future__ import annotations

from dataclasses import dataclass

from grader.evaluation.clock import ending
from grader.isolation import conversation
from grader.isolation.faithful import FaithfulRun
from grader.isolation.states import State
from grader.isolation.supervisor import Ending, EndingKind
from grader.isolation.training import Training
from grader.records import Absent, TimeLimit
from grader.stages.endings import absent_because, not_trained
from grader.stages.faithful import run_faithful
from grader.stages.job import Job, OwnLoop, prepare

_WITHOUT = (
    "The class ids were not permuted, because code of your own may go by their names: the other probes ran."
)


class LoopNotRun(Exception):
    """The student's loop does not train on the task's images; the sentence says why. Another way has to be taken."""


@dataclass(frozen=True)
class Trained:
    """What a training worker left."""

    training: Training
    start: State  # before the first step
    state: State | Absent  # after the last one; why there is none


def train_by_own_loop(job: Job, loop: OwnLoop, seed: int) -> Trained | Absent:
    """One training by the student's own code.

    Raises:
        LoopNotRun: it would not train on the task's images.
    """
    start = _start(job, seed)
    if isinstance(start, Absent):
        return start
    run = run_faithful(job, loop.training, loop.unit, seed, job.recipe.epochs)
    if run.ending in ("uncovered", "nothing"):
        raise LoopNotRun(run.sentence)
    return Trained(_as_training(run), start, _last(job, run))


def _start(job: Job, seed: int) -> State | Absent:
    """The model as it is built under this seed: what the probes compare with."""
    worker = job.open_worker()
    try:
        ended = prepare(job, worker, seed)
        if ended:
            return absent_because(*ended, job.model.entrypoint, job.model.input_shape)
        found = conversation.state(worker)
        return absent_because(found, "build", job.model.entrypoint) if isinstance(found, Ending) else found
    finally:
        worker.stop()


def _last(job: Job, run: FaithfulRun) -> State | Absent:
    if run.ending == "diverged" or run.trained:
        state = run.states[-1].state if run.states else None
        if state is not None:
            return state
        reason = "Your own training loop ended without a model that can be scored."
        return Absent("failed", reason, "It has to train the model that is handed in.", "train")
    if run.ending == "declined":
        return not_trained(run.sentence)
    kind: EndingKind = run.ending  # type: ignore[assignment]  # the others are handled above
    ended = Ending(kind, run.sentence, run.place)
    return absent_because(ended, "train", job.model.entrypoint, job.model.input_shape, _limit(job, run))


def _limit(job: Job, run: FaithfulRun) -> TimeLimit | Absent:
    """The limit, where the training itself used it up: the unit's other code counts against nobody."""
    counted = run.loop_cpu_seconds / job.threads
    if ending(counted, run.wall_seconds, job.time_limit_seconds) == "limit":
        return job.time_limit
    return Absent("skipped", "What the code does beside its training took a part of the time.")


def _as_training(run: FaithfulRun) -> Training:
    return Training(
        steps=run.steps,
        samples=run.samples,
        diverged=run.ending == "diverged",
        curve=run.curve,
        report_times=run.report_times,
        wall_seconds=run.wall_seconds,
        cpu_seconds=run.cpu_seconds,
        epochs=tuple(one for one in run.states if one.epoch),
        ending=None,
        notes=(run.sentence, *run.notes, _WITHOUT),
        paced=run.paced,
    )
