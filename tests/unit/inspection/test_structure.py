"""The zoo and the known networks: every number that is measured of them is the true one."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from grader.inspection.accounting import count
from grader.inspection.measure import BadOutput, forward_once, head_of, measure
from grader.inspection.passes import images
from grader.inspection.structure import CannotRecord, record, structure


def _zoo():
    name = "grader_test_model_zoo"
    if name not in sys.modules:
        place = Path(__file__).parents[2] / "fixtures" / "model_zoo.py"
        spec = importlib.util.spec_from_file_location(name, place)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


zoo = _zoo()


def shown(axes):
    return tuple(size if state == "known" else state for state, size, _ in axes)


def measured(model: nn.Module, shape):
    found, rows = structure(model, (images(shape),))
    counts = count(model)
    pool = found["global_pool"]
    return {
        "field": shown(found["receptive_field"]),
        "map": tuple(found["map_before_pool"]),
        "pool": rows[pool].kind if pool >= 0 else "",
        "parameters": counts.parameters,
        "buffers": counts.buffer_elements,
        "unused": tuple(found["unused_layers"]),
        "unused_parameters": found["unused_parameters"],
        "ungraded": found["ungraded_parameters"],
        "hidden": found["hidden_elements"],
        "places": tuple(found["hidden_places"]),
        "unknown": tuple(found["unknown_operators"]),
        "partial": found["flops_partial"],
        "dropout": [op["details"]["p"] for op in found["operators"] if op["kind"] == "dropout"],
        "residual": [op["details"]["residual"] for op in found["operators"] if op["kind"] == "add"],
        "note": found["note"],
    }


USUAL = {
    "pool": "global average pool", "unused": (), "unused_parameters": 0, "ungraded": 0, "hidden": 0, "places": (),
    "buffers": 0, "unknown": (), "partial": False, "note": "", "head": "logits",
}  # fmt: skip
NOT_USUAL = {
    "another branch in training": {"ungraded"},
    "hidden in crumbs": {"pool"},
    "spatial transformer": {"hidden", "places"},
}


@pytest.mark.parametrize("name", zoo.ZOO)
def test_the_zoo(name):
    torch.manual_seed(0)
    exhibit = zoo.ZOO[name]
    model = exhibit.make()
    with torch.no_grad():
        model(torch.zeros(4, *exhibit.shape))  # lazy layers
    found = measured(model, exhibit.shape)
    found["head"] = head_of(forward_once(model, (images(exhibit.shape),))[0])
    expected = {
        key: value for key, value in USUAL.items() if key not in NOT_USUAL.get(name, ())
    } | exhibit.truth
    expected.setdefault("parameters", sum(parameter.numel() for parameter in model.parameters()))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("size", [pytest.param(224, marks=pytest.mark.slow), 64])
@pytest.mark.parametrize(("name", "field"), [("alexnet", 195), ("vgg16", 212), ("resnet18", 435)])
def test_published_receptive_fields(name, field, size):
    """Araujo et al., Distill 2019. VGG's pool to 7x7 adds to it on small images, so it is looked at before that."""
    model = getattr(torchvision.models, name)(weights=None).eval()
    found = record(model, torch.rand(2, 3, size, size))
    last = [row for row in found.recorder.rows if row.kind in ("max pool", "convolution", "add")][-1]
    assert [axis.size for axis in last.after.fields] == [field, field]
    assert not found.recorder.unknown
    if size == 224:
        assert measured(model, (3, size, size))["field"] == (field, field)


def test_a_depthwise_separable_convolution_has_656_weights():
    model = nn.Sequential(
        nn.Conv2d(16, 16, 3, groups=16, bias=False), nn.Conv2d(16, 32, 1, bias=False), nn.AdaptiveAvgPool2d(1)
    )
    found, _ = structure(model, (images((16, 12, 12)),))
    assert count(model).parameters == sum(op["parameters"] for op in found["operators"]) == 656
    assert [op["details"].get("depthwise") for op in found["operators"]][:2] == [True, False]
    assert [op["details"].get("pointwise") for op in found["operators"]][:2] == [False, True]


def test_an_uneven_pool_is_exact_for_its_largest_bin():
    """VGG on 64 px pools a 2x2 map to 7x7: some bins take both positions, 32 px apart."""
    model = torchvision.models.vgg16(weights=None)
    assert measured(model, (3, 64, 64))["field"] == (244, 244)


def test_measuring_leaves_state_mode_and_random_numbers_alone():
    model = zoo.ZOO["cannot be copied"].make().train()
    with torch.no_grad():
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    structure(model, (images(zoo.CIFAR),))
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_two_inputs_and_a_dictionary_can_be_recorded():
    found = record(zoo.two_inputs().eval(), torch.rand(2, 1, 28, 28), torch.tensor([1, 2]))
    kinds = [row.kind for row in found.recorder.rows]
    assert kinds[:2] == ["convolution", "global average pool"]
    assert kinds[-1] == "linear"
    assert found.recorder.rows[-1].details == {"features_in": 18, "features_out": 29}
    both = record(zoo.dictionary().eval(), torch.rand(2, 3, 32, 32))
    assert [row.kind for row in both.recorder.rows if row.index in both.ends] == [
        "global average pool",
        "convolution",
    ]


def test_two_inputs_are_measured_with_a_digit_beside_the_image():
    found = measure(zoo.two_inputs(), zoo.MNIST, with_table=True)
    assert found["parameters"] == 80 + 18 * 29 + 29
    assert shown(found["structure"]["receptive_field"]) == (3, 3)
    assert (found["structure"]["unused_layers"], found["structure"]["ungraded_parameters"]) == ([], 0)
    assert found["output_shape"] == [29]
    assert "forward takes 2 inputs" in found["notes"][0]


def test_a_dictionary_of_outputs_is_told_to_the_student():
    with pytest.raises(BadOutput, match="returns a dict instead of one tensor"):
        measure(zoo.dictionary(), zoo.CIFAR, with_table=True)


def test_a_warning_in_a_pass_is_no_fault():
    class Warns(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            warnings.warn("forward", UserWarning, stacklevel=1)
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            warnings.warn("backward", UserWarning, stacklevel=1)
            return gradient * 2

    model = zoo.Calls(lambda self, x: Warns.apply(self.conv(x)).mean((2, 3)), conv=zoo.conv(3, 10))
    found, _ = structure(model, (images(zoo.CIFAR),))
    assert (found["note"], found["ungraded_parameters"]) == ("", 0)


def test_a_forward_that_raises_raises():
    with pytest.raises(RuntimeError, match="shape"):
        structure(zoo.raises(), (images(zoo.CIFAR),))


def test_without_end():
    class Endless(nn.Module):
        def forward(self, x):
            for _ in range(20_000):
                x = x + 1
            return x.flatten(1)[:, :10]

    with pytest.raises(CannotRecord, match="more than 10000 operators"):
        structure(Endless(), (images((1, 4, 4)),))


def test_flops_are_those_of_torch_s_own_counter():
    from torch.utils.flop_counter import FlopCounterMode

    model = torchvision.models.mobilenet_v2(weights=None).eval()
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(image)
    found, _ = structure(model, (images((3, 64, 64)),))
    assert found["flops"] == counter.get_total_flops() // 2
    assert found["flops_partial"] is False
