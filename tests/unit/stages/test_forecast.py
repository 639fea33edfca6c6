"""What a self-check says of the chance of passing, and what it must not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import (
    Absent,
    DataFacts,
    EpochPoint,
    Evidence,
    Measurement,
    Odds,
    Projection,
    Recipe,
    RunRecord,
)
from grader.spec.load import load_spec
from grader.stages.forecast import forecasts, times
from grader.stages.judgement import judgement

SPEC = load_spec("s4").spec
NOT_TRAINED = Absent("skipped", "A self-check does not train to the end; the grader does.", "", "train")


@pytest.fixture
def found(example_records: dict[str, RunRecord]) -> Evidence:
    """The student's own recipe trained it."""
    evidence = example_records["full_marks"].evidence
    assert isinstance(evidence.recipe, Recipe)
    return replace(evidence, recipe=replace(evidence.recipe, source="student"))


def measured(evidence: Evidence, *values: float) -> Evidence:
    assert isinstance(evidence.test_accuracy, Measurement)
    mean = sum(values) / len(values)
    return replace(evidence, test_accuracy=replace(evidence.test_accuracy, values=values, value=mean))


def test_a_measured_accuracy_gives_the_odds_with_their_source(found: Evidence) -> None:
    (one,) = forecasts(SPEC, measured(found, 0.956))
    assert (one.id, one.basis) == ("learns-fast", "measured")
    assert isinstance(one.odds, Odds)
    assert one.odds.failed > 0.01
    assert "(measured 95.60 % once; spread 0.57 points)" in one.sentence
    assert "A person decides about" in one.sentence
    assert "it fails about" in one.sentence


def test_several_seeds_are_a_mean(found: Evidence) -> None:
    (one,) = forecasts(SPEC, measured(found, 0.98, 0.982, 0.981))
    assert "as the mean of 3 seeds" in one.sentence
    assert one.sentence.startswith("Passes more than 99 times in 100 with other seeds")


def test_a_miss_under_the_default_recipe_goes_to_a_person_as_it_would_in_a_run(found: Evidence) -> None:
    assert isinstance(found.recipe, Recipe)
    ours = replace(found, recipe=replace(found.recipe, source="default"))
    (own,), (default,) = forecasts(SPEC, measured(found, 0.94)), forecasts(SPEC, measured(ours, 0.94))
    assert isinstance(own.odds, Odds)
    assert isinstance(default.odds, Odds)
    assert own.odds.failed > 0.5
    assert default.odds.failed == 0
    assert default.odds.borderline == pytest.approx(own.odds.borderline + own.odds.failed)


def test_stand_in_data_says_nothing(found: Evidence) -> None:
    assert isinstance(found.data, DataFacts)
    (one,) = forecasts(SPEC, replace(found, data=replace(found.data, stand_in=True)))
    assert isinstance(one.odds, Absent)
    assert "stand-in data, which says nothing" in one.sentence


def test_without_any_accuracy_it_says_so_and_what_to_do(found: Evidence) -> None:
    reading = replace(found.reading, readme=Absent("skipped", "There is no README."), claims=())
    bare = replace(found, trials=(), test_accuracy=NOT_TRAINED, reading=reading)
    (one,) = forecasts(SPEC, bare)
    assert isinstance(one.odds, Absent)
    assert one.basis == "nothing"
    assert one.sentence == (
        "Nothing is known of the chance of passing. No accuracy was measured. "
        "Train it as the grader does: `grader check` with --train."
    )


def test_the_students_own_figure_is_marked_as_theirs(found: Evidence) -> None:
    (one,) = forecasts(SPEC, replace(found, trials=(), test_accuracy=NOT_TRAINED))
    assert one.basis == "stated"
    assert one.sentence.startswith("If the 98.83 % hold that you state in README.md:41, it passes")
    assert "Nothing was measured." in one.sentence


def test_what_could_not_be_trained_has_no_chance_from_a_figure(found: Evidence) -> None:
    broken = Absent("failed", "The model raises an error.", "Run it once.")
    (one,) = forecasts(SPEC, replace(found, trials=(), test_accuracy=broken))
    assert one.basis == "nothing"
    assert "It could not be trained. The model raises an error. Run it once." in one.sentence


@pytest.mark.parametrize(("seconds", "said"), [(34.0, False), (740.0, False), (5_000.0, True)])
def test_the_time_limit_is_named_only_where_this_machine_is_far_over_it(
    found: Evidence, seconds: float, said: bool
) -> None:
    slow = replace(found, trials=(), test_accuracy=NOT_TRAINED, projection=Projection(30, 469, seconds))
    (one,) = forecasts(SPEC, slow)
    assert ("A trial would take about" in one.sentence) is said


def test_an_assignment_without_accuracy_has_no_forecast(found: Evidence) -> None:
    assert forecasts(load_spec("eva8_s3_1").spec, found) == ()


def test_several_last_epochs_are_forecast_by_the_weakest(found: Evidence) -> None:
    """98.83 % is what the last epoch has; the one before has less, and decides."""
    trials = tuple(
        replace(one, epochs=(EpochPoint(13, 1, 0.99), EpochPoint(14, 2, 0.978), EpochPoint(15, 3, 0.99)))
        for one in found.trials
    )
    (one,) = forecasts(load_spec("eva8_s4").spec, replace(found, trials=trials))
    assert f"measured 97.80 % as the mean of {len(trials)} seeds" in one.sentence


def test_only_a_self_check_has_a_forecast_and_it_is_no_grade(
    found: Evidence, example_records: dict[str, RunRecord]
) -> None:
    made = example_records["full_marks"].provenance
    own = judgement(SPEC, found, made, "a", self_check=True)
    run = judgement(SPEC, found, made, "a")
    assert (own.self_check, len(own.forecasts), run.self_check, run.forecasts) == (True, 1, False, ())
    assert own.not_a_grade == ("This is a self-check: the grader trains again, with seeds of its own.",)
    assert run.not_a_grade == ()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "more than 99 times in 100"),
        (0.99, "about 99 times in 100"),
        (0.969, "about 97 times in 100"),
        (0.0, "less than once in 100 times"),
    ],
)
def test_no_forecast_is_certain(share: float, text: str) -> None:
    assert times(share) == text
