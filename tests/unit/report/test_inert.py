"""Whatever a stored record holds, nothing of it acts."""

from __future__ import annotations

from dataclasses import replace

from grader.records import RunRecord
from grader.report.inert import BLOCK_LIMIT, LINE_LIMIT, inert, inert_for_students, last_kept, one_line


def test_a_clean_record_is_left_alone(example_records: dict[str, RunRecord]) -> None:
    assert inert(example_records["full_marks"]) == example_records["full_marks"]


def test_once_is_enough(example_record: RunRecord) -> None:
    assert repr(inert(inert(example_record))) == repr(inert(example_record))


def test_only_the_table_keeps_its_lines(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    model = replace(record.evidence.model, table="a\n\tb\x1b[0m", notes=("one\ntwo",))  # type: ignore[type-var]
    shown = inert(replace(record, evidence=replace(record.evidence, model=model))).evidence.model
    assert (shown.table, shown.notes) == ("a\n\tb\\x1b[0m", ("one two",))  # type: ignore[union-attr]


def test_nothing_is_endless(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    model = replace(record.evidence.model, table="x" * 10**6)  # type: ignore[type-var]
    shown = inert(replace(record, title="y" * 10**6, evidence=replace(record.evidence, model=model)))
    assert len(shown.title) == LINE_LIMIT
    assert len(shown.evidence.model.table) == BLOCK_LIMIT  # type: ignore[union-attr]


def test_white_space_becomes_one_blank() -> None:
    assert one_line(" a\r\n\u2028b\u00a0\tc ") == "a b c"


def test_the_last_answer_is_kept_and_never_given_for_another(example_records: dict[str, RunRecord]) -> None:
    made: list[RunRecord] = []
    keeps = last_kept(lambda record: made.append(record) or len(made))  # type: ignore[func-returns-value]
    one, other = example_records["full_marks"], example_records["partial"]
    assert [keeps(one), keeps(one), keeps(other), keeps(other), keeps(one)] == [1, 1, 2, 2, 3]
    assert keeps(replace(one)) == 4  # equal is not the same
    assert inert_for_students(other).title == other.title
    assert inert_for_students(one).grade == one.grade
