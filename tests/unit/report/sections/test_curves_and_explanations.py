"""The sections on the epochs and on the explained images, as every format has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from grader.checks.test_accuracy import Rule
from grader.records import Absent, ClassMap, EpochPoint, Explanations, RunRecord
from grader.report import html, markdown
from grader.report.sections import curves, explanations
from grader.report.sections.curves import Limit


def with_evidence(record: RunRecord, **changed: Any) -> RunRecord:
    return replace(record, evidence=replace(record.evidence, **changed))


def asking(record: RunRecord, *requirements: str) -> RunRecord:
    """The record with these requirements of accuracy checks."""
    first = next(one for one in record.outcomes if one.check == "test_accuracy")
    others = tuple(one for one in record.outcomes if one.check != "test_accuracy")
    return replace(record, outcomes=(*others, *(replace(first, requirement=text) for text in requirements)))


def epochs(*accuracies: float) -> tuple[EpochPoint, ...]:
    return tuple(EpochPoint(n, 60_000 * n, value) for n, value in enumerate(accuracies, start=1))


# --- curves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        ({"at_least": "95 %"}, Limit(0.95)),
        ({"at_least": "99.4 %"}, Limit(0.994)),
        ({"at_least": "99.4 %", "in_each_of_the_last": "3 epochs"}, Limit(0.994, 3)),
        ({"at_least": "100 %"}, Limit(1.0)),
    ],
)
def test_the_line_is_read_from_what_the_check_itself_writes(
    given: dict[str, str], limit: Limit, example_records: dict[str, RunRecord]
) -> None:
    rule = Rule.model_validate({"id": "learns", "check": "test_accuracy", "points": 5, **given})
    (found,) = curves.limits(asking(example_records["full_marks"], rule.requirement()))
    assert (found.target, found.last_epochs) == (pytest.approx(limit.target), limit.last_epochs)


def test_each_line_is_there_once(example_records: dict[str, RunRecord]) -> None:
    said = [f"The trained model reaches a test accuracy of {n} % or more." for n in (95, 97, 95)]
    assert curves.limits(asking(example_records["full_marks"], *said)) == (Limit(0.95), Limit(0.97))
    odd = ("Something else.", "a test accuracy of 950 % or more")
    assert curves.limits(asking(example_records["full_marks"], *odd)) == ()


def test_epochs_are_rows_and_seeds_are_columns(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    first, second, third = record.evidence.trials
    trials = (
        replace(first, epochs=epochs(0.981, 0.99, 0.993)),
        replace(second, epochs=epochs(0.979, 0.992)),
        replace(third, epochs=()),
    )
    line = "The trained model reaches a test accuracy of 99 % or more in each of the last 2 epochs."
    section = curves.build(asking(with_evidence(record, trials=trials), line))
    (table,) = section.tables
    assert [column.title for column in table.columns] == ["Epoch", "Samples", "Seed 11", "Seed 12", "Mean"]
    assert table.rows == (
        ("1", "60,000", "98.10 %", "97.90 %", "98.00 %"),
        ("2", "120,000", "99.00 %", "99.20 %", "99.10 %"),
        ("3", "180,000", "99.30 %", "–", "–"),
    )
    assert section.lead[-1] == "The line is 99 % after each of the epochs 2 to 3."


def test_one_seed_needs_no_mean(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    trials = (replace(record.evidence.trials[0], epochs=epochs(0.98)),)
    section = curves.build(with_evidence(record, trials=trials))
    assert section.tables[0].rows == (("1", "60,000", "98.00 %"),)
    assert section.lead[-1] == "The line is 95 % after epoch 1."


def test_without_epochs_the_reason_is_said(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    bare = tuple(replace(one, epochs=()) for one in record.evidence.trials)
    assert "measured once" in curves.build(with_evidence(record, trials=bare)).lead[0]
    assert "There is no model" in curves.build(example_records["no_model"]).lead[0]


def test_the_curve_is_drawn_with_its_line(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    trials = tuple(replace(one, epochs=epochs(0.981, 0.99)) for one in record.evidence.trials)
    page = html.render(with_evidence(record, trials=trials))
    assert 'id="accuracy-t"' in page
    assert ">line: 95 %<" in page


# --- explanations ---------------------------------------------------------------------------------------------


def test_every_image_is_a_row_in_words(example_records: dict[str, RunRecord]) -> None:
    section = explanations.build(example_records["full_marks"])
    assert section.tables[0].rows == (
        ("1,234", "4", "9", "99.98 %", "0.01 %", "top right, 16 % of the image", "centre, 36 % of the image"),
        ("321", "7", "2", "81.23 %", "9.38 %", "bottom left, 36 % of the image", "nothing"),
        ("8", "4", "4 (right)", "98.71 %", "98.71 %", "middle left, 36 % of the image", "as for the answer"),
    )
    assert "100 mistakes" in section.lead[0]
    assert "2 of them" in section.lead[0]
    assert "1 right answer to compare" in section.lead[0]


@pytest.mark.parametrize(("size", "small"), [((5, 5), False), ((4, 7), True), ((3, 3), True)])
def test_a_map_that_is_too_small_says_so(
    size: tuple[int, int], small: bool, example_records: dict[str, RunRecord]
) -> None:
    record = example_records["full_marks"]
    found = replace(record.evidence.explanations, map_size=size)  # type: ignore[type-var]
    lead = explanations.build(with_evidence(record, explanations=found)).lead
    assert any("too small to say anything" in line for line in lead) == small


def test_why_there_are_no_maps_and_what_classes_are_called(example_records: dict[str, RunRecord]) -> None:
    section = explanations.build(example_records["review"])
    assert section.lead[1] == ("There are no maps of what it looks at. No gradients flow through the model.")
    assert section.tables[0].rows[0][1:3] == ("digit 4", "digit 9")
    assert section.tables[0].rows[0][-1] == "–"


def test_without_explanations_the_reason_is_said(example_records: dict[str, RunRecord]) -> None:
    section = explanations.build(example_records["partial"])
    assert section.lead == ("There are no pictures. The trained model was not explained.",)
    gone = Absent("errored", "The machine failed")
    lead = explanations.build(with_evidence(example_records["partial"], explanations=gone)).lead
    assert lead == (
        "There are no pictures. The grader's or its machine's fault, not charged: The machine failed.",
    )


def test_no_mistake_at_all_is_said(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    found = record.evidence.explanations
    assert isinstance(found, Explanations)
    perfect = replace(found, wrong=0, images=found.images[2:])
    lead = explanations.build(with_evidence(record, explanations=perfect)).lead
    assert lead[0] == "The model of seed 11 made no mistake; shown are 1 right answer."


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        (0, 0, "top left"),
        (0, 2, "top centre"),
        (2, 4, "middle right"),
        (2, 2, "centre"),
        (4, 1, "bottom left"),
    ],
)
def test_where_a_map_is_strongest(row: int, column: int, place: str) -> None:
    rows = ["00" * 5 for _ in range(5)]
    rows[row] = "00" * column + "ff" + "00" * (4 - column)
    assert explanations.where(ClassMap(1, tuple(rows), 1.0)) == f"{place}, 4 % of the image"


def test_a_map_that_was_edited_is_no_error() -> None:
    assert explanations.where(ClassMap(1, ("not hex",), 1.0)) == "–"
    assert explanations.where(None) == "–"


def test_both_formats_show_them(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    page, text = html.render(record), markdown.render(record)
    assert page.count('class="shot"') == 3
    assert page.count("data:image/png;base64,") == 8
    assert "| 1,234 | 4 | 9 | 99.98 % |" in " ".join(text.split())
    assert "base64" not in text
