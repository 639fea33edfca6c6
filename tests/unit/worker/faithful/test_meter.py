"""Counting, stopping and telling, one event after the other."""

from __future__ import annotations

import pytest
import torch

from grader.worker.faithful.meter import REPORT_EVERY, Meter
from grader.worker.faithful.states import Reporter
from grader.worker.faithful.stop import Stop
from grader.worker.faithful.trainings import Wanted

IMAGES = 100


class Loader:
    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size


class Scene:
    """A model in training, without a worker: the events that loaders and hooks would give."""

    def __init__(self, epochs: int = 2, ordinal: int = 0, uncovered: str = "", batch_size: int = 10) -> None:
        self.sent: list[dict[str, object]] = []
        self.cell = "net.ipynb, cell 3"
        wanted = Wanted(self.cell, "Linear", 6, batch_size, ordinal)
        self.meter = Meter(
            wanted,
            epochs=epochs,
            images=IMAGES,
            reporter=Reporter(
                lambda header, arrays: self.sent.append({**header, "with": sorted(arrays)}), 10**6
            ),
            cell=lambda: self.cell,
            uncovered=lambda _: uncovered,
        )
        self.loader = Loader(batch_size)
        self.model = torch.nn.Linear(2, 2)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

    def train(self, batches: int, *, loader: Loader | None = None, optimizer=None, model=None) -> None:
        taken = self.meter.begin_pass(loader or self.loader)
        for _ in range(batches):
            self.meter.delivered(taken, torch.zeros((loader or self.loader).batch_size, 2))
            self.step(optimizer=optimizer, model=model)
        self.meter.end_pass(taken, complete=True)

    def step(self, *, optimizer=None, model=None, rows: int = 10) -> None:
        (model or self.model)(torch.zeros(rows, 2))
        self.meter.backward(torch.tensor(0.5))
        self.meter.stepped(optimizer or self.optimizer)

    @property
    def epochs(self) -> list[tuple[object, object]]:
        return [(one["epoch"], one["samples"]) for one in self.sent if one["op"] == "state"]


@pytest.fixture
def scene():
    made = Scene()
    made.meter.calls.on()
    yield made
    made.meter.calls.off()


def test_a_state_goes_out_after_each_epoch_of_samples_and_the_budget_ends_it(scene):
    scene.train(7)
    with pytest.raises(Stop) as stop:
        scene.train(20)
    assert stop.value.why == "budget"
    assert scene.epochs == [(1, 100), (2, 200)]
    assert all(one["with"] == ["bytes", "entries"] for one in scene.sent if one["op"] == "state")


def test_the_end_comes_again_where_the_code_caught_it(scene):
    with pytest.raises(Stop):
        scene.train(20)
    for again in (lambda: scene.meter.begin_pass(scene.loader), scene.step, scene.meter.go_on):
        with pytest.raises(Stop):
            again()
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 200


def test_what_was_trained_after_the_last_epoch_goes_out_at_the_end(scene):
    scene.train(13)
    scene.meter.finish()
    assert scene.epochs == [(1, 100), (2, 130)]
    scene.meter.finish()
    assert len(scene.epochs) == 2


def test_the_state_at_the_end_is_that_of_the_last_step(scene):
    scene.train(4)
    before = [parameter.detach().clone() for parameter in scene.model.parameters()]
    scene.meter.begin_pass(Loader(500))
    with torch.no_grad():
        scene.model.weight.zero_()  # the unit goes on with its model
    kept = scene.meter._kept
    assert kept is not None
    steps, samples, (_, blob) = kept
    assert (steps, samples) == (4, 40)
    assert blob.tobytes() == b"".join(parameter.numpy().tobytes() for parameter in before)


def test_progress_is_told_with_the_mean_loss(scene):
    scene.train(REPORT_EVERY - 1)
    assert [one for one in scene.sent if one["op"] == "progress"] == []
    with pytest.raises(Stop):
        scene.train(1)
    (told,) = [one for one in scene.sent if one["op"] == "progress"]
    assert (told["steps"], told["samples"], told["loss"]) == (REPORT_EVERY, 200, 0.5)


