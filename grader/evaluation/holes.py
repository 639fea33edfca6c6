"""Cutout under all of its names: holes of a size, a number and a colour."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from grader.evaluation.pipeline_parts import Pipeline, Seen
from grader.evaluation.stated_values import Plain, Unread, is_given, numbers, shown
from grader.records import Call
from grader.text import clean

NAMES = ("CoarseDropout", "Cutout", "RandomErasing")
NEAR = 0.01
"""A fill is the mean where each channel is this near to it, on the scale 0 to 1: means are often rounded."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""What `Normalize()` of albumentations takes where no mean is given."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Wanted:
    """The holes that a spec asks for."""

    size: tuple[int, int] | None = None  # height, width
    or_width: int | None = None  # a width that counts as the one that is asked for
    holes: int | None = None
    mean_filled: bool = False
    dataset_mean: tuple[
        float, ...
    ] = ()  # on the scale 0 to 1, beside the mean that the pipeline normalises with


@dataclass(frozen=True)
class _Holes:
    height: Range | None  # pixels; None where it is not known
    width: Range | None
    count: Range | None
    fill: Plain | Unread


def cutout(pipeline: Pipeline, wanted: Wanted) -> Seen:
    """The best of the calls that cut holes."""
    found = [_judged(pipeline, call, wanted) for call in pipeline.named(*NAMES)]
    order = ("passed", "review", "failed")
    return (
        min(found, key=lambda one: order.index(one.status)) if found else pipeline.missing("cutout", *NAMES)
    )


def _judged(pipeline: Pipeline, call: Call, wanted: Wanted) -> Seen:
    holes = _read(pipeline, call)
    if holes is None:
        why = f"{clean(call.name, 60)} is the student's own: its holes are not known."
        return Seen("review", clean(call.text, 160), why, call=call)
    faults, doubts, notes = _size(holes, wanted)
    more = _count(holes, wanted), _colour(pipeline, call, holes, wanted)
    for fault, doubt, note in more:
        faults, doubts, notes = (*faults, *fault), (*doubts, *doubt), (*notes, *note)
    measured = clean(call.text, 160)
    if faults:
        return Seen("failed", measured, " ".join(faults), "Give the cutout what is asked for.", call)
    if doubts:
        return Seen("review", measured, " ".join(doubts), call=call)
    return Seen("passed", measured, " ".join(notes), call=call)


# --- what a call cuts -------------------------------------------------------------------------------------------


def _read(pipeline: Pipeline, call: Call) -> _Holes | None:
    if call.name == "RandomErasing":
        return _erasing(pipeline, call)
    if not call.library:
        return _own(call)
    second = is_given(call, "num_holes_range", "hole_height_range", "hole_width_range", "fill")
    if call.name == "CoarseDropout" and second:
        return _Holes(
            _in_pixels(pipeline, pipeline.value(call, ("hole_height_range",), (0.1, 0.2))),
            _in_pixels(pipeline, pipeline.value(call, ("hole_width_range",), (0.1, 0.2))),
            _range(pipeline.value(call, ("num_holes_range",), (1, 2))),
            pipeline.value(call, ("fill",), 0),
        )
    if call.name == "Cutout":
        sides = [
            _in_pixels(pipeline, pipeline.value(call, (name,), 8)) for name in ("max_h_size", "max_w_size")
        ]
        count = _range(pipeline.value(call, ("num_holes",), 8))
        return _Holes(sides[0], sides[1], count, pipeline.value(call, ("fill_value", "fill"), 0))
    return _first(pipeline, call)


def _first(pipeline: Pipeline, call: Call) -> _Holes:
    """`CoarseDropout` of version 1: a minimum that is not given is the maximum."""
    spans = []
    for name in ("height", "width", "holes"):
        most = pipeline.value(call, (f"max_{name}",), 8)
        least = pipeline.value(call, (f"min_{name}",), None)
        both = numbers(most) + numbers(most if least is None else least)
        spans.append((both[1], both[0]) if len(both) == 2 else None)
    height, width, count = spans
    scaled = [one and _in_pixels(pipeline, one) for one in (height, width)]
    return _Holes(scaled[0], scaled[1], count, pipeline.value(call, ("fill_value",), 0))


def _erasing(pipeline: Pipeline, call: Call) -> _Holes:
    """torchvision's rectangle by its share of the image's area and the ratio of its sides."""
    scale = _range(pipeline.value(call, ("scale",), (0.02, 0.33)))
    ratio = _range(pipeline.value(call, ("ratio",), (0.3, 3.3)))
    fill = pipeline.value(call, ("value",), 0)
    if not (pipeline.side and scale and ratio) or min(*scale, *ratio) <= 0:
        return _Holes(None, None, (1, 1), fill)
    low, high = (share * pipeline.side**2 for share in scale)
    tall = (round(math.sqrt(low * ratio[0])), round(math.sqrt(high * ratio[1])))
    wide = (round(math.sqrt(low / ratio[1])), round(math.sqrt(high / ratio[0])))
    return _Holes(tall, wide, (1, 1), fill)


