"""What the anchors that a submission states are held against: the grader's own k-means on the same boxes."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from grader.records import Absent, Annotations, Clustering, Evidence, Finding, StatedAnchors, Status
from grader.text import clean, counted

SHOWN = 6
_ROUNDED = 1e-9
"""What a difference of two rounded numbers may be off by."""


@dataclass(frozen=True)
class Said:
    """The verdict on one part."""

    status: Status
    finding: Finding


def for_k(found: Annotations, k: int, within: float) -> Said:
    """Whether the anchors for k are as good as those of k-means, and their mean IoU is stated right."""
    expected = f"{k} anchors with their mean IoU, within {points_of(within)} of what is computed"
    stated = next((one for one in found.stated if one.k == k), None)
    if stated is None:
        return _nothing(found, k, expected)
    shown = _shown(stated)
    if found.fault:
        return Said("review", Finding(shown, expected, found.fault))
    own = next((one for one in found.clusters if one.k == k), None)
    if own is None:
        why = f"There are fewer than {k} different boxes, or k is none that the grader computes. A person looks."
        return Said("review", Finding(shown, expected, why))
    if not stated.anchors:
        return _only_the_iou(stated, own, within, Finding(shown, expected))
    if doubt := _doubt(stated):
        return Said("review", Finding(shown, expected, f"{doubt} A person looks."))
    return _compared(found, stated, own, within, Finding(shown, expected))


def _nothing(found: Annotations, k: int, expected: str) -> Said:
    if found.cut:
        return Said("review", Finding("nothing", expected, f"{found.cut} A person looks."))
    hint = (
        f"Write a heading `k = {k}`, its anchors as a table or a list of (width, height), and their mean IoU."
    )
    return Said(
        "failed", Finding("nothing", expected, f"No page states anchors or a mean IoU for k = {k}.", hint)
    )


def _only_the_iou(stated: StatedAnchors, own: Clustering, within: float, finding: Finding) -> Said:
    """The anchors may be in a picture: a mean IoU that fits those of the grader's k-means speaks for them."""
    if abs(stated.mean_iou - own.mean_iou) <= within + _ROUNDED:
        why = f"The anchors are not listed as text; the mean IoU is that of k-means ({iou(own.mean_iou)})."
        return Said("passed", _because(finding, why))
    why = f"The anchors are not listed as text, and k-means reaches {iou(own.mean_iou)}. A person looks."
    return Said(
        "review", _because(finding, why, "List the anchors as (width, height) beside their mean IoU.")
    )


def _doubt(stated: StatedAnchors) -> str:
    """Why the anchors cannot be compared, as a sentence; "" where they can."""
    if len(stated.anchors) != stated.k:
        return f"{counted(len(stated.anchors), 'pair', 'pairs')} were read there in place of {stated.k}."
    if 0 in stated.scale:
        return "They are in pixels, and the size of the picture that they belong to is not stated."
    return "" if stated.measured_iou >= 0 else "Their mean IoU could not be computed."


def _compared(
    found: Annotations, stated: StatedAnchors, own: Clustering, within: float, finding: Finding
) -> Said:
    reached, best = f"They reach {iou(stated.measured_iou)}", f"k-means reaches {iou(own.mean_iou)}"
    if stated.measured_iou < own.mean_iou - within - _ROUNDED:
        if stated.exchanged_iou >= own.mean_iou - within - _ROUNDED:
            why = f"Width and height are exchanged. {reached}, and {iou(stated.exchanged_iou)} the other way round."
            return _lost(found, finding, why, "Write each anchor as (width, height).")
        hint = "Cluster width / image width and height / image height of all boxes, with several starts."
        return _lost(found, finding, f"{reached}, and {best}.", hint)
    if stated.mean_iou < 0:
        if found.loose_iou:
            why = f"{found.loose_iou} states an IoU without saying for which k. A person looks."
            return Said("review", _because(finding, why))
        why = f"No mean IoU is stated for them. {reached}."
        return Said("failed", _because(finding, why, "State the mean over all boxes of the best IoU."))
    if abs(stated.mean_iou - stated.measured_iou) > within + _ROUNDED:
        why = f"{stated.iou_place} states a mean IoU of {iou(stated.mean_iou)}. {reached}."
        hint = "Take for each box the anchor that fits best, both at one centre, and the mean over all boxes."
        return _lost(found, finding, why, hint)
    return Said("passed", _because(finding, f"{reached}, and {best}."))


def _lost(found: Annotations, finding: Finding, why: str, hint: str) -> Said:
    """The points are lost, unless the anchors may belong to another of several annotation files."""
    if found.others:
        more = f"{why} They may belong to {clean(found.others[0], 120)}: a person looks."
        return Said("review", _because(finding, more, hint))
    return Said("failed", _because(finding, why, hint))


def _because(finding: Finding, why: str, hint: str = "") -> Finding:
    return Finding(finding.measured, finding.expected, why, hint)


def _shown(stated: StatedAnchors) -> str:
    listed = ", ".join(f"({width:.4g}, {height:.4g})" for width, height in stated.anchors[:SHOWN])
    more = ", ..." if len(stated.anchors) > SHOWN else ""
    said = f"mean IoU {iou(stated.mean_iou)}" if stated.mean_iou >= 0 else "no mean IoU"
    return f"{said}: {listed}{more} ({stated.place})" if listed else f"{said} ({stated.place})"


def iou(value: float) -> str:
    return f"{value:.4f}"


def points_of(within: float) -> str:
    return f"{within:.4g}"


# --- where it is written ------------------------------------------------------------------------------------


def own_readme(found: Annotations, evidence: Evidence) -> Said:
    """Whether another README than the main one states anchors or classes."""
    expected = "a README for the anchors, beside the main one"
    readme = evidence.reading.readme
    main = "" if isinstance(readme, Absent) else readme.path
    pages = {one.partition(", cell ")[0].rpartition(":")[0] for one in _places(found) if ", cell " not in one}
    others = sorted(page for page in pages if page and page != main)
    if others:
        return Said("passed", Finding(others[0], expected))
    beside = [file.path for file in evidence.submission.files if _is_readme(file.path) and file.path != main]
    if beside:
        why = "Nothing of it was read as anchors or as classes. A person looks."
        return Said("review", Finding(clean(beside[0], 120), expected, why))
    if main in pages:
        why = "The anchors stand in the main README, which is the other half's too. A person looks."
        return Said("review", Finding(main, expected, why))
    hint = "Put the anchors into a folder of their own, with a README.md that explains and shows them."
    return Said("failed", Finding("none", expected, "", hint))


def _places(found: Annotations) -> list[str]:
    places = [one.place for one in found.stated_classes]
    for one in found.stated:
        places += [one.place, one.iou_place]
    return places


def _is_readme(path: str) -> bool:
    return posixpath.basename(path).lower().startswith("readme.")
