"""What a training leaves behind in its process."""

from __future__ import annotations

import torch

from grader.worker.traces import most_writes, outside_bytes, written


def test_writes_in_place_are_counted_per_parameter():
    model = torch.nn.Linear(3, 2)
    before = written(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    assert most_writes(before, written(model)) == 5
    assert most_writes(before, before) == 0
    assert most_writes({}, {}) == 0


def test_a_tensor_beside_the_state_is_counted_once_and_the_state_is_not():
    model, data = torch.nn.Linear(3, 2), (torch.ones(7), torch.ones(9))
    model(torch.ones(1, 3)).sum().backward()
    before = outside_bytes(model, data)
    kept = torch.zeros(1000)
    views = [kept[:10], kept.view(10, 100)]
    assert outside_bytes(model, data) - before == 4000
    assert len(views) == 2


def test_tensors_without_values_are_no_trouble():
    model = torch.nn.Linear(3, 2)
    odd = [torch.empty(5, device="meta"), torch.eye(3).to_sparse()]
    assert outside_bytes(model, ()) >= 0
    assert len(odd) == 2
