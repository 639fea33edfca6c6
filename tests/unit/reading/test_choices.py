"""With which values an argument could be called: found in calls, comparisons, tables, annotations and defaults."""

from __future__ import annotations

import pytest

from grader.reading.choices import LIMIT_CALLS, LIMIT_VALUES, Builder, builders
from grader.reading.pieces import Piece

NET = """
class Net(nn.Module):
    def __init__(self, norm{default}):
        super().__init__()
        {body}

    def forward(self, x):
        return x
"""


def net(body: str = "pass", default: str = "") -> str:
    return NET.format(body=body, default=default)


def built(*sources: str, name: str = "Net", trained: tuple = ()) -> Builder:
    found = builders(
        [Piece(f"f{n}.py", 0, text) for n, text in enumerate(sources)], [("f0.py", 0, "Net")], trained
    )
    return next(one for one in found if one.name == name)


def values(builder: Builder, argument: str = "norm") -> list[object]:
    return [one.value for one in dict(builder.choices)[argument]]


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ('Net("bn")\nNet(norm="gn")', ["bn", "gn"]),
        ("Net(2)\nNet(-1)", [2, -1]),
        ('for kind in ["bn", "ln"]:\n    Net(kind)', ["bn", "ln"]),
        ('KINDS = ("bn", "ln")\nnets = [Net(kind).to(d) for kind in KINDS]', ["bn", "ln"]),
        ('for kind, rate in {"bn": 0.1, "ln": 0.2}.items():\n    Net(norm=kind)', ["bn", "ln"]),
        ('kind = "bn"\nNet(kind)', ["bn"]),
        ("Net(*given)\nNet(**named)", []),
        ("Net(None)\nNet(b'x')\nNet(1j)\nNet('')", []),
        ("Net('\\x1b[31m')\nNet('\\u202e')\nNet(9" + "9" * 400 + ")\nNet(1e999)", []),
    ],
)
def test_values_of_the_students_own_calls(use: str, expected: list[object]) -> None:
    found = built(net(), use)
    assert values(found) == expected
    assert all(one.called for one in dict(found.choices)["norm"])


@pytest.mark.parametrize(
    "body",
    [
        'if norm == "bn":\n            pass\n        elif "ln" == norm:\n            pass',
        'self.kind = norm.lower()\n        if self.kind in ("bn", "ln"):\n            pass',
        'match norm:\n            case "bn" | "ln":\n                pass',
        'self.n = {"bn": nn.BatchNorm2d, "ln": nn.LayerNorm}[norm](8)',
        "if norm not in KNOWN:\n            raise ValueError",
        "self.n = TABLE.get(norm)",
        "self.n = layer_of(norm, 8)",
    ],
)
def test_values_that_the_argument_is_held_against_on_its_way(body: str) -> None:
    other = """
KNOWN = ["bn", "ln"]
TABLE = {"bn": 1, "ln": 2}

def layer_of(method, channels):
    if method == "bn":
        return 1
    if method == "ln":
        return 2
"""
    found = built(net(body), other)
    assert values(found) == ["bn", "ln"]
    assert not any(one.called for one in dict(found.choices)["norm"])


def test_what_was_trained_goes_first_and_each_value_once() -> None:
    found = built(
        net('if norm == "bn" or norm == "gn": pass', '="bn"'),
        trained=(("Net", (("norm", "gn"),), "a.ipynb"),),
    )
    choices = dict(found.choices)["norm"]
    assert [(one.value, one.called) for one in choices] == [("gn", True), ("bn", False)]
    assert choices[0].found == "trained in a.ipynb"


def test_a_truth_value_has_two_and_is_no_number() -> None:
    assert values(built(net(default="=False"))) == [False, True]
    assert values(built(net(default=": bool = True"), "Net(1)")) == [1, True, False]


def test_annotations_and_enumerations() -> None:
    assert values(built(net(default=': Literal["bn", "ln"] = "bn"'))) == ["bn", "ln"]
    kinds = "class Kind(Enum):\n    BATCH = 1\n    LAYER = 2\n"
    found = dict(built(kinds + net(default=": Kind = Kind.BATCH")).choices)["norm"]
    assert [(one.value, one.member) for one in found] == [("Kind.BATCH", True), ("Kind.LAYER", True)]
    compared = dict(built(kinds + net("if norm is Kind.LAYER: pass")).choices)["norm"]
    assert [one.value for one in compared if one.member] == ["Kind.BATCH", "Kind.LAYER"]
    quoted = dict(built(kinds + net(default=": 'Kind'")).choices)["norm"]
    assert [one.value for one in quoted if one.member] == ["Kind.BATCH", "Kind.LAYER"]


def test_functions_that_build_a_model_for_an_argument_are_builders_too() -> None:
    made = """
def get(kind):
    if kind == "bn":
        return Net(1)
    net = Net(2)
    return net.to("cpu")

def count(kind):
    Net(kind)
    return 3

def plain():
    return Net(1)

class Trainer:
    def make(self, kind):
        return Net(kind)
"""
    pieces = [Piece("f0.py", 0, net()), Piece("f1.py", 0, made)]
    found = builders(pieces, [("f0.py", 0, "Net")])
    assert [one.name for one in found] == ["Net", "get"]
    assert values(found[1], "kind") == ["bn"]


def test_an_inherited_constructor_and_required_arguments() -> None:
    text = "class Base(nn.Module):\n    def __init__(self, norm, size=3, *, p=0.1, **rest): pass\nclass Net(Base):\n    pass\n"
    found = built(text)
    assert found.required == ("norm",)
    assert [name for name, _ in found.choices] == ["norm", "size", "p"]
    assert found.is_open


def test_a_model_without_arguments_and_one_that_is_not_there() -> None:
    assert built("class Net(nn.Module):\n    pass\n") == Builder("f0.py", 0, "Net")
    assert builders([Piece("f0.py", 0, "x = 1")], [("f0.py", 0, "Net")]) == ()


def test_hostile_source_is_bounded() -> None:
    many = "\n".join(f'Net("v{n}")' for n in range(5 * LIMIT_CALLS))
    assert len(values(built(net(), many))) == LIMIT_VALUES
    renames = "\n".join(f"a{n + 1} = a{n}" for n in range(3000)) + "\na0 = norm\nnorm = a3000\n"
    assert values(built(net(), renames + 'a5 == "bn"\n')) == ["bn"]
    loop = "class Net(Net):\n    pass\n"
    assert built(loop).choices == ()
    assert built(net(), "def broken(:", 'Net("bn")').choices[0][1][0].value == "bn"


def test_a_call_whose_value_is_long_is_no_variant() -> None:
    assert values(built(net(), f'Net("{"x" * 500}")')) == []
