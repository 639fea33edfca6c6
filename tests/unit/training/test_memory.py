"""The order of weights in memory while a model is trained, and the way back."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from grader.training.memory import channels_first, channels_last, with_fall_back


def is_last(tensor: torch.Tensor) -> bool:
    return tensor.is_contiguous(memory_format=torch.channels_last) and not tensor.is_contiguous()


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2))


def test_convolutions_are_put_in_order_and_back_and_stay_who_they_are():
    model = net()
    weight, before = model[0].weight, model[0].weight.detach().clone()
    version = weight._version
    assert channels_last(model)
    assert is_last(model[0].weight)
    assert model[0].weight is weight
    assert torch.equal(weight, before)
    assert weight._version == version
    assert not is_last(model[3].weight)
    channels_first(model)
    assert model[0].weight.is_contiguous()
    assert torch.equal(weight, before)


def test_without_convolutions_there_is_nothing_to_do():
    assert not channels_last(nn.Linear(3, 3))


def test_weights_that_share_storage_stay_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            both = torch.randn(8, 3, 3, 3)
            self.one, self.two = nn.Parameter(both[:4]), nn.Parameter(both[4:])
            self.alone = nn.Parameter(torch.randn(4, 3, 3, 3))

    model = Tied()
    assert channels_last(model)
    assert not is_last(model.one)
    assert model.one.untyped_storage().data_ptr() == model.two.untyped_storage().data_ptr()
    assert is_last(model.alone)


def test_what_raises_with_channels_last_is_done_anew_from_the_same_start():
    model = net()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    draws: list[tuple[float, float, float]] = []

    def attempt(last: bool) -> str:
        draws.append((float(torch.rand(1)), float(np.random.rand()), random.random()))
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
        with torch.no_grad():
            model[0].weight += 1
        if last:
            raise RuntimeError("view size is not compatible with input tensor's size and stride")
        return "done"

    assert with_fall_back(model, attempt) == "done"
    assert len(draws) == 2
    assert draws[0] == draws[1]
    assert model[0].weight.is_contiguous()


def test_an_error_of_the_models_own_comes_out_of_the_second_attempt():
    tries: list[bool] = []

    def attempt(last: bool) -> None:
        tries.append(last)
        raise RuntimeError(f"own {last}")

    with pytest.raises(RuntimeError, match="own False"):
        with_fall_back(net(), attempt)
    assert tries == [True, False]


def test_another_kind_of_error_is_not_tried_again():
    def attempt(_: bool) -> None:
        raise ValueError("own")

    with pytest.raises(ValueError, match="own"):
        with_fall_back(net(), attempt)
