"""What each report of a training worker becomes for whoever watches."""

from __future__ import annotations

import pytest

from grader.events import Event, Events, Training
from grader.stages.progress import Progress


class Watched:
    """A submission's trainings on a clock that is set by hand."""

    def __init__(self, **options: object) -> None:
        self.now = 0.0
        self.told: list[Event] = []
        given = {"images": 100, "epochs": 2, "trials": 3, **options}
        self.progress = Progress(Events([self.told.append]), clock=lambda: self.now, **given)

    def report(self, samples: int, now: float, loss: float = 0.5, right: float = 0.9) -> Training:
        self.now = now
        self.progress(samples, loss, right)
        found = self.told[-1].training
        assert found is not None
        return found


def test_an_epoch_is_under_way_until_its_last_image() -> None:
    watched = Watched()
    seen = [watched.report(samples, samples) for samples in (1, 99, 100, 101, 200)]
    assert [(one.epoch, one.epochs_done) for one in seen] == [(1, 0), (1, 0), (1, 1), (2, 1), (2, 2)]
    assert [event.share for event in watched.told] == [0.005, 0.495, 0.5, 0.505, 1.0]
    assert {event.kind for event in watched.told} == {"progress"}


def test_more_samples_than_were_planned_are_no_further_epoch() -> None:
    told = Watched().report(250, 1.0)
    assert (told.epoch, told.epochs_done) == (2, 2)


def test_right_answers_are_those_of_this_epoch() -> None:
    watched = Watched()
    shares = [watched.report(n, n, right=r).right for n, r in ((50, 0.2), (100, 0.4), (150, 0.8), (200, 1.0))]
    assert shares == pytest.approx([0.2, 0.3, 0.8, 0.9])


def test_the_time_left_is_as_fast_as_it_trained_and_not_as_slow_as_it_began() -> None:
    watched = Watched()
    assert watched.report(20, 60.0).seconds_left is None  # a minute of preparing
    assert watched.report(22, 61.0).seconds_left is None  # too little to tell
    assert watched.report(40, 62.0).seconds_left == 16.0
    assert watched.report(200, 78.0).seconds_left == 0.0


def test_a_few_steps_have_no_end_to_foretell() -> None:
    watched = Watched(trains_to_end=False)
    watched.report(20, 0.0)
    assert watched.report(100, 1.0).seconds_left is None


def test_the_next_trial_counts_from_its_beginning() -> None:
    watched = Watched()
    watched.report(20, 0.0)
    watched.report(200, 18.0, right=0.1)
    watched.progress.trial_ended()
    told = watched.report(40, 100.0, right=0.7)
    assert (told.trial, told.trials_at_most, told.epoch, told.right) == (2, 3, 1, 0.7)
    assert told.seconds_left is None
    assert watched.report(80, 110.0).seconds_left == 30.0


def test_a_training_that_begins_anew_is_the_same_trial() -> None:
    """Where a model cannot be trained with its channels last, the worker starts over."""
    watched = Watched()
    watched.report(40, 0.0, right=0.1)
    told = watched.report(20, 5.0, right=0.7)
    assert (told.trial, told.right, told.seconds_left) == (1, 0.7, None)


def test_what_the_worker_does_not_say_is_absent() -> None:
    told = Watched().report(20, 0.0, loss=-1.0, right=-1.0)
    assert (told.loss, told.right) == (None, None)
    assert told.sentence == "trial 1 of at most 3, epoch 1 of 2"


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (12, "epoch 1 of 2; the worker says: loss 0.500, 90.0 % of training images right"),
        (
            100,
            "epoch 1 of 2, about 62 s left; the worker says: loss 0.500, 90.0 % of training images right",
        ),
        (
            200,
            "epoch 2 of 2, trained, scoring follows; the worker says: loss 0.500, 90.0 % of training images right",
        ),
    ],
    ids=["first", "half", "over"],
)
def test_the_sentence_says_whose_word_it_is(samples: int, sentence: str) -> None:
    watched = Watched(trials=1)
    watched.report(10, 0.0)
    told = watched.report(samples, 56.0)
    assert told.sentence == sentence
    assert watched.told[-1].text == told.sentence
