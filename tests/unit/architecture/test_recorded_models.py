"""Real models, recorded as they are graded, against the patterns and the features."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torchvision
from torch import nn

from grader.architecture.features import answers
from grader.architecture.flow import blocks, head_pools
from grader.architecture.graph import graph_of
from grader.architecture.match import match
from grader.architecture.pattern import Pattern
from grader.architecture.shipped import pattern_names, shipped_pattern
from grader.inspection.passes import inputs_for
from grader.inspection.structure import structure as measured
from grader.records import Axis, Operator, Structure


def _models() -> ModuleType:
    place = Path(__file__).parents[2] / "fixtures" / "drawn_models.py"
    spec = importlib.util.spec_from_file_location("grader_test_drawn_models", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


drawn = _models()
SMALL, DIGITS, LARGE = (3, 32, 32), (1, 28, 28), (3, 64, 64)


def recorded(model: nn.Module, input_shape=SMALL) -> Structure:
    """The record that the worker's plain values stand for."""
    torch.manual_seed(0)
    found, _ = measured(model, inputs_for(model, input_shape))
    plain = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in found.items()
        if key != "note"
    }
    return Structure(
        **plain | {"operators": _operators(found), "receptive_field": _axes(found["receptive_field"])}
    )


def _operators(found) -> tuple[Operator, ...]:
    return tuple(
        Operator(
            index, one["kind"], one["name"], one["module"], tuple(one["inputs"]), tuple(one["output_shape"]),
            one["parameters"], _axes(one["axes"]), tuple(one["details"].items()),
        )
        for index, one in enumerate(found["operators"])
    )  # fmt: skip


def _axes(listed) -> tuple[Axis, ...]:
    return tuple(Axis(*axis) for axis in listed)


def compare(structure: Structure, name: str):
    pattern = shipped_pattern(name)
    return match(pattern.sequence, graph_of(structure, (10,)), pattern.without)


def bottlenecks() -> nn.Module:
    """ResNet-50 with one block a layer: the first one tells."""
    resnet = torchvision.models.resnet
    return resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1])


@pytest.mark.parametrize(
    ("make", "shape", "name"),
    [
        (torchvision.models.resnet18, LARGE, "resnet18"),
        (drawn.SmallResNet18, SMALL, "resnet18"),
        (drawn.CustomResNet, SMALL, "custom_resnet_eva8_s8"),
        (lambda: drawn.CustomResNet(softmax=True), SMALL, "custom_resnet_eva8_s8"),
        (drawn.AttentionNet, SMALL, "ultimus_eva8_s9"),
        (lambda: drawn.AttentionNet(scale="outside"), SMALL, "ultimus_eva8_s9"),
        (lambda: drawn.AttentionNet(block=drawn.EinsumUltimus), SMALL, "ultimus_eva8_s9"),
        (drawn.FourBlocks, SMALL, "c1c2c3c4o"),
        (drawn.LeNet5, DIGITS, "lenet5"),
        (lambda: drawn.LeNet5(nn.ReLU, nn.MaxPool2d), DIGITS, "lenet5"),
        (lambda: drawn.LeNet5(nn.Tanh), DIGITS, "lenet5"),
        (drawn.Mlp, DIGITS, "mlp_784_256_10"),
    ],
)
def test_what_the_patterns_are_meant_for(make, shape, name):
    found = compare(recorded(make(), shape), name)
    assert found.status == "match", (found.expected, found.found, found.place)


@pytest.mark.parametrize(
    ("make", "shape", "name", "expected", "found", "place"),
    [
        (torchvision.models.resnet34, LARGE, "resnet18", "convolution 3x3, 128 channels, stride 2x2", "convolution 3x3, 64 channels", "layer1.2.conv1"),
        (bottlenecks, LARGE, "resnet18", "convolution 3x3, 64 channels, stride 1x1", "convolution 1x1, 64 channels", "layer1.0.conv1"),
        (lambda: drawn.CustomResNet(middle=True), SMALL, "custom_resnet_eva8_s8", "convolution 3x3, 512 channels, stride 1x1, padding 1x1", "2 branches joined by add", "layer2.1"),
        (lambda: drawn.AttentionNet(3), SMALL, "ultimus_eva8_s9", "2 branches joined by matmul or 3 branches joined by attention", "linear, 48 to 10", "head"),
        (lambda: drawn.AttentionNet(block=drawn.ElementwiseUltimus), SMALL, "ultimus_eva8_s9", "2 branches joined by matmul or 3 branches joined by attention", "2 branches joined by multiply", "blocks.0"),
        (lambda: drawn.FourBlocks(pool=True), SMALL, "c1c2c3c4o", "no max pool", "max pool 2x2, stride 2x2", "c3.2"),
        (lambda: drawn.LeNet5(fc=83), DIGITS, "lenet5", "linear, 120 in, 84 out", "linear, 120 to 83", "net.9"),
        (lambda: drawn.Mlp(255), DIGITS, "mlp_784_256_10", "linear, 784 in, 256 out", "linear, 784 to 255", "one"),
        (drawn.SmallResNet18, SMALL, "custom_resnet_eva8_s8", "convolution 3x3, 128 channels, stride 1x1, padding 1x1", "2 branches joined by add", "blocks.0"),
    ],
)  # fmt: skip
def test_what_is_only_similar(make, shape, name, expected, found, place):
    result = compare(recorded(make(), shape), name)
    assert (result.status, result.expected, result.found, result.place) == (
        "mismatch",
        expected,
        found,
        place,
    )


