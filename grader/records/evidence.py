"""All that is known of one submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent
from grader.records.beside import Annotations, Pictures, WebAnswers, Workbook
from grader.records.method import RecoveredTraining, Remark
from grader.records.model import ModelFacts, Variants
from grader.records.reading import Claim, Reading
from grader.records.submission import Submission
from grader.records.training import Explanations, Measurement, Projection, Recipe, Trial


@dataclass(frozen=True)
class Comparison:
    """A number that the student states, held against the measured one."""

    claim: Claim
    measured: str  # as people read it, "" where nothing was measured
    verdict: Literal["agrees", "cannot tell", "differs"]
    reason: str


@dataclass(frozen=True)
class DataFacts:
    name: str  # "MNIST"
    official: bool
    stand_in: bool
    digest: str
    train_images: int
    test_images: int
    place: str  # which of the search order's places it came from, in words


@dataclass(frozen=True)
class Isolation:
    level: str  # "3", "2", "1"
    name: str
    memory_limit: Literal["cgroup", "polling", "none"]
    canary: tuple[tuple[str, str], ...]  # probe and what came out, as seen inside of the real sandbox


@dataclass(frozen=True)
class Probe:
    """One integrity probe. `note` has no effect, `flag` goes to a person, `void` takes the number away."""

    name: str
    weight: Literal["clean", "note", "flag", "void"]
    detail: str


@dataclass(frozen=True)
class Integrity:
    isolation: Isolation | Absent
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that is known of one submission. Judging needs nothing else but the spec."""

    submission: Submission
    reading: Reading
    model: ModelFacts | Absent
    recipe: Recipe | Absent
    data: DataFacts | Absent
    trials: tuple[Trial, ...]
    projection: Projection | Absent
    test_accuracy: Measurement | Absent
    integrity: Integrity
    training: RecoveredTraining | Absent = Absent("skipped", "The student's own training was not looked at.")
    remarks: tuple[Remark, ...] = ()  # what an experienced teaching assistant would point out in the method
    comparisons: tuple[Comparison, ...] = ()  # what the student states, beside what was measured
    explanations: Explanations | Absent = Absent("skipped", "The trained model was not explained.")
    pictures: Pictures | Absent = Absent("skipped", "No check asks for pictures.")
    train_accuracy: Measurement | Absent = Absent("skipped", "No check asks for the training accuracy.")
    variants: Variants | Absent = Absent("skipped", "No check asks for variants of the model.")
    workbook: Workbook | Absent = Absent("skipped", "No check asks for a workbook.")
    web: WebAnswers | Absent = Absent("skipped", "No check asks for an address on the web.")
    annotations: Annotations | Absent = Absent("skipped", "No check asks for anchors.")
