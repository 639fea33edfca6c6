"""What the training images go through: the augmentation that the assignment asks for, under any of its names.

A cutout is `CoarseDropout`, `Cutout` or `RandomErasing` with holes of that size; a padded crop is one call or two.
Judged are the transforms that were recovered from the student's own training, each entry with an equal share.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from grader.architecture.options import Block, nearest
from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.evaluation import holes, moves
from grader.evaluation.own_training import not_recovered, way_of
from grader.evaluation.pipeline_parts import Pipeline, Seen
from grader.evaluation.remarks import chosen_session
from grader.evaluation.stated_values import Unread, shown
from grader.evaluation.wanted_values import Arguments, fits, said
from grader.records import Absent, Evidence, Finding, Loading, Part, Session
from grader.text import clean

Library = Literal["albumentations", "torchvision"]
Pixels = Annotated[int, Field(ge=0, le=4096, strict=True)]
Degrees = Annotated[float, Field(ge=0, le=360, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]


def _size(value: object) -> object:
    """`16x16` and 16 as height and width."""
    if isinstance(value, str):
        parts = value.replace(" ", "").split("x")
        if len(parts) != 2 or not all(part.isdecimal() and len(part) < 5 for part in parts):
            raise ValueError(f'expected a size such as "16x16", got "{clean(value, 40)}"')
        return int(parts[0]), int(parts[1])
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


Size = Annotated[tuple[Pixels, Pixels], BeforeValidator(_size, json_schema_input_type=str | int)]


class Flip(Block):
    """A flip, with any probability above 0."""


class ShiftScaleRotate(Block):
    """A shift, a scale and a rotation in one, of any strength."""


class Rotation(Block):
    """A rotation; its widest angle may be limited."""

    at_least: Degrees | None = Field(None, description="The widest angle is this or more, in degrees.")
    at_most: Degrees | None = Field(None, description="The widest angle is this or less, in degrees.")


class RandomCrop(Block):
    """A random crop, after a padding."""

    size: Size | None = Field(None, description="Height and width of the crop: `32x32`, or 32.")
    padding: Pixels | None = Field(None, description="Pixels that are padded on each side before it.")


class Cutout(Block):
    """Holes in the images, by any of the names that the libraries have for it."""

    size: Size | None = Field(None, description="Height and width of a hole in pixels: `16x16`, or 16.")
    or_width: Pixels | None = Field(
        None, description="A width that counts as the one in size: a slip of the course."
    )
    holes: Pixels | None = Field(None, description="How many holes an image gets.")
    fill: Literal["dataset mean"] | None = Field(
        None, description="`dataset mean`: filled with the mean, on the scale 0 to 1 or 0 to 255."
    )
    dataset_mean: Annotated[tuple[Share, ...], Field(max_length=4)] = Field(
        (), description="A mean per channel that is right beside the one in Normalize, on the scale 0 to 1."
    )


class Named(Block):
    """Any other transform, by the name of its class."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z]\w{0,59}$")] = Field(
        description="The class: `ColorJitter`."
    )
    arguments: Arguments = Field(
        {}, description="Arguments by name: a value, or a range such as `{at_least: 0.1}`."
    )


_ONE = 'an entry is one transform, such as "horizontal flip" or {cutout: {size: 16x16}}'


class Entry(Block):
    """One thing that the training images go through."""

    horizontal_flip: Flip | None = Field(None, alias="horizontal flip", description="Mirrored left to right.")
    vertical_flip: Flip | None = Field(None, alias="vertical flip", description="Mirrored top to bottom.")
    shift_scale_rotate: ShiftScaleRotate | None = Field(
        None, alias="shift scale rotate", description="Shifted, scaled and rotated."
    )
    rotation: Rotation | None = Field(None, description="Rotated: `{at_most: 10}`.")
    random_crop: RandomCrop | None = Field(
        None, alias="random crop", description="Cropped at random: `{size: 32, padding: 4}`."
    )
    cutout: Cutout | None = Field(None, description="Holes: `{size: 16x16, fill: dataset mean}`.")
    transform: Named | None = Field(None, description="Any other by its class: `{name: ColorJitter}`.")

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """With the one key that is given, as a spec is written."""
        found = {name: value for name, value in handler(self).items() if value is not None}
        aliases = {name: field.alias or name for name, field in type(self).model_fields.items()}
        return {aliases.get(name, name): _without_nothing(value) for name, value in found.items()}

    @property
    def what(self) -> str:
        """The field that is given."""
        return next(iter(self.model_fields_set))

    def __str__(self) -> str:
        named = self.transform.name if self.transform else self.what.replace("_", " ")
        asked = getattr(self, self.what)
        size = "x".join(map(str, asked.size)) if getattr(asked, "size", None) else ""
        padding = f"padding {asked.padding}" if getattr(asked, "padding", None) is not None else ""
        fill = f"filled with the {asked.fill}" if getattr(asked, "fill", None) else ""
        more = ", ".join(filter(None, (size, padding, fill)))
        return f"{named} ({more})" if more else named


def _without_nothing(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if one is not None}


