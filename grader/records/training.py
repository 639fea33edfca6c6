"""Training and scoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent, Scalar
from grader.records.method import Call, Schedule


@dataclass(frozen=True)
class Recipe:
    """How the model is trained, and where each part came from."""

    source: Literal["default", "student", "mixed"]
    optimizer: Call
    schedules: tuple[Schedule, ...]  # as they are built for `epochs`; () for a constant rate
    loss: str  # "cross_entropy", "nll_loss", ...; "nll_loss_of_log" where the output is probabilities
    batch_size: int
    epochs: int  # that are trained
    transforms: tuple[Call, ...]  # of the training images, in their order
    evaluated_with: tuple[Call, ...]  # of the test images: nothing random
    reason: str  # why this source, as a sentence
    stated_schedules: tuple[Schedule, ...] = ()  # as the student's code has them
    stated_epochs: int = 0  # 0 where it is not known
    loss_arguments: tuple[tuple[str, Scalar], ...] = ()
    shuffled: bool = True
    clipping: tuple[Call, ...] = ()  # of gradients, before each step
    lane: Literal["fast", "faithful"] = "fast"
    lane_reason: str = ""
    parts: tuple[tuple[str, str], ...] = ()  # each part, and where it came from
    epochs_capped: bool = (
        False  # the grader's cap, and no limit of the assignment, ends it before the student's own
    )


@dataclass(frozen=True)
class CurvePoint:
    samples: int
    loss: float  # mean training loss since the point before, as the worker says
    rate: float = (
        -1.0
    )  # learning rate of the last step before it, as the worker says; -1 where it is not known


@dataclass(frozen=True)
class EpochPoint:
    """The model after an epoch, which is counted in samples."""

    epoch: int  # counted from 1
    samples: int
    accuracy: float  # of the test images, 0 to 1; -1 where it was not measured


@dataclass(frozen=True)
class Measurement:
    """A number with its unit, its split, its n and its spread."""

    name: str
    value: float  # the mean over `values`
    unit: str
    split: str
    n: int  # examples each value was measured on
    values: tuple[float, ...]  # one per seed
    spread: float  # sample standard deviation over the seeds; the table's where there is one seed
    spread_source: str


@dataclass(frozen=True)
class TimeLimit:
    """How long one trial may train: counted time, which is CPU time per core."""

    seconds: float  # on this machine
    factor: float  # that the assignment's limit was multiplied by; 1 or more
    sentence: str
    stated_seconds: float  # the assignment's, on the device that it names
    reference_device: str
    step_seconds: float = 0.0  # of the reference step on this machine; 0 where it was not timed
    reference_step_seconds: float = 0.0  # of the same step on the named device; 0 where nobody measured it

    @property
    def compared(self) -> bool:
        """Whether this machine was held against the named device, so that using the limit up says something."""
        return self.step_seconds > 0 and self.reference_step_seconds > 0


@dataclass(frozen=True)
class Projection:
    """What a training would take here, from its first steps."""

    steps_measured: int
    steps_needed: int
    seconds: float


@dataclass(frozen=True)
class Trial:
    """One training with one seed. A half-finished one is still a trial, with its stop reason."""

    seed: int
    status: Literal["finished", "stopped"]
    stop_reason: str
    steps: int
    samples: int
    curve: tuple[CurvePoint, ...]
    wall_seconds: float
    cpu_seconds: float
    state_elements: int  # elements of the state that crossed the border, without batch-norm statistics
    state_digest: str
    correct: int  # of the test images; -1 where nothing was predicted
    accuracy: Measurement | Absent
    confusion: tuple[tuple[int, ...], ...] = ()  # rows: true class, columns: predicted class
    epochs: tuple[EpochPoint, ...] = ()  # one per epoch that was trained to its end
    notes: tuple[str, ...] = ()  # what stood out, as sentences; no points hang on it
    evaluate_seconds: float = 0.0  # wall clock of scoring and probing, which no limit counts
    time_limit: TimeLimit | Absent = Absent("skipped", "No training was begun.")
    projection: Projection | Absent = Absent(
        "skipped", "It was over, or far from its limit, before one was due."
    )
    train_accuracy: Measurement | Absent = Absent("skipped", "No check asks for the training accuracy.")
    beside: tuple[Measurement, ...] = ()  # what else the same predictions show; no points hang on it


@dataclass(frozen=True)
class ClassMap:
    """What in an image speaks for a class: Grad-CAM on the last map that has height and width.

    An explanation for the reader and testimony of a worker: no points hang on it.
    """

    class_id: int
    rows: tuple[str, ...]  # one text per row of the map, two hex digits a place: 00 nothing, ff the strongest
    strongest: float  # the value that ff stands for; 0 where nothing speaks for the class


@dataclass(frozen=True)
class ExplainedImage:
    """A test image, the answer, and where the answer came from."""

    index: int  # in the test set's own order, counted from 0
    true_class: int
    answer: int
    answer_share: float  # of the answer in the softmax of the scores, 0 to 1
    true_share: float  # of the true class
    channels: int  # 1 or 3
    rows: tuple[str, ...]  # one text per row of pixels, two hex digits per channel and pixel
    maps: tuple[ClassMap, ...] = ()  # of the answer, then of the true class where that is another one


@dataclass(frozen=True)
class Explanations:
    """Where one trained model goes wrong, on images that show it."""

    seed: int  # of the trial
    wrong: int  # mistakes in the whole test set
    images: tuple[ExplainedImage, ...]  # mistakes first, the most confident one first; then right answers
    map_size: tuple[int, ...] = ()  # height and width of the maps; () where there are none
    without_maps: str = ""  # why there are no maps, as a sentence
    class_names: tuple[str, ...] = ()  # () where the number is the name
