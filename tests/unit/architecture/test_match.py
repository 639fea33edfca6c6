"""The matcher on small structures: what each word means, and what a mismatch says."""

from __future__ import annotations

import pytest

from grader.architecture.graph import graph_of
from grader.architecture.match import match
from grader.architecture.pattern import Pattern
from grader.architecture.progress import Match
from grader.records import Axis


def compare(structure, *sequence, without=(), budget=100_000) -> Match:
    pattern = Pattern.model_validate({"title": "x", "sequence": list(sequence), "without": list(without)})
    return match(pattern.sequence, graph_of(structure), pattern.without, budget)


def agrees(structure, *sequence, without=()) -> bool:
    found = compare(structure, *sequence, without=without)
    assert found.status in ("match", "mismatch")
    return found.status == "match"


@pytest.fixture
def plain(built):
    """conv 8 (3x3) - batch norm - relu - max pool - conv 16 (3x3, stride 2, depthwise) - GAP - linear 16 to 10."""
    net = built.Net((3, 32, 32))
    x = net.max_pool(net.relu(net.batch_norm(net.conv(net.image, 8, padding=1))))
    x = net.conv(x, 16, stride=2, groups=8)
    return net.structure(net.linear(net.flatten(net.dropout(net.gap(x))), 10))


HEAD = ("global average pool", "linear")
FRONT = ("convolution", "batch norm", "relu", "max pool")


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({}, True),
        ({"kernel": "3x3"}, True),
        ({"kernel": 3}, True),
        ({"kernel": "5x5"}, False),
        ({"stride": 2}, True),
        ({"stride": "1x1"}, False),
        ({"padding": "0x0"}, True),
        ({"padding": 1}, False),
        ({"dilation": 1}, True),
        ({"dilation": 2}, False),
        ({"dilated": False}, True),
        ({"dilated": True}, False),
        ({"channels": 16}, True),
        ({"channels": 15}, False),
        ({"channels": 17}, False),
        ({"channels": {"at_least": 16}}, True),
        ({"channels": {"at_least": 17}}, False),
        ({"channels": {"at_most": 16}}, True),
        ({"channels": {"at_most": 15}}, False),
        ({"channels": {"at_least": 10, "at_most": 20}}, True),
        ({"channels": "same"}, False),
        ({"in": 8}, True),
        ({"in": 3}, False),
        ({"groups": 8}, True),
        ({"groups": 1}, False),
        ({"groups": "depthwise"}, True),
    ],
)
def test_the_options_of_a_convolution(plain, options, fits):
    assert agrees(plain, *FRONT, {"convolution": options}, *HEAD) is fits


@pytest.mark.parametrize(
    ("element", "fits"),
    [
        ("pool", True),
        ({"max pool": {"size": 2}}, True),
        ({"max pool": {"size": 3}}, False),
        ({"max pool": {"stride": 2}}, True),
        ({"max pool": {"stride": 1}}, False),
        ("average pool", False),
        ("global max pool", False),
    ],
)
def test_pools(plain, element, fits):
    assert agrees(plain, *FRONT[:3], element, "convolution", *HEAD) is fits


@pytest.mark.parametrize("word", ["relu", "activation"])
@pytest.mark.parametrize(
    "norm", ["norm", "batch norm", {"batch norm": {"channels": 8}}, {"norm": {"channels": 8}}]
)
def test_words_for_several_kinds(plain, word, norm):
    assert agrees(plain, "convolution", norm, word, "pool", "convolution", *HEAD)
    assert not agrees(plain, "convolution", {"norm": {"channels": 9}}, word, "pool", "convolution", *HEAD)
    assert not agrees(plain, "convolution", "layer norm", word, "pool", "convolution", *HEAD)


def test_a_group_norm_of_one_group_is_a_layer_norm(built):
    def of(groups):
        net = built.Net((4, 8, 8))
        return net.structure(net.group_norm(net.conv(net.image, 4), groups))

    assert agrees(of(1), "convolution", "layer norm")
    assert not agrees(of(1), "convolution", "group norm")
    assert agrees(of(2), "convolution", {"group norm": {"groups": 2}})
    assert not agrees(of(2), "convolution", {"group norm": {"groups": 4}})
    assert not agrees(of(2), "convolution", "layer norm")


