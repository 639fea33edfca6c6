"""Every operator gets its word, its details and its place, however it was written."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules import activation

from grader.inspection.kinds import KINDS
from grader.inspection.recorder import recording

IMAGE = (2, 4, 8, 8)


def rows(forward, *inputs, model=None):
    inputs = inputs or (torch.rand(IMAGE),)
    with recording(model or nn.Identity(), inputs) as recorder:
        forward(*inputs)
    assert recorder.fault is None
    assert {row.kind for row in recorder.rows} <= set(KINDS)
    return recorder.rows


def said(forward, *inputs):
    """Kinds of what ran, views left out."""
    return [row.kind for row in rows(forward, *inputs) if row.kind != "view"]


WORDS = {
    "convolution": lambda x: F.conv2d(x, torch.rand(3, 4, 3, 3)),
    "transposed convolution": lambda x: F.conv_transpose2d(x, torch.rand(4, 3, 3, 3)),
    "linear": nn.Linear(8, 3),
    "matmul": lambda x: x @ x,
    "batch norm": nn.BatchNorm2d(4).eval(),
    "group norm": nn.GroupNorm(2, 4),
    "layer norm": nn.LayerNorm([4, 8, 8]),
    "instance norm": nn.InstanceNorm2d(4),
    "max pool": lambda x: F.max_pool2d(x, 2),
    "average pool": lambda x: F.avg_pool2d(x, 2),
    "adaptive average pool": lambda x: F.adaptive_avg_pool2d(x, 3),
    "global average pool": lambda x: F.adaptive_avg_pool2d(x, 1),
    "global max pool": lambda x: F.adaptive_max_pool2d(x, 1),
    "relu": lambda x: F.relu6(x),
    "leaky relu": nn.PReLU(),
    "gelu": F.gelu,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda x: x.softmax(1),
    "log softmax": lambda x: F.log_softmax(x, 1),
    "add": lambda x: x.clone().add_(x),
    "concatenate": lambda x: torch.cat([x, x], 1),
    "multiply": lambda x: x * x,
    "upsample": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "pixel shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pad": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "other": lambda x: x.sum(1),
}


@pytest.mark.parametrize("word", WORDS)
def test_the_word_for_an_operator(word):
    assert said(WORDS[word]) == [word]


def test_more_words():
    assert said(lambda x: F.embedding(x.argmax(1), torch.rand(4, 3))) == ["other", "embedding"]
    assert said(nn.LSTM(8, 3), torch.rand(5, 2, 8))[0] == "lstm"
    assert said(lambda x: F.scaled_dot_product_attention(x, x, x)) == ["attention"]
    outer = rows(lambda x: torch.einsum("ni,nj->nij", x[:, 0, 0], x[:, 0, 1]))[-1]
    assert (outer.kind, outer.details) == ("matmul", {"features_in": 1, "features_out": 8})
    assert said(lambda x: x * x.mean((2, 3), keepdim=True))[-1] == "multiply"
    assert said(lambda x: x.permute(0, 2, 3, 1).contiguous().flatten(1)[:, 2:5]) == []


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: x.mean((2, 3)),
        lambda x: x.mean([-1, -2], keepdim=True),
        lambda x: x.flatten(2).mean(2),
        lambda x: x.permute(0, 2, 3, 1).mean((1, 2)),
        lambda x: x.mean(2).mean(2),
        lambda x: F.avg_pool2d(x, 8),
        lambda x: F.avg_pool2d(x, x.shape[2:]),
        lambda x: F.avg_pool2d(x, 7),
        nn.AdaptiveAvgPool2d((1, 1)),
    ],
)
def test_global_average_pooling_in_every_spelling(pool):
    assert said(pool)[-1] == "global average pool"


@pytest.mark.parametrize("mean", [lambda x: x.mean(1), lambda x: x.mean(), lambda x: x.mean((1, 2, 3))])
def test_other_means_are_no_global_pooling(mean):
    assert said(mean) == ["other"]


def test_the_details_of_convolutions():
    layer = nn.Conv2d(4, 8, (3, 1), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=4)
    (row,) = rows(layer, model=layer)
    assert row.details == {
        "kernel": "3x1", "stride": "2x1", "padding": "1x0", "dilation": "1x2", "groups": 4, "channels_in": 4,
        "channels_out": 8, "bias": True, "depthwise": True, "pointwise": False, "on_map": "8x8",
    }  # fmt: skip
    assert row.parameters == 32
    (grouped,) = rows(nn.Conv2d(4, 8, 1, groups=2, bias=False))
    assert (grouped.details["depthwise"], grouped.details["pointwise"], grouped.details["bias"]) == (
        False,
        True,
        False,
    )
    (back,) = rows(nn.ConvTranspose2d(4, 6, 2, 2, groups=2))
    assert (back.details["channels_in"], back.details["channels_out"]) == (4, 6)


def test_the_details_of_other_layers():
    def details(layer, *inputs):
        return next(row.details for row in rows(layer, *inputs) if row.kind != "view")

    assert details(nn.Linear(8, 3)) == {"features_in": 8, "features_out": 3}
    assert details(lambda x: torch.rand(5, 8) @ x) == {"features_in": 8, "features_out": 5}
    assert details(nn.GroupNorm(1, 4)) == {"groups": 1, "channels": 4, "affine": True}
    assert details(nn.LayerNorm(8, elementwise_affine=False)) == {
        "groups": 1, "channels": 8, "shape": "8", "affine": False,
    }  # fmt: skip
    assert details(nn.InstanceNorm2d(4, affine=True)) == {"channels": 4, "affine": True}
    assert details(nn.BatchNorm2d(4)) == {"channels": 4, "affine": True, "batch_statistics": True}
    assert details(nn.BatchNorm2d(4).eval())["batch_statistics"] is False
    assert details(nn.Softmax(1))["dim"] == -3
    pool = details(nn.MaxPool2d(3, 2, ceil_mode=True))
    assert (pool["kernel"], pool["stride"], pool["ceil"], pool["covers_map"]) == ("3x3", "2x2", True, False)


@pytest.mark.parametrize(
    ("layer", "channelwise"),
    [
        (nn.Dropout(0.3), False),
        (nn.Dropout(0.3, inplace=True), False),
        (nn.Dropout2d(0.3), True),
        (lambda x: F.dropout(x, 0.3), False),
    ],
)
def test_dropout_is_one_operator(layer, channelwise):
    found = [row for row in rows(lambda x: layer(x * 1)) if row.kind not in ("multiply", "view")]
    assert [(row.kind, row.details) for row in found] == [("dropout", {"p": 0.3, "channelwise": channelwise})]


def test_dropout_that_is_off_does_not_run():
    assert said(nn.Dropout(0.3).eval()) == []
    assert said(nn.Dropout(0.0)) == []


@pytest.mark.parametrize("name", sorted(set(activation.__all__) - {"MultiheadAttention", "GLU", "Softmin"}))
def test_activations_keep_positions(name):
    kind = getattr(nn, name)
    layer = kind(0.1, 20) if name == "Threshold" else kind(1) if name in ("Softmax", "LogSoftmax") else kind()
    for mode in (True, False):
        last = rows(layer.train(mode))[-1]
        assert [field.size for field in last.after.fields] == [1, 1]


def test_places_and_inputs():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(inplace=True))
            self.again = self.layers[0]

        def forward(self, x):
            return self.again(self.layers(x)) + x

    model = Block()
    found = rows(model, model=model)
    assert [(row.module, row.inputs) for row in found] == [
        ("layers.0", (-1,)),
        ("layers.1", (0,)),
        ("layers.0", (1,)),
        ("", (2, -1)),
    ]


def test_parts_of_a_parameter_count_as_much_as_is_taken():
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    found = rows(lambda x: attention(x, x + 0, x + 1), torch.rand(2, 5, 8), model=attention)
    assert sum(row.parameters for row in found) == sum(p.numel() for p in attention.parameters()) == 288


def test_a_computed_weight_counts_as_what_it_is_made_of():
    model = nn.utils.parametrizations.weight_norm(nn.Linear(8, 3, bias=False))
    found = rows(model, model=model)
    assert [row.parameters for row in found if row.kind == "linear"] == [24 + 3]


def test_inference_mode_inside_of_forward():
    def forward(x):
        with torch.inference_mode():
            return nn.Conv2d(4, 4, 3)(x).relu()

    assert said(forward) == ["convolution", "relu"]


def test_an_operator_without_a_rule_gives_unknown_and_stays_unknown():
    def forward(x):
        return F.max_pool2d(torch.cumsum(F.conv2d(x, torch.rand(4, 4, 3, 3)), 2), 2)

    with recording(nn.Identity(), (torch.rand(IMAGE),)) as recorder:
        forward(torch.rand(IMAGE))
    assert not recorder.rows, "another image is not the one that was announced"
    image = torch.rand(IMAGE)
    with recording(nn.Identity(), (image,)) as recorder:
        forward(image)
    assert list(recorder.unknown) == ["aten.cumsum"]
    assert [field.state for field in recorder.rows[-1].after.fields] == ["unknown", "unknown"]


def test_memory_that_is_reached_behind_the_recorder_s_back():
    """`.data`, and NumPy and back, are other names for the same values."""
    convolution = nn.Conv2d(4, 4, 3)
    found = rows(lambda x: torch.from_numpy(convolution(x).detach().numpy()).relu(), model=convolution)
    assert found[-1].after.fields[0].size == 3
    assert rows(lambda x: convolution(x).data.relu(), model=convolution)[-1].after.fields[0].size == 3
