"""Which training is asked for, and when the faithful lane is not even tried."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.data.standin import generate
from grader.isolation.conversation import FINDER_RATE
from grader.records import Absent, Call, Loading, RecoveredTraining, Session
from grader.stages.faithful import Unit, served_as, wanted_of, why_not
from grader.stages.finder import with_found_rate

DATA = generate(0, train=20, test=10)


def loading(batch_size: int) -> Loading:
    return Loading("MNIST", "train", 60_000, batch_size, True, (), "fixed", "train.py:3")


def session(
    model: str = "Net", trainable: int = 10, batch_size: int = 64, place: str = "train.py:9"
) -> Session:
    return Session(
        way="captured",
        unit="train.py",
        place=place,
        model=Call(model),
        trainable=trainable,
        optimizer=Call("SGD"),
        parameter_groups=1,
        schedules=(),
        loss="nll_loss",
        loss_is_plain=True,
        training=loading(batch_size),
        evaluations=(),
        epochs=1,
        passes=1,
        first_rate=0.1,
        last_rate=0.1,
        zeroes_gradients=True,
    )


def recovered(*sessions: Session, chosen: int = -1) -> RecoveredTraining:
    return RecoveredTraining(sessions, chosen % len(sessions), "", 1.0)


def test_of_sessions_that_look_the_same_the_number_tells():
    sessions = [
        session(),
        session(batch_size=32),
        session(),
        session("Other"),
        session(trainable=11),
        session(),
    ]
    wanted = wanted_of(recovered(*sessions), Unit("train.py", ("--epochs", "3"), ("net",)))
    assert (wanted.place, wanted.model, wanted.trainable, wanted.batch_size) == ("train.py:9", "Net", 10, 64)
    assert (wanted.ordinal, wanted.unit, wanted.arguments, wanted.names) == (
        2,
        "train.py",
        ("--epochs", "3"),
        ("net",),
    )
    assert wanted_of(recovered(*sessions, chosen=0), Unit("train.py")).ordinal == 0


def test_a_session_without_a_loader_has_no_batch_size():
    one = replace(session(), training=Absent("review", "not seen"))
    assert wanted_of(recovered(one), Unit("train.py")).batch_size == 0


def test_the_rate_of_a_finder_is_the_one_that_it_printed(tmp_path):
    cell = {
        "cell_type": "code",
        "source": "finder.plot()",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "Suggested LR: 3.47E-02"}],
        "metadata": {},
        "execution_count": 1,
    }
    (tmp_path / "net.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    one = replace(session(), optimizer=Call("SGD", (("lr", FINDER_RATE),)), unit="net.ipynb")
    training = recovered(with_found_rate(one, tmp_path, "net.ipynb"))
    assert wanted_of(training, Unit("net.ipynb")).rate == pytest.approx(0.0347)
    assert why_not(training, DATA) == ""


def test_a_training_whose_finder_printed_nothing_is_not_tried(tmp_path):
    (tmp_path / "net.ipynb").write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4}))
    one = replace(session(), optimizer=Call("SGD", (("lr", FINDER_RATE),)), unit="net.ipynb")
    assert "not recoverable" in why_not(recovered(with_found_rate(one, tmp_path, "net.ipynb")), DATA)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (replace(session(), way="read"), "never seen to run"),
        (session(), ""),
    ],
    ids=["read", "fine"],
)
def test_why_it_is_not_tried(changed, says):
    reason = why_not(recovered(changed), DATA)
    assert says in reason
    assert bool(reason) is bool(says)


@pytest.mark.parametrize(
    ("shape", "classes", "name"),
    [
        ((1, 28, 28), 10, "MNIST"),
        ((3, 32, 32), 10, "CIFAR10"),
        ((3, 32, 32), 100, "CIFAR100"),
        ((3, 32, 32), 7, ""),
        ((3, 64, 64), 200, "ImageFolder"),
        ((4,), 3, ""),
    ],
    ids=str,
)
def test_the_name_under_which_images_are_served(shape, classes, name):
    assert served_as(replace(DATA, input_shape=shape, classes=classes)) == name


def test_data_without_a_name_is_refused():
    assert "No data set of torchvision" in why_not(recovered(session()), replace(DATA, input_shape=(4,)))
