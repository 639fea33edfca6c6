"""Two runs side by side: what was measured in each, and which differences are more than noise. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from grader.evaluation.noise import interval
from grader.records import Absent, Axis, Call, Measurement, ModelFacts, Recipe, RunRecord

Verdict = Literal["same", "differs", "within noise", "beyond noise", "cannot be compared"]
NOTHING = "–"


@dataclass(frozen=True)
class Accuracies:
    """Two accuracies held against each other.

    The difference of two means has the interval √(a² + b²), where a and b are half of their own 95 % intervals: within
    it, another choice of seeds may well turn the difference around.
    """

    first: str  # "98.96 %, 98.65 to 99.27 % (1 seed)"
    second: str
    verdict: Verdict
    by: float  # second minus first, 0 to 1; 0 where they cannot be compared
    half: float  # of the interval of that difference
    sentence: str


@dataclass(frozen=True)
class Line:
    what: str
    first: str
    second: str
    verdict: Verdict
    note: str = ""


def side_by_side(a: RunRecord, b: RunRecord) -> tuple[Line, ...]:
    """What was measured, line by line; how it was measured comes last."""
    accuracy = accuracies(a, b)
    lines = [
        *_of_model(a, b),
        Line("test accuracy", accuracy.first, accuracy.second, accuracy.verdict, accuracy.sentence),
        *(_line(what, read, a, b) for what, read in _TRAINING),
        *_times(a, b),
        *(_line(what, read, a, b) for what, read in _HOW),
    ]
    return tuple(line for line in lines if (line.first, line.second) != (NOTHING, NOTHING))


# --- the accuracy -------------------------------------------------------------------------------------------------


def accuracies(a: RunRecord, b: RunRecord) -> Accuracies:
    """The test accuracies of two runs, with the intervals that follow from their seeds and their spread."""
    x, y = a.evidence.test_accuracy, b.evidence.test_accuracy
    shown = (_accuracy(x), _accuracy(y))
    if isinstance(x, Absent) or isinstance(y, Absent):
        both = isinstance(x, Absent) and isinstance(y, Absent)
        text = "" if both else "Only one of them was measured."
        return Accuracies(*shown, "same" if both else "cannot be compared", 0.0, 0.0, text)
    if why := _other_data(a, b, x, y):
        return Accuracies(*shown, "cannot be compared", 0.0, 0.0, why)
    if x.values == y.values and a.provenance.seeds == b.provenance.seeds:
        return Accuracies(*shown, "same", 0.0, 0.0, "")
    by = y.value - x.value
    half = math.hypot(_half(x), _half(y))
    within = abs(by) <= half
    text = f"{100 * by:+.2f} points; up to ±{100 * half:.2f} is noise (95 %)."
    return Accuracies(*shown, "within noise" if within else "beyond noise", by, half, text)


def _half(measured: Measurement) -> float:
    found = interval(measured.values, measured.spread)
    mean = statistics.fmean(measured.values)
    return max(mean - found.low, found.high - mean)


def _accuracy(measured: Measurement | Absent) -> str:
    if isinstance(measured, Absent):
        return NOTHING
    found = interval(measured.values, measured.spread)
    count = len(measured.values)
    seeds = "1 seed" if count == 1 else f"{count} seeds"
    return f"{100 * measured.value:.2f} %, {100 * found.low:.2f} to {100 * found.high:.2f} % ({seeds})"


def _other_data(a: RunRecord, b: RunRecord, x: Measurement, y: Measurement) -> str:
    data, other = a.evidence.data, b.evidence.data
    if isinstance(data, Absent) or isinstance(other, Absent) or data.digest != other.digest:
        return "They were measured on other data."
    if (x.split, x.n) != (y.split, y.n):
        return f"They were measured on {x.n:,} and {y.n:,} images."
    return ""


# --- the model ------------------------------------------------------------------------------------------------------


def _of_model(a: RunRecord, b: RunRecord) -> Iterator[Line]:
    for what, read in _MODEL:
        yield _line(what, _from_model(read), a, b)


def _from_model(read: Callable[[ModelFacts], str]) -> Callable[[RunRecord], str]:
    def found(record: RunRecord) -> str:
        model = record.evidence.model
        return NOTHING if isinstance(model, Absent) else read(model)

    return found


def _field(model: ModelFacts) -> str:
    ran = model.structure
    return NOTHING if isinstance(ran, Absent) else " × ".join(map(_axis, ran.receptive_field)) or NOTHING


def _axis(axis: Axis) -> str:
    return str(axis.size) if axis.state == "known" else axis.state


def _flops(model: ModelFacts) -> str:
    ran = model.structure
    return NOTHING if isinstance(ran, Absent) else f"{ran.flops:,}{' and more' if ran.flops_partial else ''}"


_MODEL: tuple[tuple[str, Callable[[ModelFacts], str]], ...] = (
    ("model", lambda model: f"{model.entrypoint.call} in {model.entrypoint.place}"),
    ("parameters", lambda model: f"{model.parameters:,}"),
    ("trainable parameters", lambda model: f"{model.trainable:,}"),
    ("receptive field", _field),
    ("FLOPs of one image", _flops),
)


# --- the training ---------------------------------------------------------------------------------------------------


def _from_recipe(read: Callable[[Recipe], str]) -> Callable[[RunRecord], str]:
    def found(record: RunRecord) -> str:
        recipe = record.evidence.recipe
        return NOTHING if isinstance(recipe, Absent) else read(recipe)

    return found


def _call(call: Call) -> str:
    given = ", ".join(f"{name}={value}" for name, value in call.arguments)
    return f"{call.name}({given})" if given else call.name


def _calls(calls: tuple[Call, ...]) -> str:
    return ", ".join(map(_call, calls)) or "none"


def _epochs(recipe: Recipe) -> str:
    stated = recipe.stated_epochs
    return f"{recipe.epochs}" + (f" of the {stated} stated" if stated not in (0, recipe.epochs) else "")


def _seeds(record: RunRecord) -> str:
    return ", ".join(map(str, record.provenance.seeds)) or NOTHING


def _train_accuracy(record: RunRecord) -> str:
    return _accuracy(record.evidence.train_accuracy)


_TRAINING: tuple[tuple[str, Callable[[RunRecord], str]], ...] = (
    ("training accuracy", _train_accuracy),
    ("seeds", _seeds),
    ("epochs", _from_recipe(_epochs)),
    ("whose recipe", _from_recipe(lambda recipe: recipe.source)),
    ("optimizer", _from_recipe(lambda recipe: _call(recipe.optimizer))),
    ("schedule", _from_recipe(lambda recipe: _calls(tuple(one.call for one in recipe.schedules)))),
    ("loss", _from_recipe(lambda recipe: _call(Call(recipe.loss, recipe.loss_arguments)))),
    ("batch size", _from_recipe(lambda recipe: str(recipe.batch_size))),
    ("transforms", _from_recipe(lambda recipe: _calls(recipe.transforms))),
    ("gradient clipping", _from_recipe(lambda recipe: _calls(recipe.clipping))),
    ("lane", _from_recipe(lambda recipe: recipe.lane)),
)


# --- how it was measured ----------------------------------------------------------------------------------------------


def _times(a: RunRecord, b: RunRecord) -> Iterator[Line]:
    """Times have no interval: the same work takes longer on a busy machine, so nothing is said of noise."""
    same_device = a.provenance.device == b.provenance.device
    for what, x, y in (
        ("training time", a.provenance.train_seconds, b.provenance.train_seconds),
        ("time of the run", a.provenance.wall_seconds, b.provenance.wall_seconds),
    ):
        note = f"{y / x:.2f} times as long" if x > 0 and y > 0 and x != y else ""
        note += "" if same_device or not note else ", on another device"
        verdict: Verdict = "same" if x == y else "differs"
        yield Line(what, _seconds(x), _seconds(y), verdict, note)


def _seconds(value: float) -> str:
    return f"{value:,.1f} s" if value > 0 else NOTHING


def _data(record: RunRecord) -> str:
    data = record.evidence.data
    return NOTHING if isinstance(data, Absent) else f"{data.name} ({data.digest[:19]})"


def _isolation(record: RunRecord) -> str:
    held = record.evidence.integrity.isolation
    return NOTHING if isinstance(held, Absent) else f"level {held.level}"


def _spec(record: RunRecord) -> str:
    made = record.provenance
    return f"{made.spec_id}, edition {made.spec_edition} ({made.spec_digest[:19]})"


_HOW: tuple[tuple[str, Callable[[RunRecord], str]], ...] = (
    ("device", lambda record: record.provenance.device or NOTHING),
    ("data", _data),
    ("assignment", _spec),
    ("evidence plan", lambda record: record.provenance.evidence_plan_digest[:19]),
    ("measuring version", lambda record: str(record.provenance.measuring_version)),
    ("isolation", _isolation),
    ("commit", lambda record: record.evidence.submission.commit[:12] or NOTHING),
    ("files", lambda record: record.evidence.submission.tree_digest[:19]),
    ("evidence of", lambda record: record.provenance.evidence_of or "its own"),
    ("run", lambda record: record.run_id),
)


def _line(what: str, read: Callable[[RunRecord], str], a: RunRecord, b: RunRecord) -> Line:
    x, y = read(a), read(b)
    return Line(what, x, y, "same" if x == y else "differs")
