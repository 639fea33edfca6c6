"""What a spec may say. The kinds of check are not listed here: they are the files of `grader/checks`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, Self, Union

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from grader.checks.interface import Ratio, Rule, rule_types
from grader.spec.agreement import disagreements
from grader.spec.recipe import Block, DefaultRecipe
from grader.spec.terms import HandedIn, Minus, Multiplier, Penalty, Text

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[tuple(rule_types().values())], Field(discriminator="check")]  # noqa: UP007

Task = Literal["cifar10", "digit_csv", "iris", "mnist", "mnist_sum", "tiny_imagenet"]
"""The tasks that a spec may name: a data set with its input shape, its classes and its metric.

They are the files of `grader/data`, and a test holds the two together. Written
out, so that reading a spec loads no data set.
"""

MAX_EPOCHS = 1000
MAX_SECONDS = 7 * 24 * 3600.0
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_OF_A_TRAINING = frozenset({"test_accuracy", "train_accuracy"})
"""Evidence that only a training by the grader gives."""
_DURATION = r"^\s*(\d+(?:\.\d+)?)\s*(s|min|h)\s*$"


def _seconds(value: object) -> float:
    """`10 min`, `90 s` and `1 h` in seconds."""
    found = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if found is None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        given = f"{value:g} min" if is_number else "10 min"
        raise ValueError(f"expected a time with its unit (s, min or h), such as {given}")
    return float(found[1]) * _SECONDS[found[2]]


def _epochs_or_student(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value == "student" or (whole and value in range(1, MAX_EPOCHS + 1)):
        return value
    raise ValueError(f'expected a whole number from 1 to {MAX_EPOCHS} or the word "student"')


Seconds = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=Annotated[str, Field(pattern=_DURATION)]),
    Field(gt=0, le=MAX_SECONDS),
]
EpochCount = Annotated[int, Field(ge=1, le=MAX_EPOCHS, strict=True)]
AtMost = Annotated[
    int | Literal["student"],
    PlainValidator(_epochs_or_student, json_schema_input_type=EpochCount | Literal["student"]),
]
SpecId = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=60)]


class Epochs(Block):
    """How many epochs are trained: exactly a number, at most a number, or the student's own up to a cap."""

    exactly: EpochCount | None = Field(None, description="Every model is trained for this many epochs.")
    at_most: AtMost | None = Field(
        None, description="The student's own number up to this one; `student` for any number up to the cap."
    )
    cap: EpochCount | None = Field(None, description="With `at_most: student`: what the grader can afford.")

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.exactly is None) == (self.at_most is None):
            raise ValueError("give exactly one of exactly, at_most")
        if self.at_most == "student" and self.cap is None:
            raise ValueError("at_most: student needs a cap beside it, such as cap: 60")
        if self.at_most != "student" and self.cap is not None:
            raise ValueError("cap stands only beside at_most: student")
        return self

    @property
    def limit(self) -> int:
        """The number that is never passed."""
        if self.exactly is not None:
            return self.exactly
        if isinstance(self.at_most, int):
            return self.at_most
        assert self.cap is not None
        return self.cap


class Seeds(Block):
    """How many trials are run: each is one training with a seed of its own."""

    at_least: int = Field(1, ge=1, le=20, strict=True, description="Trials that are always run.")
    at_most: int = Field(5, ge=1, le=20, strict=True, description="Trials after which a person decides.")


class Training(Block):
    """How the model is trained. An assignment that trains nothing has no such block."""

    epochs: Epochs = Field(description="How many times the model sees the training images.")
    time_limit: Seconds = Field(
        description="Counted training time of one trial on the reference device: `10 min`, `90 s`, `1 h`."
    )
    reference_device: Text = Field(description="The device that time_limit is meant for: `t4`.")
    recipe: Literal["student", "default"] = Field(
        description="`student`: their own recipe, the default one where it cannot be recovered."
    )
    default: DefaultRecipe = Field(description="The recipe for models that come without a usable one.")
    seeds: Seeds = Field(Seeds(), description="How many trials are run.")


class Spec(Block):
    """An assignment: what is handed in, how it is trained, what is checked, and for how many points."""

    id: SpecId = Field(
        description="Lower-case letters and digits, with - or _ between them; also the file's name."
    )
    edition: int = Field(
        ge=1, le=10_000, strict=True, description="Raised when the rules change; results compare within one."
    )
    title: Text = Field(description="What the assignment is called in reports.")
    course: Text = Field(description="The course and the session it belongs to.")
    points: float = Field(gt=0, le=100_000, strict=True, description="Points of the whole assignment.")
    points_source: Literal["course", "ours"] = Field(
        "course", description="Whether the course gives these points or this project set them."
    )
    handed_in: HandedIn | None = Field(None, description="What students hand in.")
    task: Task | None = Field(
        None,
        description="Data set, input shape, classes and metric; absent where neither a model nor data is looked at.",
    )
    pass_mark: Ratio = Field(0.7, description="The share of the points that passes: `70 %`.")
    training: Training | None = Field(None, description="How the model is trained; absent where nothing is.")
    checks: tuple[AnyRule, ...] = Field(
        min_length=1, max_length=100, description="What is checked; their points add up to the spec's."
    )
    bonuses: tuple[AnyRule, ...] = Field(
        (), max_length=20, description="Checks whose points come on top, all or nothing."
    )
    multiplier: Multiplier | None = Field(None, description="All points times a number, on a condition.")
    penalties: tuple[Penalty, ...] = Field((), max_length=20, description="What is taken off, and when.")
    not_handed_in: Minus | None = Field(
        None, description="What the assignment counts where nothing is handed in, of its points: `-30 %`."
    )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Everything that is judged: the checks, and what bonuses, multiplier and penalties hang on."""
        conditions = [one.condition for one in self.penalties if one.condition is not None]
        conditions += [self.multiplier.where] if self.multiplier else []
        return (*self.checks, *self.bonuses, *conditions)

    @property
    def trains(self) -> bool:
        """Whether a check, a bonus, a multiplier or a penalty hangs on an accuracy that the grader measures.

        Stated accuracies alone (`honest_claims`) are not worth a training: without one nobody can tell.
        """
        return self.training is not None and any(rule.needs & _OF_A_TRAINING for rule in self.rules)

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        found = [text for _, text in disagreements(self.model_dump())]
        if found:
            raise ValueError("; ".join(found))
        return self
