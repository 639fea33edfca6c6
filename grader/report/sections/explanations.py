"""What the trained model looks at: mistakes that show where it goes wrong, and right answers beside them."""

from __future__ import annotations

from grader.records import Absent, ClassMap, ExplainedImage, Explanations, RunRecord
from grader.report import heat, words
from grader.report.sections.interface import Column, Section, Table

ID, TITLE = "images", "What it looks at"
ENOUGH = 5
"""Places along an axis below which a map says next to nothing about where; the assignments ask for as many."""

COLUMNS = (
    Column("Test image", "number"),
    Column("True class"),
    Column("Answer"),
    Column("Share of the answer", "number"),
    Column("Share of the true class", "number"),
    Column("Speaks for the answer"),
    Column("Speaks for the true class"),
)


def build(record: RunRecord) -> Section:
    found = record.evidence.explanations
    if isinstance(found, Absent):
        return Section(ID, TITLE, lead=(f"There are no pictures. {words.why_not(found)}",))
    rows = tuple(_row(one, found) for one in found.images)
    lead = (_which(found), *_how(found))
    note = "Shares are the softmax of the model's scores. No points hang on these pictures."
    tables = (Table("Images", COLUMNS, rows, shown_as="images", folded=True, note=note),) if rows else ()
    return Section(ID, TITLE, lead=lead, tables=tables)


def name_of(class_id: int, found: Explanations) -> str:
    """Of a class, as the data set calls it; else its number."""
    known = found.class_names[class_id] if 0 <= class_id < len(found.class_names) else ""
    return words.shortened(known, 24) or str(class_id)


def told(one: ExplainedImage, found: Explanations) -> str:
    """`4 taken for 9`, `7, right`."""
    true = name_of(one.true_class, found)
    right = one.answer == one.true_class
    return f"{true}, right" if right else f"{true} taken for {name_of(one.answer, found)}"


def where(one: ClassMap | None) -> str:
    """What a map shows, in words: `top left, 12 % of the image`."""
    values = None if one is None else heat.decoded(one.rows, 1)
    if one is None or values is None:
        return "–"
    if not values.max():
        return "nothing"
    height, width, _ = values.shape
    row, column = divmod(int(values.argmax()), width)
    down, across = 3 * (row + 0.5) / height, 3 * (column + 0.5) / width
    place = f"{('top', 'middle', 'bottom')[int(down)]} {('left', 'centre', 'right')[int(across)]}"
    share = float((values >= 128).mean())
    return f"{place.replace('middle centre', 'centre')}, {words.share(share, 0)} of the image"


def map_of(class_id: int, one: ExplainedImage) -> ClassMap | None:
    return next((map for map in one.maps if map.class_id == class_id), None)


def _which(found: Explanations) -> str:
    wrong = sum(one.answer != one.true_class for one in found.images)
    right = words.counted(len(found.images) - wrong, "right answer")
    if not found.wrong:
        return f"The model of seed {found.seed} made no mistake; shown are {right}."
    return (
        f"The model of seed {found.seed} made {words.counted(found.wrong, 'mistake')} on the test images. Shown are "
        f"{wrong} of them, those of which it was most sure, spread over the classes, and {right} to compare with."
    )


def _how(found: Explanations) -> tuple[str, ...]:
    if not found.map_size:
        return (f"There are no maps of what it looks at. {words.sentence(found.without_maps)}".strip(),)
    size = words.shape(found.map_size)
    how = (
        f"What speaks for a class is found by Grad-CAM on the last map before the head ({size} places). Each map has "
        "its own scale."
    )
    if min(found.map_size) >= ENOUGH:
        return (how,)
    small = f"A map of {size} places is too small to say anything about where: {ENOUGH} along each side are the least."
    return how, small


def _row(one: ExplainedImage, found: Explanations) -> tuple[str, ...]:
    right = one.answer == one.true_class
    return (
        f"{one.index:,}",
        name_of(one.true_class, found),
        f"{name_of(one.answer, found)}{' (right)' if right else ''}",
        words.accuracy(one.answer_share),
        words.accuracy(one.true_share),
        where(map_of(one.answer, one)),
        "as for the answer" if right else where(map_of(one.true_class, one)),
    )
