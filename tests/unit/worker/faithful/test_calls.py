"""Whose parameters an optimizer has, and how many samples a batch holds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from grader.worker.faithful.calls import Calls, rows_of


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Linear(4, 3)
        self.head = torch.nn.Linear(3, 2)

    def forward(self, x):
        return self.head(self.body(x))


@pytest.fixture
def calls():
    heard = Calls()
    heard.on()
    yield heard
    heard.off()


@pytest.mark.parametrize(
    ("batch", "rows"),
    [
        (torch.zeros(7, 2), 7),
        ((torch.zeros(5, 1), torch.zeros(5)), 5),
        ({"image": [torch.zeros(3, 1)], "label": 1}, 3),
        ([[1, 2], np.zeros((4, 2))], 4),
        (torch.tensor(3.0), 0),
        ("text", 0),
        ([], 0),
    ],
    ids=["tensor", "pair", "dictionary", "nested", "scalar", "text", "empty"],
)
def test_rows_of_a_batch(batch, rows):
    assert rows_of(batch) == rows


def test_the_owner_is_the_outermost_model_that_was_called(calls):
    model, other = Net(), Net()
    model(torch.zeros(1, 4)), other(torch.zeros(1, 4))
    assert calls.owner_of(torch.optim.SGD(model.parameters(), lr=1)) is model
    assert calls.owner_of(torch.optim.SGD(other.head.parameters(), lr=1)) is other


def test_the_owner_of_two_models_parameters_is_the_larger_one(calls):
    small, large = torch.nn.Linear(4, 1), Net()
    small(torch.zeros(1, 4)), large(torch.zeros(1, 4))
    both = torch.optim.SGD([*small.parameters(), *large.parameters()], lr=1)
    assert calls.owner_of(both) is large
    assert Calls().owner_of(both) is None


def test_rows_are_counted_where_gradients_are_on(calls):
    model = Net()
    model(torch.zeros(6, 4))
    with torch.no_grad():
        model(torch.zeros(50, 4))
    assert (calls.rows(), calls.rows()) == (6, 0)


def test_nothing_listens_once_it_is_off(calls):
    original = Calls()._original if not calls.active else calls._original
    calls.off()
    assert torch.nn.Module.__call__ is original
    assert not calls.active
    Net()(torch.zeros(2, 4))
    assert calls.models == {}


def test_rows_from_before_are_forgotten_when_it_listens_anew(calls):
    Net()(torch.zeros(6, 4))
    calls.on()
    assert calls.rows() == 6
    Net()(torch.zeros(6, 4))
    calls.off()
    calls.on()
    assert calls.rows() == 0
