"""The models that the submission's own code builds for different values of an argument; only where a check asks for it.

Every value that reading found is tried in a worker, and one more that the code does not name. What counts is what each
of them built and ran.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from grader.architecture.features import FEATURES, answers
from grader.fetch.interface import Fetched
from grader.isolation import conversation
from grader.isolation.supervisor import Ending, Worker
from grader.reading.choices import Builder, Choice, builders
from grader.reading.pieces import pieces
from grader.records import (
    Absent,
    Candidate,
    Entrypoint,
    ModelFacts,
    Reading,
    RecoveredTraining,
    Scalar,
    Use,
    Variant,
    Variants,
)
from grader.stages.endings import absent_because
from grader.stages.model import MAX_CANDIDATES, guess
from grader.stages.workers import OpenWorker
from grader.text import clean

if TYPE_CHECKING:
    from grader.spec.schema import Spec

MAX_BUILDS = 32
MAX_BUILDERS = 6
TOTAL_SECONDS = 240.0
"""No further variant is built after this much wall time."""
ELSE = "a value that the code does not name"
"""Tried beside the values that were found: it shows what the last `else` builds."""
_SEED = 20


@dataclass(frozen=True)
class Shape:
    """What models of this task take and give."""

    images: tuple[int, ...]  # (channels, height, width)
    classes: int


@dataclass(frozen=True)
class _Plan:
    """One call to try."""

    variant: Variant
    members: tuple[str, ...] = ()


def variants(
    spec: Spec,
    fetched: Fetched,
    reading: Reading,
    model: ModelFacts | Absent,
    training: RecoveredTraining | Absent,
    open_worker: OpenWorker,
    task: Shape,
) -> Variants | Absent:
    """The variants where a check of this spec looks at them; else absent, and no worker is started."""
    if not any("variants" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for variants of the model.")
    candidates = _candidates(reading, model)
    if isinstance(model, Absent) and (model.cause != "failed" or not candidates):
        return model
    places = [(one.file, one.cell, one.class_name) for one in candidates]
    found = builders(pieces(fetched.root, fetched.submission, []), places, _trained(reading, training))
    plans = [plan for one in found[:MAX_BUILDERS] for plan in _plans(one, candidates, task)]
    built, cut = _built(plans[:MAX_BUILDS], open_worker, task)
    if isinstance(built, Absent):
        return built
    if isinstance(model, Absent) and all(one.fault for one in built):
        return model
    if len(plans) > MAX_BUILDS or len(found) > MAX_BUILDERS:
        cut = cut or f"Only {len(built)} of the calls that may build another model were tried."
    return Variants(built, tuple(one.name for one in found if one.is_open), cut)


def _candidates(reading: Reading, model: ModelFacts | Absent) -> list[Candidate]:
    """The model's own class first, then others of another name: a copy of it would only be built twice."""
    whole = [c for c in reading.candidates if c.has_forward and not c.used_by]
    first: list[Candidate] = []
    if isinstance(model, ModelFacts):
        own = model.entrypoint
        first = [Candidate(own.file, own.cell, 0, own.class_name, (), True, (), (), own.arguments)]
    named: dict[str, Candidate] = {}
    for candidate in (*first, *whole):
        named.setdefault(candidate.class_name, candidate)
    return list(named.values())[:MAX_CANDIDATES]


def _trained(
    reading: Reading, training: RecoveredTraining | Absent
) -> list[tuple[str, tuple[tuple[str, Scalar], ...], str]]:
    seen = () if isinstance(training, Absent) else training.sessions
    return [(one.model.name, one.model.arguments, one.place) for one in (*seen, *reading.sessions)]


def _plans(builder: Builder, candidates: list[Candidate], task: Shape) -> Iterator[_Plan]:
    """Every value of every argument, all others as they are; one plain call where there is nothing to vary."""
    base = _base(builder, candidates, task)
    entrypoint = Entrypoint(builder.file, builder.cell, builder.name, tuple(base.items()), "")
    varied = sorted(_varied(builder), key=lambda one: _looks_numeric(one[1]))
    if not varied:
        yield _Plan(Variant(entrypoint, "", "", "called"))
        return
    for name, choices in varied:
        for choice in choices:
            given = tuple((base | {name: choice.value}).items())
            found = replace(entrypoint, arguments=given, found_by=clean(choice.found, 200))
            one = Variant(found, name, choice.value, _origin(choice), member=choice.member)
            yield _Plan(one, (name,) if choice.member else ())


