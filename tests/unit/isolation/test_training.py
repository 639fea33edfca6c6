"""What a worker tells while it trains: every field is checked, and kept as it comes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from grader.isolation import hearing
from grader.isolation.frames import Message, ProtocolError
from grader.isolation.hearing import Declined, Paced
from grader.isolation.states import State
from grader.isolation.training import _Heard, named
from grader.records import Call, Projection


def heard(epochs: int = 3, **fields: object) -> _Heard:
    return _Heard(epochs_planned=epochs, cpu=lambda: 1.0, on_progress=None, **fields)


def progress(steps: int, samples: int, loss: float = 0.5, rate: object = 0.1, right: object = 0.9) -> Message:
    fields = {"steps": steps, "samples": samples, "loss": loss, "rate": rate, "right": right}
    return Message({"op": "progress", **fields}, {})


def state(epoch: int, samples: int, values: int = 4, entries: object = None) -> Message:
    listed = [["float32", [values], "parameter"]] if entries is None else entries
    arrays = {
        "bytes": np.zeros(4 * values, np.uint8),
        "entries": np.frombuffer(json.dumps(listed).encode(), np.uint8),
    }
    return Message({"op": "state", "epoch": epoch, "samples": samples}, arrays)


def test_points_and_states_are_kept_as_they_come():
    told = heard()
    for message in (progress(5, 160), progress(10, 320), state(1, 320), progress(15, 480)):
        told(message)
    found = told.so_far()
    assert (found.steps, found.samples) == (15, 480)
    assert [point.samples for point in found.curve] == [160, 320, 480]
    assert [(one.epoch, one.samples, one.state.parameters) for one in found.epochs] == [(1, 320, 4)]


def test_a_loss_that_is_no_number_has_no_point():
    told = heard()
    told(progress(5, 160, -1.0))
    assert (told.so_far().curve, told.so_far().samples) == ((), 160)


def test_the_rate_goes_with_the_point_and_one_that_is_not_known_is_below_zero():
    told = heard()
    for message in (progress(5, 160, rate=0.05), progress(10, 320, rate=-0.5), progress(15, 480, rate=0)):
        told(message)
    assert [point.rate for point in told.so_far().curve] == [0.05, -1.0, 0.0]


def test_who_watches_is_told_what_the_worker_says_of_its_last_batch():
    told = []
    listening = _Heard(epochs_planned=3, cpu=lambda: 1.0, on_progress=lambda *said: told.append(said))
    for message in (progress(5, 160, right=0.25), progress(10, 320, right=-1.0)):
        listening(message)
    assert told == [(160, 0.5, 0.25), (320, 0.5, -1.0)]


@pytest.mark.parametrize("right", [1.5, -2, "0.9", True, None, float("nan")])
def test_a_share_that_is_none_is_a_breach(right):
    with pytest.raises(ProtocolError, match="right"):
        heard()(progress(5, 160, right=right))


# --- whether it is worth going on ---------------------------------------------------------------------------

PROJECTION = Projection(10, 100, 60.0)


def paced(answers: list[Paced | None], seconds: list[float]) -> tuple[_Heard, list[list[tuple[int, ...]]]]:
    """A training whose worker has used so much CPU time at each look; what its pace was asked, as it is asked."""
    asked: list[list[tuple[int, ...]]] = []

    def pace(marks):
        asked.append([tuple(mark) for mark in marks])
        return answers[len(asked) - 1]

    left = iter([100.0, *(100.0 + one for one in seconds)])
    told = _Heard(epochs_planned=3, cpu=lambda: next(left), on_progress=None, pace=pace)
    return told, asked


def test_the_pace_is_asked_until_it_can_tell_and_then_no_more():
    told, asked = paced([None, Paced(PROJECTION, "")], [1.0, 2.0, 3.0])
    for message in (progress(5, 160), progress(10, 320), progress(15, 480)):
        told(message)
    assert asked == [[(5, 160, 1.0)], [(5, 160, 1.0), (10, 320, 2.0)]]
    assert told.so_far().paced == Paced(PROJECTION, "")
    assert told.declined == ""
    assert told.loop_cpu_seconds == 2.0


def test_a_training_that_would_take_too_long_is_given_up_with_what_was_seen():
    told, _ = paced([None, Paced(PROJECTION, "Too long.")], [1.0, 2.0])
    told(progress(5, 160))
    with pytest.raises(Declined):
        told(progress(10, 320))
    found = told.so_far()
    assert (found.steps, len(found.curve), told.declined) == (10, 2, "Too long.")
    assert found.paced == Paced(PROJECTION, "Too long.")


def test_time_that_goes_backwards_and_a_report_that_comes_twice_are_no_marks():
    told, asked = paced([None] * 4, [2.0, 1.0, 3.0])
    for message in (progress(5, 160), progress(10, 320), progress(15, 480)):
        told(message)
    assert asked[-1] == [(5, 160, 2.0), (15, 480, 3.0)]
    told, asked = paced([None] * 4, [1.0, 2.0])
    told(progress(5, 160))
    told.went_on(5, 160, 0.5)
    assert len(asked) == 1


def test_what_is_begun_anew_is_measured_anew():
    told, asked = paced([None] * 4, [1.0, 2.0, 3.0])
    for message in (progress(5, 160), progress(10, 320), progress(5, 160)):
        told(message)
    assert asked[-1] == [(5, 160, 3.0)]


def test_a_training_that_was_begun_anew_leaves_nothing_of_the_first_attempt():
    told = heard()
    for message in (progress(5, 160), state(1, 160), progress(5, 160), state(1, 160)):
        told(message)
    assert len(told.so_far().curve) == len(told.so_far().epochs) == 1


def test_a_state_that_was_too_large_is_missing_and_the_epoch_is_not():
    told = heard()
    told(Message({"op": "state", "epoch": 1, "samples": 160}, {}))
    assert [(one.epoch, one.state) for one in told.so_far().epochs] == [(1, None)]


def test_only_the_last_states_are_kept_where_they_are_large(monkeypatch):
    monkeypatch.setattr(hearing, "KEPT_BYTES", 40)
    told = heard(epochs=4)
    for epoch in (1, 2, 3, 4):
        told(state(epoch, 160 * epoch))
    assert [one.state is not None for one in told.so_far().epochs] == [False, False, True, True]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(progress(0, 160), id="no step"),
        pytest.param(progress(5, -1), id="samples below 0"),
        pytest.param(progress(5, 160, float("nan")), id="loss no number"),
        pytest.param(progress(True, 160), id="step no number"),
        pytest.param(progress(5, 160, rate=float("nan")), id="rate no number"),
        pytest.param(progress(5, 160, rate="0.1"), id="rate a text"),
        pytest.param(progress(5, 160, rate=-2), id="rate below 0"),
        pytest.param(progress(5, 160, rate=None), id="no rate"),
        pytest.param(state(2, 160), id="an epoch is left out"),
        pytest.param(state(4, 160), id="more epochs than planned"),
        pytest.param(state(0, 160), id="epoch 0"),
        pytest.param(state(1, 160, entries=[["float32", [5], "parameter"]]), id="too few bytes"),
        pytest.param(state(1, 160, entries=[["object", [4], "parameter"]]), id="no dtype of a state"),
        pytest.param(state(1, 160, entries={}), id="no list"),
        pytest.param(
            Message({"op": "state", "epoch": 1, "samples": 1}, {"bytes": np.zeros(4, np.uint8)}),
            id="no entries",
        ),
    ],
)
def test_what_no_honest_worker_tells_is_refused(message):
    with pytest.raises(ProtocolError):
        heard()(message)


def test_progress_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(hearing, "MAX_REPORTS", 3)
    told = heard()
    with pytest.raises(ProtocolError):
        for step in range(1, 10):
            told(progress(step, step))


def test_a_state_on_the_way_may_be_as_large_as_the_first_and_its_list():
    start = State(np.zeros(400, np.uint8), 100, 0, "", (("parameter", 4, 100),))
    assert 400 < start.frame_bytes < 1_000


def test_a_call_crosses_as_plain_values():
    call = Call("Normalize", (("mean", "(0.1,)"),), "a.py:1", "torchvision")
    assert named(call) == {"name": "Normalize", "arguments": [["mean", "(0.1,)"]], "library": "torchvision"}