def test_a_1x1_convolution_on_a_1x1_map_is_linear(built):
    net = built.Net((4, 8, 8))
    structure = net.structure(net.flatten(net.conv(net.gap(net.image), 10, 1, bias=True)))
    assert agrees(structure, "global average pool", {"linear": {"in": 4, "out": 10}})
    assert not agrees(structure, "global average pool", {"linear": {"in": 4, "out": 11}})
    assert agrees(structure, "global average pool", {"convolution": {"kernel": 1, "channels": 10}})


def test_a_number_that_was_not_recorded_agrees_with_none(built):
    net = built.Net((4, 8, 8))
    bare = net.structure(net.add_operator("convolution", (net.image,), (4, 8, 8)))
    assert agrees(bare, "convolution")
    for options in (
        {"channels": 4},
        {"channels": "same"},
        {"channels": "c"},
        {"kernel": 3},
        {"groups": "depthwise"},
    ):
        assert not agrees(bare, {"convolution": options})
    assert agrees(bare, {"convolution": {"groups": 1}})


def test_what_needs_no_name(built):
    """Views, padding, dropout, a bias and a factor may stand anywhere; those that are named must be there."""
    net = built.Net((3, 8, 8))
    x = net.dropout(net.pad(net.conv(net.scale(net.image), 4), 1))
    x = net.add_operator("add", (net.relu(x),), net.shape(x), parameters=4)
    structure = net.structure(net.view(x, (4, 64)))
    assert agrees(structure, "convolution", "relu")
    assert agrees(structure, "convolution", "dropout", "relu")
    assert agrees(structure, "convolution", "pad", "relu")
    assert agrees(structure, "convolution", "pad", "dropout", "relu")
    assert not agrees(structure, "convolution", "dropout", "pad", "relu")
    assert not agrees(structure, "dropout", "convolution", "relu")


def test_a_pool_over_the_whole_map_has_the_size_of_the_map(built):
    net = built.Net((4, 6, 6))
    shape, axes = (4, 1, 1), (Axis("global"),) * 2
    x = net.add_operator("global max pool", (net.image,), shape, axes, on_map="6x6", output_size="1x1")
    structure = net.structure(x)
    assert agrees(structure, {"max pool": {"size": 6}})
    assert agrees(structure, {"max pool": {"size": 6, "stride": 6}})
    assert not agrees(structure, {"max pool": {"size": 5}})
    assert agrees(structure, "global max pool")


def test_an_average_over_the_whole_map_is_global_unless_its_window_is_given(built):
    net = built.Net((4, 6, 6))
    structure = net.structure(net.average_pool(net.image, 6))
    assert agrees(structure, "global average pool")
    assert agrees(structure, {"average pool": {"size": 6}})
    assert not agrees(structure, {"average pool": {"size": 5}})
    assert not agrees(structure, "average pool")
    assert not agrees(structure, "pool")


# --- names of numbers -----------------------------------------------------------------------------------------


def two(built, first, second):
    net = built.Net((3, 16, 16))
    return net.structure(net.conv(net.conv(net.image, first), second))


def test_a_name_stands_for_one_number(built):
    one = {"convolution": {"channels": "c"}}
    assert agrees(two(built, 8, 8), one, one)
    assert not agrees(two(built, 8, 9), one, one)
    assert agrees(two(built, 8, 9), one, {"convolution": {"channels": "d", "in": "c"}})
    assert agrees(two(built, 8, 8), "convolution", {"convolution": {"channels": "same"}})
    assert not agrees(two(built, 8, 9), "convolution", {"convolution": {"channels": "same"}})


def test_a_name_is_found_again_by_trying_the_alternatives(built):
    """The first choice binds c to the wrong number; the second one is still tried."""
    wide, any_other = {"convolution": {"channels": "c"}}, {"convolution": {"in": "c"}}
    assert agrees(two(built, 8, 3), {"any of": [wide, any_other]}, {"convolution": {"channels": "c"}})


