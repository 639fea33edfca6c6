"""The class network against torch: another program that works out the same numbers."""

from __future__ import annotations

import itertools

import pytest
import torch

from grader.evaluation.backprop import (
    CLASS_START,
    GRADIENTS,
    WEIGHTS,
    Start,
    after,
    errors,
    quantities,
    sigmoid,
)


def by_torch(start: Start) -> dict[str, float]:
    """Forward pass and gradients by autograd, in double precision."""
    outer, hidden = (
        torch.tensor(part, dtype=torch.float64).reshape(2, 2)
        for part in (start.weights[4:], start.weights[:4])
    )
    outer.requires_grad_()
    hidden.requires_grad_()
    h = hidden @ torch.tensor(start.inputs, dtype=torch.float64)
    o = outer @ torch.sigmoid(h)
    e = (torch.tensor(start.targets, dtype=torch.float64) - torch.sigmoid(o)) ** 2 / 2
    e.sum().backward()
    assert hidden.grad is not None
    assert outer.grad is not None
    found = dict(
        zip(GRADIENTS, [*hidden.grad.flatten().tolist(), *outer.grad.flatten().tolist()], strict=True)
    )
    found |= {
        "h1": h[0].item(),
        "h2": h[1].item(),
        "o1": o[0].item(),
        "o2": o[1].item(),
        "E_total": e.sum().item(),
    }
    return found | {
        "a_h1": torch.sigmoid(h[0]).item(),
        "a_o2": torch.sigmoid(o[1]).item(),
        "E1": e[0].item(),
        "E2": e[1].item(),
    }


@pytest.mark.parametrize(
    "start",
    [
        CLASS_START,
        Start((-3.0, 2.0, 0.0, 1.5, -0.7, 4.0, 2.5, -1.0)),
        Start(inputs=(1.0, -2.0), targets=(0.3, 0.6)),
    ],
    ids=["class", "weights", "data"],
)
def test_one_iteration_is_what_autograd_says(start: Start) -> None:
    ours, theirs = quantities(start), by_torch(start)
    assert {name: ours[name] for name in theirs} == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_the_first_total_error_is_the_published_one() -> None:
    assert quantities(CLASS_START)["E_total"] == pytest.approx(0.24252, abs=5e-6)


def test_all_weights_move_at_once_from_the_old_ones() -> None:
    gradients, moved = by_torch(CLASS_START), after(CLASS_START, 0.5)
    expected = [
        weight - 0.5 * gradients[f"dE/d{name}"]
        for name, weight in zip(WEIGHTS, CLASS_START.weights, strict=True)
    ]
    assert moved.weights == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5, 0.8, 1.0, 2.0])
def test_the_error_falls_for_each_rate(rate: float) -> None:
    found = list(itertools.islice(errors(CLASS_START, rate), 101))
    assert all(later < earlier for earlier, later in itertools.pairwise(found))


def test_what_is_held_is_taken_for_what_follows() -> None:
    found = quantities(CLASS_START, {"a_h1": 0.0, "E1": 1.0})
    usual = quantities(CLASS_START)
    assert (found["a_h1"], found["E1"] != 1.0) == (usual["a_h1"], True)
    assert found["o1"] == pytest.approx(0.45 * usual["a_h2"])
    assert found["E_total"] == pytest.approx(1.0 + found["E2"])
    assert found["dE/dw5"] == 0


@pytest.mark.parametrize("huge", [1e308, -1e308])
def test_hostile_weights_raise_nothing(huge: float) -> None:
    quantities(Start((huge,) * 8, inputs=(huge, huge), targets=(huge, huge)))
    assert sigmoid(huge) in (0.0, 1.0)
