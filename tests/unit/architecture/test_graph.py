"""The data-flow graph: what is on the way from the image to the answer, and what is not."""

from __future__ import annotations

from dataclasses import replace

from grader.architecture.graph import IMAGE, graph_of, is_constant_shift, is_view
from grader.architecture.recorded import described, doubt, size_of, where
from grader.architecture.series import Branches, Single, Tangle, series_of


def test_only_what_lies_between_image_and_answer(built):
    net = built.Net((4, 8, 8))
    table = net.add_operator("embedding", (), (4, 8, 8), ())
    x = net.relu(net.image)
    net.conv(x, 2)  # never used
    end = net.add_operator("add", (x, table), (4, 8, 8))
    graph = graph_of(net.structure(end))
    assert graph.inputs == {x: (IMAGE,), end: (x,)}
    assert (graph.users, graph.output) == ({IMAGE: (x,), x: (end,)}, end)
    assert graph.after(x) == (end,)
    assert graph.before(end) == (x,)


def test_the_answer_is_the_end_with_the_models_output_shape(built):
    net = built.Net((4, 8, 8))
    answer = net.linear(net.flatten(net.image), 10)
    side = net.linear(net.flatten(net.image), 3)
    structure = net.structure(side)
    assert graph_of(structure, (10,)).output == answer
    assert graph_of(structure, (3,)).output == side
    assert graph_of(structure).output == side


def test_an_operand_that_was_written_in_place_comes_from_its_last_writer(built):
    """The recorder lists every operator that wrote into an operand's memory."""
    net = built.Net((4, 8, 8))
    x = net.conv(net.image, 4, padding=1)
    written = net.relu(net.view(x, (4, 64)))
    end = net.add_operator("max pool", (x, written), (4, 4, 4))
    assert graph_of(net.structure(end)).inputs[end] == (written,)
    a, b = net.relu(end), net.pointwise("tanh", end)
    both = net.add_operator("batch norm", (a, b), (4, 4, 4))
    assert graph_of(net.structure(both)).inputs[both] == (a, b)
    plain = net.add_operator("batch norm", (-1, -1), (4, 4, 4))
    assert graph_of(net.structure(plain)).inputs[plain] == (-1,)


def test_the_next_and_the_last_of_a_kind_along_every_path(built):
    net = built.Net((4, 8, 8))
    x = net.relu(net.image)
    a, b = net.conv(x, 4, padding=1), net.conv(net.batch_norm(x), 4, padding=1)
    end = net.add(net.relu(net.relu(a)), net.relu(a), b)
    graph = graph_of(net.structure(end))
    assert graph.next_through(x, lambda one: one.kind == "batch norm") == (a, b)
    assert graph.last_through(end, lambda one: one.kind == "relu") == (a, b)


def test_impossible_inputs_are_left_out(built):
    structure = built.small()
    broken = tuple(
        replace(one, inputs=(one.index, one.index + 5, -7, *one.inputs)) for one in structure.operators
    )
    assert graph_of(replace(structure, operators=broken)).inputs == graph_of(structure).inputs


def test_nothing_at_all(built):
    graph = graph_of(built.Net((1,)).structure())
    assert (graph.output, graph.inputs, series_of(graph)) == (IMAGE, {}, ())


def test_views_and_shifts_are_told_by_name_where_the_kind_is_other(built):
    net = built.Net((4, 8, 8))
    names = {
        "aten.clone": True,
        "aten._to_copy": True,
        "aten.copy_": True,
        "aten.sin": False,
        "aten.mul": False,
    }
    found = {name: is_view(net.operators[net.pointwise("other", net.image, name=name)]) for name in names}
    assert found == names
    scaled = net.operators[net.scale(net.image)]
    assert is_constant_shift(scaled, 1)
    assert not is_constant_shift(scaled, 2)
    assert not is_constant_shift(replace(scaled, parameters=4), 1)


def test_the_series_of_nested_branches(built):
    net = built.Net((4, 8, 8))
    x = net.relu(net.image)
    a = net.pointwise("tanh", x)
    inner = net.add(net.pointwise("gelu", a), a)
    series = series_of(graph_of(net.structure(net.add(inner, x))))
    assert [type(item) for item in series] == [Single, Branches]
    (first, second) = series[1].ways
    assert second == ()
    assert [type(item) for item in first] == [Single, Branches]
    assert [len(way) for way in first[1].ways] == [1, 0]


def test_a_tangle_holds_what_its_join_depends_on(built):
    net = built.Net((4, 8, 8))
    a = net.relu(net.image)
    b = net.pointwise("tanh", a)
    series = series_of(graph_of(net.structure(net.concatenate(net.image, a, b))))
    assert len(series) == 1
    assert isinstance(series[0], Tangle)
    assert [one.index for one in series[0].within] == [a, b]


def test_operators_in_words(built):
    net = built.Net((4, 8, 8))
    conv = net.operators[net.conv(net.image, 8, 3, 2, groups=2, dilation=2, module="body.0")]
    assert (described(conv), where(conv)) == (
        "convolution 3x3, 8 channels, 2 groups, stride 2x2, dilation 2x2",
        "body.0",
    )
    odd = net.operators[net.pointwise("other", net.image, name="aten.sin")]
    assert described(odd) == "an operator of no known kind (aten.sin)"
    assert where(replace(odd, module="")) == "operator 1 in the model's forward"
    assert size_of(replace(conv, details=(("kernel", "x3"),)), "kernel") == ()
    assert doubt(("a", "b", "a")) == "This part of the model could not be measured: a, b."
    assert "\x1b" not in where(replace(conv, module="a\x1b[31m")) + described(replace(conv, kind="b\x1b"))
