"""The receptive field is stated for each model, and right for the measured one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.checks.calculated_field import Rule
from grader.checks.interface import run
from grader.records import Absent, Claim, Comparison, Evidence, Outcome


@pytest.fixture
def evidence(example_records) -> Evidence:
    return example_records["full_marks"].evidence


def stated(line: int, verdict: str, value: float = 32) -> Comparison:
    claim = Claim("receptive_field", value, f"README.md:{line}", "as stated")
    return Comparison(claim, "32", verdict, "So it is.")  # type: ignore[arg-type]


def judged(evidence: Evidence, *found: Comparison, models: int = 1) -> Outcome:
    rule = Rule.model_validate({"id": "a", "check": "calculated_field", "points": 30.0, "models": models})
    return run(rule, replace(evidence, comparisons=found))


def parts(outcome: Outcome) -> dict[str, str]:
    return {part.name: part.status for part in outcome.parts}


def test_one_for_each_model_and_one_that_agrees(evidence):
    outcome = judged(
        evidence, stated(3, "differs", 20), stated(9, "differs", 24), stated(14, "agrees"), models=3
    )
    assert (outcome.status, outcome.points) == ("passed", 30)
    assert parts(outcome) == {"for 3 models": "passed", "of the measured model": "passed"}
    assert outcome.parts[1].finding.measured == "README.md:14 states 32; measured: 32"
    assert outcome.requirement == "The receptive field of each of the 3 models is calculated."


def test_two_numbers_of_one_line_are_one_calculation(evidence):
    outcome = judged(evidence, stated(3, "agrees"), stated(3, "differs", 20), models=2)
    assert parts(outcome) == {"for 2 models": "review", "of the measured model": "passed"}
    assert (outcome.points, outcome.open_points) == (15, 15)


def test_a_wrong_one_is_not_the_models(evidence):
    outcome = judged(evidence, stated(3, "differs", 45))
    assert (outcome.status, outcome.points, outcome.open_points) == ("partial", 15, 0)
    assert outcome.parts[1].finding.measured == "README.md:3 states 45; measured: 32"
    assert "product of the strides" in outcome.parts[1].finding.hint


def test_one_of_another_place_of_the_model_goes_to_a_person(evidence):
    assert (
        parts(judged(evidence, stated(3, "differs", 45), stated(4, "cannot tell", 28)))[
            "of the measured model"
        ]
        == "review"
    )


def test_none_goes_to_a_person(evidence):
    accuracy = Comparison(Claim("test_accuracy", 0.99, "README.md:2", "as stated"), "99 %", "agrees", "")
    outcome = judged(evidence, accuracy)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 30)


def test_without_a_model_there_is_nothing_to_be_right_about(evidence):
    gone = replace(evidence, model=Absent("failed", "No model was found."))
    outcome = judged(gone, stated(3, "cannot tell"))
    assert (outcome.status, outcome.open_points) == ("failed", 0)


def test_read_from_a_page_with_a_table_for_each_model(handed_in, evidence):
    page = "# Digits\n\n" + "\n".join(
        f"## Model {n}\n\n| Layer | Receptive field |\n| --- | ---: |\n| conv1 | 3 |\n| conv2 | {n + 4} |\n"
        for n in (1, 2, 3)
    )
    claims = handed_in({"README.md": page}).reading.readme.claims
    found = [Comparison(one, "5", "agrees" if one.value == 5 else "differs", "") for one in claims]
    assert [one.claim.value for one in found] == [5, 6, 7]
    assert judged(evidence, *found, models=3).status == "passed"
