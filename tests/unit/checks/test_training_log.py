"""The training log: epochs, validations, several logs, its end, and what goes to a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.training_log import Rule
from grader.records import Absent, Evidence, LogLine, Outcome, SubmittedFile


@pytest.fixture
def evidence(example_records) -> Evidence:
    """A training of 20 epochs; each test gives its log."""
    found = example_records["full_marks"].evidence
    session = replace(found.training.sessions[0], epochs=20, passes=20)
    readme = replace(found.reading.readme, logs=(), log_pictures=())
    return replace(
        found,
        training=replace(found.training, sessions=(session,)),
        reading=replace(found.reading, readme=readme),
    )


def log(epochs: range, place: str = "train.ipynb, cell 9", accuracy: float = 0.9) -> tuple[LogLine, ...]:
    return tuple(
        LogLine(place, f"epoch {n}: {accuracy + n / 1000}", n, accuracy + n / 1000, 10_000) for n in epochs
    )


def without_test(lines: tuple[LogLine, ...], *epochs: int) -> tuple[LogLine, ...]:
    return tuple(
        replace(line, test_accuracy=-1.0, train_accuracy=0.9) if line.epoch in epochs else line
        for line in lines
    )


def judged(
    evidence: Evidence, lines: tuple[LogLine, ...], pictures: tuple[str, ...] = (), **keys: object
) -> Outcome:
    readme = replace(evidence.reading.readme, logs=lines, log_pictures=pictures)
    rule = Rule.model_validate({"id": "log", "check": "training_log", "points": 10.0} | keys)
    return run(rule, replace(evidence, reading=replace(evidence.reading, readme=readme)))


TWENTY = log(range(1, 21))


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ({"exactly": 20}, "passed"),
        ({"exactly": 19}, "failed"),
        ({"at_least": 20}, "passed"),
        ({"at_least": 21}, "failed"),
        ({"validation_after_each": True}, "passed"),
        ({"exactly": 20, "validation_after_each": True}, "passed"),
        ({"last_lines": 5}, "passed"),
    ],
)
def test_a_whole_log(evidence, keys, status):
    outcome = judged(evidence, TWENTY, **keys)
    assert (outcome.status, outcome.points) == (status, 10 if status == "passed" else 0)
    assert outcome.finding.measured == "1 log: 20 epochs, 20 with a validation (train.ipynb, cell 9)"
    if status == "failed":
        assert outcome.finding.rationale.startswith("It shows 20 epochs; asked for: ")
        assert outcome.finding.hint


def test_a_validation_that_is_missing(evidence):
    outcome = judged(evidence, without_test(TWENTY, 4, 9), validation_after_each=True)
    assert outcome.status == "failed"
    assert outcome.finding.rationale == "The validation of epoch 4 and of 1 more is missing."
    assert judged(evidence, without_test(TWENTY, 4, 9), exactly=20).status == "passed"


def test_a_validations_loss_is_a_validation(evidence):
    lines = tuple(
        LogLine("a.ipynb, cell 2", f"Epoch {n} loss 0.3 val_loss: 0.2", n, -1.0, 0) for n in range(1, 21)
    )
    assert judged(evidence, lines, exactly=20, validation_after_each=True).status == "passed"


def test_losses_alone_leave_the_validation_open(evidence):
    lines = tuple(LogLine("a.ipynb, cell 2", f"Epoch {n} loss 0.3", n, -1.0, 0) for n in range(1, 21))
    assert judged(evidence, lines, exactly=20).status == "passed"
    outcome = judged(evidence, lines, validation_after_each=True)
    assert (outcome.status, outcome.open_points) == ("review", 10)
    assert "losses alone" in outcome.finding.rationale


def test_no_log(evidence):
    outcome = judged(evidence, (), at_least=1)
    assert (outcome.status, outcome.finding.measured) == ("failed", "no log")


@pytest.mark.parametrize("lines", [(), log(range(1, 4))], ids=["no line", "too few"])
def test_a_picture_that_may_show_it_goes_to_a_person(evidence, lines):
    outcome = judged(evidence, lines, ("log.png (line 9)",), at_least=20)
    assert (outcome.status, outcome.open_points) == ("review", 10)
    assert "log.png (line 9)" in outcome.finding.rationale


def test_lines_that_name_no_epoch(evidence):
    lines = tuple(LogLine("a.ipynb, cell 2", "Test accuracy 98 %", 0, 0.98, 0) for _ in range(20))
    assert judged(evidence, lines, exactly=20).status == "passed"
    outcome = judged(evidence, lines, exactly=10)
    assert outcome.status == "review"
    assert "Not every line names its epoch" in outcome.finding.rationale


# --- several logs -----------------------------------------------------------------------------------------------


def three(place: str = "train.ipynb, cell {}", last: int = 20) -> tuple[LogLine, ...]:
    logs = [log(range(1, 21), place.format(n), 0.9 + n / 100) for n in (1, 2)]
    return (*logs[0], *logs[1], *log(range(1, last + 1), place.format(3), 0.95))


@pytest.mark.parametrize("place", ["train.ipynb, cell {}", "train{}.ipynb, cell 4", "train.ipynb, cell 7"])
def test_three_logs_in_cells_in_files_and_in_one_cell(evidence, place):
    outcome = judged(evidence, three(place), exactly=20, logs=3)
    assert outcome.status == "passed"
    assert outcome.finding.measured.startswith("3 logs: ")


def test_one_of_three_that_is_too_short(evidence):
    outcome = judged(evidence, three(last=12), exactly=20, logs=3)
    assert outcome.status == "failed"
    assert (
        outcome.finding.rationale
        == "2 of 3 logs are as asked. Of another: It shows 12 epochs; asked for: 20."
    )


def test_too_few_logs(evidence):
    outcome = judged(evidence, TWENTY, exactly=20, logs=3)
    assert (outcome.status, outcome.finding.rationale) == ("failed", "1 of 3 logs are as asked.")


def test_one_log_that_is_shown_twice_counts_once(evidence):
    again = tuple(replace(line, place=f"README.md:{40 + line.epoch}") for line in TWENTY)
    assert judged(evidence, (*again, *TWENTY), exactly=20, logs=2).status == "failed"


def test_one_good_log_among_others_is_enough(evidence):
    short = log(range(1, 3), "old.ipynb, cell 2", 0.5)
    assert judged(evidence, (*short, *TWENTY), exactly=20).status == "passed"


# --- its end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (log(range(16, 21)), "passed"),
        (log(range(17, 21)), "failed"),
        ((*log(range(1, 15)), *log(range(17, 21))), "failed"),
        (log(range(11, 16)), "review"),
    ],
    ids=["the last five", "the last four", "a gap before them", "the end is not shown"],
)
def test_the_last_lines(evidence, lines, status):
    assert judged(evidence, lines, last_lines=5).status == status


def test_the_end_where_the_loop_is_not_known(evidence):
    session = replace(evidence.training.sessions[0], confidence="low")
    for training in (Absent("review", "Not known."), replace(evidence.training, sessions=(session,))):
        found = replace(evidence, training=training)
        assert judged(found, log(range(11, 16)), last_lines=5).status == "passed"


# --- without a README, and wrong rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "files", "status"),
    [
        ("failed", ("train.ipynb",), "review"),
        ("failed", ("train.py",), "failed"),
        ("errored", ("train.ipynb",), "errored"),
    ],
)
def test_without_a_readme(evidence, cause, files, status):
    listed = tuple(SubmittedFile(name, 10, "a" * 64) for name in files)
    found = replace(
        evidence,
        submission=replace(evidence.submission, files=listed),
        reading=replace(evidence.reading, readme=Absent(cause, "There is no README.")),
    )
    rule = Rule(id="log", check="training_log", points=10.0, at_least=1)
    outcome = run(rule, found)
    assert outcome.status == status
    assert outcome.finding.rationale.startswith("There is no README.")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "at least one of exactly"),
        ({"exactly": 3, "at_least": 3}, "cannot stand together"),
        ({"exactly": 3, "last_lines": 3}, "leave out exactly and at_least"),
        ({"at_least": 0}, "greater than or equal to 1"),
    ],
)
def test_a_wrong_rule_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "training_log", "points": 1.0} | keys)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"exactly": 1}, "The training log is shown with 1 epoch."),
        ({"last_lines": 5}, "The training log is shown with at least its last 5 epochs."),
        (
            {"at_least": 20, "logs": 3, "validation_after_each": True},
            "3 training logs are shown with at least 20 epochs, a validation after each.",
        ),
    ],
)
def test_the_requirement_is_said(keys, sentence):
    rule = Rule.model_validate({"id": "a", "check": "training_log", "points": 1.0} | keys)
    assert rule.requirement() == sentence
