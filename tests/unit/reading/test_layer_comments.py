"""Where layers are built and applied, and the comment at each place."""

from __future__ import annotations

import textwrap
import time

from grader.reading.layer_comments import LIMIT_LINES, layer_comments
from grader.reading.pieces import Piece
from grader.records import LayerComment


def lines(body: str, method: str = "__init__(self)") -> list[LayerComment]:
    inside = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    text = f"class Net(nn.Module):\n    def {method}:\n{inside}\n"
    return list(layer_comments([Piece("net.py", 0, text)]).lines)


def said(body: str, method: str = "__init__(self)") -> list[tuple[str, str, str, str]]:
    return [(one.path, one.kind, one.beside, one.above) for one in lines(body, method)]


def test_beside_and_above():
    body = """
        # the block of edges
        # RF 3
        self.conv1 = nn.Conv2d(1, 8, 3)  # input 28x28x1

        # far away

        self.fc = nn.Linear(8, 10)
        """
    assert said(body) == [
        ("conv1", "convolution", "input 28x28x1", "the block of edges | RF 3"),
        ("fc", "linear", "", ""),
    ]
    first = lines(body)[0]
    assert (first.place, first.class_name, first.applied) == ("net.py:5", "Net", False)


def test_a_call_over_lines_has_all_its_comments():
    body = """
        self.pool = nn.MaxPool2d(  # doubles
            2,
            2,  # halves the map
        )  # RF 10
        """
    assert said(body) == [("pool", "max pool", "doubles | halves the map | RF 10", "")]


def test_entries_of_a_sequential_have_their_own_lines():
    body = """
        self.block = nn.Sequential(
            nn.Conv2d(1, 8, 3),  # RF 3
            nn.ReLU(),
            # RF 5
            nn.Conv2d(8, 8, 3),
            nn.Sequential(nn.AvgPool2d(2)),  # RF 10
        )  # all of it
        """
    found = {one.path: (one.kind, one.beside, one.above, one.shared) for one in lines(body)}
    assert found["block.0"] == ("convolution", "RF 3", "", 1)
    assert found["block.2"] == ("convolution", "", "RF 5", 1)
    assert found["block.3.0"] == ("average pool", "RF 10", "", 1)
    assert found["block.1"] == ("", "all of it", "", 3)


def test_one_comment_for_several_layers_is_said_to_be_shared():
    (first, second) = lines("self.block = nn.Sequential(nn.Conv2d(1, 8, 3), nn.MaxPool2d(2))  # RF 3, 6")
    assert (first.beside, first.shared, second.shared) == ("RF 3, 6", 2, 2)


def test_named_entries_and_lists():
    body = """
        self.a = nn.Sequential(OrderedDict([("conv", nn.Conv2d(1, 8, 3)), ("pool", nn.MaxPool2d(2))]))
        self.b = nn.Sequential(OrderedDict({"fc": nn.Linear(1, 2)}))
        self.c = nn.ModuleList([nn.Conv2d(1, 2, 3)])
        self.d = nn.Sequential(*made)
        self.e: nn.Module = ConvBlock(1, 2)
        """
    assert [one[:2] for one in said(body)] == [
        ("a.conv", "convolution"),
        ("a.pool", "max pool"),
        ("b.fc", "linear"),
        ("c.0", "convolution"),
        ("d", ""),
        ("e", "convolution"),
    ]


def test_what_forward_applies_in_the_order_in_which_it_runs():
    body = """
        x = F.max_pool2d(F.relu(self.conv2(self.conv1(x))), 2)  # RF 10
        if self.training:
            x = F.avg_pool2d(x, 2)
        return self.fc(x.mean([2, 3]))
        """
    found = lines(body, "forward(self, x)")
    assert [(one.path, one.kind, one.shared) for one in found if one.path or one.kind] == [
        ("conv1", "", 3),
        ("conv2", "", 3),
        ("", "max pool", 3),
        ("", "average pool", 1),
        ("", "average pool", 2),
        ("fc", "", 2),
    ]
    assert all(one.applied for one in found)


def test_control_characters_do_not_come_through():
    (one,) = lines("self.conv = nn.Conv2d(1, 2, 3)  # RF \u202e3\x1b[31m")
    assert one.beside == "RF \\u202e3\\x1b[31m"


def test_broken_source_has_none_and_much_of_it_is_cut():
    assert layer_comments([Piece("a.py", 0, "class Net(:\n  # RF")]).lines == ()
    body = "\n".join(f"        self.a{n} = nn.Conv2d(1, 2, 3)  # RF" for n in range(399))
    text = "\n".join(f"class N{n}:\n    def __init__(self):\n{body}" for n in range(3))
    begin = time.monotonic()
    found = layer_comments([Piece(f"{n}.py", 0, text) for n in range(4)])
    assert time.monotonic() - begin < 10
    assert len(found.lines) == LIMIT_LINES
    assert found.cut == "2.py and all source after it was not looked at: there is too much."
    deep = "nn.Sequential(" * 60 + "nn.ReLU()" + ")" * 60
    assert len(lines(f"self.deep = {deep}")) == 1
