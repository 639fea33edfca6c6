"""The parameter limit: its borders, what counts, and what the integrity probes do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.architecture.recorded import UNSEEN
from grader.checks.interface import run
from grader.checks.parameters import Rule
from grader.records import Absent, Evidence, Outcome, Probe


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def rule(**limit: int) -> Rule:
    return Rule(id="small", check="parameters", points=75.0, **limit)


def with_count(evidence: Evidence, count: int, state: int | None = None) -> Evidence:
    """A model of `count` parameters whose trained state holds `state` of them."""
    elements = (count if state is None else state) + evidence.model.buffer_elements
    trials = tuple(replace(trial, state_elements=elements) for trial in evidence.trials)
    return replace(evidence, model=replace(evidence.model, parameters=count, trainable=count), trials=trials)


def judged(evidence: Evidence, count: int, state: int | None = None, **limit: int) -> Outcome:
    return run(rule(**limit), with_count(evidence, count, state))


@pytest.mark.parametrize(
    ("limit", "count", "status", "points"),
    [
        ({"fewer_than": 25_000}, 24_999, "passed", 75),
        ({"fewer_than": 25_000}, 25_000, "failed", 0),
        ({"fewer_than": 25_000}, 25_001, "failed", 0),
        ({"at_most": 25_000}, 25_000, "passed", 75),
        ({"at_most": 25_000}, 25_001, "failed", 0),
        ({"exactly": 203_530}, 203_530, "passed", 75),
        ({"exactly": 203_530}, 203_529, "failed", 0),
        ({"exactly": 203_530}, 203_531, "failed", 0),
    ],
)
def test_the_limit_at_its_border(evidence, limit, count, status, points):
    outcome = judged(evidence, count, **limit)
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, 0)
    assert outcome.finding.measured == f"{count:,} parameters"


def test_the_finding_says_what_was_counted_and_where_it_can_be_saved(evidence):
    outcome = judged(evidence, 30_000, fewer_than=25_000)
    assert outcome.finding.expected == "The model has fewer than 25,000 parameters."
    assert "Net(dropout=0.05) in model.py" in outcome.finding.rationale
    assert outcome.finding.hint.startswith("Most of the 30,000 sit in: conv3 (Conv2d) 4,640, ")
    assert judged(evidence, 20_000, fewer_than=25_000).finding.hint == ""


def test_what_crossed_the_border_counts_where_it_is_more_than_the_model_said(evidence):
    outcome = judged(evidence, 20_000, state=26_000, fewer_than=25_000)
    assert (outcome.status, outcome.finding.measured) == ("failed", "26,000 parameters")
    assert outcome.notes == ("The model itself reported 20,000.",)


def test_a_smaller_state_does_not_make_a_large_model_small(evidence):
    assert judged(evidence, 26_000, state=10, fewer_than=25_000).status == "failed"


def test_a_model_that_was_never_trained_is_still_counted(evidence):
    untrained = replace(with_count(evidence, 24_999), trials=())
    assert run(rule(fewer_than=25_000), untrained).status == "passed"


@pytest.mark.parametrize(
    ("weight", "status", "points", "still_open"),
    [
        ("clean", "passed", 75, 0),
        ("note", "passed", 75, 0),
        ("flag", "review", 0, 75),
        ("void", "failed", 0, 0),
    ],
)
def test_integrity_probes_act_on_a_good_count(evidence, weight, status, points, still_open):
    probes = (Probe("state size", weight, "The sizes differ."),)
    outcome = run(
        rule(fewer_than=25_000), replace(evidence, integrity=replace(evidence.integrity, probes=probes))
    )
    assert (outcome.status, outcome.points, outcome.open_points) == (status, points, still_open)
    assert ("The sizes differ." in outcome.finding.rationale) == (weight in ("flag", "void"))


def test_void_wins_over_flag_and_a_failed_count_stays_failed(evidence):
    probes = (Probe("a", "flag", "A."), Probe("b", "void", "B."))
    raised = replace(evidence, integrity=replace(evidence.integrity, probes=probes))
    assert run(rule(fewer_than=25_000), raised).status == "failed"
    assert (
        run(
            rule(fewer_than=1), replace(raised, integrity=replace(raised.integrity, probes=probes[:1]))
        ).status
        == "failed"
    )


def test_no_model_is_the_students_shortfall_or_the_graders(evidence):
    for cause, status in (
        ("failed", "failed"),
        ("errored", "errored"),
        ("skipped", "skipped"),
        ("review", "review"),
    ):
        assert run(rule(fewer_than=25_000), replace(evidence, model=Absent(cause, "Why."))).status == status


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_fewer_than_is_at_most_one_less(count, limit):
    assert rule(fewer_than=limit + 1).allows(count) == rule(at_most=limit).allows(count)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"fewer_than": 1, "at_most": 1},
        {"exactly": 1, "at_most": 1},
        {"fewer_than": -1},
        {"fewer_than": 2.5},
        {"fewer_than": "9"},
    ],
)
def test_a_rule_has_exactly_one_whole_limit(limits):
    with pytest.raises(ValidationError):
        rule(**limits)


# --- which number, and values that are no parameters ----------------------------------------------------------


def with_model(evidence: Evidence, **changes) -> Evidence:
    """A model that was never trained: nothing but its own facts."""
    return replace(evidence, trials=(), model=replace(evidence.model, **changes))


def with_structure(evidence: Evidence, parameters: int, trainable: int | None = None, **changes) -> Evidence:
    structure = replace(evidence.model.structure, **changes)
    numbers = {"parameters": parameters, "trainable": parameters if trainable is None else trainable}
    return with_model(evidence, structure=structure, buffer_elements=0, **numbers)


@pytest.mark.parametrize(
    ("counting", "count"), [("registered", 405_994), ("trainable", 300_000), ("used", 102_090)]
)
def test_the_spec_says_which_number_counts(evidence, counting, count):
    found = with_structure(
        evidence, 405_994, 300_000, unused_parameters=303_904, unused_layers=("conv9 (Conv2d)",)
    )
    assert run(rule(at_most=count, counting=counting), found).status == "passed"
    outcome = run(rule(fewer_than=count, counting=counting), found)
    assert outcome.status == "failed"
    words = "parameters" if counting == "registered" else f"{counting} parameters"
    assert outcome.finding.measured == f"{count:,} {words}"
    assert outcome.requirement == f"The model has fewer than {count:,} {words}."


def test_the_other_numbers_stand_in_the_notes(evidence):
    found = with_structure(
        evidence, 405_994, 300_000, unused_parameters=303_904, unused_layers=("conv9 (Conv2d)",)
    )
    assert run(rule(at_most=500_000), found).notes == (
        "300,000 parameters are trainable.",
        "102,090 parameters are used; never called: conv9 (Conv2d).",
    )
    assert run(rule(at_most=500_000, counting="used"), found).notes == (
        "405,994 parameters are registered.",
        "300,000 parameters are trainable.",
    )


def test_what_crossed_the_border_counts_for_every_number(evidence):
    elements = 26_000 + evidence.model.buffer_elements
    trials = tuple(replace(trial, state_elements=elements) for trial in evidence.trials)
    model = replace(evidence.model, parameters=20_000, trainable=19_000)
    found = replace(evidence, model=model, trials=trials)
    outcome = run(rule(fewer_than=25_000, counting="trainable"), found)
    assert (outcome.status, outcome.finding.measured) == ("failed", "25,000 trainable parameters")


def test_used_parameters_need_the_recorded_structure(evidence):
    found = with_model(evidence, structure=Absent("errored", "The recorder failed."))
    assert run(rule(at_most=10**6, counting="used"), found).status == "errored"
    assert run(rule(at_most=10**6), found).status == "passed"


@pytest.mark.parametrize(
    ("hidden", "limit", "status"),
    [
        (200_000, {"fewer_than": 25_000}, "review"),
        (5_001, {"at_most": 25_000}, "review"),
        (5_000, {"at_most": 25_000}, "passed"),  # with them it is still within the limit
        (5_000, {"fewer_than": 25_000}, "review"),
        (200_000, {"fewer_than": 20_000}, "failed"),  # over the limit without them
        (300, {"exactly": 20_000}, "review"),
        (200, {"exactly": 20_000}, "passed"),  # a hundredth: means, positions
        (0, {"exactly": 20_000}, "passed"),
    ],
)
def test_values_hidden_from_the_count_go_to_a_person(evidence, hidden, limit, status):
    found = with_structure(evidence, 20_000, hidden_elements=hidden, hidden_places=("global LOOKUP",))
    outcome = run(rule(**limit), found)
    assert (outcome.status, outcome.open_points) == (status, 75 if status == "review" else 0)
    assert (f"{hidden:,} values are neither parameters nor buffers." in outcome.notes) == (hidden > 0)
    if status == "review":
        assert outcome.finding.measured == f"{20_000 + hidden:,} values, 20,000 of them parameters"
        assert "global LOOKUP" in outcome.finding.rationale


def test_values_in_a_buffer_are_no_way_round_the_limit(evidence):
    found = with_model(evidence, parameters=20_000, trainable=20_000, buffer_elements=200_000)
    outcome = run(rule(fewer_than=25_000), found)
    assert (outcome.status, outcome.finding.measured) == (
        "review",
        "220,000 values, 20,000 of them parameters",
    )
    assert "200,000 in buffers" in outcome.finding.rationale
    found = with_model(evidence, parameters=24_900, trainable=24_900, buffer_elements=250)
    assert run(rule(fewer_than=25_000), found).status == "passed"


@pytest.mark.parametrize(("limit", "status"), [(25_000, "review"), (20_000, "failed")])
def test_a_count_of_what_cannot_be_seen_goes_to_a_person(evidence, limit, status):
    found = with_structure(evidence, 20_000, unknown_operators=(UNSEEN,))
    outcome = run(rule(fewer_than=limit), found)
    assert (outcome.status, outcome.open_points) == (status, 75 if status == "review" else 0)
    assert (UNSEEN in outcome.finding.rationale) == (status == "review")
