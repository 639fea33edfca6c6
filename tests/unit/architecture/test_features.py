"""What a model uses: each feature on what has it, and on what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.architecture.features import FEATURES, answers
from grader.records import Axis


@pytest.fixture
def count(built):
    """How many operators show a feature."""

    def of(structure, feature) -> int:
        return answers(built.model_of(structure), structure)(feature).count

    return of


@pytest.fixture
def net(built):
    return built.Net((4, 8, 8))


def test_every_feature_has_an_answer_for_every_network(built):
    for structure in (built.small(), built.resnet(), built.attention_net(), built.Net((1,)).structure()):
        answer = answers(built.model_of(built.small()), structure)
        assert [answer(feature).feature for feature in FEATURES] == list(FEATURES)


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ("batch norm", 2),
        ("group norm", 0),
        ("dropout", 1),
        ("max pool", 1),
        ("global average pool", 1),
        ("fully connected", 1),
        ("fully connected after gap", 1),
        ("depthwise separable", 0),
        ("1x1 convolution", 0),
        ("residual addition", 0),
        ("attention", 0),
        ("softmax output", 0),
        ("embedding", 0),
    ],
)
def test_a_small_network(built, count, feature, expected):
    assert count(built.small(), feature) == expected


def test_what_was_computed_and_dropped_is_not_used(net, count):
    x = net.relu(net.image)
    net.batch_norm(x)
    assert count(net.structure(net.linear(net.flatten(x), 10)), "batch norm") == 0


@pytest.mark.parametrize(("groups", "group", "layer"), [(1, 0, 1), (2, 1, 0), (4, 1, 0)])
def test_group_norm_with_one_group_is_layer_norm(built, net, count, groups, group, layer):
    structure = net.structure(net.group_norm(net.image, groups))
    assert (count(structure, "group norm"), count(structure, "layer norm")) == (group, layer)
    answer = answers(built.model_of(structure), structure)
    assert bool(answer("group norm").notes) == bool(answer("layer norm").notes) == (groups == 1)


@pytest.mark.parametrize(("share", "expected"), [(0.1, 1), (0.0, 0)])
def test_dropout_has_a_share_above_zero(net, count, share, expected):
    assert count(net.structure(net.dropout(net.image, share)), "dropout") == expected


# --- global average pooling -----------------------------------------------------------------------------------


def test_the_pool_inside_of_squeeze_and_excite_feeds_no_head(net, count):
    x = net.conv(net.image, 4, padding=1)
    gate = net.pointwise("sigmoid", net.conv(net.relu(net.conv(net.gap(x), 2, 1)), 4, 1))
    x = net.multiply(x, gate)
    assert count(net.structure(x), "global average pool") == 0
    assert count(net.structure(net.linear(net.flatten(net.gap(x)), 10)), "global average pool") == 1


def test_layers_between_the_pool_and_the_answer(net, count):
    x = net.dropout(net.relu(net.linear(net.flatten(net.gap(net.image)), 8)))
    structure = net.structure(net.softmax(net.linear(x, 10)))
    assert count(structure, "global average pool") == 1
    assert count(structure, "fully connected after gap") == 2


def test_a_linear_layer_before_the_pool_comes_not_after_it(net, count):
    x = net.add_operator("linear", (net.image,), (4, 8, 8), features_in=8, features_out=8)
    structure = net.structure(net.flatten(net.gap(x)))
    assert (count(structure, "fully connected"), count(structure, "fully connected after gap")) == (1, 0)


def test_an_average_pool_over_the_whole_map_is_one(net, count):
    assert count(net.structure(net.flatten(net.average_pool(net.image, 8))), "global average pool") == 1


def test_an_average_pool_over_half_of_the_map_is_none(net, count):
    assert count(net.structure(net.flatten(net.average_pool(net.image, 4))), "global average pool") == 0


def test_attention_blocks_may_come_after_the_pool(built, count):
    assert count(built.attention_net(), "global average pool") == 1
    assert count(built.attention_net(), "fully connected after gap") == 17


# --- fully connected ------------------------------------------------------------------------------------------


def test_1x1_on_a_1x1_map_counts_with_a_note_and_a_large_kernel_is_only_reported(built, net):
    x = net.conv(net.image, 6, 8, module="wide")
    structure = net.structure(net.flatten(net.conv(x, 10, 1, module="point")))
    answer = answers(built.model_of(structure), structure)("fully connected")
    assert [one.module for one in answer.operators] == ["point"]
    assert answer.notes[0].startswith("point: a 1x1 convolution on a 1x1 map")
    assert answer.notes[1].startswith("wide: the kernel covers the whole map")


def test_1x1_on_a_map_with_positions_is_no_fully_connected_layer(net, count):
    structure = net.structure(net.flatten(net.gap(net.conv(net.image, 10, 1))))
    assert (count(structure, "fully connected"), count(structure, "1x1 convolution")) == (0, 1)


# --- convolutions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [(), ("batch_norm",), ("batch_norm", "relu"), ("relu", "dropout")])
def test_depthwise_then_pointwise(net, count, between):
    x = net.conv(net.image, 4, padding=1, groups=4)
    for step in between:
        x = getattr(net, step)(x)
    assert count(net.structure(net.conv(x, 8, 1)), "depthwise separable") == 1


@pytest.mark.parametrize("between", ["max_pool", "conv"])
def test_depthwise_and_a_pointwise_one_further_on(net, count, between):
    x = net.conv(net.image, 4, padding=1, groups=4)
    x = net.max_pool(x) if between == "max_pool" else net.conv(x, 4)
    assert count(net.structure(net.conv(x, 8, 1)), "depthwise separable") == 0


@pytest.mark.parametrize(("groups", "kernel"), [(2, 1), (4, 3), (1, 3)])
def test_depthwise_alone_or_grouped_is_not_separable(net, count, groups, kernel):
    x = net.conv(net.image, 4, padding=1, groups=groups)
    assert count(net.structure(net.conv(x, 8, kernel)), "depthwise separable") == 0


def test_pointwise_then_depthwise_is_the_wrong_way_round(net, count):
    structure = net.structure(net.conv(net.conv(net.image, 8, 1), 8, groups=8))
    assert count(structure, "depthwise separable") == 0


@pytest.mark.parametrize(
    ("options", "dilated", "strided"),
    [
        ({"dilation": 2}, 1, 0),
        ({"dilation": (1, 2)}, 1, 0),
        ({"stride": 2}, 0, 1),
        ({"stride": (2, 1)}, 0, 1),
        ({"stride": 2, "kernel": 5}, 0, 0),
        ({"stride": 2, "kernel": 1}, 0, 0),
        ({}, 0, 0),
    ],
)
def test_dilation_and_stride(net, count, options, dilated, strided):
    structure = net.structure(net.conv(net.image, 4, **options))
    assert (count(structure, "dilated convolution"), count(structure, "strided 3x3")) == (dilated, strided)


# --- additions, attention, softmax ----------------------------------------------------------------------------


def test_residual_additions(built, count):
    assert count(built.resnet(), "residual addition") == 8


@pytest.mark.parametrize("residual", [True, False])
def test_the_recorder_may_say_that_an_addition_is_none(net, count, residual):
    x = net.conv(net.image, 4, padding=1)
    structure = net.structure(net.add(x, net.conv(x, 4, padding=1), residual=residual))
    assert count(structure, "residual addition") == int(residual)


@pytest.mark.parametrize(
    ("side", "expected"),
    [("identity", 1), ("1x1", 1), ("pool", 1), ("3x3", 0), ("1x1 then relu", 0)],
)
def test_where_the_recorder_does_not_say_one_way_has_to_be_a_shortcut(net, count, side, expected):
    x = net.relu(net.conv(net.image, 4, padding=1))
    body = net.relu(net.conv(x, 4, padding=1))
    ways = {
        "identity": lambda: x,
        "1x1": lambda: net.batch_norm(net.conv(x, 4, 1)),
        "pool": lambda: net.max_pool(x, 1),
        "3x3": lambda: net.conv(x, 4, padding=1),
        "1x1 then relu": lambda: net.relu(net.conv(x, 4, 1)),
    }
    structure = net.structure(net.add_operator("add", (ways[side](), body), (4, 8, 8)))
    assert count(structure, "residual addition") == expected


def test_a_bias_is_no_residual_addition(net, count):
    structure = net.structure(net.add_operator("add", (net.relu(net.image),), (4, 8, 8), parameters=4))
    assert count(structure, "residual addition") == 0


@pytest.mark.parametrize("scale", ["inside", "outside", "nowhere"])
def test_attention_by_hand(built, count, scale):
    assert count(built.attention_net(2, scale), "attention") == 2


def test_attention_in_one_operator(net, count):
    x = net.view(net.image, (64, 4))
    q, k, v = (net.linear(x, 4) for _ in range(3))
    assert count(net.structure(net.attention(q, k, v)), "attention") == 1


def test_products_without_a_softmax_and_softmax_without_products_are_no_attention(net, count):
    x = net.view(net.image, (64, 4))
    scores = net.matmul(x, net.view(x, (4, 64)), (64, 64))
    assert count(net.structure(net.matmul(scores, x, (64, 4))), "attention") == 0
    assert count(net.structure(net.softmax(net.linear(net.flatten(net.image), 10))), "attention") == 0


@pytest.mark.parametrize(("kind", "notes"), [("softmax", 0), ("log softmax", 1)])
def test_softmax_output(built, net, kind, notes):
    x = net.softmax(net.linear(net.flatten(net.image), 10), kind)
    structure = net.structure(net.view(x, (10,)))
    answer = answers(built.model_of(structure), structure)("softmax output")
    assert (answer.count, len(answer.notes)) == (1, notes)


@pytest.mark.parametrize("views", [0, 1, 2])
def test_an_answer_that_is_only_a_view_of_the_image(net, count, views):
    x = net.image
    for _ in range(views):
        x = net.view(x, (256,))
    assert count(net.structure(), "softmax output") == 0


def test_a_softmax_in_the_middle_is_no_softmax_output(net, count):
    x = net.softmax(net.linear(net.flatten(net.image), 10))
    assert count(net.structure(net.linear(x, 10)), "softmax output") == 0


def test_an_embedding_of_positions_counts_though_no_image_goes_in(net, count):
    positions = net.add_operator("embedding", (), (64,), (), parameters=640)
    x = net.view(net.image, (256,))
    x = net.add_operator("add", (net.linear(x, 64), positions), (64,))
    assert count(net.structure(x), "embedding") == 1


def test_doubts_are_those_of_the_structure_and_only_where_they_matter(built):
    structure = replace(built.small(), unknown_operators=("aten.odd",))
    answer = answers(built.model_of(structure), structure)
    assert answer("max pool").doubts == ("aten.odd",)
    assert answer("batch norm").doubts == ()


def test_what_is_shown_of_many(built):
    structure = built.resnet()
    shown = answers(built.model_of(structure), structure)("strided 3x3").shown()
    assert shown.startswith("3: convolution17 (convolution 3x3, 128 channels, stride 2x2), ")
    assert answers(built.model_of(structure), structure)("batch norm").shown().endswith(" and 16 more")


def test_maps_that_end_in_a_vector_have_no_positions(net, count):
    x = net.add_operator("global average pool", (net.image,), (4,), (Axis("global"),) * 2)
    assert count(net.structure(net.linear(x, 10)), "global average pool") == 1


@pytest.mark.parametrize(
    ("kernel", "stride", "strided", "of_3x3"), [(3, 2, 1, 1), (1, 2, 1, 0), (5, 2, 1, 0), (3, 1, 0, 0)]
)
def test_a_stride_in_a_convolution_of_any_size(net, count, kernel, stride, strided, of_3x3):
    structure = net.structure(net.conv(net.image, 8, kernel, stride=stride))
    assert (count(structure, "strided convolution"), count(structure, "strided 3x3")) == (strided, of_3x3)


def test_an_average_over_a_window_is_no_global_one(net, count):
    structure = net.structure(net.linear(net.flatten(net.gap(net.average_pool(net.image))), 10))
    assert (count(structure, "average pool"), count(structure, "global average pool")) == (1, 1)
    structure = net.structure(net.linear(net.flatten(net.average_pool(net.image, 8)), 10))
    assert (count(structure, "average pool"), count(structure, "global average pool")) == (0, 1)
