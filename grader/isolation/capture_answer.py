"""A worker's account of the student's training, turned into records after every field was checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.isolation import checked
from grader.isolation.frames import ProtocolError
from grader.records import Absent, Call, Evaluating, Loading, Scalar, Schedule, Session
from grader.text import clean_block

MAX_SESSIONS = 32
MAX_ARGUMENTS = 40
MAX_TRANSFORMS = 60
MAX_NOTES = 60
LIMIT_TAIL = 4000

LIBRARIES = frozenset({"", "torch", "torchvision", "torchvision.v2", "albumentations"})
_SPLITS = frozenset({"train", "test", "part of train", "part of test", "unclear"})
_STEPS = frozenset({"per batch", "per epoch", "never", "unclear"})
_MODES = frozenset({"eval", "train", "unclear"})
_RANDOMNESS = frozenset({"fixed", "random", "unclear"})
_NOT_CAPTURED = Absent("review", "The capture did not see this part of the training.", stage="capture")


@dataclass(frozen=True)
class Seen:
    """One session with the counts that only serve to choose among sessions."""

    session: Session
    steps: int  # of the optimizer
    rises: int  # how often the rate went up from one step to the next
    climbs: bool  # whether it was higher at the last step than at the first


@dataclass(frozen=True)
class Capture:
    """What running one unit gave."""

    seen: tuple[Seen, ...]
    unused: tuple[Loading, ...]
    steps: int  # of all optimizers together
    ended: str  # "finished", "it ended itself", "out of time"
    notes: tuple[str, ...]
    tail: str
    seconds: float


def capture(facts: dict[str, Any], unit: str) -> Capture:
    """The account of one unit.

    Raises:
        ProtocolError: a field is missing, or not as agreed.
    """
    if facts.get("ended") not in ("finished", "it ended itself", "out of time"):
        raise ProtocolError("ending")
    tail = facts.get("tail")
    if not isinstance(tail, str):
        raise ProtocolError("text")
    return Capture(
        seen=tuple(_seen(item, unit) for item in checked.listed(facts.get("sessions"), MAX_SESSIONS)),
        unused=tuple(_loading(one) for one in checked.listed(facts.get("unused"), 16)),
        steps=checked.count(facts.get("steps")),
        ended=facts["ended"],
        notes=tuple(checked.text(note, 300) for note in checked.listed(facts.get("notes"), MAX_NOTES)),
        tail=clean_block(tail, LIMIT_TAIL),
        seconds=checked.number(facts.get("seconds"), 1e6),
    )


def _seen(item: Any, unit: str) -> Seen:
    fields = checked.mapping(item, "session")
    if "training" not in fields:
        raise ProtocolError("training")
    training = fields["training"]
    session = Session(
        way="captured",
        unit=unit,
        place=checked.text(fields.get("place")),
        model=_call(fields.get("model")),
        trainable=checked.count(fields.get("trainable")),
        optimizer=_call(fields.get("optimizer")),
        parameter_groups=checked.count(fields.get("parameter_groups")),
        schedules=tuple(_schedule(one) for one in checked.listed(fields.get("schedules"), 16)),
        loss=checked.text(fields.get("loss")),
        loss_arguments=_arguments(fields.get("loss_arguments")),
        loss_is_plain=checked.truth(fields.get("loss_is_plain")),
        training=_NOT_CAPTURED if training is None else _loading(training),
        evaluations=tuple(_evaluating(one) for one in checked.listed(fields.get("evaluations"), 16)),
        epochs=checked.count(fields.get("epochs")),
        passes=checked.count(fields.get("passes")),
        first_rate=_signed(fields.get("first_rate")),
        last_rate=_signed(fields.get("last_rate")),
        zeroes_gradients=checked.truth(fields.get("zeroes_gradients")),
        at_import=checked.truth(fields.get("at_import")),
        clipping=tuple(_call(one) for one in checked.listed(fields.get("clipping"), 8)),
        beside=tuple(checked.text(one) for one in checked.listed(fields.get("beside"), 8)),
        unknown=tuple(_pair(one) for one in checked.listed(fields.get("unknown"), 12)),
    )
    return Seen(
        session,
        checked.count(fields.get("steps")),
        checked.count(fields.get("rises")),
        checked.truth(fields.get("climbs")),
    )


def _call(item: Any) -> Call:
    fields = checked.mapping(item, "call")
    library = checked.one_of(fields.get("library"), LIBRARIES, "library")
    return Call(
        name=checked.text(fields.get("name"), 120),
        arguments=_arguments(fields.get("arguments")),
        place=checked.text(fields.get("place")),
        library=library,
    )


def _arguments(value: Any) -> tuple[tuple[str, Scalar], ...]:
    found: list[tuple[str, Scalar]] = []
    for item in checked.listed(value, MAX_ARGUMENTS):
        if not isinstance(item, list) or len(item) != 2:
            raise ProtocolError("argument")
        found.append((checked.text(item[0], 60), _scalar(item[1])))
    return tuple(found)


def _scalar(value: Any) -> Scalar:
    if type(value) is bool:
        return value
    if type(value) is str:
        return checked.text(value)
    if type(value) is int and abs(value) < 2**53:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise ProtocolError("argument")


def _signed(value: Any) -> float:
    """A finite number. A rate below zero is odd, but it is what was used."""
    if type(value) not in (int, float) or not -1e15 <= value <= 1e15:
        raise ProtocolError("rate")
    return float(value)


def _schedule(item: Any) -> Schedule:
    fields = checked.mapping(item, "schedule")
    steps = checked.one_of(fields.get("steps"), _STEPS, "steps")
    return Schedule(_call(fields.get("call")), steps)


def _loading(item: Any) -> Loading:
    fields = checked.mapping(item, "loading")
    split = checked.one_of(fields.get("split"), _SPLITS, "split")
    randomness = checked.one_of(fields.get("randomness"), _RANDOMNESS, "randomness")
    return Loading(
        data_set=checked.text(fields.get("data_set"), 120),
        split=split,
        images=checked.count(fields.get("images")),
        batch_size=checked.count(fields.get("batch_size")),
        shuffled=checked.truth(fields.get("shuffled")),
        transforms=tuple(_call(one) for one in checked.listed(fields.get("transforms"), MAX_TRANSFORMS)),
        randomness=randomness,
        place=checked.text(fields.get("place")),
    )


def _evaluating(item: Any) -> Evaluating:
    fields = checked.mapping(item, "evaluation")
    mode = checked.one_of(fields.get("mode"), _MODES, "mode")
    return Evaluating(
        loading=_loading(fields.get("loading")),
        passes=checked.count(fields.get("passes")),
        mode=mode,
        gradients=checked.truth(fields.get("gradients")),
        place=checked.text(fields.get("place")),
    )


def _pair(item: Any) -> tuple[str, str]:
    if not isinstance(item, list) or len(item) != 2:
        raise ProtocolError("unknown")
    return checked.text(item[0], 60), checked.text(item[1], 300)
