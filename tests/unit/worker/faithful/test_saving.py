"""What the student's code saves can be loaded again as it was then."""

from __future__ import annotations

import io

import pytest
import torch

from grader.worker.faithful import saving
from grader.worker.faithful.saving import Saved


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Saved()


def test_a_saved_state_does_not_change_with_the_model(saved, tmp_path):
    model = torch.nn.Linear(2, 1)
    saved.save(model.state_dict(), "best.pt")
    before = model.weight.detach().clone()
    with torch.no_grad():
        model.weight.zero_()
    model.load_state_dict(saved.load("best.pt", weights_only=True))
    assert torch.equal(model.weight, before)
    assert (tmp_path / "best.pt").exists()


def test_what_cannot_be_pickled_is_copied(saved):
    class Local:
        def __init__(self) -> None:
            self.value = [2]

    one = Local()
    saved.save(one, "model.pt")
    one.value.append(3)
    assert saved.load("model.pt").value == [2]


def test_an_open_file_is_written_as_ever(saved):
    file = io.BytesIO()
    saved.save({"a": 1}, file)
    file.seek(0)
    assert saved.load(file) == {"a": 1}


def test_the_oldest_goes_where_it_grows_too_large(saved, monkeypatch):
    monkeypatch.setattr(saving, "LIMIT_BYTES", 10_000)
    for name in ("first.pt", "second.pt", "third.pt"):
        saved.save(torch.zeros(1000), name)
    assert torch.equal(saved.load("third.pt"), torch.zeros(1000))
    with pytest.raises((OSError, EOFError, RuntimeError)):
        saved.load("first.pt")