def counted(structure: Structure, *features: str) -> dict[str, int]:
    class Model:
        output_shape = (10,)

    answer = answers(Model, structure)
    return {feature: answer(feature).count for feature in features}


def test_the_features_of_four_blocks():
    expected = {
        "batch norm": 6, "dropout": 6, "max pool": 0, "global average pool": 1, "fully connected": 0,
        "depthwise separable": 1, "dilated convolution": 1, "strided 3x3": 3, "1x1 convolution": 2, "strided convolution": 3, "average pool": 0,
        "residual addition": 0, "attention": 0, "softmax output": 1, "group norm": 0, "layer norm": 0,
    }  # fmt: skip
    assert counted(recorded(drawn.FourBlocks()), *expected) == expected


def test_the_features_of_others():
    resnet = recorded(drawn.SmallResNet18())
    assert counted(resnet, "residual addition", "global average pool", "fully connected after gap") == {
        "residual addition": 8, "global average pool": 1, "fully connected after gap": 1,
    }  # fmt: skip
    assert blocks(graph_of(resnet, (10,))) == (((32, 32), 64), ((16, 16), 128), ((8, 8), 256), ((4, 4), 512))
    assert counted(recorded(drawn.AttentionNet()), "attention", "dropout") == {"attention": 4, "dropout": 1}


class Excited(nn.Module):
    """Squeeze-and-excite in front of the head; `how` is the way the head pools."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv = nn.Conv2d(3, 8, 3)
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.ReLU(), nn.Conv2d(2, 8, 1), nn.Sigmoid()
        )
        self.head = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        x = x * self.squeeze(x)
        if self.how == "mean":
            return self.head(x.mean(dim=(2, 3)))
        return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


@pytest.mark.parametrize("how", ["mean", "adaptive"])
def test_the_pool_of_the_head_is_the_one_that_the_recorder_names(how):
    structure = recorded(Excited(how))
    pools = head_pools(graph_of(structure, (10,)))
    assert [pool.index for pool in pools] == [structure.global_pool]
    assert structure.global_pool > 3


def test_norms_after_the_pool_and_transformers():
    class Tail(nn.Module):
        """Norm between pool and head, channels last, as ConvNeXt has it."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.head = nn.Conv2d(3, 8, 4, 4), nn.LayerNorm(8), nn.Linear(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = nn.functional.adaptive_avg_pool2d(self.conv(x), 1).permute(0, 2, 3, 1)
            return self.head(self.norm(x).permute(0, 3, 1, 2).flatten(1))

    found = counted(recorded(Tail()), "global average pool", "fully connected after gap", "layer norm")
    assert found == {"global average pool": 1, "fully connected after gap": 1, "layer norm": 1}
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
    tokens = nn.Sequential(
        nn.Conv2d(3, 8, 8, 8), nn.Flatten(2), Swap(), layer, nn.Flatten(), nn.Linear(128, 10)
    )
    found = counted(recorded(tokens), "attention", "layer norm", "residual addition", "dropout")
    assert (found["attention"], found["layer norm"], found["residual addition"]) == (1, 2, 2)
    assert found["dropout"] >= 3


class Swap(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


def test_concatenations_of_all_that_came_before_are_no_sequence():
    dense = torchvision.models.DenseNet(
        growth_rate=4, block_config=(3, 3), num_init_features=8, num_classes=10
    )
    result = compare(recorded(dense, LARGE), "c1c2c3c4o")
    assert result.status == "mismatch"
    graph = graph_of(recorded(dense, LARGE), (10,))
    pattern = Pattern.model_validate(
        {"title": "x", "sequence": ["convolution", "batch norm", "relu", "max pool", "batch norm"]}
    )
    result = match(pattern.sequence, graph)
    assert result.found == "operators that share results in a way that is neither a sequence nor branches"


@pytest.mark.parametrize("name", ["vgg11_bn", "squeezenet1_1"])
def test_other_networks_are_compared_without_a_fault(name):
    structure = recorded(getattr(torchvision.models, name)(num_classes=10), LARGE)
    assert all(compare(structure, pattern).status == "mismatch" for pattern in pattern_names())
