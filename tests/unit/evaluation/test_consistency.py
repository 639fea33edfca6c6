"""A line that must be held in each of the last epochs: the weakest decides."""

from __future__ import annotations

import pytest

from grader.evaluation.consistency import EpochValues, Line, another_trial_helps, held, last_epochs
from grader.evaluation.verdict import decide
from grader.records import Absent, EpochPoint, Measurement, Trial

LINE = 0.994
SD = 0.0006


def trial(
    *accuracies: float, seed: int = 7, status: str = "finished", own: float = -1.0, first: int = 1
) -> Trial:
    """A trial with these accuracies after its epochs; its own accuracy is the last one's unless given."""
    final = own if own >= 0 else accuracies[-1]
    one = Measurement("test_accuracy", final, "share", "test", 10_000, (final,), SD, "table")
    points = tuple(EpochPoint(first + i, 60_000 * (first + i), value) for i, value in enumerate(accuracies))
    return Trial(seed, status, "done", 469, 60_000, (), 1.0, 1.0, 100, "sha256:0", 0, one, epochs=points)


def values(*trials: Trial, last: int = 3) -> list[tuple[str, tuple[float, ...]]]:
    found = last_epochs(trials, last)
    assert not isinstance(found, Absent)
    return [(one.name, one.values) for one in found]


# --- which epochs -------------------------------------------------------------------------------------------


def test_the_last_epochs_come_in_their_order_with_a_value_for_each_trial():
    assert values(trial(0.97, 0.98, 0.99, 0.995), trial(0.96, 0.981, 0.991, 0.996)) == [
        ("epoch 2", (0.98, 0.981)),
        ("epoch 3", (0.99, 0.991)),
        ("epoch 4", (0.995, 0.996)),
    ]


def test_the_order_of_the_points_does_not_matter():
    one = trial(0.97, 0.98, 0.99, 0.995)
    turned = Trial(**{**vars(one), "epochs": tuple(reversed(one.epochs))})
    assert values(turned) == values(one)


def test_the_last_ones_value_is_the_trials_own_accuracy():
    """What the integrity probes lowered is low here too."""
    assert values(trial(0.99, 0.995, 0.996, own=0.91))[-1] == ("epoch 3", (0.91,))


def test_trials_that_end_at_different_epochs_are_counted_from_their_ends():
    assert values(trial(0.9, 0.99, 0.995), trial(0.98, 0.981), last=2) == [
        ("1 before the last epoch", (0.99, 0.98)),
        ("the last epoch", (0.995, 0.981)),
    ]


@pytest.mark.parametrize(("epochs", "left"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_a_shorter_training_has_fewer_last_epochs(epochs, left):
    assert len(values(trial(*[0.99] * epochs))) == left


def test_a_trial_without_points_has_its_own_accuracy_only():
    assert values(trial(own=0.97)) == [("the last epoch", (0.97,))]


def test_a_diverged_trial_counts_with_what_it_ended_at_in_all_of_them():
    broken = trial(0.97, 0.98, status="stopped", own=0.098)
    assert [one for _, one in values(trial(0.99, 0.994, 0.995), broken)] == [
        (0.99, 0.098),
        (0.994, 0.098),
        (0.995, 0.098),
    ]


@pytest.mark.parametrize("at", [0, 1])
def test_an_epoch_that_was_not_measured_goes_to_a_person(at):
    accuracies = [0.994, 0.995, 0.996]
    accuracies[at] = -1
    found = last_epochs([trial(*accuracies, seed=41, first=13)], 3)
    assert isinstance(found, Absent)
    assert (found.cause, f"epoch {13 + at} with seed 41" in found.reason) == ("review", True)


def test_an_epoch_before_the_last_ones_need_not_be_measured():
    assert len(values(trial(-1, -1, 0.99, 0.99, 0.99))) == 3


def test_without_a_scored_trial_there_is_nothing_to_judge():
    gone = Trial(**{**vars(trial(0.9)), "accuracy": Absent("failed", "It crashed.")})
    assert isinstance(last_epochs([gone], 3), Absent)
    assert isinstance(last_epochs([], 3), Absent)


# --- the verdict --------------------------------------------------------------------------------------------


def epochs(*means: float, seeds: int = 5) -> list[EpochValues]:
    return [EpochValues(f"epoch {13 + i}", (mean,) * seeds) for i, mean in enumerate(means)]


@pytest.mark.parametrize(
    ("means", "outcome", "weakest"),
    [
        ((0.9955, 0.9950, 0.9952), "passed", "epoch 14"),
        ((0.9955, 0.9930, 0.9960), "failed", "epoch 14"),
        ((0.9941, 0.9955, 0.9955), "borderline", "epoch 13"),
        ((0.9941, 0.9955, 0.9930), "failed", "epoch 15"),  # one that fails is enough
        ((0.9955, 0.9955, 0.9955), "passed", "epoch 13"),
    ],
)
def test_all_have_to_pass_and_the_weakest_decides(means, outcome, weakest):
    found = held(epochs(*means), LINE, SD)
    assert (found.decision.outcome, found.weakest.name) == (outcome, weakest)
    assert found.decision.sentence.startswith(
        f"The weakest of the last 3 epochs decides, {weakest}: the mean over 5 seeds is "
    )


def test_the_best_epoch_never_helps():
    without = held(epochs(0.9935, 0.9935), LINE, SD).decision.outcome
    assert held(epochs(0.9935, 0.9999, 0.9935), LINE, SD).decision.outcome == without == "failed"


def test_one_epoch_is_judged_as_a_single_accuracy():
    (one,) = epochs(0.9955)
    assert held([one], LINE, SD).decision == decide(one.values, LINE, SD)


def test_an_epoch_is_judged_with_its_own_noise():
    """One seed that stumbles in one epoch: borderline there, and so in all."""
    steady, stumbled = (0.9955,) * 5, (0.9955, 0.9955, 0.90, 0.9955, 0.9955)
    found = held([EpochValues("epoch 14", stumbled), EpochValues("epoch 15", steady)], LINE, SD)
    assert (found.decision.outcome, found.weakest.name) == ("borderline", "epoch 14")


# --- when to stop -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trials", "helps"),
    [
        ((), True),
        ((trial(0.999, 0.999, 0.999),), False),
        ((trial(0.999, 0.995, 0.999),), True),  # one epoch is close to the line
        ((trial(0.999, 0.980, 0.995),), False),  # one is hopeless: the others need no more seeds
        ((trial(0.999, -1, 0.995),), False),  # more seeds would not measure it
    ],
)
def test_seeds_are_added_while_the_weakest_epoch_is_open(trials, helps):
    assert another_trial_helps(trials, Line(LINE, 3), SD) is helps
