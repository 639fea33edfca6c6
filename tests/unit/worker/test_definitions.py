"""What of a student's module is executed, and what is not."""

from __future__ import annotations

import ast

import pytest

from grader.worker.definitions import definitions, is_plain, names_bound


def kept(source: str) -> list[str]:
    return [ast.unparse(statement).splitlines()[0] for statement in definitions(ast.parse(source).body)]


def test_definitions_are_kept_and_deeds_are_not():
    source = """
import torch
from torch import nn
epochs = 20
class Net(nn.Module): pass
def train(): pass
model = Net()
print(model)
for epoch in range(epochs): train()
while True: pass
model.weight = 3
del epochs
assert model
train()
"""
    assert kept(source) == [
        "import torch",
        "from torch import nn",
        "epochs = 20",
        "class Net(nn.Module):",
        "def train():",
        "model = Net()",
    ]


def test_what_stands_inside_of_if_try_and_with_is_found():
    source = """
if torch.cuda.is_available():
    device = "cuda"
else:
    device = "cpu"
with open("x") as f:
    class A: pass
try:
    train()
    class B: pass
except Exception:
    pass
"""
    assert kept(source) == ["device = 'cuda'", "device = 'cpu'", "class A:", "class B:"]


def test_the_body_of_a_script_is_left_out():
    assert kept("if __name__ == '__main__':\n    class Hidden: pass\n    main()") == []


def test_an_import_with_its_own_fall_back_comes_whole():
    assert kept("try:\n    import a\nexcept ImportError:\n    import b") == ["try:"]


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("0.05", True),
        ("-(2 ** 3)", True),
        ("[1, (2, 3), {'a': nn.ReLU}]", True),
        ("nn.BatchNorm2d", True),
        ("lambda: launch()", True),
        ("f'{name}.pt'", True),
        ("x if y else z", True),
        ("torch.device('cpu')", False),
        ("[Net()]", False),
        ("{**load()}", False),
        ("[i for i in range(3)]", False),
        ("(y := 3)", False),
        ("await x", False),
    ],
)
def test_plain_values_call_nothing(source, plain):
    assert is_plain(ast.parse(source, mode="eval").body) is plain


def test_only_plain_names_are_bound():
    def bound(source: str) -> tuple[str, ...]:
        return names_bound(ast.parse(source).body[0])

    assert bound("a = b = 1") == ("a", "b")
    assert bound("a, (b) = 1, 2") == ("a", "b")
    assert bound("a: int = 1") == ("a",)
    assert bound("torch.Tensor.numel = lie") == ()
    assert bound("x[0] = 1") == ()
