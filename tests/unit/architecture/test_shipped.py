"""The patterns that come with the grader: what they are meant for, and what is only similar."""

from __future__ import annotations

import pytest

from grader.architecture.graph import graph_of
from grader.architecture.match import match
from grader.architecture.progress import Match
from grader.architecture.shipped import pattern_names, shipped_pattern


def compare(structure, name) -> Match:
    pattern = shipped_pattern(name)
    return match(pattern.sequence, graph_of(structure), pattern.without)


def test_they_are_all_there():
    assert pattern_names() == (
        "c1c2c3c4o", "custom_resnet_eva8_s8", "lenet5", "mlp_784_256_10", "resnet18", "ultimus_eva8_s9",
    )  # fmt: skip
    with pytest.raises(KeyError):
        shipped_pattern("../resnet18")


# --- ResNet-18 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("imagenet", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_resnet18_with_both_stems_and_the_shortcut_before_or_after_the_body(built, imagenet, late):
    found = compare(built.resnet(imagenet=imagenet, late=late), "resnet18")
    assert found.status == "match"
    assert len(found.rows) == (68 if imagenet else 67)


def test_resnet34_has_a_third_block_of_64(built):
    found = compare(built.resnet((3, 4, 6, 3)), "resnet18")
    assert found.status == "mismatch"
    assert found.expected == "convolution 3x3, 128 channels, stride 2x2"
    assert (found.found, found.place) == ("convolution 3x3, 64 channels", "convolution17")
    assert len(found.rows) == 17


def test_one_block_too_few(built):
    found = compare(built.resnet((2, 2, 2, 1)), "resnet18")
    assert (
        found.expected
        == "a residual addition whose body begins with convolution 3x3, 512 channels, stride 1x1"
    )
    assert found.found == "global average pool"


def test_bottlenecks_are_no_basic_blocks(built):
    net = built.Net((3, 32, 32))
    x = built.conv_block(net, net.image, 64, padding=1)
    body = built.conv_block(net, x, 64, kernel=1)
    body = built.conv_block(net, body, 64, padding=1)
    body = net.batch_norm(net.conv(body, 256, 1))
    x = net.relu(net.add(body, net.batch_norm(net.conv(x, 256, 1))))
    found = compare(net.structure(net.linear(net.flatten(net.gap(x)), 10)), "resnet18")
    assert found.status == "mismatch"
    assert found.expected == "convolution 3x3, 64 channels, stride 1x1"
    assert found.found == "convolution 1x1, 64 channels"


def test_without_additions_it_is_no_resnet(built):
    net = built.Net((3, 32, 32))
    x = net.image
    for channels in (64, 64, 64):
        x = built.conv_block(net, x, channels, padding=1)
    found = compare(net.structure(net.linear(net.flatten(net.gap(x)), 10)), "resnet18")
    assert found.expected.startswith(
        "a residual addition whose body begins with convolution 3x3, 64 channels"
    )


# --- the custom ResNet of session 8 ---------------------------------------------------------------------------


def custom(
    built, order="conv pool bn relu", blocks=(128, 512), soft="", inner_relu=True, last_pool=4, classes=10
):
    net = built.Net((3, 32, 32))

    def layer(x, channels):
        x = net.conv(x, channels, padding=1)
        for step in order.split()[1:]:
            x = {"pool": net.max_pool, "bn": net.batch_norm, "relu": net.relu}[step](x)
        if channels not in blocks:
            return x
        body = built.conv_block(net, built.conv_block(net, x, channels, padding=1), channels, padding=1)
        if not inner_relu:
            net.operators.pop()
            body -= 1
        x = net.add(x, body)
        return x if inner_relu else net.relu(x)

    x = built.conv_block(net, net.image, 64, padding=1)
    for channels in (128, 256, 512):
        x = layer(x, channels)
    x = net.linear(net.flatten(net.max_pool(x, last_pool)), classes)
    return net.structure(net.softmax(x, soft) if soft else x)


@pytest.mark.parametrize("order", ["conv pool bn relu", "conv bn relu pool", "conv bn pool relu"])
@pytest.mark.parametrize("soft", ["", "softmax", "log softmax"])
@pytest.mark.parametrize("inner_relu", [True, False])
def test_the_custom_resnet_in_all_its_forms(built, order, soft, inner_relu):
    assert (
        compare(custom(built, order, soft=soft, inner_relu=inner_relu), "custom_resnet_eva8_s8").status
        == "match"
    )


@pytest.mark.parametrize(
    ("changes", "expected", "found"),
    [
        ({"blocks": (128, 256, 512)}, "convolution 3x3, 512 channels, stride 1x1, padding 1x1", "2 branches joined by add"),
        ({"blocks": (512,)}, "a residual addition whose body begins with convolution 3x3, 128 channels", "convolution 3x3, 256 channels"),
        ({"last_pool": 2}, "max pool 4x4", "max pool 2x2, stride 2x2"),
        ({"order": "conv bn relu"}, "max pool 2x2", "2 branches joined by add"),
        ({"classes": 100}, "linear, 512 in, 10 out", "linear, 512 to 100"),
    ],
)  # fmt: skip
def test_what_is_not_the_custom_resnet(built, changes, expected, found):
    result = compare(custom(built, **changes), "custom_resnet_eva8_s8")
    assert (result.status, result.expected, result.found) == ("mismatch", expected, found)


# --- attention of session 9 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["inside", "outside", "nowhere"])
def test_four_ultimus_blocks(built, scale):
    assert compare(built.attention_net(4, scale), "ultimus_eva8_s9").status == "match"


