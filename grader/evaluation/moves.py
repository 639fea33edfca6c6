"""Flips, rotations, shifts and crops under the names of torchvision and albumentations."""

from __future__ import annotations

from dataclasses import dataclass

from grader.evaluation.pipeline_parts import Pipeline, Seen
from grader.evaluation.stated_values import Plain, Unread, number, numbers
from grader.evaluation.wanted_values import Range
from grader.records import Call
from grader.text import clean

FLIPS = {
    "horizontal flip": ("RandomHorizontalFlip", "HorizontalFlip"),
    "vertical flip": ("RandomVerticalFlip", "VerticalFlip"),
}
ROTATIONS = ("RandomRotation", "Rotate", "SafeRotate", "ShiftScaleRotate", "RandomAffine", "Affine")
AFFINE = ("ShiftScaleRotate", "RandomAffine", "Affine")
CROPS = ("RandomCrop",)
_HINT = "Give it what the assignment asks for."


def flip(pipeline: Pipeline, word: str) -> Seen:
    names = FLIPS[word]
    found = pipeline.named(*names)
    return _there(found[0]) if found else pipeline.missing(word, *names)


def shift_scale_rotate(pipeline: Pipeline) -> Seen:
    """`ShiftScaleRotate`, or an affine transform that shifts, scales and rotates."""
    found = pipeline.named(*AFFINE)
    for call in found:
        if call.name == "ShiftScaleRotate" or all(_moves(pipeline, call).values()):
            note = (
                ""
                if call.name == "ShiftScaleRotate"
                else f"{call.name} shifts, scales and rotates: the same."
            )
            return Seen("passed", clean(call.text, 160), note, call=call)
    if not found:
        return pipeline.missing("shift-scale-rotate", *AFFINE)
    lacks = [name for name, there in _moves(pipeline, found[0]).items() if not there]
    why = f"{found[0].name} does not {' or '.join(lacks)}."
    return Seen("failed", clean(found[0].text, 160), why, _HINT, found[0])


def _moves(pipeline: Pipeline, call: Call) -> dict[str, bool]:
    asked = {
        "shift": ("translate", "translate_percent", "translate_px"),
        "scale": ("scale",),
        "rotate": ("degrees", "rotate"),
    }
    still = {"scale": 1.0}
    return {
        name: _moved(pipeline.value(call, names, None), still.get(name, 0.0)) for name, names in asked.items()
    }


def _moved(value: Plain | Unread, still: float) -> bool:
    """A value that is given and changes something; a dict, which is not read, does."""
    found = numbers(value)
    return any(one != still for one in found) if found else value is not None


def rotation(pipeline: Pipeline, at_least: float | None, at_most: float | None) -> Seen:
    """A rotation whose widest angle lies within the limits, in degrees."""
    found = [(call, _angle(pipeline, call)) for call in pipeline.named(*ROTATIONS)]
    found = [(call, angle) for call, angle in found if angle != 0]
    if not found:
        return pipeline.missing("rotation", *ROTATIONS)
    call, angle = max(found, key=lambda one: one[1] or 0.0)
    measured = clean(call.text, 160)
    if at_least is None and at_most is None:
        return Seen("passed", measured, call=call)
    if angle is None:
        return Seen("review", measured, "By how much it rotates could not be found out.", call=call)
    fits = (at_least is None or angle >= at_least - 1e-6) and (at_most is None or angle <= at_most + 1e-6)
    asked = str(Range(at_least=at_least, at_most=at_most))
    why = "" if fits else f"It rotates by up to {angle:g} degrees; asked for is {asked}."
    return Seen("passed" if fits else "failed", measured, why, "" if fits else _HINT, call)


def _angle(pipeline: Pipeline, call: Call) -> float | None:
    """The widest angle in degrees; `None` where it is not known, 0 where the call does not rotate."""
    defaults: dict[str, Plain] = {"Rotate": 90, "SafeRotate": 90, "ShiftScaleRotate": 45, "Affine": 0}
    names = ("degrees", "limit", "rotate_limit", "rotate")
    given = pipeline.value(call, names, defaults.get(call.name, Unread("")))
    found = numbers(0 if given is None else given)
    return max(abs(one) for one in found) if found else None


