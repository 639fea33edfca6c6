"""Points for a clean method: what costs them, what goes to a person, what costs nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.clean_method import Rule
from grader.checks.interface import run
from grader.evaluation.method import FAULTS
from grader.records import Absent, Evidence, Outcome, Remark


@pytest.fixture
def evidence(example_records) -> Evidence:
    """An honest training, recovered by running it."""
    return example_records["full_marks"].evidence


def judged(evidence: Evidence, *remarks: Remark, **keys: object) -> Outcome:
    rule = Rule.model_validate({"id": "method", "check": "clean_method", "points": 24.0} | keys)
    return run(rule, replace(evidence, remarks=remarks))


def remark(name: str, seen: str = "behaviour", harmless: bool = False) -> Remark:
    return Remark(name, "train.py:3", "test(train_loader)", "It is no test.", seen, harmless)


def session(evidence: Evidence, **changes: object) -> Evidence:
    training = evidence.training
    return replace(evidence, training=replace(training, sessions=(replace(training.sessions[0], **changes),)))


def test_an_honest_training_gets_all_points(evidence):
    outcome = judged(evidence)
    assert (outcome.status, outcome.points, len(outcome.parts)) == ("passed", 24, len(FAULTS))
    assert outcome.notes == ()


@pytest.mark.parametrize("seen", ["behaviour", "log"])
def test_each_mistake_costs_its_share(evidence, seen):
    outcome = judged(evidence, remark("no zero_grad", seen), remark("measured on the training set", seen))
    assert (outcome.status, outcome.points, outcome.open_points) == ("partial", 20, 0)
    lost = [part for part in outcome.parts if part.status == "failed"]
    assert [part.name for part in lost] == ["not measured on the training set", "gradients set to zero"]
    assert lost[0].finding.measured == 'train.py:3: "test(train_loader)"'
    assert lost[0].finding.rationale == "It is no test."


def test_what_passed_reads_as_good(evidence):
    outcome = judged(evidence, free_of=["more epochs than allowed", "no zero_grad"])
    assert outcome.finding.measured == "2 of 2 parts: no more epochs than allowed, gradients set to zero"
    assert outcome.parts[0].finding.expected == "no sign of: more epochs than allowed"


def test_each_mistake_has_a_name_for_its_absence(evidence):
    names = [part.name for part in judged(evidence).parts]
    assert len(set(names)) == len(FAULTS)
    assert set(names).isdisjoint(FAULTS)


def test_the_same_mistake_seen_twice_costs_once(evidence):
    twice = (remark("no zero_grad"), remark("no zero_grad", "log"))
    assert judged(evidence, *twice).points == 22


def test_what_was_only_read_goes_to_a_person(evidence):
    outcome = judged(evidence, remark("training without shuffling", "source"))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 22, 2)


def test_only_the_named_mistakes_count(evidence):
    named = {"free_of": ["no zero_grad"]}
    assert judged(evidence, remark("training without shuffling"), **named).status == "passed"
    assert judged(evidence, remark("no zero_grad"), **named).status == "failed"


def test_notes_cost_nothing(evidence):
    assert judged(evidence, remark("gradients on while evaluating", harmless=True)).status == "passed"
    assert judged(evidence, remark("no zero_grad", harmless=True)).status == "passed"


def test_a_doubtful_training_goes_to_a_person(evidence):
    outcome = judged(session(evidence, confidence="low"))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 24)
    none = replace(evidence, training=replace(evidence.training, sessions=()))
    assert judged(none).status == "review"


def test_a_training_that_was_only_read_passes_with_a_note(evidence):
    outcome = judged(session(evidence, way="read"))
    assert outcome.status == "passed"
    assert "read in the source" in outcome.notes[0]


@pytest.mark.parametrize("cause", ["failed", "errored", "skipped", "review"])
def test_a_training_that_was_not_recovered(evidence, cause):
    outcome = judged(replace(evidence, training=Absent(cause, "It stopped before its first step.")))
    assert (outcome.status, outcome.points) == (cause, 0)
    assert outcome.finding.rationale == "It stopped before its first step."


@pytest.mark.parametrize(
    ("names", "message"),
    [([], "at least 1"), (["colour"], "Input should be"), (["no zero_grad"] * 2, "named twice")],
)
def test_a_wrong_list_is_refused(names, message):
    with pytest.raises(ValidationError, match=message):
        Rule(id="a", check="clean_method", points=1.0, free_of=names)


def test_the_requirement_names_a_few_and_counts_many():
    few = Rule(id="a", check="clean_method", points=1.0, free_of=("no zero_grad", "scheduler never stepped"))
    assert few.requirement() == "The training is free of: no zero_grad, scheduler never stepped."
    many = Rule(id="a", check="clean_method", points=1.0)
    assert many.requirement() == "The training shows none of 12 common mistakes of method."