# --- several elements -----------------------------------------------------------------------------------------


def chain(built, *kinds):
    net = built.Net((3, 8, 8))
    x = net.image
    for kind in kinds:
        x = net.pointwise(kind, x)
    return net.structure(x)


@pytest.mark.parametrize(
    ("counts", "fitting"),
    [
        ({"times": 2}, {2}),
        ({"at_least": 2}, {2, 3, 4}),
        ({"at_most": 2}, {0, 1, 2}),
        ({"at_least": 1, "at_most": 3}, {1, 2, 3}),
        ({"at_least": 0}, {0, 1, 2, 3, 4}),
    ],
)
def test_repeat(built, counts, fitting):
    pattern = ({"repeat": {**counts, "of": ["relu", "tanh"]}}, "sigmoid")
    found = {n for n in range(5) if agrees(chain(built, *["relu", "tanh"] * n, "sigmoid"), *pattern)}
    assert found == fitting


def test_a_repeated_part_may_be_empty(built):
    empty = {"repeat": {"times": 1000, "of": [{"optional": "relu"}]}}
    assert agrees(chain(built, "relu", "relu", "tanh"), empty, "tanh")
    assert agrees(chain(built, "tanh"), empty, "tanh")


def test_optional_and_any_of(built):
    pattern = ("relu", {"optional": ["tanh", "gelu"]}, {"any of": ["silu", ["sigmoid", "relu"]]})
    assert agrees(chain(built, "relu", "silu"), *pattern)
    assert agrees(chain(built, "relu", "tanh", "gelu", "sigmoid", "relu"), *pattern)
    assert not agrees(chain(built, "relu", "tanh", "silu"), *pattern)
    assert not agrees(chain(built, "relu", "tanh", "gelu", "sigmoid"), *pattern)


def test_in_any_order(built):
    pattern = {"in any order": ["relu", "tanh", {"optional": "gelu"}]}
    for kinds in (["relu", "tanh"], ["tanh", "relu"], ["tanh", "gelu", "relu"], ["gelu", "relu", "tanh"]):
        assert agrees(chain(built, *kinds), pattern)
    for kinds in (["relu"], ["relu", "relu"], ["relu", "tanh", "relu"], ["gelu", "relu"]):
        assert not agrees(chain(built, *kinds), pattern)


def test_anything(built):
    kinds = ("relu", "tanh", "gelu", "sigmoid")
    assert agrees(chain(built, *kinds), "anything")
    assert agrees(chain(built, *kinds), "anything", "sigmoid")
    assert agrees(chain(built, *kinds), "relu", "anything", "gelu", "anything")
    assert not agrees(chain(built, *kinds), "anything", "gelu")
    assert not agrees(chain(built, *kinds), {"anything": {"without": ["gelu"]}}, "sigmoid")
    assert agrees(chain(built, *kinds), {"anything": {"without": ["silu"]}}, "sigmoid")


def test_anything_looks_into_branches_for_what_it_must_not_hold(built):
    net = built.Net((4, 8, 8))
    x = net.relu(net.image)
    structure = net.structure(net.relu(net.add(x, net.conv(net.pointwise("gelu", x), 4, padding=1))))
    assert agrees(structure, {"anything": {"without": ["silu"]}}, "relu")
    assert not agrees(structure, {"anything": {"without": ["gelu"]}}, "relu")


# --- branches -------------------------------------------------------------------------------------------------


def residual(built, shortcut=False, late=True):
    """A block of one convolution; its shortcut is the identity or a 1x1 convolution with batch norm."""
    net = built.Net((4, 8, 8))
    x = net.relu(net.conv(net.image, 8, padding=1))
    side = net.batch_norm(net.conv(x, 8, 1)) if shortcut else x
    body = net.conv(x, 8, padding=1)
    return net.structure(net.relu(net.add(body, side) if late else net.add(side, body)))


BODY = {"convolution": {"kernel": "3x3"}}
SIDE = [{"convolution": {"kernel": "1x1"}}, {"optional": "batch norm"}]


