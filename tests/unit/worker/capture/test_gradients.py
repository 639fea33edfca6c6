"""Whether gradients are cleared between two steps, by whatever means."""

from __future__ import annotations

import pytest
import torch

from grader.worker.capture.gradients import Gradients


def clear_none(p):
    p.grad = None


def clear_in_place(p):
    p.grad.zero_()


def clear_data(p):
    p.grad.data.zero_()


def clear_new(p):
    p.grad = torch.zeros_like(p)


def keep(p):
    p.grad.clamp_(-5, 5)


def answers(clear, factor: float) -> list[bool | None]:
    """Of three steps on a gradient that is `factor`."""
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    seen, found = Gradients(), []
    for _ in range(3):
        if parameter.grad is not None:
            clear(parameter)
        seen.backward()
        (parameter * factor).sum().backward()
        found.append(seen.stepped(optimizer))
        optimizer.step()
    return found


@pytest.mark.parametrize("clear", [clear_none, clear_in_place, clear_data, clear_new])
def test_every_way_of_clearing_is_seen(clear):
    assert answers(clear, 1.0) == [None, True, True]


def test_gradients_that_stay_are_seen():
    assert answers(keep, 1.0) == [None, False, False]


def test_a_gradient_that_is_zero_by_itself_tells_nothing():
    assert answers(lambda _: None, 0.0) == [None, None, None]


def test_another_optimizers_backward_pass_may_come_first():
    one, other = (torch.nn.Parameter(torch.ones(3)) for _ in range(2))
    first, second = torch.optim.SGD([one], lr=0.1), torch.optim.SGD([other], lr=0.1)
    seen, found = Gradients(), []
    for _ in range(3):
        for parameter, optimizer in ((one, first), (other, second)):
            optimizer.zero_grad()
            seen.backward()
            parameter.sum().backward()
            found.append(seen.stepped(optimizer))
            optimizer.step()
    assert found == [None, None, True, True, True, True]