@pytest.mark.parametrize(
    ("blocks", "expected"), [(3, "2 branches joined by matmul or 3 "), (5, "linear, 48 in, 10")]
)
def test_three_blocks_and_five_are_not_four(built, blocks, expected):
    result = compare(built.attention_net(blocks), "ultimus_eva8_s9")
    assert result.status == "mismatch"
    assert expected in result.expected


def test_the_order_of_the_products_does_not_matter_but_the_softmax_does(built):
    def net_with(softmax):
        net = built.Net((3, 32, 32))
        x = net.image
        for channels in (16, 32, 48):
            x = net.conv(x, channels)
        x = net.flatten(net.gap(x))
        for _ in range(4):
            v, k, q = (net.linear(x, 8) for _ in range(3))
            scores = net.matmul(net.view(k, (8, 1)), net.view(q, (1, 8)), (8, 8))
            weights = net.softmax(scores) if softmax else net.pointwise("sigmoid", scores)
            x = net.linear(net.view(net.matmul(weights, net.view(v, (8, 1)), (8, 1)), (8,)), 48)
        return net.structure(net.linear(x, 10))

    assert compare(net_with(True), "ultimus_eva8_s9").status == "match"
    result = compare(net_with(False), "ultimus_eva8_s9")
    assert (result.expected, result.found) == ("softmax", "sigmoid")


# --- C1 C2 C3 C4 O --------------------------------------------------------------------------------------------


def four_blocks(built, reductions=("stride", "stride", "stride"), pool=False, head=True, gap=True, last=True):
    net = built.Net((3, 32, 32))
    x = net.image
    for how in reductions:
        x = built.conv_block(net, x, 16, padding=1)
        if how == "stride":
            x = built.conv_block(net, x, 32, stride=2, padding=1)
        elif how == "dilation":
            x = built.conv_block(net, x, 32, dilation=2, padding=2)
    x = net.max_pool(x) if pool else x
    x = built.conv_block(net, x, 64, padding=1) if last else x
    x = net.gap(x) if gap else x
    return net.structure(net.linear(net.flatten(x), 10) if head else net.flatten(x))


@pytest.mark.parametrize(
    "how", [("stride",) * 3, ("dilation",) * 3, ("stride", "dilation", "stride"), ("stride",) * 4]
)
@pytest.mark.parametrize("head", [True, False])
def test_four_blocks_and_an_output(built, how, head):
    assert compare(four_blocks(built, how, head=head), "c1c2c3c4o").status == "match"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"reductions": ("stride", "stride", "none")},
            "convolution 3x3, stride 2x2 or convolution 3x3, dilated",
        ),
        ({"pool": True}, "no max pool"),
        ({"gap": False}, "global average pool"),
        ({"last": False}, "convolution"),
    ],
)
def test_what_lacks_a_block_or_has_a_pool(built, changes, expected):
    result = compare(four_blocks(built, **changes), "c1c2c3c4o")
    assert (result.status, result.expected) == ("mismatch", expected)


# --- LeNet-5 and the MLP --------------------------------------------------------------------------------------


def lenet(
    built,
    activation="sigmoid",
    pool="average_pool",
    soft="",
    padding=2,
    early_pool=False,
    as_conv=False,
    fc=84,
):
    net = built.Net((1, 28, 28))

    def block(x, channels, pad):
        x = net.conv(x, channels, 5, padding=pad, bias=True)
        steps = [lambda y: net.pointwise(activation, y), getattr(net, pool)]
        for step in steps[::-1] if early_pool else steps:
            x = step(x)
        return x

    x = block(block(net.image, 6, padding), 16, 0)
    x = net.conv(x, 120, 5) if as_conv else net.linear(net.flatten(x), 120)
    x = net.pointwise(activation, x)
    x = net.linear(net.flatten(x), fc)
    x = net.linear(net.pointwise(activation, x), 10)
    return net.structure(net.softmax(x, soft) if soft else x)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("pool", ["average_pool", "max_pool"])
@pytest.mark.parametrize("soft", ["", "softmax", "log softmax"])
@pytest.mark.parametrize("early_pool", [True, False])
@pytest.mark.parametrize("as_conv", [True, False])
def test_lenet5_in_all_its_forms(built, activation, pool, soft, early_pool, as_conv):
    assert compare(lenet(built, activation, pool, soft, 2, early_pool, as_conv), "lenet5").status == "match"


def test_what_is_not_lenet5(built):
    result = compare(lenet(built, fc=85), "lenet5")
    assert (result.expected, result.found) == ("linear, 120 in, 84 out", "linear, 120 to 85")
    result = compare(lenet(built, padding=0), "lenet5")
    assert (result.expected, result.found) == ("linear, 400 in, 120 out", "linear, 256 to 120")
    assert result.place == "linear7"


def mlp(built, *sizes, activation="relu"):
    net = built.Net((1, 28, 28))
    x = net.flatten(net.image)
    for size in sizes[:-1]:
        x = net.linear(x, size)
        x = net.pointwise(activation, x) if activation else x
    return net.structure(net.linear(x, sizes[-1]))


def test_the_mlp(built):
    assert compare(mlp(built, 256, 10), "mlp_784_256_10").status == "match"
    assert compare(mlp(built, 256, 10, activation="tanh"), "mlp_784_256_10").status == "match"
    result = compare(mlp(built, 255, 10), "mlp_784_256_10")
    assert (result.expected, result.found) == ("linear, 784 in, 256 out", "linear, 784 to 255")
    result = compare(mlp(built, 256, 256, 10), "mlp_784_256_10")
    assert (result.expected, result.found) == ("linear, 256 in, 10 out", "linear, 256 to 256")
    result = compare(mlp(built, 256, 10, activation=""), "mlp_784_256_10")
    assert (result.expected, result.found) == ("activation", "linear, 256 to 10")
