"""The transforms that a data set applies, in their order, and whether they are random."""

from __future__ import annotations

from typing import Literal

from grader.reading.describing import Unclear, call_of, clean_place
from grader.reading.tracing import library
from grader.reading.tracing.attributes import attribute
from grader.reading.tracing.datasets import DataSet, data_set
from grader.reading.tracing.library import words
from grader.reading.tracing.machine import ExhaustedError, Machine
from grader.reading.tracing.values import Combined, Instance, Library, Made, Routine, Unknown, Value
from grader.records import Call, Loading
from grader.text import clean

LIMIT_TRANSFORMS = 60
PROBE_STEPS = 4_000
_FIXED = words(
    "ToTensor Normalize Resize CenterCrop Grayscale Pad ToImage ToDtype ConvertImageDtype PILToTensor ToTensorV2 "
    "PadIfNeeded ToFloat ToPILImage FromFloat ToPureTensor"
)
_RANDOM_WORDS = (
    "Random",
    "Rand",
    "ColorJitter",
    "AutoAugment",
    "TrivialAugment",
    "AugMix",
    "ElasticTransform",
)
Steps = list[Value]


def loading_of(machine: Machine, loader: Made, field: str, unclear: Unclear) -> Loading:
    """What a loader gives: its data set, its batches and the transforms on the way."""
    found = data_set(loader.named.get("dataset"))
    size, order = loader.named.get("batch_size", 1), loader.named.get("shuffle", False)
    for name, value in (("batch_size", size), ("shuffled", order)):
        if isinstance(value, Unknown):
            unclear.append((f"{field}.{name}", clean(value.reason)))
    if isinstance(loader.named.get("**"), Unknown) and "batch_size" not in loader.named:
        size = 0
        unclear.append(
            (f"{field}.batch_size", "it is handed on with ** from values that reading cannot tell")
        )
    sampler = loader.named.get("sampler")
    steps = _steps_of_set(machine, found)
    if found is None:
        unclear.append((f"{field}.data_set", "what the loader is given is no data set that reading can tell"))
    elif steps is None:
        unclear.append((f"{field}.transforms", "reading cannot tell which transforms its data set applies"))
    transforms = tuple(
        call_of(one, f"{field}.transforms", unclear) for one in (steps or [])[:LIMIT_TRANSFORMS]
    )
    return Loading(
        data_set=clean(found.name, 80) if found else "",
        split=found.split if found else "unclear",
        images=found.images if found else 0,
        batch_size=size if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 10**7 else 0,
        shuffled=order is True or (isinstance(sampler, Made) and "Random" in sampler.last),
        transforms=transforms,
        randomness=_randomness(transforms, known=found is not None and steps is not None),
        place=clean_place(loader.place),
    )


def _steps_of_set(machine: Machine, found: DataSet | None) -> Steps | None:
    if found is None:
        return None
    if found.transform is not None:
        steps = steps_of(machine, found.transform)
        if steps is not None:
            return steps
    if isinstance(found.source, Instance):
        return _probed(machine, attribute(machine, found.source, "__getitem__"))
    return [] if found.transform is None else None


def steps_of(machine: Machine, transform: Value, depth: int = 3) -> Steps | None:
    """The transforms that a value stands for; None where reading cannot tell."""
    if depth == 0 or isinstance(transform, Unknown | Combined):
        return None
    if isinstance(transform, Made) and transform.last in library.COMPOSERS:
        given = transform.named.get("transforms", transform.positional[0] if transform.positional else None)
        many = (
            list(transform.positional)
            if transform.last == "Sequential" and len(transform.positional) > 1
            else given
        )
        return _flat(machine, many, depth) if isinstance(many, list | tuple) else None
    if isinstance(transform, Instance | Routine):
        called = attribute(machine, transform, "__call__") if isinstance(transform, Instance) else transform
        return _probed(machine, called) or ([transform] if isinstance(transform, Instance) else None)
    if isinstance(transform, list | tuple):
        return _flat(machine, transform, depth)
    return [transform] if isinstance(transform, Made) else None


def _flat(machine: Machine, many: list[Value] | tuple[Value, ...], depth: int) -> Steps:
    steps: Steps = []
    for one in many[:LIMIT_TRANSFORMS]:
        if len(steps) >= LIMIT_TRANSFORMS:
            break
        if isinstance(one, Made) and one.last in library.COMPOSERS:
            steps += steps_of(machine, one, depth - 1) or []
        elif isinstance(one, Made | Instance | Routine | Library):
            steps.append(one)
    return steps


def _probed(machine: Machine, called: Value) -> Steps | None:
    """Follow a student's own callable with an unknown picture, and see which pipeline it goes through."""
    trace = machine.trace
    events, pipelines = len(trace.events), len(trace.pipelines)
    machine.unit_steps = PROBE_STEPS
    machine.loops.clear()
    try:
        machine.call(machine, called, (Unknown("a picture"),), {}, "")
    except (ExhaustedError, RecursionError):
        pass
    seen = trace.pipelines[pipelines:]
    del trace.events[events:], trace.pipelines[pipelines:]
    return steps_of(machine, seen[0]) if seen else None


def _randomness(transforms: tuple[Call, ...], known: bool) -> Literal["fixed", "random", "unclear"]:
    if any(_is_random(one) for one in transforms):
        return "random"
    return "fixed" if known and all(one.name in _FIXED for one in transforms) else "unclear"


def _is_random(one: Call) -> bool:
    return one.name.startswith(_RANDOM_WORDS) or (one.library == "albumentations" and one.name not in _FIXED)
