"""What the comments of a layer state, held against what ran: its receptive field, and what goes into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.evaluation.class_fields import NONE, Size, exact_field
from grader.evaluation.layer_units import LayerUnit
from grader.evaluation.layer_words import Stated, stated
from grader.records import LayerComment, Operator, Structure
from grader.text import clean

_HEADER = re.compile(
    r"\b(?:input|in|size|channels?)\b[^0-9]{0,80}\b(?:rf\b|receptive)[^0-9]{0,80}", re.IGNORECASE
)
_SPEAKS_OF_INPUT = re.compile(r"\b(?:input|inp|channels?|ch|in\s?[:=])", re.IGNORECASE)
MOST_STATED = 3
"""Fields that one comment may state for one layer: more is a list, of which some one is always right."""

Told = tuple[LayerComment, str, Stated]
"""A line, one comment of it, and what that states."""


@dataclass(frozen=True)
class Held:
    """One thing that the comments of one layer state or do not state. `why` is part of a sentence."""

    name: str
    place: str
    verdict: Literal["right", "wrong", "missing", "unclear"]
    why: str = ""
    exact: bool = False  # right by the exact field, where the class's rule gives another one

    @property
    def text(self) -> str:
        return f"{self.name}: {self.why}; {self.place}" if self.place else f"{self.name}: {self.why}"


def speaks_of_fields(units: Sequence[LayerUnit]) -> bool:
    """Whether a bare number may be a field: a comment states one, or is a heading such as `input -> output -> RF`."""
    told = [one for unit in units for one in _told(unit)]
    return any(said.fields or _HEADER.fullmatch(text) for _, text, said in told)


def field_held(
    unit: LayerUnit, by_class: tuple[Size, ...] | None, speaks: bool, image: tuple[int, ...]
) -> Held:
    """The stated field. `by_class`: what each operator sees by the class's rule; None where only the exact one counts.

    `speaks`: whether a bare number may be one, as `speaks_of_fields` says.
    """
    wanted = [by_class[run.index] for run in unit.runs if run.index < len(by_class)] if by_class else []
    exact = [size for run in unit.runs if (size := exact_field(run)) != NONE]
    whole = len(exact) < len(unit.runs) or unit.kind == "average pool"
    name, place = _named(unit)
    told = _told(unit)
    for line, _, said in told:
        fields = [_pair(size) for size in said.fields]
        bare = [_pair(size) for size in said.loose if len(size) < 3] if speaks and not fields else []
        shown = (fields or bare)[: MOST_STATED * line.shared]
        if any(size in wanted for size in shown) or (whole and (said.whole or image[1:] in shown)):
            return Held(name, line.place, "right")
        if any(size in exact for size in shown):
            return Held(name, line.place, "right", exact=bool(wanted))
    return _field_missed(unit, told, (wanted, exact), whole, speaks) or Held(name, place, "missing", "no RF")


def _told(unit: LayerUnit) -> list[Told]:
    """What each comment of the layer states, those beside it before those above it."""
    texts = [(line, text) for line in unit.lines for text in (line.beside, line.above) if text]
    return [(line, text, stated(text)) for line, text in texts]


def _field_missed(
    unit: LayerUnit,
    told: list[Told],
    right: tuple[list[Size], list[Size]],
    whole: bool,
    speaks: bool,
) -> Held | None:
    """Why the field is not right, where something is stated or cannot be told; None where nothing is."""
    name, place = _named(unit)
    if not unit.lines:
        return Held(name, "", "unclear", "its line in the source was not found")
    for line, _, said in told:
        if not said.fields:
            continue
        expected = _expected(*right)
        if not expected or whole:
            return Held(
                name, line.place, "unclear", f"{_shown(said.fields)} stated, which cannot be compared"
            )
        return Held(name, line.place, "wrong", f"{_shown(said.fields)} stated, {expected}")
    for line, _, said in told:
        if speaks and (said.loose or said.whole):
            numbers = f"{_shown(said.loose)} stands there, which" if said.loose else "what is stated"
            return Held(name, line.place, "unclear", f"{numbers} may be its RF")
    return None if told else Held(name, place, "missing", "no comment")


def _expected(wanted: list[Size], exact: list[Size]) -> str:
    """`30 by the class's rule, 32 exactly`, for a layer that runs once; of others each that may be stated."""
    texts = []
    if wanted:
        texts.append(f"{_shown(list(dict.fromkeys(wanted)))} by the class's rule")
    if exact and exact != wanted:
        texts.append(f"{_shown(list(dict.fromkeys(exact)))} exactly")
    elif exact and not wanted:
        texts.append(f"{_shown(exact)} exactly")
    return ", ".join(texts)


def _pair(size: tuple[int, ...]) -> Size:
    return (size[0], size[-1]) if size else NONE


def _shown(sizes: Sequence[tuple[int, ...]]) -> str:
    """`5` for a square field, `5x3` for another one, several joined by `or`."""
    return _as_written([size[:1] if len(size) == 2 and size[0] == size[1] else size for size in sizes])


def _as_written(sizes: Sequence[tuple[int, ...]]) -> str:
    return " or ".join(dict.fromkeys("x".join(map(str, size)) for size in sizes[:3]))


def _as_read(size: tuple[int, ...]) -> str:
    """A shape as people write it: height x width x channels."""
    return "x".join(map(str, (*size[1:], size[0])))


# --- what goes in -----------------------------------------------------------------------------------------------


def input_held(unit: LayerUnit, structure: Structure, image: tuple[int, ...]) -> Held:
    """The stated size of the input: its channels, or all of it as height x width x channels in either order."""
    name, place = _named(unit)
    if not unit.lines:
        return Held(name, "", "unclear", "its line in the source was not found")
    told = _told(unit)
    went_in = [size for run in unit.runs for size in _inputs(run, structure, image)]
    came_out = [run.output_shape for run in unit.runs]
    if not told:
        return Held(name, place, "missing", "no comment")
    held = [_text_held(name, one, went_in, came_out) for one in told]
    order = {"right": 0, "wrong": 1, "unclear": 1, "missing": 2}
    return min(held, key=lambda one: order[one.verdict])


def _text_held(
    name: str,
    told: Told,
    went_in: list[tuple[int, ...]],
    came_out: list[tuple[int, ...]],
) -> Held:
    line, _, said = told
    sizes = said.inputs if line.shared > 1 else said.inputs[:1]
    whole = [size for size in sizes if len(size) > 2]
    flat = [size for size in sizes if len(size) < 3]
    channels = [(one,) for one in (said.channels if line.shared > 1 else said.channels[:1])]
    true = _as_read(went_in[0]) if went_in else "nothing that is known"
    if whole:
        if any(_same(size, one) for size in whole for one in went_in):
            return Held(name, line.place, "right")
        if not said.named and any(_same(size, one) for size in whole for one in came_out):
            return Held(
                name, line.place, "missing", f"{_as_written(whole)} is what comes out, {true} goes in"
            )
        return Held(name, line.place, "wrong", f"{_as_written(whole)} stated, {true} goes in")
    if channels:
        fits = [
            one for one in went_in if channels[0][0] == one[0] or (line.shared > 1 and (one[0],) in channels)
        ]
        if fits and all(_side_fits(size, one) for size in flat for one in fits[:1]):
            return Held(name, line.place, "right")
        beside = f" at {_as_written(flat)}" if flat else ""
        return Held(
            name, line.place, "wrong", f"{_as_written(channels)} channels{beside} stated, {true} goes in"
        )
    return _loose_held(name, told, went_in, flat, true)


def _loose_held(
    name: str,
    told: Told,
    went_in: list[tuple[int, ...]],
    flat: list[tuple[int, ...]],
    true: str,
) -> Held:
    """No word says what the input is: a bare number that is right counts, another one goes to a person."""
    line, text, said = told
    if any(size == (one[0],) for size in (*said.loose, *flat) for one in went_in):
        return Held(name, line.place, "right")
    if flat:
        return Held(
            name, line.place, "missing", f"{_as_written(flat)} without channels stated, {true} goes in"
        )
    if said.loose and _SPEAKS_OF_INPUT.search(text):
        return Held(name, line.place, "unclear", f"{_as_written(said.loose)} stands there, {true} goes in")
    return Held(name, line.place, "missing", f"no input channels, {true} goes in")


def _inputs(run: Operator, structure: Structure, image: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shapes that may be called the input: the operator's own, and the one before a flattening."""
    found: list[tuple[int, ...]] = []
    index = run.inputs[0] if run.inputs else -1
    for _ in range(8):
        if not 0 <= index < len(structure.operators):
            found.append(image)
            break
        before = structure.operators[index]
        found.append(before.output_shape)
        if before.kind != "view" or not before.inputs:
            break
        index = before.inputs[0]
    return [size for size in found if size]


def _same(stated_size: tuple[int, ...], true: tuple[int, ...]) -> bool:
    """Channels first or last, with or without the batch."""
    if len(true) == 1:
        return stated_size[-1] == true[0] and all(side == 1 for side in stated_size[1:-1])
    size = stated_size[1:] if len(stated_size) == len(true) + 1 else stated_size
    return size in (true, (*true[1:], true[0]))


def _side_fits(flat: tuple[int, ...], true: tuple[int, ...]) -> bool:
    """Height and width where they are stated beside the channels; one number is the side of a square."""
    return len(true) < 3 or _pair(flat) == (true[1], true[2])


def _named(unit: LayerUnit) -> tuple[str, str]:
    return clean(unit.name, 80), unit.lines[0].place if unit.lines else ""
