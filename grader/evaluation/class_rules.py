"""What the class distribution that a submission states is held against: the annotation file's own counts."""

from __future__ import annotations

from collections import Counter

from grader.evaluation.anchor_rules import Said
from grader.records import Annotations, Finding, StatedClass
from grader.text import clean, counted

SHOWN = 3
SHARE_WITHIN = 0.0051
"""A share may be rounded to whole percent."""
_EXPECTED = "a table with the name and the number of boxes, or the share, of each class"
_HINT = "Make a table with a row per class: its name, and how many boxes it has."


def distribution(found: Annotations) -> Said:
    """Whether every class with boxes is there, with the right number or share."""
    stated = found.stated_classes
    if not stated:
        if found.cut:
            return Said("review", Finding("none", _EXPECTED, f"{found.cut} A person looks."))
        return Said("failed", Finding("none", _EXPECTED, "No table of the classes was found as text.", _HINT))
    shown = f"{counted(len({one.name for one in stated}), 'class', 'classes')} ({stated[0].place})"
    if found.fault:
        return Said("review", Finding(shown, _EXPECTED, found.fault))
    missing = _missing(found)
    if missing:
        why = f"{counted(len(missing), 'class is', 'classes are')} not there: {_some(missing)}."
        return _lost(found, Finding(shown, _EXPECTED, why, _HINT))
    wrong = [said for one in stated if (said := _wrong(found, one))]
    if wrong:
        hint = "Count the annotations by category_id, and take the names from the categories."
        return _lost(found, Finding(shown, _EXPECTED, f"{_some(wrong)}.", hint))
    return Said("passed", Finding(shown, _EXPECTED, f"As in {found.place}."))


def _missing(found: Annotations) -> list[str]:
    """Classes with boxes that are not stated; a name that several categories share is one."""
    stated = {one.name for one in found.stated_classes}
    return list(dict.fromkeys(one.name for one in found.classes if one.boxes and one.name not in stated))


def _wrong(found: Annotations, one: StatedClass) -> str:
    """What is wrong with one row; "" where nothing is. Boxes that cannot be used may be counted, or not."""
    boxes, annotations = Counter[str](), Counter[str]()
    for known in found.classes:
        boxes[known.name] += known.boxes
        annotations[known.name] += known.annotations
    if one.name not in boxes:
        return ""
    right = (boxes[one.name], annotations[one.name])
    if not one.is_share:
        if one.value in right:
            return ""
        return f"{one.name}: {one.value:,.0f} is stated, {right[0]:,} are there"
    shares = [
        count / total for count, of in zip(right, (boxes, annotations), strict=True) if (total := of.total())
    ]
    if any(abs(one.value - share) <= SHARE_WITHIN for share in shares):
        return ""
    return f"{one.name}: {one.value:.1%} is stated, {shares[0]:.1%} are there" if shares else ""


def _lost(found: Annotations, finding: Finding) -> Said:
    if not found.others:
        return Said("failed", finding)
    more = f"{finding.rationale} It may belong to {clean(found.others[0], 120)}: a person looks."
    return Said("review", Finding(finding.measured, finding.expected, more, finding.hint))


def _some(texts: list[str]) -> str:
    more = len(texts) - SHOWN
    return "; ".join(texts[:SHOWN]) + (f"; and {counted(more, 'other', 'others')}" if more > 0 else "")
