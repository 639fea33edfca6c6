"""Whether Grad-CAM pictures are shown, and were made on a feature map that is large enough to show a place.

The pictures are counted by their names and headings, and by the code of their cell. The layer is the one that the
source gives to Grad-CAM; its map is the one that was measured at the assignment's own input size. What the pictures
show, a person decides: add a `manual` check for that.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.evaluation.gallery import Shown, distinct, elsewhere, gallery, is_blank, speaks_of
from grader.evaluation.layer_maps import map_side, named_layer
from grader.records import Absent, Evidence, Finding, ModelFacts, Part, Picture, Pictures, Status, TargetLayer
from grader.text import clean, counted

SHOWN = 3
LIMIT = 400
"""Pictures that are compared with each other."""

_WORDS = ("gradcam", "grad-cam", "grad cam", "cam", "cams", "activation map")
_Said = tuple[Status, Finding]


class Rule(interface.Rule):
    """Grad-CAM pictures are shown, made on a map that is large enough."""

    check: Literal["gradcam"]
    at_least: int = Field(10, ge=1, le=200, strict=True, description="How many pictures, at least.")
    map_at_least: int = Field(
        5,
        ge=1,
        le=1_000,
        strict=True,
        description="Height and width that the layer's map must have, in pixels.",
    )
    each: int = Field(
        64, ge=1, le=10_000, strict=True, description="Height and width of a picture in pixels, at least."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"pictures"})
    """The model is looked at where there is one: a network of a library, with its weights, is none of the student's."""

    def requirement(self) -> str:
        count = counted(self.at_least, "Grad-CAM picture is", "Grad-CAM pictures are")
        return f"At least {count} shown, made on a map of at least {self.map_at_least} px."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.pictures
    if isinstance(found, Absent):  # `needs` has dealt with it, except where the check is called by itself
        return interface.from_absence(found, rule.requirement())
    share = rule.points / 2
    said = (("pictures", *_pictures(rule, evidence, found)), ("feature map", *_map(rule, evidence)))
    parts = tuple(
        Part(name, status, share if status == "passed" else 0.0, share, finding)
        for name, status, finding in said
    )
    return combine(parts, rule.points, rule.requirement())


def _pictures(rule: Rule, evidence: Evidence, found: Pictures) -> _Said:
    whole = gallery(found, evidence.reading.readme, evidence.reading.notebooks)[:LIMIT]
    good = [one for one in whole if _counts(rule, one)]
    named = [one for one in good if _is_named(one, evidence.reading.grad_cam.places)]
    kept = distinct([one.picture for one in named])
    expected, measured = f"at least {rule.at_least}", _counted(kept)
    if len(kept) >= rule.at_least:
        return "passed", Finding(measured, expected)
    if named:
        why = "One picture may show several of them, and some may look the same: a person counts."
    elif good:
        why = "Neither a name nor a heading says which pictures are of Grad-CAM: a person looks."
    elif elsewhere(found, evidence.reading.readme) or found.cut:
        why = f"{found.cut or 'The README shows pictures that lie elsewhere.'} A person looks."
    else:
        hint = "Show the pictures in the README or in the notebook, under a heading that names Grad-CAM."
        return "failed", Finding(measured, expected, "", hint)
    return "review", Finding(measured, expected, why)


def _counted(pictures: list[Picture]) -> str:
    """`10 Grad-CAM pictures: images/gradcam_0.png, ... and others`."""
    places = ", ".join(one.place for one in pictures[:SHOWN])
    more = " and others" if len(pictures) > SHOWN else ""
    number = counted(len(pictures), "Grad-CAM picture", "Grad-CAM pictures")
    return f"{number}: {places}{more}" if pictures else number


def _counts(rule: Rule, one: Shown) -> bool:
    picture = one.picture
    large = picture.width >= rule.each and picture.height >= rule.each
    return not picture.fault and large and not is_blank(picture)


def _is_named(one: Shown, places: tuple[str, ...]) -> bool:
    return one.picture.place in places or any(speaks_of(one, word) for word in _WORDS)


def _map(rule: Rule, evidence: Evidence) -> _Said:
    found, expected = evidence.reading.grad_cam, f"at least {rule.map_at_least} px"
    if not found.layers:
        return _unnamed(evidence, expected)
    if isinstance(evidence.model, Absent):
        why = f"{evidence.model.reason} A person looks how large the map is."
        return _open(evidence.model), Finding(f"{_listed(found.layers)}, not measured", expected, why)
    sides = [(layer, _side(evidence.model, layer)) for layer in found.layers]
    measured = "; ".join(_described(evidence.model, layer, side) for layer, side in sides[:SHOWN])
    enough = [side >= rule.map_at_least for _, side in sides]
    if all(enough) and not found.cut:
        return "passed", Finding(measured, expected)
    if any(side == 0 for _, side in sides):
        return "review", Finding(measured, expected, "A person looks how large its map is.")
    if found.resized_at:
        why = (
            f"{found.resized_at} brings pictures to another size, and the map may be larger: a person looks."
        )
        return "review", Finding(measured, expected, why)
    if any(enough) or found.cut:
        why = found.cut or "It is not said which of them the pictures show."
        return "review", Finding(measured, expected, f"{why} A person looks.")
    return "failed", Finding(measured, expected, "", "Take an earlier layer, whose map is larger.")


def _unnamed(evidence: Evidence, expected: str) -> _Said:
    """No layer is named in the source: whether there is any sign of Grad-CAM decides."""
    found = evidence.reading.grad_cam
    pictures = evidence.pictures
    shown = not isinstance(pictures, Absent) and bool(pictures.pictures or pictures.cut)
    if found.places or found.cut or shown or evidence.reading.unreadable:
        why = found.cut or "The source does not say of which layer the pictures are."
        return "review", Finding("no layer that could be told", expected, f"{why} A person looks.")
    hint = "Commit the code that makes the pictures, with the layer that it takes."
    return "failed", Finding("no Grad-CAM in the source", expected, "", hint)


def _open(absent: Absent) -> Status:
    """A model of a library is none of the submission's classes: that alone is no shortfall here."""
    return "errored" if absent.cause == "errored" else "review"


def _side(model: ModelFacts, layer: TargetLayer) -> int:
    """The shorter side of a layer's map; 0 where it cannot be told."""
    known = named_layer(model, layer.path) if layer.path else None
    return map_side(known) if known else 0


def _described(model: ModelFacts, layer: TargetLayer, side: int) -> str:
    """`model.layer4[-1] (S7.ipynb, cell 15): 4 x 4 px`."""
    known = named_layer(model, layer.path) if side else None
    size = f"{' x '.join(map(str, known.output_shape[1:]))} px" if known else "a map that could not be told"
    return f"{clean(layer.text, 80)} ({layer.place}): {size}"


def _listed(layers: tuple[TargetLayer, ...]) -> str:
    return ", ".join(clean(layer.text, 80) for layer in layers[:SHOWN])