def _entry(value: object) -> object:
    """`horizontal flip` as an entry without options; a name that is not known is refused with what was meant."""
    given = {value: {}} if isinstance(value, str) else value
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError(_ONE)
    name = str(next(iter(given)))
    known = [field.alias or name for name, field in Entry.model_fields.items()]
    if name not in known:
        raise ValueError(f'got "{clean(name, 60)}", which is not known. {nearest(name, known)}')
    if value == "transform":
        raise ValueError("expected the class beside it: {transform: {name: ColorJitter}}")
    return given


class Rule(interface.Rule):
    """The training images go through the transforms that the assignment asks for."""

    check: Literal["transforms"]
    applies: tuple[Annotated[Entry, BeforeValidator(_entry, json_schema_input_type=str | Entry)], ...] = (
        Field(min_length=1, max_length=20, description="Transforms, each with an equal share of the points.")
    )
    library: Library | None = Field(
        None, description="The library that they have to come from; either if it is left out."
    )

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}

    def requirement(self) -> str:
        listed = [str(entry) for entry in self.applies]
        shown_ones = (
            ", ".join(listed) if len(listed) <= 4 else f"{', '.join(listed[:3])} and {len(listed) - 3} more"
        )
        source = f", by {self.library}" if self.library else ""
        return f"The training images go through{source}: {shown_ones}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    if isinstance(evidence.training, Absent):
        return Verdict(*not_recovered(evidence.training, rule.requirement()))
    session = chosen_session(evidence.training)
    loading = session.training if session else None
    share = rule.points / len(rule.applies)
    if session is None or not isinstance(loading, Loading):
        reason = (
            clean(loading.reason, 300)
            if isinstance(loading, Absent)
            else "It is not certain which training counts."
        )
        parts = tuple(
            _part(entry, Seen("review", "not found out", reason), share, "") for entry in rule.applies
        )
        return combine(parts, rule.points, rule.requirement())
    pipeline = Pipeline.of(session, loading)
    found = [_settled(session, _from(rule, _seen(entry, pipeline))) for entry in rule.applies]
    parts = tuple(
        _part(entry, seen, share, _where(session, loading, seen))
        for entry, seen in zip(rule.applies, found, strict=True)
    )
    return combine(parts, rule.points, rule.requirement())


def _seen(entry: Entry, pipeline: Pipeline) -> Seen:
    if entry.rotation:
        return moves.rotation(pipeline, entry.rotation.at_least, entry.rotation.at_most)
    if entry.random_crop:
        return moves.random_crop(pipeline, entry.random_crop.size, entry.random_crop.padding)
    if entry.cutout:
        asked = entry.cutout
        mean = asked.fill == "dataset mean"
        wanted = holes.Wanted(asked.size, asked.or_width, asked.holes, mean, asked.dataset_mean)
        return holes.cutout(pipeline, wanted)
    if entry.transform:
        return _named(entry.transform, pipeline)
    if entry.shift_scale_rotate:
        return moves.shift_scale_rotate(pipeline)
    return moves.flip(pipeline, entry.what.replace("_", " "))


def _named(wanted: Named, pipeline: Pipeline) -> Seen:
    found = pipeline.named(wanted.name)
    if not found:
        return pipeline.missing(wanted.name, wanted.name)
    faults, doubts = [], []
    for name, value in wanted.arguments.items():
        mine = pipeline.value(found[0], (name,), Unread(""))
        if isinstance(mine, Unread):
            doubts.append(f"{name} could not be found out ({shown(mine)}).")
        elif not fits(mine, value):
            faults.append(f"{name} is {shown(mine)}; asked for is {said(value)}.")
    status: Literal["passed", "failed", "review"] = "failed" if faults else "review" if doubts else "passed"
    return Seen(status, clean(found[0].text, 160), " ".join(faults or doubts), call=found[0])


def _from(rule: Rule, seen: Seen) -> Seen:
    """Held against the library that is asked for."""
    if seen.status == "failed" or rule.library is None or seen.call is None:
        return seen
    if seen.call.library.partition(".")[0] == rule.library:
        return seen
    if not seen.call.library:
        why = f"{clean(seen.call.name, 60)} is the student's own class: a person looks."
        return Seen("review", seen.measured, why, call=seen.call)
    why = f"It comes from {clean(seen.call.library, 40)}; asked for is {rule.library}."
    return Seen("failed", seen.measured, why, f"Take it from {rule.library}.", seen.call)


def _settled(session: Session, seen: Seen) -> Seen:
    """Nothing is lost by a training that may not be the model's."""
    if seen.status == "failed" and session.confidence == "low":
        doubt = "It is not certain that this training made the model handed in: a person looks."
        return Seen("review", seen.measured, f"{seen.why} {doubt}", seen.hint, seen.call)
    return seen


def _where(session: Session, loading: Loading, seen: Seen) -> str:
    place = (seen.call.place if seen.call else "") or loading.place or session.place
    return f" ({clean(place, 200)}, {way_of(session)})"


def _part(entry: Entry, seen: Seen, share: float, where: str) -> Part:
    points = share if seen.status == "passed" else 0.0
    finding = Finding(f"{seen.measured}{where}", f"{entry} in the training's transforms", seen.why, seen.hint)
    return Part(str(entry), seen.status, points, share, finding)
