"""Whether the class distribution and the anchor boxes are right, worked out again from the annotation file.

Your anchors for each k are held against the grader's own k-means on the boxes' widths and heights, as shares of their
image: what they reach as mean IoU may not be lower, and the mean IoU that you state has to be the one that they reach.
Any way to find them will do. What cannot be read or compared goes to a person, and costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, combine
from grader.evaluation.anchor_rules import Said, for_k, own_readme
from grader.evaluation.class_rules import distribution
from grader.records import Annotations, Evidence, Part
from grader.text import clean, counted

SHOWN = 3
K = Annotated[int, Field(ge=2, le=9, strict=True)]


class Rule(interface.Rule):
    """The class distribution and the anchor boxes of an annotation file are right."""

    check: Literal["anchors"]
    ks: tuple[K, ...] = Field(
        (3, 4, 5, 6), min_length=1, max_length=8, description="For which numbers of anchors: `[3, 4, 5, 6]`."
    )
    mean_iou_within: Ratio = Field(
        0.02, gt=0, description="How far a mean IoU may be off, in points: `2 %`, or 0.02."
    )
    class_distribution: bool = Field(
        False, description="A table with the name and the number, or share, of each class."
    )
    own_readme: bool = Field(
        False, description="The anchors are explained in a README of their own, beside the main one."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"annotations"})

    @model_validator(mode="after")
    def _each_k_once(self) -> Self:
        if len(set(self.ks)) != len(self.ks):
            raise ValueError("each number of anchors may stand only once in ks")
        return self

    def requirement(self) -> str:
        *first, last = map(str, self.ks)
        ks = f"{', '.join(first)} and {last}" if first else last
        also = "the class distribution, and " if self.class_distribution else ""
        where = ", in a README of its own" if self.own_readme else ""
        return f"The submission states {also}anchor boxes with their mean IoU for k = {ks}{where}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.annotations
    assert isinstance(found, Annotations)  # `needs`: what is absent was dealt with
    said: list[tuple[str, Said]] = []
    if rule.class_distribution:
        said.append(("class distribution", distribution(found)))
    said += [(f"k = {k}", for_k(found, k, rule.mean_iou_within)) for k in rule.ks]
    if rule.own_readme:
        said.append(("a README of its own", own_readme(found, evidence)))
    share = rule.points / len(said)
    parts = tuple(
        Part(name, one.status, share if one.status == "passed" else 0.0, share, one.finding)
        for name, one in said
    )
    return replace(combine(parts, rule.points, rule.requirement()), notes=_notes(found))


def _notes(found: Annotations) -> tuple[str, ...]:
    """Where the boxes come from, and which of them could not be used."""
    if found.fault:
        return (found.fault,)
    boxes = counted(found.boxes, "box", "boxes")
    images = counted(found.images, "image", "images")
    whose = "" if found.place.startswith("COCO 2017") else ", the submission's own file"
    unofficial = "; not the official copy" if not whose and not found.official else ""
    notes = [
        f"Computed with {boxes} of {len(found.classes)} classes in {images}: {found.place}{whose}{unofficial}."
    ]
    notes += [f"Left out: {one.path} {one.reason}." for one in found.left_out[:SHOWN]]
    if found.others:
        notes.append(f"Not looked at: {', '.join(clean(one, 120) for one in found.others[:SHOWN])}.")
    return (*notes, found.cut) if found.cut else tuple(notes)