@pytest.mark.parametrize("late", [True, False])
def test_residual(built, late):
    plain, wide = residual(built, late=late), residual(built, True, late)
    only_body = ("convolution", "relu", {"residual": {"body": BODY}}, "relu")
    with_side = ("convolution", "relu", {"residual": {"body": BODY, "shortcut": SIDE}}, "relu")
    either = ("convolution", "relu", {"residual": {"body": BODY, "shortcut": {"optional": SIDE}}}, "relu")
    assert [agrees(plain, *one) for one in (only_body, with_side, either)] == [True, False, True]
    assert [agrees(wide, *one) for one in (only_body, with_side, either)] == [False, True, True]


def test_a_concatenation_is_no_residual_addition(built):
    net = built.Net((4, 8, 8))
    x = net.relu(net.image)
    structure = net.structure(net.concatenate(x, net.conv(x, 4, padding=1)))
    assert not agrees(structure, "relu", {"residual": {"body": "convolution"}})
    assert agrees(
        structure, "relu", {"parallel": {"branches": [[], "convolution"], "joined by": "concatenate"}}
    )
    assert agrees(
        structure, "relu", {"parallel": {"branches": ["convolution", []], "joined by": "concatenate"}}
    )


def test_the_branches_of_an_inception_block(built):
    net = built.Net((4, 8, 8))
    three = net.conv(net.relu(net.conv(net.image, 4, 1)), 6, padding=1)
    structure = net.structure(
        net.concatenate(net.conv(net.image, 2, 1), three, net.max_pool(net.image, 3, 1, 1))
    )
    ways = [
        ["max pool"],
        ["convolution", "relu", {"convolution": {"kernel": 3}}],
        [{"convolution": {"channels": 2}}],
    ]
    assert agrees(structure, {"parallel": {"branches": ways, "joined by": "concatenate"}})
    assert not agrees(structure, {"parallel": {"branches": ways[:2], "joined by": "concatenate"}})
    assert not agrees(structure, {"parallel": {"branches": ways, "joined by": "add"}})


def test_what_is_computed_and_dropped_is_not_compared(built):
    net = built.Net((4, 8, 8))
    x = net.relu(net.image)
    net.conv(x, 4)
    assert agrees(net.structure(net.pointwise("tanh", x)), "relu", "tanh")


def test_results_shared_across_branches_are_no_sequence(built):
    """DenseNet's way of joining: what came before goes into every later join."""
    net = built.Net((4, 8, 8))
    a = net.conv(net.image, 4, padding=1)
    b = net.conv(net.concatenate(net.image, a), 4, padding=1)
    structure = net.structure(net.relu(net.concatenate(net.image, a, b)))
    found = compare(structure, {"repeat": {"times": 2, "of": "convolution"}}, "relu")
    assert found.status == "mismatch"
    assert found.found == "operators that share results in a way that is neither a sequence nor branches"
    assert agrees(structure, "anything", "relu")
    assert not agrees(structure, {"anything": {"without": ["convolution"]}}, "relu")


def test_branches_nested_deeper_than_any_drawing_are_a_tangle_and_no_crash(built):
    net = built.Net((4, 8, 8))
    ends = [net.relu(net.image)]
    for _ in range(3000):
        ends.append(net.relu(ends[-1]))
    x = ends[-1]
    for end in reversed(ends[:-1]):
        x = net.add(x, end)
    found = compare(net.structure(x), "relu", {"residual": {"body": "relu"}})
    assert found.status == "mismatch"
    assert agrees(net.structure(x), "anything")


def test_fused_attention_is_one_word_where_its_inputs_are_only_views(built):
    net = built.Net((12,))
    x = net.linear(net.image, 12)
    views = [net.add_operator("view", (x,), (4,), ()) for _ in range(3)]
    assert agrees(net.structure(net.attention(*views)), "linear", "attention")


# --- what a mismatch says -------------------------------------------------------------------------------------