def _origin(choice: Choice) -> Literal["called", "named", "other"]:
    if choice.called:
        return "called"
    return "other" if choice.found == ELSE else "named"


def _varied(builder: Builder) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    """The arguments that could select something: a share of dropout, or a number that never differs, is none."""
    for name, choices in builder.choices:
        values = [one.value for one in choices]
        if not values or all(isinstance(one, float) for one in values):
            continue
        if _looks_numeric(choices) and len(values) < 2:
            continue
        yield name, (*choices, *_else(choices))


def _else(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """A value of the same kind that the code does not name."""
    if any(isinstance(one.value, str) and not one.member for one in choices):
        return (Choice("something else", ELSE),)
    numbers = [one.value for one in choices if isinstance(one.value, int) and not isinstance(one.value, bool)]
    return (Choice(max(numbers) + 1, ELSE),) if numbers else ()


def _looks_numeric(choices: tuple[Choice, ...]) -> bool:
    return all(isinstance(one.value, int | float) and not isinstance(one.value, bool) for one in choices)


def _base(builder: Builder, candidates: list[Candidate], task: Shape) -> dict[str, Scalar]:
    """The arguments of the student's own call, and a value for each one that is required and not in it."""
    own = next((c for c in candidates if (c.file, c.class_name) == (builder.file, builder.name)), None)
    base = dict(own.built_with) if own else {}
    known = dict(builder.choices)
    for name in builder.required:
        if name not in base:
            value = guess(name, task.images, task.classes)
            first = known[name][0].value if known.get(name) else None
            if (chosen := value if value is not None else first) is not None:
                base[name] = chosen
    return base


def _built(
    plans: list[_Plan], open_worker: OpenWorker, task: Shape
) -> tuple[tuple[Variant, ...] | Absent, str]:
    """What became of each plan, and why some were left out."""
    begin, done = time.monotonic(), list[Variant]()
    worker = open_worker()
    try:
        for plan in plans:
            if time.monotonic() - begin > TOTAL_SECONDS:
                return tuple(done), f"Only {len(done)} of {len(plans)} calls were tried: they take too long."
            answer = _one(worker, plan, task)
            if isinstance(answer, Ending):
                worker.stop()
                worker = open_worker()
                answer = _faulty(plan, answer, task)
            if isinstance(answer, Absent):
                return answer, ""
            done.append(answer)
    finally:
        worker.stop()
    return tuple(done), ""


def _one(worker: Worker, plan: _Plan, task: Shape) -> Variant | Absent | Ending:
    """One call tried; an ending where the worker is of no further use."""
    here = plan.variant.entrypoint
    answer: Any = conversation.load(worker, here.file, here.cell, here.class_name)
    if not isinstance(answer, Ending):
        answer = conversation.build(worker, dict(here.arguments), _SEED, plan.members)
    if not isinstance(answer, Ending):
        answer = conversation.measure(worker, here, task.images)
    if not isinstance(answer, Ending):
        return _measured(plan.variant, answer[0], task)
    return _faulty(plan, answer, task) if answer.kind == "raised" else answer


def _faulty(plan: _Plan, ending: Ending, task: Shape) -> Variant | Absent:
    absent = absent_because(ending, "build", plan.variant.entrypoint, task.images)
    return absent if absent.cause == "errored" else replace(plan.variant, fault=absent.reason)


def _measured(variant: Variant, facts: ModelFacts, task: Shape) -> Variant:
    found = replace(variant, parameters=facts.parameters)
    if facts.output_shape != (task.classes,):
        return replace(found, fault=f"It does not give one score for each of the {task.classes} classes.")
    if isinstance(facts.structure, Absent):
        return replace(found, fault=facts.structure.reason)
    answer = answers(facts, facts.structure)
    shown = [answer(feature) for feature in FEATURES]
    uses = tuple(Use(one.feature, one.count, one.notes, one.doubts) for one in shown)
    return replace(found, uses=tuple(one for one in uses if one.count or one.notes or one.doubts))