def _own(call: Call) -> _Holes | None:
    """The usual home-made class: `Cutout(n_holes=1, length=16)`."""
    given = {
        name: value
        for name, value in call.arguments
        if isinstance(value, int) and not isinstance(value, bool)
    }
    sides = [given[name] for name in ("length", "size", "mask_size") if name in given]
    if not sides:
        return None
    side = (float(sides[0]), float(sides[0]))
    count = float(given.get("n_holes", 1))
    return _Holes(side, side, (count, count), Unread("in the student's own code"))


def _range(value: Plain | Unread) -> Range | None:
    found = numbers(value)
    return (found[0], found[-1]) if len(found) in (1, 2) else None


def _in_pixels(pipeline: Pipeline, value: Plain | Unread) -> Range | None:
    """Shares of the image's side as pixels; what is above 1 is pixels."""
    found = _range(value)
    if found is None or not all(isinstance(one, float) and one < 1 for one in _listed(value)):
        return found
    return (found[0] * pipeline.side, found[1] * pipeline.side) if pipeline.side else None


def _listed(value: Plain | Unread) -> tuple[Plain | Unread, ...]:
    return value if isinstance(value, tuple) else (value,)


# --- held against what is asked ---------------------------------------------------------------------------------

Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Faults, doubts and notes, each as sentences."""

_NOTHING: Told = ((), (), ())


def _size(holes: _Holes, wanted: Wanted) -> Told:
    if wanted.size is None:
        return _NOTHING
    if holes.height is None or holes.width is None:
        return (), ("The size of its holes could not be found out.",), ()
    high, wide = wanted.size
    if _is(holes.height, high) and _is(holes.width, wide):
        return _NOTHING
    least_width = replace(holes, width=(holes.width[1],) * 2)
    if wanted.or_width is not None and _is(holes.height, high) and _is(least_width.width, wanted.or_width):
        return (), (), (f"A width of {wanted.or_width} counts as {wide} here.",)
    return (
        (f"Its holes are {_said(holes.height)}x{_said(holes.width)} pixels; asked for are {high}x{wide}.",),
        (),
        (),
    )


def _count(holes: _Holes, wanted: Wanted) -> Told:
    if wanted.holes is None:
        return _NOTHING
    if holes.count is None:
        return (), ("The number of its holes could not be found out.",), ()
    if _is(holes.count, wanted.holes):
        return _NOTHING
    return (f"It cuts {_said(holes.count)} holes; asked for are {wanted.holes}.",), (), ()


def _is(found: Range | None, number: int) -> bool:
    return found is not None and all(abs(one - number) < 0.5 for one in found)


def _said(found: Range) -> str:
    low, high = (f"{one:.4g}" for one in found)
    return low if low == high else f"{low}-{high}"


def _colour(pipeline: Pipeline, call: Call, holes: _Holes, wanted: Wanted) -> Told:
    if not wanted.mean_filled:
        return _NOTHING
    fill = numbers(holes.fill)
    if not fill:
        return (), (f"What its holes are filled with could not be found out ({shown(holes.fill)}).",), ()
    normalises = pipeline.named("Normalize")
    if normalises and pipeline.calls.index(call) > pipeline.calls.index(normalises[0]):
        return _after_normalize(holes, fill)
    means = [one for one in (_mean(pipeline, normalises), wanted.dataset_mean) if one]
    if not means:
        return (), ("No mean is known to compare the fill of its holes with.",), ()
    if any(_near(scale, mean) for mean in means for scale in (fill, tuple(one / 255 for one in fill))):
        return _NOTHING
    default = "" if is_given(call, "fill_value", "fill", "value") else ", the default"
    mean = ", ".join(f"{one:.4g}" for one in means[0])
    filled = f"Its holes are filled with {shown(holes.fill)}{default}"
    return (f"{filled}; the mean is ({mean}), or 255 times that.",), (), ()


def _after_normalize(holes: _Holes, fill: tuple[float, ...]) -> Told:
    """There 0 is the mean of each channel."""
    if max(abs(one) for one in fill) < NEAR:
        return (), (), ("It comes after Normalize, where 0 is the mean.",)
    filled = f"its holes are filled with {shown(holes.fill)}"
    return (f"It comes after Normalize, where 0 is the mean; {filled}.",), (), ()


def _mean(pipeline: Pipeline, normalises: tuple[Call, ...]) -> tuple[float, ...]:
    if not normalises:
        return ()
    default = IMAGENET_MEAN if normalises[0].library == "albumentations" else Unread("")
    return numbers(pipeline.value(normalises[0], ("mean",), default))


def _near(fill: tuple[float, ...], mean: tuple[float, ...]) -> bool:
    """Channel by channel; one number for all channels against the mean of the channels."""
    if len(fill) == 1 and len(mean) > 1:
        return abs(fill[0] - sum(mean) / len(mean)) <= NEAR
    if len(mean) == 1:
        return all(abs(one - mean[0]) <= NEAR for one in fill)
    return len(fill) == len(mean) and all(abs(a - b) <= NEAR for a, b in zip(fill, mean, strict=True))
