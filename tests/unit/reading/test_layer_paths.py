"""Which layer an expression names, followed through names, functions and classes."""

from __future__ import annotations

import ast

import pytest

from grader.reading import layer_paths as module
from grader.reading.layer_paths import Source
from grader.reading.pieces import Piece


def named(text: str, *others: str) -> list[str | None]:
    """The paths of what `probe(...)` is given; None for one that cannot be followed."""
    source = Source([Piece("n.ipynb", number, cell) for number, cell in enumerate([*others, text], 1)])
    found = []
    for call, scope in source.calls["probe"]:
        if source.is_reached(scope):
            found += [given.steps for given in source.layers(call.args[0], scope)]
    return [None if steps is None else ".".join(steps) for steps in found]


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("model.layer4", "layer4"),
        ("model.layer4[-1]", "layer4.-1"),
        ("model.layer4[0].conv2", "layer4.0.conv2"),
        ("net.module.features", "module.features"),
        ("self.model.layer4", "model.layer4"),
        ("model._modules['layer4']", "layer4"),
        ("model._modules.get(name)", None),
        ("getattr(model, 'layer3')[1]", "layer3.1"),
        ("getattr(model, name)", None),
        ("model.get_submodule('layer4.1')", "layer4.1"),
        ("dict(model.named_modules())['layer4.1']", "layer4.1"),
        ("dict([*model.named_modules()])['layer2']", "layer2"),
        ("list(model.children())[-3]", "-3"),
        ("model.to(device).layer1", "layer1"),
        ("'layer4'", "layer4"),
        ("'the last layer!'", None),
        ("model.layer4[i]", None),
        ("model.layer4[1:]", None),
        ("model.layer4[True]", None),
        ("find(model).layer4", None),
        ("unknown", None),
        ("3 + 4", None),
    ],
)
def test_how_a_layer_may_be_written(written, path):
    assert named(f"probe({written})") == [path]


def test_nothing_given_is_no_layer():
    assert named("probe(None)") == []


def test_a_list_names_several():
    assert named("probe([model.a, (model.b, 'c')])") == ["a", "b", "c"]


def test_names_are_followed_across_cells():
    assert named("probe(layers)", "layers = [model.layer2[1]]") == ["layer2.1"]
    assert named("probe(last[0])", "last = model.layer4") == ["layer4.0"]
    assert named("probe(b)", "a, b = model.one, model.two") == ["two"]
    assert named("probe(layer)", "layer: object = model.layer4") == ["layer4"]
    assert named("probe(model.layer4)", "model = model.module") == ["module.layer4"]


def test_a_name_that_was_given_several_has_them_all():
    assert named("for layer in [model.a, model.b]:\n    probe(layer)") == ["a", "b"]


def test_a_parameter_is_what_the_function_is_called_with():
    function = "def get_cam(model, target_layers, cuda=True):\n    probe(target_layers)\n"
    assert named(f"{function}get_cam(model, [model.layer2])") == ["layer2"]
    assert named(f"{function}get_cam(model, target_layers=[model.layer3])") == ["layer3"]
    assert named(f"{function}get_cam(net, cuda=False)") == []


def test_a_default_counts_where_no_call_gives_another():
    function = "def show(net, name='layer4', *, more='layer1'):\n    probe(name)\n    probe(more)\n"
    assert named(f"{function}show(net)") == ["layer4", "layer1"]
    assert named(f"{function}show(net, 'layer3', more='layer2')") == ["layer3", "layer2"]


def test_what_nothing_calls_says_nothing():
    assert named("def show(layer):\n    probe(layer)\n") == []
    assert named("def a(x):\n    b(x)\ndef b(x):\n    probe(x)\n    b(x)\n    a(x)\n") == []


def test_a_class_is_given_its_layer_when_it_is_built():
    text = (
        "class Cam:\n"
        "    def __init__(self, model, layer):\n        self.layer = layer\n        self.start()\n"
        "    def start(self):\n        probe(self.layer)\n"
        "cam = Cam(net, net.layer3[-1])\n"
    )
    assert named(text) == ["layer3.-1"]


def test_a_class_that_builds_itself():
    text = (
        "class Cam:\n"
        "    def __init__(self, layer):\n        probe(layer)\n"
        "    @classmethod\n    def of(cls, model):\n        return cls(model.layer1)\n"
        "Cam.of(net)\n"
    )
    assert named(text) == ["layer1"]


def test_what_cannot_be_parsed_is_left_out():
    assert named("probe(model.a)", "def f(:") == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "probe(model" + ".a" * 400 + ")",
        "probe(" + "[" * 80 + "model.a" + "]" * 80 + ")",
        "a = b\nb = a\nprobe(a)",
        "def f(x):\n    f(x)\n    probe(x)\nf(f)",
    ],
    ids=["long", "deep", "circle", "recursion"],
)
def test_there_is_an_end(text):
    assert set(named(text)) <= {None, "c"}


def test_more_than_is_looked_at_is_said(monkeypatch):
    piece = Piece("a.py", 0, "probe(model.a)\n")
    assert not Source([piece]).is_cut
    monkeypatch.setattr(module, "LIMIT_NODES", 3)
    assert Source([piece]).is_cut
    monkeypatch.undo()
    monkeypatch.setattr(module, "LIMIT_STEPS", 1)
    source = Source([piece])
    assert [given.steps for given in source.layers(ast.parse("model.a").body[0].value, None)] == [None]
    assert source.is_cut
