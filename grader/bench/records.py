"""What a benchmark stores: frozen records, `bench.json` is `Bench` and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from grader.records import Absent, EpochPoint

BENCH_SCHEMA = "grader/bench/1"
"""Name and major version of the stored result; it is raised when a key changes its meaning or goes away."""

TRIAL_SCHEMA = "grader/bench-trial/1"

NOT_ASKED = Absent("skipped", "No check asks for the training accuracy.")


@dataclass(frozen=True)
class Conditions:
    """What the trials of one table have in common. With anything else of it, they are measured anew."""

    device: str  # "cpu", "cuda:0 (NAME)"
    device_class: str  # what evidence hangs on: "cpu", or the name of the GPU
    processor: str
    cores: int  # that this process may use
    platform: str
    versions: tuple[tuple[str, str], ...]  # of python, torch, torchvision, numpy
    threads: int  # of each training
    slots: int  # trainings at once
    lane: str  # as asked for: auto, fast, faithful
    isolation: str  # level as asked for


@dataclass(frozen=True)
class Assignment:
    """The spec and the data that models are measured under."""

    spec_id: str
    edition: int
    title: str
    spec_digest: str
    plan_digest: str  # of what can change a measured number
    target: (
        float  # the highest line that a check holds the test accuracy against, 0 to 1; 0 where there is none
    )
    data: str  # "MNIST"
    official: bool
    stand_in: bool
    data_digest: str
    train_images: int
    test_images: int


@dataclass(frozen=True)
class Subject:
    """The model: where it came from, what it is, and how it was trained."""

    model: str  # name in tables
    source: str
    commit: str  # "" where there is none
    dirty: bool
    tree_digest: str
    call: str  # "Net(width=8)"
    parameters: int
    flops: int  # of one image forward; 0 where they were not counted
    flops_partial: bool
    recipe: str  # whose: student, default, mixed
    epochs: int
    batch_size: int
    lane: str  # that trained it: fast, faithful


@dataclass(frozen=True)
class TrialResult:
    """One training with one seed."""

    seed: int
    accuracy: float | Absent  # of the test images, 0 to 1
    stop_reason: str
    epochs: tuple[EpochPoint, ...]
    samples: int
    counted_seconds: float  # CPU time per thread, or wall clock on a GPU: the training and nothing else
    wall_seconds: float  # of the same
    evaluate_seconds: float  # scoring and probing, wall clock
    overhead_seconds: float  # all the rest of its run, wall clock
    energy_joules: float | Absent  # while it trained
    known_sd: float  # what the data set's table says of the noise from run to run
    flags: tuple[str, ...]  # integrity probes that a person would look at
    run: str  # folder of the stored run, below the benchmark's
    measured_at: str  # ISO 8601, UTC
    train_accuracy: float | Absent = NOT_ASKED  # of the training images as they are, by the trained model


@dataclass(frozen=True)
class StoredTrial:
    """A trial as it is kept under its key."""

    schema: str
    key: str
    assignment: Assignment
    subject: Subject
    trial: TrialResult


@dataclass(frozen=True)
class Missing:
    """A trial that is not there, and why: the machine's fault, or the benchmark was stopped."""

    spec_id: str
    model: str
    seed: int
    reason: str


@dataclass(frozen=True)
class Series:
    """The trials of one model under one spec, by rising seed."""

    assignment: Assignment
    subject: Subject
    trials: tuple[TrialResult, ...]


@dataclass(frozen=True)
class Bench:
    """A benchmark's result."""

    schema: str
    grader_version: str
    measuring_version: int
    command: str
    made_at: str  # ISO 8601, UTC
    conditions: Conditions
    reference_steps: tuple[tuple[str, float], ...]  # task → seconds of the reference step here, counted
    series: tuple[Series, ...]
    missing: tuple[Missing, ...] = ()