def test_a_loss_that_is_not_finite_ends_it(scene):
    scene.meter.backward(torch.tensor(float("nan")))
    with pytest.raises(Stop) as stop:
        scene.train(10)
    assert stop.value.why == "diverged"
    assert scene.epochs == []
    scene.meter.finish()
    assert scene.epochs == []


def test_passes_without_gradients_count_nothing(scene):
    scene.train(3)
    taken = scene.meter.begin_pass(Loader(500))
    with torch.no_grad():
        scene.meter.delivered(taken, torch.zeros(500, 2))
    scene.meter.end_pass(taken, complete=True)
    scene.train(1)
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 40


def test_a_batch_that_is_trained_on_twice_counts_twice(scene):
    scene.train(1)
    taken = scene.meter.begin_pass(scene.loader)
    scene.meter.delivered(taken, torch.zeros(10, 2))
    for _ in range(3):
        scene.step()
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 40


def test_steps_without_any_loader_count_the_models_rows():
    scene = Scene(batch_size=0)
    scene.meter.calls.on()
    try:
        for _ in range(5):
            scene.step(rows=7)
    finally:
        scene.meter.calls.off()
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 35


def test_gradients_of_several_batches_count_all_of_them(scene):
    taken = scene.meter.begin_pass(scene.loader)
    for _ in range(4):
        scene.meter.delivered(taken, torch.zeros(10, 2))
        scene.model(torch.zeros(10, 2))
        scene.meter.backward(torch.tensor(1.0))
    scene.meter.stepped(scene.optimizer)
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 40


def test_nothing_listens_to_calls_while_the_chosen_training_runs(scene):
    assert scene.meter.calls.active
    scene.train(1)
    assert not scene.meter.calls.active


def test_a_training_on_other_images_is_refused_at_its_first_step():
    scene = Scene(uncovered="It trains on FashionMNIST.")
    scene.meter.calls.on()
    try:
        with pytest.raises(Stop) as stop:
            scene.train(1)
    finally:
        scene.meter.calls.off()
    assert (stop.value.why, stop.value.sentence) == ("uncovered", "It trains on FashionMNIST.")


def test_of_trainings_that_look_the_same_the_order_tells(scene):
    scene = Scene(ordinal=1)
    scene.meter.calls.on()
    try:
        first = torch.nn.Linear(2, 2)
        scene.train(3, optimizer=torch.optim.SGD(first.parameters(), lr=0.1), model=first)
        assert scene.meter.trainings.chosen is None
        scene.train(3)
        assert scene.meter.trainings.chosen is not None
        assert scene.meter.trainings.chosen.model is scene.model
        assert scene.meter.trainings.elsewhere == 0
    finally:
        scene.meter.calls.off()


def test_what_others_train_on_the_same_model_comes_out_of_the_budget_beyond_a_few_batches(scene):
    finder = torch.optim.SGD(scene.model.parameters(), lr=0.1)
    scene.cell = "net.ipynb, cell 2"
    scene.train(3, optimizer=finder)
    scene.cell = "net.ipynb, cell 3"
    scene.train(1)
    trainings = scene.meter.trainings
    assert (trainings.elsewhere, trainings.spent) == (30, 10 + 30 - 5)


def test_a_statement_that_failed_and_runs_again_begins_anew(scene):
    rewind = scene.meter.mark()
    scene.train(12)
    rewind()
    assert scene.sent[-1] == {"op": "progress", "again": True, "with": []}
    assert scene.meter.trainings.chosen is None
    again = torch.nn.Linear(2, 2)
    scene.train(12, optimizer=torch.optim.SGD(again.parameters(), lr=0.1), model=again)
    assert scene.epochs == [(1, 100), (1, 100)]
    assert scene.meter.trainings.spent == 120


def test_failing_on_purpose_buys_no_more_samples(scene):
    rewind = scene.meter.mark()
    scene.train(12)
    rewind()
    with pytest.raises(Stop):
        scene.train(12)  # the same model again: what it had is spent
    assert scene.meter.trainings.chosen is not None
    assert scene.meter.trainings.chosen.samples == 90  # the 120 from before, but for 5 that are free
    assert scene.epochs == [(1, 100), (1, 90)]
