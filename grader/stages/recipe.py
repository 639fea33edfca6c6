"""The recipe that a trial is trained with: the student's own where it was recovered, else the assignment's default.

What the fast lane does not cover exactly goes to the faithful lane where that may run; where it may not, that part
comes from the default, and the recipe is called mixed.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from grader.data.interface import DataSet
from grader.records import Absent, Call, ModelFacts, Recipe, RecoveredTraining, Schedule, Session
from grader.stages import recipe_parts as parts
from grader.stages import recipe_words as words
from grader.stages.recipe_default import Head, default_schedules, normalised, rates_of
from grader.stages.recipe_default import default_recipe as default_recipe
from grader.stages.recipe_parts import Gap
from grader.stages.schedules import Span, rebuilt
from grader.training.transforms.coverage import covered, for_a_test, output_shape
from grader.training.transforms.interface import NotCovered

if TYPE_CHECKING:
    from grader.spec.schema import Spec

_FIXED = frozenset(
    (
        *("ToTensor", "Normalize", "Resize", "CenterCrop", "Pad", "Grayscale", "ToTensorV2", "PadIfNeeded"),
        *("ToImage", "ToDtype", "PILToTensor", "ConvertImageDtype", "ToPILImage", "ToFloat"),
    )
)
"""Transforms without anything random in them."""


def recipe_for(
    spec: Spec,
    training: RecoveredTraining | Absent,
    model: ModelFacts | Absent,
    data: DataSet,
    *,
    lane: Lane = "fast",
    differs: str = "",
) -> Recipe:
    """How this submission's model is trained, and where each part came from.

    Args:
        lane: `auto` takes the faithful one where the fast one does not cover everything exactly. With `fast`, such
            a part comes from the default. Only a training that was seen to run can be run again.
        differs: what the student's transforms do here that they do not do in batches; "" where nothing was found.
    """
    assert spec.training is not None
    head: Head = "logits" if isinstance(model, Absent) else model.head
    if isinstance(training, Absent):
        why = f"Your own recipe could not be recovered: {training.reason}"
        return replace(default_recipe(spec, data, head), reason=why)
    session = training.sessions[training.chosen]
    default = default_recipe(spec, data, head, session.epochs)
    if spec.training.recipe == "default":
        return default
    found = _Found.look(session, head, data)
    if differs and not isinstance(found.transforms, Gap):
        found = replace(found, transforms=Gap(differs))
    wanted = lane == "faithful" or (lane == "auto" and found.gaps)
    if wanted and session.way == "captured":
        return _faithful(session, default, found, data)
    return _fast(session, default, found, data)


Lane = Literal["auto", "fast", "faithful"]


@dataclass(frozen=True)
class _Found:
    """Each part of the student's recipe, or why the fast lane cannot have it."""

    optimizer: Call | Gap
    schedules: tuple[Schedule, ...] | Gap
    loss: tuple[str, tuple[tuple[str, str | int | float | bool], ...]] | Gap
    batch_size: int | Gap
    transforms: tuple[Call, ...] | Gap

    @classmethod
    def look(cls, session: Session, head: Head, data: DataSet) -> _Found:
        return cls(
            parts.optimizer_of(session),
            parts.schedules_of(session),
            parts.loss_of(session, head, of_pair=data.second is not None),
            parts.batch_size_of(session),
            normalised(data) if is_plain_table(session, data) else parts.transforms_of(session, _shape(data)),
        )

    @property
    def gaps(self) -> dict[str, str]:
        """Part → why it is not covered."""
        listed = {
            "optimizer": self.optimizer,
            "schedule": self.schedules,
            "loss": self.loss,
            "batch size": self.batch_size,
            "transforms": self.transforms,
        }
        return {name: value.reason for name, value in listed.items() if isinstance(value, Gap)}


