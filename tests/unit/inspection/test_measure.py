"""What is measured of a built model."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.inspection.measure import BadOutput, head_of, measure

SHAPE = (1, 28, 28)


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.point = nn.Conv2d(4, 10, 1)
        self.bn = nn.BatchNorm2d(4)
        self.never = nn.Linear(100, 100)

    def forward(self, x):
        x = functional.dropout(functional.relu(self.bn(self.conv(x))), 0.5, self.training)
        x = functional.max_pool2d(x, 2)
        x = self.point(x).mean((2, 3))
        return functional.log_softmax(x, dim=1)


def facts(model: nn.Module) -> dict:
    return measure(model, SHAPE, with_table=True)


def test_functional_calls_are_seen_and_what_never_runs_is_not():
    found = facts(Functional())
    assert set(found["kinds"]) == {
        "convolution", "pointwise convolution", "batch norm", "relu", "dropout", "max pool", "global average pool", "log softmax",
    }  # fmt: skip
    assert found["output_shape"] == [10]
    assert found["head"] == "log_softmax"
    never = next(row for row in found["layers"] if row[0] == "never")
    assert never == ["never", "Linear", [], 10_100]


def test_measuring_leaves_the_model_as_it_was():
    model = Functional()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    facts(model)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_lazy_layers_are_counted_after_they_exist():
    found = facts(nn.Sequential(nn.Flatten(), nn.LazyLinear(10)))
    assert found["parameters"] == 7850


def test_the_columns_add_up_to_the_total():
    found = facts(Functional())
    assert sum(row[3] for row in found["layers"]) == found["parameters"]


@pytest.mark.parametrize(
    ("head", "make"),
    [
        ("logits", lambda x: x),
        ("log_softmax", lambda x: functional.log_softmax(x, 1)),
        ("probabilities", lambda x: functional.softmax(x, 1)),
        ("logits", lambda x: functional.sigmoid(x)),
        ("logits", lambda x: -x.abs()),
    ],
)
def test_the_kind_of_head(head, make):
    assert head_of(make(torch.randn(4, 10, generator=torch.Generator().manual_seed(1)))) == head


def test_output_that_is_no_tensor():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(BadOutput, match="tuple"):
        facts(Pair())


def test_nan_is_reported():
    class Nan(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :10] / 0

    found = facts(Nan())
    assert found["finite"] is False
