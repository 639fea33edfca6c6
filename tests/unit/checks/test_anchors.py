"""Anchors and class distribution held against what the annotation file gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from grader.checks.anchors import Rule
from grader.checks.interface import run
from grader.records import (
    Annotations,
    ClassCount,
    Clustering,
    LeftOut,
    Outcome,
    StatedAnchors,
    StatedClass,
)

PAIRS = ((0.1, 0.3), (0.2, 0.6))
GOOD = StatedAnchors(2, "B/README.md:9", PAIRS, (1.0, 1.0), 0.61, "B/README.md:8", 0.6, 0.4)
CLASSES = (ClassCount("car", 30, 32), ClassCount("dog", 10, 10), ClassCount("none", 0, 0))
COUNTS = (StatedClass("car", 30, False, "B/README.md:3"), StatedClass("dog", 10, False, "B/README.md:4"))
FOUND = Annotations(
    place="B/a.json",
    fault="",
    official=False,
    images=5,
    boxes=40,
    classes=CLASSES,
    left_out=(),
    clusters=(Clustering(2, 0.61, PAIRS),),
    stated=(GOOD,),
    stated_classes=COUNTS,
)


@pytest.fixture
def handed(handed_in):
    return handed_in({"README.md": "# A\n\nWords.\n", "B/README.md": "# B\n\nWords.\n"})


def judged(evidence, found: Annotations, **keys: Any) -> Outcome:
    asked = {"id": "a", "check": "anchors", "ks": [2], "points": 10.0}
    return run(Rule.model_validate(asked | keys), replace(evidence, annotations=found))


def with_k(**changes: Any) -> Annotations:
    return replace(FOUND, stated=(replace(GOOD, **changes),))


def test_all_that_is_asked_for(handed) -> None:
    outcome = judged(handed, FOUND, class_distribution=True, own_readme=True, points=30.0)
    assert (outcome.status, outcome.points) == ("passed", 30)
    assert [part.name for part in outcome.parts] == ["class distribution", "k = 2", "a README of its own"]
    assert outcome.notes == (
        "Computed with 40 boxes of 3 classes in 5 images: B/a.json, the submission's own file.",
    )
    assert outcome.requirement == (
        "The submission states the class distribution, and anchor boxes with their mean IoU for k = 2, in a README of "
        "its own."
    )


FAILED = {
    "exchanged": (
        {"measured_iou": 0.4, "exchanged_iou": 0.6},
        "Width and height are exchanged. They reach 0.4000",
    ),
    "poor": ({"measured_iou": 0.58, "exchanged_iou": 0.5}, "They reach 0.5800, and k-means reaches 0.6100."),
    "misstated": ({"mean_iou": 0.63}, "B/README.md:8 states a mean IoU of 0.6300. They reach 0.6000."),
    "no iou": ({"mean_iou": -1.0}, "No mean IoU is stated for them. They reach 0.6000."),
}
REVIEW = {
    "three pairs": ({"anchors": (*PAIRS, (0.5, 0.5))}, "3 pairs were read there in place of 2."),
    "pixels": (
        {"scale": (0.0, 0.0), "measured_iou": -1.0},
        "the size of the picture that they belong to is not stated",
    ),
    "not computed": ({"measured_iou": -1.0}, "Their mean IoU could not be computed."),
    "pictures alone": ({"anchors": (), "mean_iou": 0.7}, "not listed as text, and k-means reaches 0.6100"),
}


@pytest.mark.parametrize("name", FAILED)
def test_what_is_lost_says_why(name: str, handed) -> None:
    changes, said = FAILED[name]
    part = judged(handed, with_k(**changes)).parts[0]
    assert (part.status, part.points) == ("failed", 0)
    assert said in part.finding.rationale
    assert part.finding.hint


@pytest.mark.parametrize("name", REVIEW)
def test_what_cannot_be_compared_goes_to_a_person(name: str, handed) -> None:
    changes, said = REVIEW[name]
    outcome = judged(handed, with_k(**changes))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 10)
    assert said in outcome.parts[0].finding.rationale


@pytest.mark.parametrize("name", ["exchanged", "poor", "misstated"])
def test_with_several_annotation_files_a_person_looks(name: str, handed) -> None:
    outcome = judged(handed, replace(with_k(**FAILED[name][0]), others=("B/train.json",)))
    assert outcome.status == "review"
    assert "They may belong to B/train.json: a person looks." in outcome.parts[0].finding.rationale


def test_an_iou_alone_passes_where_it_is_that_of_k_means(handed) -> None:
    assert judged(handed, with_k(anchors=(), mean_iou=0.6)).status == "passed"


def test_the_edges_of_the_tolerance(handed) -> None:
    assert judged(handed, with_k(measured_iou=0.59, mean_iou=0.61)).status == "passed"
    assert judged(handed, with_k(measured_iou=0.5899)).status == "failed"
    assert judged(handed, with_k(mean_iou=0.6201)).status == "failed"
    assert judged(handed, with_k(mean_iou=0.6201), mean_iou_within="3 %").status == "passed"


def test_nothing_for_a_k(handed) -> None:
    gone = replace(FOUND, stated=())
    assert (
        judged(handed, gone).parts[0].finding.rationale == "No page states anchors or a mean IoU for k = 2."
    )
    assert judged(handed, gone).status == "failed"
    assert judged(handed, replace(gone, cut="Only 30 of 31 pages were read.")).status == "review"
    assert judged(handed, with_k(mean_iou=-1.0)).status == "failed"
    assert judged(handed, replace(with_k(mean_iou=-1.0), loose_iou="README.md:3")).status == "review"
    assert judged(handed, replace(FOUND, clusters=())).status == "review"


def test_without_a_file_what_is_stated_goes_to_a_person_and_nothing_stays_lost(handed) -> None:
    fault = "B/a.json cannot be used: line 2, column 3: not valid JSON. Commit the annotation file."
    broken = replace(FOUND, fault=fault, clusters=(), boxes=0, classes=())
    outcome = judged(handed, broken, class_distribution=True)
    assert (outcome.status, outcome.open_points, outcome.notes) == ("review", 10, (fault,))
    nothing = judged(handed, replace(broken, stated=(), stated_classes=()), class_distribution=True)
    assert (nothing.status, nothing.points) == ("failed", 0)


def of_classes(evidence, *rows: StatedClass, **changes: Any):
    found = replace(FOUND, stated_classes=rows, **changes)
    return judged(evidence, found, class_distribution=True).parts[0]


def test_the_class_distribution(handed) -> None:
    car, dog = COUNTS
    assert of_classes(handed, replace(car, value=32), dog).status == "passed"  # those left out, too
    shares = replace(car, value=0.75, is_share=True), replace(dog, value=0.245, is_share=True)
    assert of_classes(handed, *shares).status == "passed"
    wrong = of_classes(handed, replace(car, value=31), dog)
    assert (wrong.status, wrong.finding.rationale) == ("failed", "car: 31 is stated, 30 are there.")
    share = of_classes(handed, shares[0], replace(shares[1], value=0.2))
    assert share.finding.rationale == "dog: 20.0% is stated, 25.0% are there."
    assert of_classes(handed, car).finding.rationale == "1 class is not there: dog."
    assert of_classes(handed).status == "failed"
    assert of_classes(handed, cut="Too much text.").status == "review"
    assert of_classes(handed, car, others=("b.json",)).status == "review"


def test_a_readme_of_its_own(handed_in) -> None:
    def status(files: dict[str, Any], found: Annotations = FOUND) -> str:
        return judged(handed_in(files), found, own_readme=True).parts[-1].status

    main = replace(with_k(place="README.md:3", iou_place="README.md:4"), stated_classes=())
    nowhere = replace(FOUND, stated=(), stated_classes=())
    assert status({"README.md": "# A\n"}) == "passed"
    assert status({"README.md": "# A\n"}, main) == "review"
    assert status({"README.md": "# A\n", "B/README.md": "# B\n"}, main) == "review"
    assert status({"README.md": "# A\n"}, nowhere) == "failed"


def test_what_was_left_out_is_said(handed) -> None:
    left = LeftOut("B/a.json, annotations[7]", "lies outside of its image (the first of 2 boxes)")
    notes = judged(handed, replace(FOUND, left_out=(left,), others=("c.json",), cut="Cut.")).notes
    assert notes[1:] == (
        "Left out: B/a.json, annotations[7] lies outside of its image (the first of 2 boxes).",
        "Not looked at: c.json.",
        "Cut.",
    )
    published = replace(FOUND, place="COCO 2017, instances_val2017.json", official=True)
    assert judged(handed, published).notes[0].endswith("in 5 images: COCO 2017, instances_val2017.json.")


@pytest.mark.parametrize(
    "keys", [{"ks": []}, {"ks": [1]}, {"ks": [10]}, {"ks": [3, 3]}, {"mean_iou_within": 0}], ids=str
)
def test_rules_that_mean_nothing_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"id": "a", "check": "anchors", "points": 1.0} | keys)
