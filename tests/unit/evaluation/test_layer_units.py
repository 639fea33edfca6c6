"""The layers of a model, each with its lines: blocks, reuse, plain functions, classes of one name."""

from __future__ import annotations

import textwrap
import time
from dataclasses import replace

import pytest

from grader.evaluation.layer_units import LIMIT_UNITS, LayerUnit, layer_units
from grader.reading.layer_comments import layer_comments
from grader.reading.pieces import Piece
from grader.records import Absent, Entrypoint, Layer, Operator

BLOCKS = """
class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3)  # inside of the block

    def forward(self, x):
        return F.max_pool2d(self.conv(x), 2)  # the block's pooling

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block(1)   # the first block
        self.second = Block(2)  # the second block
        self.made = conv_block(2, 4)  # by a function
        self.fc = nn.Linear(4, 10)

    def forward(self, x):
        x = self.made(self.second(self.first(x)))
        return self.fc(x)  # the answer
"""
KINDS = {"": "Net", "first": "Block", "second": "Block", "made": "Sequential", "fc": "Linear"}
RAN = [
    ("convolution", "first.conv"),
    ("max pool", "first"),
    ("convolution", "second.conv"),
    ("max pool", "second"),
    ("convolution", "made.0"),
    ("relu", "made.1"),
    ("linear", "fc"),
]


@pytest.fixture
def units(example_records):
    model = example_records["full_marks"].evidence.model
    assert not isinstance(model.structure, Absent)

    def of(
        *pieces: Piece, ran: list[tuple[str, str]] = RAN, kinds: dict[str, str] = KINDS, cell: int = 0
    ) -> tuple[LayerUnit, ...]:
        operators = tuple(
            Operator(index, kind, kind, module, (index - 1,), (4, 4, 4), 0, ())
            for index, (kind, module) in enumerate(ran)
        )
        whole = replace(
            model,
            entrypoint=Entrypoint("net.py", cell, "Net", (), ""),
            layers=tuple(Layer(name, kind, (), 0) for name, kind in kinds.items()),
        )
        structure = replace(model.structure, operators=operators)
        return layer_units(whole, structure, layer_comments(pieces).lines)

    return of


def comments(unit: LayerUnit) -> list[str]:
    return [line.beside for line in unit.lines if line.beside]


def test_a_block_that_is_used_twice_is_one_layer_that_runs_twice(units):
    found = units(Piece("net.py", 0, BLOCKS))
    assert [(one.name, one.kind, len(one.runs)) for one in found] == [
        ("first.conv", "convolution", 2),
        ("max pool in forward", "max pool", 2),
        ("made.0", "convolution", 1),
        ("fc", "linear", 1),
    ]
    assert comments(found[0]) == ["inside of the block", "the block's pooling", "the first block"]
    assert comments(found[1]) == ["the block's pooling"]
    assert comments(found[2]) == ["by a function"]
    assert comments(found[3]) == ["the answer"]


def test_of_classes_with_one_name_the_one_of_the_models_cell_counts(units):
    text = textwrap.dedent("""
        class Net(nn.Module):
            def __init__(self):
                self.conv = nn.Conv2d(1, 2, 3)  # {}
        """)
    pieces = [Piece("other.py", 0, text.format("elsewhere"))]
    pieces += [Piece("net.py", cell, text.format(f"cell {cell}")) for cell in (2, 4, 6)]
    (unit,) = units(*pieces, ran=[("convolution", "conv")], kinds={"": "Net"}, cell=4)
    assert comments(unit) == ["cell 4"]


def test_a_layer_of_a_base_class_is_found(units):
    text = "class Base(nn.Module):\n    def __init__(self):\n        self.conv = nn.Conv2d(1, 2, 3)  # here\n"
    (unit,) = units(Piece("net.py", 0, text), ran=[("convolution", "conv")], kinds={"": "Net"})
    assert comments(unit) == ["here"]


def test_more_calls_than_ran_may_all_be_meant(units):
    text = """
class Net(nn.Module):
    def forward(self, x):
        if self.deep:
            x = F.max_pool2d(x, 2)  # one
        return F.max_pool2d(x, 2)  # two
"""
    (unit,) = units(Piece("net.py", 0, text), ran=[("max pool", "")], kinds={"": "Net"})
    assert comments(unit) == ["one", "two"]


def test_a_layer_without_a_line_is_still_a_layer(units):
    (unit,) = units(ran=[("convolution", "hidden.3")], kinds={"": "Net"})
    assert (unit.name, unit.lines) == ("hidden.3", ())


def test_there_are_not_more_than_anybody_reads(units):
    ran = [("convolution", f"a{n}") for n in range(LIMIT_UNITS + 50)]
    assert len(units(ran=ran, kinds={"": "Net"})) == LIMIT_UNITS


def test_a_deep_model_is_followed_in_bounded_time(units):
    deep = ".".join(["inner"] * 400)
    layers = {".".join(["inner"] * n): "Net" for n in range(1, 400)} | {"": "Net"}
    begin = time.monotonic()
    found = units(
        Piece("net.py", 0, BLOCKS), ran=[("convolution", f"{deep}.{n}") for n in range(400)], kinds=layers
    )
    assert time.monotonic() - begin < 5
    assert all(not unit.lines for unit in found)
