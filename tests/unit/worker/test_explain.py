"""What a worker answers where it is asked to explain its model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from grader.inspection.gradcam import class_maps
from grader.isolation import explain_answer
from grader.isolation.frames import Message
from grader.worker import explain as module
from grader.worker.explain import explain


def asking(classes: int = 3, size: tuple[int, ...] = ()) -> Message:
    return Message({"op": "explain", "classes": classes, "map_size": list(size)}, {})


def net(side: int) -> nn.Module:
    torch.manual_seed(0)
    pool = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(nn.Upsample(side), nn.Conv2d(1, 2, 1), pool, nn.Flatten(), nn.Linear(2, 3))


def test_both_sides_know_the_same_limit() -> None:
    assert module.MAX_SIDE == explain_answer.MAX_SIDE


@pytest.mark.parametrize("size", [(), (6, 6)])
def test_maps_are_answered_as_they_are(size: tuple[int, ...]) -> None:
    images = torch.rand(2, 1, 8, 8)
    fields, arrays = explain(net(6), images, asking(size=size))
    assert fields == {}
    assert arrays["maps"].shape == (2, 3, 6, 6)
    torch.testing.assert_close(torch.from_numpy(arrays["maps"]), class_maps(net(6), images, 3))
    assert not isinstance(explain_answer.maps(Message({"op": "explain"}, arrays), 2, 3), str)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), "No map with height and width"),
        (net(65), "larger (65×65)"),
    ],
    ids=["no-map", "large"],
)
def test_without_maps_there_is_a_reason(model: nn.Module, reason: str) -> None:
    fields, arrays = explain(model, torch.rand(2, 1, 8, 8), asking())
    assert arrays == {}
    assert reason in fields["without"]
    said: Any = explain_answer.maps(Message({"op": "explain", **fields}, arrays), 2, 3)
    assert reason in said