@dataclass(frozen=True)
class _Padding:
    high: float | None
    wide: float | None
    text: str


def random_crop(pipeline: Pipeline, size: tuple[int, int] | None, padding: int | None) -> Seen:
    """A random crop of a size, after a padding of so many pixels on each side."""
    found = pipeline.named(*CROPS)
    if not found:
        return pipeline.missing("random crop", *CROPS)
    call = found[0]
    own = _crop_size(pipeline, call)
    if size is not None and own is None:
        return Seen(
            "review", clean(call.text, 160), "The size of its crops could not be found out.", call=call
        )
    if size is not None and own != size:
        assert own is not None
        why = f"It crops to {own[0]}x{own[1]}; asked for is {size[0]}x{size[1]}."
        return Seen("failed", clean(call.text, 160), why, _HINT, call)
    return _there(call) if padding is None else _padded(pipeline, call, own, padding)


def _padded(pipeline: Pipeline, call: Call, size: tuple[int, int] | None, asked: int) -> Seen:
    found = _padding(pipeline, call, size)
    measured = clean(f"{found.text} then {call.text}" if found.text else call.text, 200)
    if found.high is None or found.wide is None:
        return Seen("review", measured, "The padding before the crop could not be found out.", call=call)
    right = [abs(one - asked) < 0.5 for one in (found.high, found.wide)]
    if all(right):
        return Seen("passed", measured, call=call)
    have = f"{found.high:g} above and below and {found.wide:g} left and right"
    why = f"The padding is {have}; asked for are {asked} pixels on each side."
    if any(right):
        return Seen("review", measured, f"{why} One direction is as asked: a person looks.", _HINT, call)
    return Seen("failed", measured, why, _HINT, call)


def _crop_size(pipeline: Pipeline, call: Call) -> tuple[int, int] | None:
    if call.library == "albumentations":
        high, wide = (number(pipeline.value(call, (name,), Unread(""))) for name in ("height", "width"))
        return (int(high), int(wide)) if high and wide else None
    found = numbers(pipeline.value(call, ("size",), Unread("")))
    return (int(found[0]), int(found[-1])) if len(found) in (1, 2) else None


def _padding(pipeline: Pipeline, crop: Call, size: tuple[int, int] | None) -> _Padding:
    """What the crop pads by itself, and what a transform before it pads."""
    before = pipeline.calls[: pipeline.calls.index(crop)]
    own = numbers(pipeline.value(crop, ("padding",), 0) or 0)
    if own and any(own):
        high, wide = _sides(own)
        return _Padding(high, wide, "")
    for call in reversed(before):
        if call.name == "Pad":
            high, wide = _sides(numbers(pipeline.value(call, ("padding",), Unread(""))))
            return _Padding(high, wide, call.text)
        if call.name == "PadIfNeeded":
            return _to_size(pipeline, call, size)
    return _Padding(0.0, 0.0, "") if own else _Padding(None, None, "")


def _sides(found: tuple[float, ...]) -> tuple[float | None, float | None]:
    """(above and below, left and right) of one number, of two, or of four: left, top, right, bottom."""
    if len(found) == 1:
        return found[0], found[0]
    if len(found) == 2:
        return found[1], found[0]
    if len(found) == 4 and found[0] == found[2] and found[1] == found[3]:
        return found[1], found[0]
    return None, None


def _to_size(pipeline: Pipeline, call: Call, size: tuple[int, int] | None) -> _Padding:
    """`PadIfNeeded` pads images of the crop's size to its own; 1024 is its default."""
    least = [number(pipeline.value(call, (name,), 1024)) for name in ("min_height", "min_width")]
    if size is None or least[0] is None or least[1] is None:
        return _Padding(None, None, call.text)
    return _Padding(max(0.0, (least[0] - size[0]) / 2), max(0.0, (least[1] - size[1]) / 2), call.text)


def _there(call: Call) -> Seen:
    return Seen("passed", clean(call.text, 160), call=call)
