"""What a worker tells of a training by the student's own loop is held against what was asked for."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from grader.isolation import faithful, hearing
from grader.isolation.faithful import Budget, FaithfulRun, Wanted
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.supervisor import Ending, Patience

WANTED = Wanted("train.py", (), (), "train.py:9", "Net", 2, 10, 0, 0.01)
BUDGET = Budget("MNIST", 10, images=100, epochs=2, seed=1, threads=1)
LISTED = [["float32", [2], "parameter"], ["float32", [1], "buffer"]]


class Peer:
    """The other end of a conversation, as hostile as its messages are."""

    def __init__(self, *messages: Message | Ending) -> None:
        self.messages, self.asked = messages, {}

    def cpu_seconds(self) -> float:
        return 1.0

    def request(self, op, fields, *, patience, payload_limit, on_progress) -> Message | Ending:
        self.asked = {"op": op, **fields}
        try:
            for message in self.messages[:-1]:
                on_progress(message)
        except ProtocolError as error:
            return self.refuse(error)
        return self.messages[-1]

    def refuse(self, error: ProtocolError) -> Ending:
        return Ending("protocol", f"The answer was not a valid one ({error}).")


def as_bytes(value: object) -> Any:
    return np.frombuffer(json.dumps(value).encode("ascii"), np.uint8)


def progress(**fields: object) -> Message:
    return Message({"op": "progress", "steps": 1, "samples": 10, "loss": 0.5, **fields}, {})


def state(values=(1.0, 2.0, 3.0), listed=LISTED, **fields: object) -> Message:
    blob = np.array(values, np.float32).view(np.uint8)
    header = {"op": "state", "steps": 10, "samples": 100, "loss": -1, "epoch": 1, **fields}
    return Message(header, {"entries": as_bytes(listed), "bytes": blob})


def answer(**fields: object) -> Message:
    facts = {
        "ended": "finished", "reason": "", "steps": 12, "samples": 120, "elsewhere": 0, "notes": ["a note"],
        "tail": "printed\x1b[2J", "seconds": 1.0, **fields,
    }  # fmt: skip
    return Message({"op": "faithful"}, {"faithful": as_bytes(facts)})


def run(*messages: Message | Ending) -> FaithfulRun:
    return faithful.train(Peer(*messages), WANTED, BUDGET, patience=Patience(1, 1))  # type: ignore[arg-type]


def test_a_whole_training():
    found = run(progress(), state(), progress(steps=11, samples=110), answer())
    assert (found.ending, found.trained, found.steps, found.samples) == ("finished", True, 12, 120)
    assert found.sentence == "The student's code came to its end after 1.2 of 2 epochs of 100 images."
    assert [(one.epoch, one.samples) for one in found.states] == [(1, 100)]
    assert [(point.samples, point.loss) for point in found.curve] == [(10, 0.5), (110, 0.5)]
    assert (found.notes, found.output_tail) == (("a note",), "printed\\x1b[2J")


def test_all_that_the_worker_needs_is_asked_for():
    peer = Peer(answer())
    faithful.train(peer, WANTED, BUDGET, patience=Patience(1, 1))  # type: ignore[arg-type]
    assert peer.asked["op"] == "faithful"
    assert {"unit", "place", "ordinal", "epochs", "seed", "threads", "data_set", "state_limit"} <= set(
        peer.asked
    )


@pytest.mark.parametrize(
    "message",
    [
        progress(samples=301),
        progress(samples=0),
        progress(steps=True),
        progress(loss=float("nan")),
        progress(loss="0.1"),
        state(epoch=0),
        state(epoch=4),
        state(epoch="1"),
        state(listed=[["float32", [4], "parameter"]]),
        state(listed=[["float32", [3], "parameter"], ["object", [1], "buffer"]]),
        Message({"op": "state", "steps": 1, "samples": 1, "loss": 0, "epoch": 1}, {"bytes": np.zeros(1, np.uint8)}),
    ],
    ids=[
        "more than the budget", "nothing", "truth", "nan", "text", "epoch 0", "epoch 4", "epoch as text",
        "size", "dtype", "no list",
    ],
)  # fmt: skip
def test_what_no_honest_worker_tells_is_refused_and_what_came_before_stays(message):
    found = run(progress(), state(), progress(steps=10, samples=100), message, answer())
    assert (found.ending, found.trained) == ("protocol", False)
    assert [one.epoch for one in found.states] == [1]


@pytest.mark.parametrize(
    "fields",
    [
        {"ended": "won"}, {"ended": ["finished"]}, {"samples": 500}, {"samples": -1}, {"steps": 1.5},
        {"notes": "text"}, {"notes": ["x"] * 61}, {"notes": [1]}, {"tail": None}, {"reason": 3},
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_that_is_not_as_agreed_is_refused(fields):
    found = run(state(), answer(**fields))
    assert found.ending == "protocol"
    assert [one.epoch for one in found.states] == [1]


def test_counts_do_not_run_backwards():
    assert run(progress(steps=5, samples=50), progress(steps=4, samples=50), answer()).ending == "protocol"
    assert run(progress(steps=5, samples=50), progress(steps=5, samples=40), answer()).ending == "protocol"
    assert run(state(), state(), answer()).ending == "protocol"


def test_a_training_that_begins_anew_forgets_what_came_before():
    found = run(progress(steps=9, samples=90), state(), progress(again=True), progress(), answer())
    assert (found.ending, found.states, [point.samples for point in found.curve]) == ("finished", (), [10])


@pytest.mark.parametrize(
    ("values", "ending"),
    [((np.nan, 1, 2), "diverged"), ((1, -np.inf, 2), "diverged"), ((1, 2, -np.inf), "finished")],
    ids=["nan", "infinity", "a mask in a buffer"],
)
def test_a_state_that_is_not_finite_is_a_divergence(values, ending):
    found = run(progress(), state(), state(values, epoch=2, steps=20, samples=200), answer())
    assert found.ending == ending
    assert found.states[0].epoch == 1
    assert [point.samples for point in found.curve] == [10]


@pytest.mark.parametrize(
    ("dtype", "values", "finite"),
    [
        ("float16", np.array([1, np.inf], np.float16), False),
        ("float64", np.array([1.0, np.nan]), False),
        ("bfloat16", np.array([0x3F80, 0x7F80], np.uint16), False),
        ("bfloat16", np.array([0x3F80, 0x7F7F], np.uint16), True),
        ("int64", np.array([-1, 2**62]), True),
    ],
    ids=["float16", "float64", "bfloat16 infinity", "bfloat16 largest", "int64"],
)
def test_numbers_of_every_kind_are_told_from_what_is_none(dtype, values, finite):
    blob = values.view(np.uint8)
    message = Message({"op": "state"}, {"entries": as_bytes([[dtype, [2], "parameter"]]), "bytes": blob})
    assert faithful.is_finite(faithful.state_of(message), [dtype]) is finite


def test_an_ending_of_the_worker_keeps_what_was_trained():
    found = run(progress(), state(), Ending("memory", "It used more than 9 MiB of memory."))
    assert (found.ending, found.sentence, found.trained) == (
        "memory",
        "It used more than 9 MiB of memory.",
        False,
    )
    assert (len(found.states), len(found.curve), found.samples) == (1, 1, 100)


def test_old_states_are_dropped_where_they_grow_too_large(monkeypatch):
    monkeypatch.setattr(hearing, "KEPT_BYTES", 30)
    found = run(*[state(epoch=epoch, samples=100 * epoch) for epoch in (1, 2, 3)], answer(samples=300))
    assert [one.state is not None for one in found.states] == [False, True, True]


def test_a_state_that_was_not_sent_is_none():
    header = {"op": "state", "steps": 10, "samples": 100, "loss": -1, "epoch": 1}
    found = run(Message(header, {}), answer())
    assert found.states[0].state is None


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        ("budget", "All samples were delivered: 1.2 of 2 epochs"),
        ("it ended itself", "ended the program after 1.2"),
        ("diverged", "NaN or infinite"),
        ("uncovered", "cannot be run faithfully here. why"),
        ("nothing", "did not run again"),
    ],
)
def test_every_ending_has_its_sentence(ended, says):
    assert says in run(state(), answer(ended=ended, reason="why")).sentence
