"""A worker's answers with any of their values replaced: each is understood or refused, and no other exception comes out.

What a worker says reaches these functions as JSON, so every value that JSON can hold may stand anywhere in it. One
exception that is not `ProtocolError` would end the grader, and with it the grading of everybody else.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.isolation import capture_answer, conversation
from grader.isolation.frames import ProtocolError, strict_json
from grader.isolation.structure_answer import structure
from grader.records import Entrypoint

_CALL = {"name": "SGD", "arguments": [["lr", 0.1]], "place": "t.py:3", "library": "torch"}
_LOADING = {
    "data_set": "MNIST",
    "split": "train",
    "images": 60_000,
    "batch_size": 128,
    "shuffled": True,
    "transforms": [_CALL],
    "randomness": "fixed",
    "place": "t.py:2",
}
_SESSION = {
    "place": "t.py:7",
    "model": _CALL,
    "trainable": 170,
    "optimizer": _CALL,
    "parameter_groups": 1,
    "schedules": [{"call": _CALL, "steps": "per epoch"}],
    "loss": "nll_loss",
    "loss_arguments": [["label_smoothing", 0.1]],
    "loss_is_plain": True,
    "training": _LOADING,
    "evaluations": [
        {"loading": _LOADING, "passes": 2, "mode": "eval", "gradients": False, "place": "t.py:9"}
    ],
    "epochs": 2,
    "passes": 2,
    "steps": 6,
    "rises": 0,
    "climbs": False,
    "first_rate": 0.1,
    "last_rate": 0.01,
    "zeroes_gradients": True,
    "at_import": False,
    "clipping": [],
    "beside": [],
    "unknown": [["passes", "not counted"]],
}
_CAPTURE = {
    "sessions": [_SESSION],
    "unused": [_LOADING],
    "steps": 6,
    "ended": "finished",
    "notes": ["a note"],
    "tail": "Epoch 1\n",
    "seconds": 0.5,
}
_OPERATOR = {
    "kind": "linear",
    "name": "aten.linear",
    "module": "scores",
    "inputs": [-1],
    "output_shape": [10],
    "parameters": 7_850,
    "axes": [["known", 5, 1.0], ["global", 0, 1.0]],
    "details": {"groups": 1, "kernel": "3x3"},
}
_FACTS = {
    "parameters": 7_850,
    "trainable": 7_850,
    "buffer_elements": 0,
    "layers": [["scores", "Linear", [10], 7_850]],
    "kinds": ["linear"],
    "table": "a table",
    "output_shape": [10],
    "head": "logits",
    "finite": True,
    "notes": ["a note"],
    "structure": {
        "operators": [_OPERATOR],
        "receptive_field": [["known", 5, 1.0], ["known", 5, 1.0]],
        "global_pool": -1,
        "map_before_pool": [7, 7],
        "flops": 15_700,
        "flops_partial": False,
        "unused_layers": [],
        "unused_parameters": 0,
        "ungraded_parameters": 0,
        "hidden_elements": 0,
        "hidden_places": ["self.table"],
        "unknown_operators": [],
    },
}
_ENTRIES = [["float32", [10, 784], "parameter"], ["float32", [10], "statistic"], ["int64", [], "buffer"]]
_ENTRY = Entrypoint("model.py", 0, "Net", (), "")

READERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "facts": (_FACTS, lambda facts: conversation._model_facts(facts, _ENTRY, (1, 28, 28), ())),
    "structure": (_FACTS, structure),
    "capture": (_CAPTURE, lambda facts: capture_answer.capture(facts, "t.py")),
    "state": (_ENTRIES, lambda listed: conversation.count_entries(listed, 31_408)),
}

_HOSTILE = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**40,
        2**63,
        10**400,
        -(10**400),
        0.5,
        -1e308,
        "",
        "x" * 5_000,
        "\ud800\u202e",
        [],
        {},
        [[]],
        [{}],
    ]
)
_ANY = _HOSTILE | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside of another, outermost first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*way, key)
        yield from places(inner, (*way, key))


def replaced(whole: Any, way: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(whole)
    inner = changed
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return changed


def is_read_or_refused(reader: str, answer: Any) -> None:
    """As it would arrive: through JSON, where what JSON cannot hold is refused before."""
    try:
        READERS[reader][1](strict_json(json.dumps(answer).encode("ascii")))
    except ProtocolError:
        return


@pytest.mark.parametrize("reader", READERS)
def test_an_honest_answer_is_read(reader: str) -> None:
    honest, read = READERS[reader]
    assert read(strict_json(json.dumps(honest).encode("ascii")))


WRONG: dict[str, Any] = {"list": [], "map": {}, "huge": 10**400, "surrogate": "\ud800", "null": None}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("reader", READERS)
def test_one_wrong_value_anywhere(reader: str, name: str) -> None:
    honest, value = READERS[reader][0], WRONG[name]
    for way in places(honest):
        try:
            is_read_or_refused(reader, replaced(honest, way, value))
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} with {str(value)[:20]} at {way}") from error


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_several_wrong_values(data: st.DataObject) -> None:
    reader = data.draw(st.sampled_from(sorted(READERS)))
    answer = READERS[reader][0]
    for _ in range(data.draw(st.integers(1, 4))):
        ways = list(places(answer))
        if ways:
            answer = replaced(answer, data.draw(st.sampled_from(ways)), data.draw(_ANY))
    is_read_or_refused(reader, answer)
