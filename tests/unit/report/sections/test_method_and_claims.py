"""The sections on the recovered training, on the method and on stated numbers, in every format."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import Absent, Call, RecoveredTraining, Remark, RunRecord, Session
from grader.report import html, markdown, terminal
from grader.report.sections import claims, method, recovered
from grader.report.sections.interface import Section


@pytest.fixture
def careless(example_records: dict[str, RunRecord]) -> RunRecord:
    return example_records["review"]


def rows(section: Section, title: str = "Each value, and where it comes from") -> list[tuple[str, ...]]:
    return [row for one in section.tables if one.title == title for row in one.rows]


def recovered_with(record: RunRecord, **changes: object) -> list[tuple[str, ...]]:
    training = record.evidence.training
    assert isinstance(training, RecoveredTraining)
    session = replace(training.sessions[training.chosen], **changes)  # type: ignore[arg-type]
    return rows(recovered.describe(replace(training, sessions=(session,), chosen=0, unused=())))


def test_each_value_stands_with_its_place(example_records: dict[str, RunRecord]) -> None:
    section = recovered.build(example_records["full_marks"])
    assert ("Optimizer", "SGD(lr=0.05, momentum=0.9)", "train.py:20", "seen while it ran") in rows(section)
    assert section.lead[0].startswith("Recovered from train.py:30, seen while your code ran")
    assert section.lead[-1] == "It is a description to train by, never evidence of an accuracy."


def test_what_was_not_found_out_says_why(careless: RunRecord) -> None:
    found = rows(recovered.build(careless))
    assert ("Loss", "", "", "not recovered: the function is built at run time.") in found
    doubted = recovered_with(careless, unknown=(("epochs", "a while loop"), ("momentum", "a variable")))
    assert (
        "Epochs",
        "20; 15 passes were seen",
        "train.ipynb, cell 9",
        "seen while it ran, not sure: a while loop.",
    ) in doubted
    assert ("momentum", "", "", "not recovered: a variable.") in doubted


def test_a_training_that_was_only_read_says_so(careless: RunRecord) -> None:
    read = recovered_with(careless, way="read", schedules=(), unknown=(("schedules", "a variable"),))
    assert {row[3] for row in read if row[1]} == {"read in the source"}
    assert ("Schedule", "", "", "not recovered: a variable.") in read
    none = recovered_with(careless, schedules=(), unknown=())
    assert ("Schedule", "none", "", "seen while it ran") in none


def test_data_that_was_not_found_and_groups_are_named(careless: RunRecord) -> None:
    gone = Absent("failed", "The loader was built elsewhere.")
    found = recovered_with(careless, training=gone, parameter_groups=2, loss="nll_loss", loss_is_plain=False)
    assert (
        "Training data: The loader was built elsewhere.",
        "not recovered",
        "",
        "seen while it ran",
    ) in found
    assert (
        "Optimizer",
        "SGD(lr=0.05, momentum=0.9), 2 parameter groups",
        "train.py:20",
        "seen while it ran",
    ) in found
    assert (
        "Loss",
        "nll_loss, with a term added to it",
        "train.ipynb, cell 9",
        "seen while it ran, not sure: the function is built at run time.",
    ) in found


def test_the_lead_names_a_finder_and_a_training_at_import(careless: RunRecord) -> None:
    training = careless.evidence.training
    assert isinstance(training, RecoveredTraining)
    at_import = replace(training.sessions[1], at_import=True)
    lead = recovered.describe(replace(training, sessions=(at_import,), chosen=0)).lead
    assert "The learning rate comes from a finder: the saved output of cell 7 suggests 0.002." in lead
    assert "The training runs as soon as its module is imported." in lead


def test_many_trainings_and_transforms_are_cut(careless: RunRecord) -> None:
    training = careless.evidence.training
    assert isinstance(training, RecoveredTraining)
    session: Session = training.sessions[1]
    assert not isinstance(session.training, Absent)
    loading = replace(session.training, transforms=(Call("Pad"),) * 25)
    many = replace(training, sessions=(replace(session, training=loading),) * 50, chosen=0)
    section = recovered.describe(many)
    assert section.tables[1].note == "29 more, which are left out here."
    (shown,) = [row[1] for row in rows(section) if row[0] == "Training transforms"]
    assert shown.endswith("Pad and 5 more")


def test_no_training_in_it_is_a_sentence(careless: RunRecord) -> None:
    nothing = RecoveredTraining((), 0, "No cell steps an optimizer", 0.4, output_tail="done\n")
    section = recovered.describe(nothing)
    assert section.lead == ("No training was found in it. No cell steps an optimizer.",)
    assert section.blocks[0].text == "done\n"
    gone = recovered.describe(Absent("errored", "The disk is full."))
    assert "The grader's or its machine's fault, not charged: The disk is full." in gone.lead[0]


def test_remarks_stand_with_the_students_own_lines(careless: RunRecord) -> None:
    section = method.build(careless)
    assert section.lead[0].startswith("A teaching assistant would point out 2 things.")
    first = rows(section, "What to look at")[0]
    assert first[:3] == (
        "measured on the training set",
        "train.ipynb, cell 9, line 4",
        "test(model, device, train_loader)",
    )
    assert [row[0] for row in rows(section, "Also seen, and nothing is wrong with it")] == [
        "log-softmax before cross-entropy"
    ]


def test_without_remarks_it_says_what_was_looked_at(example_records: dict[str, RunRecord]) -> None:
    assert method.build(example_records["full_marks"]).lead == (
        "Nothing to point out: none of the common mistakes was seen.",
    )
    assert method.build(example_records["partial"]).lead[0].startswith("Of the method little could be seen")


def test_stated_numbers_stand_with_their_verdicts(example_records: dict[str, RunRecord]) -> None:
    section = claims.build(example_records["full_marks"])
    assert section.lead == ("4 numbers found: 2 agree, 1 differs, for 1 it cannot be told.",)
    assert rows(section, "Each number")[1] == (
        "Test accuracy",
        "98.83 %",
        "98.93 % ± 0.07 (3 seeds)",
        "✓\u00a0agrees",
        "It is within the noise of a training.",
        "README.md:41",
    )
    assert claims.build(example_records["partial"]).tables == ()


@pytest.mark.parametrize("render", [html.render, markdown.render], ids=["html", "markdown"])
def test_the_whole_report_holds_them(render, careless: RunRecord) -> None:
    text = render(careless)
    for words in (
        "as it was recovered",
        "The method",
        "beside what was measured",
        "test(model, device, train",
    ):
        assert words in text


def test_the_terminal_names_mistakes_and_differences_only(example_records: dict[str, RunRecord]) -> None:
    text = " ".join(terminal.render(example_records["review"]).split())
    assert "What a teaching assistant would point out - measured on the training set (train.ipynb" in text
    assert "Parameters: stated 6,338 (README.md:9), measured 6,330" in text
    assert "log-softmax before cross-entropy" not in text
    assert "would point out" not in terminal.render(example_records["partial"])


def test_a_line_of_the_students_is_never_markup(careless: RunRecord) -> None:
    bad = Remark(
        "no zero_grad", "a|b.py:3", "<script>alert(1)</script> | `x` [red]", "It adds up.", "behaviour"
    )
    record = replace(careless, evidence=replace(careless.evidence, remarks=(bad,)))
    assert "<script>alert(1)" not in html.render(record)
    (row,) = [line for line in markdown.render(record).splitlines() if line.startswith("| no zero")]
    assert row.count(" | ") == 4
    assert "<script>" not in row.replace("&lt;", "")