def test_a_mismatch_names_place_expected_and_found(plain):
    found = compare(plain, *FRONT, {"convolution": {"channels": 32, "stride": 1}}, *HEAD)
    assert found.status == "mismatch"
    assert (found.expected, found.place) == ("convolution, 32 channels, stride 1x1", "convolution4")
    assert found.found == "convolution 3x3, 16 channels, depthwise, stride 2x2"
    assert [row.expected for row in found.rows] == ["convolution", "batch norm", "relu", "max pool"]
    assert [row.place for row in found.rows] == ["convolution0", "batch_norm1", "relu2", "max_pool3"]
    assert str(found.rows[0]) == "convolution0: convolution 3x3, 8 channels (convolution)"
    assert str(found.rows[2]) == "relu2: relu"


def test_it_names_all_that_could_stand_there(plain):
    found = compare(plain, "convolution", {"optional": "tanh"}, {"any of": ["gelu", "silu"]})
    assert (found.expected, found.found) == ("tanh or gelu or silu", "batch norm, 8 channels")


def test_the_right_kind_with_other_options_says_more_than_other_kinds(plain):
    found = compare(plain, {"any of": ["tanh", {"convolution": {"kernel": 7}}, "gelu"]})
    assert found.expected == "convolution 7x7"


def test_too_short_and_too_long(plain):
    found = compare(plain, *FRONT, "convolution", *HEAD, "softmax")
    assert (found.expected, found.found, found.place) == (
        "softmax",
        "nothing more",
        "the end of the model",
    )
    assert found.stopped_at is None
    found = compare(plain, *FRONT, "convolution", "global average pool")
    assert (found.expected, found.found) == ("the end of the model", "linear, 16 to 10")
    assert len(found.rows) == 6


def test_too_long_a_branch(built):
    found = compare(
        residual(built, True), "convolution", "relu", {"residual": {"body": BODY, "shortcut": SIDE[:1]}}
    )
    assert (found.expected, found.found) == ("the end of the branch", "batch norm, 8 channels")


def test_a_search_that_finds_nothing_says_so(plain):
    found = compare(plain, "anything", {"convolution": {"kernel": 7}}, "anything")
    assert (found.expected, found.found, found.place) == (
        "convolution 7x7",
        "no such layer",
        "the end of the model",
    )


def test_the_longest_agreeing_part_is_shown_whichever_alternative_it_comes_from(plain):
    ways = [["convolution"], [*FRONT, "tanh"], ["convolution", "batch norm", "tanh"]]
    for order in (ways, ways[::-1]):
        found = compare(plain, {"any of": order}, "softmax")
        assert (len(found.rows), found.expected) == (4, "tanh")


def test_what_may_be_nowhere(plain):
    assert agrees(plain, "anything", without=["average pool", "tanh"])
    found = compare(plain, "anything", without=["tanh", "max pool"])
    assert (found.status, found.expected, found.place) == ("mismatch", "no max pool", "max_pool3")


def test_nothing_that_depends_on_the_image(built):
    net = built.Net((3, 8, 8))
    net.add_operator("embedding", (), (4,), ())
    found = compare(net.structure(), "relu")
    assert (found.status, found.rows, found.place) == ("mismatch", (), "the end of the model")


# --- bounds ---------------------------------------------------------------------------------------------------


def test_a_pattern_over_the_budget_is_too_ambiguous(built):
    structure = chain(built, *["relu"] * 40)
    nested = "relu"
    for _ in range(4):
        nested = {"repeat": {"at_least": 1, "of": [nested, {"optional": nested}]}}
    found = compare(structure, nested, "tanh", budget=2000)
    assert found.status == "ambiguous"
    assert found.rows


def test_no_pattern_runs_for_long(built):
    """Repeats of nothing inside of repeats of nothing: the budget ends them, too."""
    nested = {"optional": "tanh"}
    for _ in range(5):
        nested = {"repeat": {"times": 1000, "of": nested}}
    assert compare(chain(built, "relu"), nested, "relu").status in ("ambiguous", "match")


def test_the_same_question_has_the_same_answer(plain):
    pattern = ("anything", {"any of": ["relu", "max pool", "convolution"]}, "anything", "tanh")
    assert compare(plain, *pattern) == compare(plain, *pattern)
