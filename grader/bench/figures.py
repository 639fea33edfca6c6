"""The file of published figures: what it may say, and how it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.text import clean

PUBLISHED_SCHEMA = "grader/published/1"
MAX_BYTES = 1024 * 1024
_STRICT = {"extra": "forbid"}  # for pydantic: a key that nobody knows is a slip of the pen


@dataclass(frozen=True)
class Figure:
    """One published result: the best epoch of one training."""

    __pydantic_config__ = _STRICT

    model: str  # its name in the benchmark's result
    title: str  # what it is, for a reader
    printed_parameters: str  # as they were printed: "10.9k"
    parameters: int  # the exact number; 0 where only the printed one is known
    best_test_percent: float
    best_train_percent: float  # of an epoch while it trained, so with dropout and moved images
    at_epoch: int = 0  # of the best test accuracy; 0 where it is not told
    remark: str = ""  # what a reader has to know, such as why ours differs


@dataclass(frozen=True)
class Published:
    """Figures of one source, in its order."""

    __pydantic_config__ = _STRICT

    schema: str
    title: str
    source: str  # where they stand, and who made them
    spec_id: str  # under which they are measured here
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()  # that hold for all of them


def read_published(place: Path) -> Published:
    """The figures in this file.

    Raises:
        UsageError: it cannot be read, or says something else than figures.
    """
    from pydantic import TypeAdapter, ValidationError

    how = "docs/benchmarks.md has the keys, and reference_models/ladder/published.json is an example."
    try:
        if place.stat().st_size > MAX_BYTES:
            raise UsageError(f"{place} is larger than {MAX_BYTES // 1024} KiB.", how)
        text = place.read_text("utf-8")
        data = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{place} cannot be read: {clean(str(error))}.", how) from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != PUBLISHED_SCHEMA:
        raise UsageError(
            f'{place}, schema: expected "{PUBLISHED_SCHEMA}", got {clean(json.dumps(schema), 80)}.', how
        )
    try:
        found = TypeAdapter(Published).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{place}, {clean(where)}: {first['msg']}.", how) from None
    _refuse_what_no_figure_is(place, found)
    return found


def _refuse_what_no_figure_is(place: Path, found: Published) -> None:
    names = [one.model for one in found.figures]
    if not names:
        raise UsageError(f"{place}, figures: there is none.", "Give at least one published figure.")
    for index, one in enumerate(found.figures):
        if names.index(one.model) < index:
            raise UsageError(
                f"{place}, figures.{index}.model: {clean(one.model)} was given before.",
                "Give each model one figure.",
            )
        for key in ("best_test_percent", "best_train_percent"):
            if not 0 < getattr(one, key) <= 100:
                raise UsageError(
                    f"{place}, figures.{index}.{key}: {getattr(one, key):g} is no percentage.",
                    "Write 99.24 for 99.24 %.",
                )
