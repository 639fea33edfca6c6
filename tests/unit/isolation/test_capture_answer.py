"""A worker's account of a training: every field is checked, and none is trusted."""

from __future__ import annotations

import pytest

from grader.isolation.capture_answer import capture
from grader.isolation.frames import ProtocolError
from grader.records import Absent


def call(name: str = "SGD", library: str = "torch") -> dict[str, object]:
    return {
        "name": name,
        "arguments": [["lr", 0.1], ["nesterov", True]],
        "place": "t.py:3",
        "library": library,
    }


def loading() -> dict[str, object]:
    return {
        "data_set": "MNIST",
        "split": "train",
        "images": 60_000,
        "batch_size": 128,
        "shuffled": True,
        "transforms": [call("ToTensor", "torchvision")],
        "randomness": "fixed",
        "place": "t.py:2",
        "ordered": True,
    }


def answer() -> dict[str, object]:
    evaluation = {"loading": loading(), "passes": 2, "mode": "eval", "gradients": False, "place": "t.py:9"}
    session = {
        "place": "t.py:7",
        "model": call("Net", ""),
        "trainable": 170,
        "optimizer": call(),
        "parameter_groups": 1,
        "schedules": [{"call": call("StepLR"), "steps": "per epoch"}],
        "loss": "nll_loss",
        "loss_arguments": [["label_smoothing", 0.1]],
        "loss_is_plain": True,
        "training": loading(),
        "evaluations": [evaluation],
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
    return {
        "sessions": [session],
        "unused": [loading()],
        "steps": 6,
        "ended": "finished",
        "notes": ["a note"],
        "tail": "Epoch 1\n",
        "seconds": 0.5,
    }


def test_an_honest_answer_becomes_records():
    found = capture(answer(), "t.py")
    (seen,) = found.seen
    assert seen.session.optimizer.text == "SGD(lr=0.1, nesterov=True)"
    assert (seen.session.unit, seen.session.way, seen.steps) == ("t.py", "captured", 6)
    assert seen.session.loss_arguments == (("label_smoothing", 0.1),)
    assert (found.unused[0].split, found.tail, found.notes) == ("train", "Epoch 1\n", ("a note",))


def test_training_without_a_loader_is_absent():
    changed = answer()
    changed["sessions"][0]["training"] = None  # type: ignore[index]
    assert isinstance(capture(changed, "t.py").seen[0].session.training, Absent)


def test_student_text_is_cleaned():
    changed = answer()
    changed["sessions"][0]["optimizer"]["name"] = "S\x1b[31mGD\u202e"  # type: ignore[index]
    changed["tail"] = "a\x07b"
    found = capture(changed, "t.py")
    assert found.seen[0].session.optimizer.name == "S\\x1b[31mGD\\u202e"
    assert found.tail == "a\\x07b"


PATHS = [
    ("ended", "well"),
    ("tail", 3),
    ("seconds", -1.0),
    ("seconds", float("nan")),
    ("sessions", {}),
    ("sessions", [None] * 2),
    ("sessions.0.trainable", -1),
    ("sessions.0.trainable", True),
    ("sessions.0.first_rate", float("inf")),
    ("sessions.0.first_rate", "0.1"),
    ("sessions.0.loss_is_plain", 1),
    ("sessions.0.schedules.0.steps", "sometimes"),
    ("sessions.0.optimizer.library", "evil"),
    ("sessions.0.optimizer.arguments", [["lr"]]),
    ("sessions.0.optimizer.arguments", [["lr", None]]),
    ("sessions.0.optimizer.arguments", [["lr", float("nan")]]),
    ("sessions.0.optimizer.arguments", [["lr", 2**60]]),
    ("sessions.0.optimizer.arguments", [["lr", 1]] * 41),
    ("sessions.0.training.split", "mine"),
    ("sessions.0.training.randomness", None),
    ("sessions.0.training.transforms", [call()] * 61),
    ("sessions.0.evaluations.0.mode", "both"),
    ("sessions.0.unknown", [["passes"]]),
    ("sessions.0.climbs", 1),
    ("unused", [1]),
    ("notes", ["x"] * 61),
]


@pytest.mark.parametrize(("path", "value"), PATHS, ids=[f"{i}-{path}" for i, (path, _) in enumerate(PATHS)])
def test_what_is_not_as_agreed_is_refused(path, value):
    changed = answer()
    place: object = changed
    *parts, last = path.split(".")
    for part in parts:
        place = place[int(part)] if isinstance(place, list) else place[part]  # type: ignore[index]
    place[last] = value  # type: ignore[index]
    with pytest.raises(ProtocolError):
        capture(changed, "t.py")


def keys(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The paths of all keys, in lists too."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in [(*path, key), *keys(inner, (*path, key))]]
    if isinstance(value, list):
        return [p for index, inner in enumerate(value) for p in keys(inner, (*path, index))]
    return []


@pytest.mark.parametrize("path", keys(answer()), ids=lambda path: ".".join(map(str, path)))
def test_every_key_has_to_be_there(path):
    changed = answer()
    place: object = changed
    *parts, last = path
    for part in parts:
        place = place[part]  # type: ignore[index]
    del place[last]  # type: ignore[attr-defined]
    if last == "ordered":  # the worker's own, for `unknown`
        assert capture(changed, "t.py").seen
        return
    with pytest.raises(ProtocolError):
        capture(changed, "t.py")
