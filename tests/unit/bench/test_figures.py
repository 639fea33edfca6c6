"""The file of published figures: each mistake is told with its place."""

from __future__ import annotations

import json

import pytest

from grader.bench.figures import MAX_BYTES, read_published
from grader.errors import UsageError

FIGURE = {
    "model": "a",
    "title": "1 a",
    "printed_parameters": "10.7k",
    "parameters": 10_790,
    "best_test_percent": 98.98,
    "best_train_percent": 99,
}
GOOD = {
    "schema": "grader/published/1",
    "title": "A ladder",
    "source": "A course",
    "spec_id": "s4",
    "figures": [FIGURE],
}


def test_what_is_left_out_is_0_or_empty(tmp_path):
    place = tmp_path / "figures.json"
    place.write_text(json.dumps(GOOD))
    found = read_published(place)
    assert (found.title, found.remarks) == ("A ladder", ())
    (one,) = found.figures
    assert (one.best_train_percent, one.at_epoch, one.remark) == (99.0, 0, "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([], 'schema: expected "grader/published/1", got null'),
        ({**GOOD, "schema": "grader/bench/1"}, 'got "grader/bench/1"'),
        ({**GOOD, "figures": []}, "figures: there is none"),
        ({**GOOD, "figures": [FIGURE, FIGURE]}, "figures.1.model: a was given before"),
        ({**GOOD, "figures": [{**FIGURE, "best_test_percent": 0}]}, "figures.0.best_test_percent: 0 is no"),
        ({**GOOD, "figures": [{**FIGURE, "best_train_percent": 101}]}, "figures.0.best_train_percent: 101"),
        ({**GOOD, "figures": [{**FIGURE, "best_test_percent": float("nan")}]}, "best_test_percent"),
        ({**GOOD, "figures": [{**FIGURE, "best_test_percent": "99.24"}]}, "figures.0.best_test_percent"),
        ({**GOOD, "figures": [{**FIGURE, "epoch": 9}]}, "figures.0.epoch"),
        ({**GOOD, "note": "x"}, "note"),
        ({key: GOOD[key] for key in GOOD if key != "spec_id"}, "spec_id"),
    ],
    ids=[
        "a list", "another schema", "no figure", "twice", "zero", "above 100", "no number", "a text", "a key too many",
        "another key too many", "a key too few",
    ],
)  # fmt: skip
def test_a_mistake_has_its_place(tmp_path, wrong, said):
    place = tmp_path / "figures.json"
    place.write_text(json.dumps(wrong))
    with pytest.raises(UsageError) as raised:
        read_published(place)
    assert said in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 100_000, b" " * (MAX_BYTES + 1)])
def test_what_is_no_json_or_too_much_is_refused(tmp_path, raw):
    place = tmp_path / "figures.json"
    place.write_bytes(raw)
    with pytest.raises(UsageError, match=r"cannot be read|larger than"):
        read_published(place)
