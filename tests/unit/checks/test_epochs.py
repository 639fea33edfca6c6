"""The epochs that the student's own training sets: each limit, each doubt, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.epochs import Rule
from grader.checks.interface import run
from grader.records import Absent, Evidence, LogLine, Outcome


@pytest.fixture
def evidence(example_records) -> Evidence:
    """A training of one epoch that was seen while it ran; no log is shown."""
    found = example_records["full_marks"].evidence
    return replace(found, reading=replace(found.reading, readme=replace(found.reading.readme, logs=())))


def trained(evidence: Evidence, *changes: dict[str, object], chosen: int = 0) -> Evidence:
    first = evidence.training.sessions[0]
    sessions = tuple(replace(first, **{"epochs": 20, "passes": 20} | one) for one in changes or ({},))
    return replace(evidence, training=replace(evidence.training, sessions=sessions, chosen=chosen))


def logged(evidence: Evidence, last: int) -> Evidence:
    lines = tuple(LogLine(f"README.md:{n}", f"epoch {n}", n, 0.98, 0) for n in range(1, last + 1))
    return replace(
        evidence, reading=replace(evidence.reading, readme=replace(evidence.reading.readme, logs=lines))
    )


def judged(evidence: Evidence, **keys: object) -> Outcome:
    return run(Rule.model_validate({"id": "long", "check": "epochs", "points": 12.0} | keys), evidence)


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ({"exactly": 20}, "passed"),
        ({"exactly": 19}, "failed"),
        ({"at_most": 20}, "passed"),
        ({"at_most": 19}, "failed"),
        ({"fewer_than": 21}, "passed"),
        ({"fewer_than": 20}, "failed"),
        ({"at_least": 20}, "passed"),
        ({"at_least": 21}, "failed"),
        ({"at_least": 10, "at_most": 20}, "passed"),
    ],
)
def test_each_limit(evidence, limit, status):
    outcome = judged(trained(evidence), **limit)
    assert (outcome.status, outcome.points) == (status, 12 if status == "passed" else 0)
    assert outcome.finding.measured == "20 epochs (train.py:30, seen while it ran)"
    if status == "failed":
        assert outcome.finding.rationale.startswith("The loop is set to 20 epochs; asked for: ")
        assert outcome.finding.hint


def test_what_was_only_read_says_so(evidence):
    outcome = judged(trained(evidence, {"way": "read", "confidence": "medium"}), at_most=15)
    assert outcome.status == "failed"
    assert outcome.finding.measured == "20 epochs (train.py:30, read in the source, not seen to run)"


def test_a_training_that_may_not_be_the_models_costs_nothing(evidence):
    doubtful = trained(evidence, {"confidence": "low"})
    outcome = judged(doubtful, at_most=15)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 12)
    assert "not certain that this training made the model" in outcome.finding.rationale
    assert judged(doubtful, exactly=20).status == "passed"


def test_a_loop_over_the_limit_with_a_log_within_it_goes_to_a_person(evidence):
    outcome = judged(logged(trained(evidence), 15), at_most=15)
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert "The log that is shown ends with epoch 15" in outcome.finding.rationale
    assert judged(logged(trained(evidence), 18), at_most=15).status == "failed"


def test_another_number_in_the_log_is_a_note(evidence):
    outcome = judged(logged(trained(evidence), 16), exactly=20)
    assert outcome.status == "passed"
    assert outcome.notes == ("The log that is shown ends with epoch 16.",)


def test_an_early_stop_is_a_note(evidence):
    outcome = judged(trained(evidence, {"passes": 9}), exactly=20)
    assert outcome.status == "passed"
    assert outcome.notes == ("The loop may end early: with stand-in images it did after 9.",)


def test_a_bound_that_is_not_known_goes_to_a_person(evidence):
    gap = {"epochs": 0, "passes": 0, "unknown": (("epochs", "It comes from a file."),)}
    outcome = judged(trained(evidence, gap | {"way": "read"}), exactly=20)
    assert (outcome.status, outcome.finding.rationale) == ("review", "It comes from a file.")
    without_reason = judged(trained(evidence, gap | {"unknown": ()}), exactly=20)
    assert "could not be found out" in without_reason.finding.rationale


def test_passes_without_a_loop_are_counted(evidence):
    counted = {"epochs": 1, "passes": 1, "unknown": (("epochs", "No loop with a known bound."),)}
    outcome = judged(trained(evidence, counted), exactly=1)
    assert outcome.status == "passed"
    assert outcome.finding.measured.startswith("1 pass over the training images in one run, no loop")
    other = judged(trained(evidence, counted), exactly=2)
    assert other.status == "review"
    assert "run more than once" in other.finding.rationale


def test_each_session_has_an_equal_share(evidence):
    three = trained(evidence, {}, {"place": "train.py:60"}, {"epochs": 10, "place": "train.py:90"})
    outcome = judged(three, exactly=20, each_session=True)
    assert (outcome.status, outcome.points, outcome.open_points) == ("partial", 8, 0)
    assert [part.status for part in outcome.parts] == ["passed", "passed", "failed"]
    assert outcome.parts[2].name == "3: Net(dropout=0.05), train.py:90"
    assert outcome.finding.measured == "2 of 3 trainings"
    assert judged(three, exactly=20).status == "passed"


@pytest.mark.parametrize(("epochs", "status", "points"), [((20, 20), "passed", 12), ((10, 11), "failed", 0)])
def test_each_session_all_or_none(evidence, epochs, status, points):
    outcome = judged(trained(evidence, *({"epochs": n} for n in epochs)), exactly=20, each_session=True)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, 0)


def test_each_session_leaves_out_tests_of_learning_rates(evidence):
    found = trained(evidence, {"epochs": 1, "confidence": "low"}, {}, chosen=1)
    outcome = judged(found, exactly=20, each_session=True)
    assert (outcome.status, len(outcome.parts)) == ("passed", 1)
    assert outcome.notes[0].startswith("1 training was not judged")


def test_each_session_with_a_gap_goes_to_a_person(evidence):
    gap = {"epochs": 0, "passes": 0, "unknown": (("epochs", "It is read from a file."),)}
    outcome = judged(trained(evidence, {}, gap), exactly=20, each_session=True)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 6, 6)


def test_several_trainings_are_named(evidence):
    outcome = judged(trained(evidence, {}, {"place": "train.py:60"}), exactly=20)
    assert outcome.notes == ("Judged is the training in train.py:30; 1 other training was found.",)


@pytest.mark.parametrize(
    ("cause", "stage", "status"),
    [
        ("skipped", "capture", "review"),
        ("skipped", "", "skipped"),
        ("failed", "capture", "failed"),
        ("errored", "capture", "errored"),
        ("review", "", "review"),
    ],
)
def test_a_training_that_was_not_recovered(evidence, cause, stage, status):
    gone = Absent(cause, "The notebook stops in cell 3.", "Run it from its top.", stage)
    outcome = judged(replace(evidence, training=gone), exactly=20)
    assert (outcome.status, outcome.points) == (status, 0)
    assert outcome.open_points == (0 if status == "failed" else 12)
    assert outcome.finding.rationale == "The notebook stops in cell 3."
    assert outcome.finding.measured == "not found out"


def test_no_session_that_is_chosen_goes_to_a_person(evidence):
    outcome = judged(replace(evidence, training=replace(evidence.training, sessions=())), exactly=20)
    assert (outcome.status, outcome.open_points) == ("review", 12)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({}, "give a limit"),
        ({"exactly": 3, "at_most": 4}, "cannot stand together"),
        ({"at_most": 3, "fewer_than": 4}, "cannot stand together"),
        ({"at_least": 9, "at_most": 4}, "leave no number"),
        ({"exactly": 0}, "greater than or equal to 1"),
        ({"exactly": "20"}, "valid integer"),
    ],
)
def test_limits_that_say_nothing_are_refused(limits, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "epochs", "points": 1.0} | limits)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"exactly": 1}, "The training has 1 epoch."),
        ({"fewer_than": 20}, "The training has fewer than 20 epochs."),
        ({"at_least": 2, "at_most": 9}, "The training has at least 2 and at most 9 epochs."),
        ({"at_most": 20, "each_session": True}, "Each training has at most 20 epochs."),
    ],
)
def test_the_requirement_is_said(keys, sentence):
    assert Rule.model_validate({"id": "a", "check": "epochs", "points": 1.0} | keys).requirement() == sentence