def _fast(session: Session, default: Recipe, found: _Found, data: DataSet) -> Recipe:
    """The harness's loop; what it does not cover comes from the default."""
    gaps = found.gaps
    constant = set(gaps) & {"optimizer", "schedule"} == {"schedule"} and parts.by_metric(session)
    # Rate and schedule belong together: one of them from the default takes the other along.
    own_rate = constant or not set(gaps) & {"optimizer", "schedule"}
    optimizer = found.optimizer if own_rate and isinstance(found.optimizer, Call) else default.optimizer
    batch_size = default.batch_size if isinstance(found.batch_size, Gap) else found.batch_size
    epochs, images = default.epochs, len(data.train_images)
    schedules: tuple[Schedule, ...] = ()
    if own_rate and not isinstance(found.schedules, Gap):
        stated = Span(session.epochs, _steps(_stated_images(session, data), batch_size))
        trained = Span(epochs, _steps(images, batch_size))
        schedules = tuple(rebuilt(one, stated, trained) for one in found.schedules)
    elif not own_rate:
        schedules = default_schedules(rates_of(default), epochs * _steps(images, batch_size))
    loss, arguments = (default.loss, default.loss_arguments) if isinstance(found.loss, Gap) else found.loss
    transforms = fixed_part(session, data) if isinstance(found.transforms, Gap) else found.transforms
    return replace(
        default,
        source=words.source(gaps, own_rate),
        optimizer=optimizer,
        schedules=schedules,
        loss=loss,
        loss_arguments=arguments,
        batch_size=batch_size,
        transforms=transforms,
        evaluated_with=evaluated_with(session, data),
        shuffled=isinstance(session.training, Absent) or session.training.shuffled,
        stated_schedules=session.schedules,
        clipping=session.clipping if own_rate else (),
        lane="fast",
        lane_reason=words.why_fast(gaps),
        parts=(*_origins(session, found, data, own_rate, constant=constant), *default.parts),
        reason=words.reason(session, gaps, own_rate),
    )


def _faithful(session: Session, default: Recipe, found: _Found, data: DataSet) -> Recipe:
    """The student's own loop: nothing is filled in, and what is shown is what was recovered."""
    loading = session.training
    return replace(
        default,
        source="student",
        optimizer=session.optimizer,
        schedules=session.schedules,
        loss=session.loss or "your own",
        loss_arguments=session.loss_arguments,
        batch_size=default.batch_size if isinstance(found.batch_size, Gap) else found.batch_size,
        transforms=() if isinstance(loading, Absent) else loading.transforms,
        evaluated_with=evaluated_with(session, data),
        shuffled=isinstance(loading, Absent) or loading.shuffled,
        stated_schedules=session.schedules,
        clipping=session.clipping,
        lane="faithful",
        lane_reason=words.why_faithful(found.gaps),
        parts=(("training loop", f"your code ({session.place})"), *default.parts),
        reason=f"Your own training loop in {session.place} trains the model.",
    )


def _origins(
    session: Session, found: _Found, data: DataSet, own_rate: bool, *, constant: bool
) -> tuple[tuple[str, str], ...]:
    """Where each part came from; how a table is scaled is the same for everybody."""
    listed = words.origins(session, found.gaps, own_rate, constant=constant)
    if not is_plain_table(session, data):
        return listed
    own = {"transforms": "the task's: everybody's table is scaled alike"}
    return tuple((name, own.get(name, text)) for name, text in listed)


# --- transforms ---------------------------------------------------------------------------------------------


def is_plain_table(session: Session, data: DataSet) -> bool:
    """Whether the inputs are rows of a table that no transform of images acts on."""
    if data.inputs == "features":
        return True
    loading = session.training
    return len(data.input_shape) == 1 and not isinstance(loading, Absent) and not loading.transforms


def evaluated_with(session: Session, data: DataSet) -> tuple[Call, ...]:
    """What is not random in the student's test transforms, where it gives images of the size that is trained on; else
    in those of the training; else the default's."""
    if is_plain_table(session, data):
        return normalised(data)
    trained = fixed_part(session, data)
    for one in session.evaluations:
        if one.loading.split in ("test", "part of test"):
            calls = tuple(call for call in one.loading.transforms if call.name in _FIXED)
            if _usable(calls, data) and _size(calls, data) == _size(trained, data):
                return calls
    return trained


def fixed_part(session: Session, data: DataSet) -> tuple[Call, ...]:
    """What is not random in the transforms of the training; the default's where that cannot be used."""
    calls = () if isinstance(session.training, Absent) else session.training.transforms
    with contextlib.suppress(NotCovered):
        return for_a_test(calls, _shape(data)) if calls else normalised(data)
    calls = tuple(one for one in calls if one.name in _FIXED)
    return calls if _usable(calls, data) else normalised(data)


def _usable(calls: tuple[Call, ...], data: DataSet) -> bool:
    return bool(calls) and not covered(calls, _shape(data))


def _size(calls: tuple[Call, ...], data: DataSet) -> tuple[int, int, int]:
    return output_shape(calls, _shape(data))


def _shape(data: DataSet) -> tuple[int, int, int]:
    shape = data.picture_shape
    assert shape is not None  # columns of features are a plain table
    return shape


# --- arithmetic ---------------------------------------------------------------------------------------------


def _steps(images: int, batch_size: int) -> int:
    return -(-images // batch_size)


def _stated_images(session: Session, data: DataSet) -> int:
    known = 0 if isinstance(session.training, Absent) else session.training.images
    return known or data.task_images
