"""Which of several sessions made the model handed in, and rates that came from a finder."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.isolation.capture_answer import Capture, Seen
from grader.isolation.conversation import FINDER_RATE
from grader.records import (
    Absent,
    Call,
    Claim,
    Entrypoint,
    Evaluating,
    Loading,
    ModelFacts,
    Reading,
    Schedule,
    Session,
)
from grader.stages.finder import with_found_rate
from grader.stages.sessions import choose, looks_like_rate_test

NO_MODEL = Absent("skipped", "Nobody looked.")
READING = Reading(readme=Absent("failed", "none"), candidates=(), choice="", unreadable=())
LOADING = Loading("MNIST", "train", 60_000, 128, True, (), "fixed")


def evaluating(passes: int) -> tuple[Evaluating, ...]:
    return (Evaluating(LOADING, passes, "eval", False),) if passes else ()


def seen(name: str, passes: int, evaluated: int, *, trainable: int = 100, **changes: object) -> Seen:
    session = Session(
        way="captured",
        unit="n.ipynb",
        place=f"n.ipynb, cell {passes}",
        model=Call(name),
        trainable=trainable,
        optimizer=Call("SGD", (("lr", 0.1),)),
        parameter_groups=1,
        schedules=(),
        loss="nll_loss",
        loss_is_plain=True,
        training=LOADING,
        evaluations=evaluating(evaluated),
        epochs=passes,
        passes=passes,
        first_rate=0.1,
        last_rate=0.1,
        zeroes_gradients=True,
    )
    return Seen(replace(session, **changes), 3 * passes, 0, climbs=False)


def found(*sessions: Seen) -> Capture:
    return Capture(sessions, (), 10, "finished", (), "", 1.0)


def model(name: str, trainable: int) -> ModelFacts:
    return ModelFacts(
        Entrypoint("n.ipynb", 3, name, (), ""), trainable, trainable, 0, (), (), "", (1,), (10,), "logits"
    )


def test_the_longest_session_that_evaluates_goes_first():
    sessions, index, reason = choose(
        found(seen("Net", 100, 0), seen("Net", 20, 20), seen("Net", 5, 5)), READING, NO_MODEL
    )
    assert sessions[index].passes == 20
    assert "n.ipynb, cell 20" in reason


def test_of_equal_ones_the_last_is_taken():
    _, index, reason = choose(found(seen("A", 20, 20), seen("B", 20, 20)), READING, NO_MODEL)
    assert index == 1
    assert "comes last" in reason


def test_the_model_handed_in_beats_the_number_of_passes():
    pair = found(seen("Small", 10, 10, trainable=50), seen("Large", 20, 20))
    sessions, index, reason = choose(pair, READING, model("Small", 50))
    assert (sessions[index].model.name, "the model handed in" in reason) == ("Small", True)


def test_without_any_evaluation_something_is_chosen_with_low_confidence():
    sessions, index, _ = choose(found(seen("Net", 1, 0)), READING, NO_MODEL)
    assert (index, sessions[0].confidence) == (0, "low")


@pytest.mark.parametrize(
    ("changes", "claimed", "confidence"),
    [
        ({}, 100, "high"),
        ({}, 99, "medium"),
        ({"passes": 9}, 100, "medium"),
        ({"at_import": True}, 100, "low"),
        ({"evaluations": ()}, 100, "low"),
    ],
    ids=["claimed", "unclaimed", "stopped early", "at import", "no evaluation"],
)
def test_confidence(changes, claimed, confidence):
    reading = replace(READING, claims=(Claim("parameters", claimed, "n.ipynb, cell 2", "Total params: 100"),))
    one = seen("Net", 20, 20)
    changed = replace(one, session=replace(one.session, **changes))
    sessions, _, _ = choose(found(changed), reading, NO_MODEL)
    assert sessions[0].confidence == confidence


def test_a_rate_that_climbs_in_one_pass_without_evaluation_is_a_test():
    ramp = (Schedule(Call("LambdaLR", library="torch"), "per batch"),)
    one = seen("Net", 1, 0, first_rate=1e-7, schedules=ramp)
    assert looks_like_rate_test(replace(one, rises=2, climbs=True))
    assert not looks_like_rate_test(replace(one, rises=0, climbs=False))
    cycle = (Schedule(Call("OneCycleLR", library="torch"), "per batch"),)
    warm = seen("Net", 1, 0, first_rate=4e-4, schedules=cycle)
    assert not looks_like_rate_test(replace(warm, rises=2, climbs=True))
    assert not looks_like_rate_test(replace(seen("Net", 1, 1, first_rate=1e-7), rises=2, climbs=True))


def notebook(tmp_path, text: str):
    cell = {"cell_type": "code", "source": "f()", "outputs": [{"output_type": "stream", "text": text}]}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("Suggested LR: 1.20E-01", 0.12),
        ("best lr = 0.05", 0.05),
        ("max_lr: .3", 0.3),
        ("Suggested LR: 1e-2\nSuggested LR: 2e-2", 0.02),
    ],
    ids=["library", "words", "point", "last"],
)
def test_the_printed_rate_takes_the_stand_ins_place(tmp_path, text, rate):
    session = replace(
        seen("Net", 5, 5).session,
        optimizer=Call("SGD", (("lr", FINDER_RATE / 10), ("momentum", 0.9))),
        first_rate=FINDER_RATE / 10,
    )
    resolved = with_found_rate(session, notebook(tmp_path, text), "n.ipynb")
    assert dict(resolved.optimizer.arguments) == pytest.approx({"lr": rate / 10, "momentum": 0.9})
    assert resolved.first_rate == pytest.approx(rate / 10)
    assert "n.ipynb, cell 1" in resolved.rate_finder


def test_a_rate_of_the_students_own_is_left_alone(tmp_path):
    session = seen("Net", 5, 5).session
    assert with_found_rate(session, notebook(tmp_path, "Suggested LR: 0.3"), "n.ipynb") is session


@pytest.mark.parametrize("unit", ["n.ipynb", "gone.ipynb", "train.py"])
def test_nothing_printed_is_said(tmp_path, unit):
    session = replace(seen("Net", 5, 5).session, optimizer=Call("SGD", (("lr", FINDER_RATE),)))
    resolved = with_found_rate(session, notebook(tmp_path, "done"), unit)
    assert resolved.optimizer.arguments == (("lr", "from a finder, not recoverable"),)
    assert resolved.first_rate == 0
    assert [name for name, _ in resolved.unknown] == ["first_rate", "last_rate"]
