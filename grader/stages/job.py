"""What every trial of one submission has in common, and a worker made ready for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.data.interface import DataSet
from grader.evaluation.clock import is_due, projected, wall_limit
from grader.evaluation.score import Secret
from grader.isolation import conversation
from grader.isolation.frames import Array
from grader.isolation.hearing import Mark, OnProgress, Paced
from grader.isolation.inputs import Inputs
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.reading.scan import Scan
from grader.records import Absent, ModelFacts, Projection, Recipe, RecoveredTraining, TimeLimit
from grader.stages.pairs import pair_of, test_inputs
from grader.stages.workers import OpenWorker

_AS_GIVEN = Absent("skipped", "The limit was given in seconds.")

OnScored = Callable[["Job", Worker, Secret, int, Array], None]
"""Gets the evaluating worker when its scores and its state are in, the trial's secret and seed, and the scores in the
test set's order. The worker may be gone afterwards."""


@dataclass(frozen=True)
class Unit:
    """What was captured, and how: a path in the submission with its command line, and the repository's names."""

    path: str
    arguments: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnLoop:
    """The training that was captured, and what was run to see it."""

    training: RecoveredTraining
    unit: Unit


@dataclass(frozen=True)
class Job:
    """One submission's model, and how it is trained and scored."""

    open_worker: OpenWorker
    model: ModelFacts
    recipe: Recipe
    data: DataSet
    time_limit_seconds: (
        float  # counted, which is CPU time per core; of one trial, as it holds on this machine
    )
    threads: int
    secret: int
    on_progress: OnProgress | None = None
    scan: Scan | None = None  # of the repository, where it was looked through
    on_figures: Callable[[Mapping[str, float]], None] | None = None  # is told what the probes measured
    on_scored: OnScored | None = None
    own_loop: OwnLoop | None = None  # the student's, where the recipe's lane is the faithful one
    time_limit: TimeLimit | Absent = _AS_GIVEN  # how it came about
    scores_training: bool = False  # whether the accuracy on the training images is asked for
    projects: bool = True  # whether a training is given up whose first steps say that it would take too long

    @property
    def test_inputs(self) -> Inputs:
        """All that a model is shown of the test set, in its order."""
        return test_inputs(self.data, self.model)

    def patience(self, beside_seconds: float = 0.0) -> Patience:
        """How long one training may take.

        Args:
            beside_seconds: counted time of what runs in the same request and is no training.
        """
        counted = self.time_limit_seconds + beside_seconds
        return Patience(wall_limit(counted), cpu_seconds=counted * self.threads, overrun="slow")

    def pace(self, marks: Sequence[Mark], samples_needed: int) -> Paced | None:
        """What the first steps of a training say of all of it: see `grader.isolation.hearing.Pace`."""
        ends = [(mark.steps, mark.cpu_seconds / self.threads) for mark in (marks[0], marks[-1])]
        if not self.projects or len(marks) < 2 or not is_due(ends, self.time_limit_seconds):
            return None
        counted = [(mark.steps, mark.cpu_seconds / self.threads) for mark in marks]
        steps, samples, _ = marks[-1]
        needed = max(steps, -(-samples_needed * steps // max(samples, 1)))
        found = projected(counted, needed, self.time_limit_seconds)
        projection = Projection(steps, needed, round(found.seconds, 1))
        return Paced(projection, "" if found.train else found.sentence)


def load(job: Job, worker: Worker) -> tuple[Ending, str] | None:
    """Load the submission into a fresh worker; else how it ended, and in which phase."""
    entrypoint = job.model.entrypoint
    loaded = conversation.load(worker, entrypoint.file, entrypoint.cell, entrypoint.class_name)
    return (loaded, "load") if isinstance(loaded, Ending) else None


def build(job: Job, worker: Worker, seed: int) -> tuple[Ending, str] | None:
    """Build the model anew; one forward pass makes lazy parameters exist."""
    built = conversation.build(worker, dict(job.model.entrypoint.arguments), seed)
    if built:
        return built, "build"
    settled = conversation.settle(worker, job.model.input_shape, pair_of(job.data))
    return (settled, "forward") if settled else None


def prepare(job: Job, worker: Worker, seed: int) -> tuple[Ending, str] | None:
    """Load and build in a fresh worker."""
    return load(job, worker) or build(job, worker, seed)
