"""What Python source says about its classes."""

from __future__ import annotations

import pytest

from grader.reading.source import facts, parsed

NET = """
import torch.nn as nn
from torch.optim import *
from models.net import Block as B
try:
    class Net(nn.Module):
        def __init__(self, classes, width=8, *args, norm, drop=0.1, **more):
            self.block = B(width)
        forward = nn.Module.forward
except ImportError:
    pass

def build():
    class Hidden(nn.Module): pass
    return Net(10, norm=B)

build().backward()
"""


def test_classes_with_bases_arguments_and_what_they_mention():
    (net,) = facts(NET).classes
    assert (net.name, net.line, net.bases) == ("Net", 6, ("nn.Module",))
    assert net.required_arguments == ("classes", "norm")
    assert "forward" in net.methods
    assert "B" in net.mentions


def test_calls_outside_of_classes_imports_and_training():
    found = facts(NET)
    assert [(call.name, call.line, set(call.names_given)) for call in found.calls if call.name == "Net"] == [
        ("Net", 15, {"B"})
    ]
    assert found.imported["nn"] == "torch.nn"
    assert found.imported["B"] == "models.net.Block"
    assert found.star_imports == {"torch.optim"}
    assert found.trains
    assert not facts("x = 1").trains


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("def f(:", "line 1"),
        ("x = 1\ny = (", "line 2"),
        ("a\0b", "null bytes"),
        ("\ud800", "not Python source"),
        ("(" * 100_000, "too many nested parentheses"),
        ("-" * 300_000 + "1", "nested too deeply"),
        ("a" + ".b" * 300_000, "nested too deeply"),
        ("x = " + "9" * 10_000, "line 1"),
        ("x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_whatever_the_text_does_to_the_parser_is_a_value_error(text, fault):
    with pytest.raises(ValueError, match=fault):
        parsed(text)


def test_bad_escapes_in_a_string_warn_nobody():
    assert facts("x = '\\d'\nassert (1, 'always')").classes == ()
