"""How the student trains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent, Scalar


@dataclass(frozen=True)
class Call:
    """Something that the student's own code builds: its class or function, and the arguments that it was given.

    A value that is no scalar stands there as the text that Python would show.
    """

    name: str  # "SGD", "OneCycleLR", "RandomRotation"
    arguments: tuple[tuple[str, Scalar], ...] = ()
    place: str = ""  # "train.ipynb, cell 21" or "train.py:44"
    library: str = ""  # "torch", "torchvision", "torchvision.v2", "albumentations"; "" for the student's own

    @property
    def text(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"


@dataclass(frozen=True)
class Schedule:
    """A learning-rate schedule, and when its `step` was called after its construction."""

    call: Call
    steps: Literal["per batch", "per epoch", "never", "unclear"]


@dataclass(frozen=True)
class Loading:
    """A data set as the student's code loads it."""

    data_set: str  # "MNIST", "CIFAR10"; the class's name for one of the student's own
    split: Literal["train", "test", "part of train", "part of test", "unclear"]
    images: int  # 0 where it is not known
    batch_size: int  # 0 where it is not known
    shuffled: bool
    transforms: tuple[Call, ...]  # in their order
    randomness: Literal["fixed", "random", "unclear"]  # random: the same index gave different tensors
    place: str = ""


@dataclass(frozen=True)
class Evaluating:
    """Passes over data without training, within one training session."""

    loading: Loading
    passes: int
    mode: Literal["eval", "train", "unclear"]
    gradients: bool  # whether they were on
    place: str = ""


@dataclass(frozen=True)
class Session:
    """One training run in the student's code: seen while it ran with stand-ins, or read in the source.

    What could not be found out is "", 0 or (); `unknown` lists the names of those fields, each with its reason.
    """

    way: Literal["captured", "read"]
    unit: str  # the notebook or the script
    place: str  # of the training: "train.ipynb, cell 21"
    model: Call  # the class, with the constructor's arguments
    trainable: int  # parameters of the model that require a gradient
    optimizer: Call
    parameter_groups: int
    schedules: tuple[Schedule, ...]
    loss: str  # "nll_loss", "cross_entropy", ...
    loss_is_plain: bool  # nothing is added to it
    training: Loading | Absent
    evaluations: tuple[Evaluating, ...]
    epochs: int  # as the loop's bound says
    passes: int  # over the training data, as seen; less than `epochs` where the loop ends early
    first_rate: float
    last_rate: float
    zeroes_gradients: bool
    rate_finder: str = ""  # where the learning rate came from a finder: how, as a sentence
    at_import: bool = False  # the training runs when a module is imported
    loss_arguments: tuple[
        tuple[str, Scalar], ...
    ] = ()  # those that are not the default: label_smoothing, ...
    clipping: tuple[Call, ...] = ()  # of the gradients, before each step
    beside: tuple[str, ...] = ()  # what its steps do beside that: parts of sentences
    confidence: Literal["high", "medium", "low"] = "medium"
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RecoveredTraining:
    """What was recovered of the student's own training."""

    sessions: tuple[Session, ...]
    chosen: int  # index in `sessions` of the one that made the model handed in
    reason: str  # why this one, as a sentence; or how a value was recovered
    seconds: float  # that running the student's code with stand-ins took
    output_tail: str = ""  # the last lines that the code printed
    notes: tuple[str, ...] = ()
    unused: tuple[Loading, ...] = ()  # loaders that the code builds and never takes a batch of
    arguments: tuple[str, ...] = ()  # of the command line that the script was run with


@dataclass(frozen=True)
class Remark:
    """One thing in the method that an experienced teaching assistant would point out. It accuses nobody."""

    name: str  # "measured on the training set"
    place: str
    quote: str  # the student's own line, "" where there is none to show
    why: str  # one sentence why it matters
    seen: Literal["behaviour", "log", "source"]
    harmless: bool = False  # legitimate, or without effect: said so that nobody has to wonder
