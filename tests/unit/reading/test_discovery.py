"""Which classes are models, and which one most likely is *the* one."""

from __future__ import annotations

import pytest

from grader.reading.discovery import LIMIT_CLASSES, discover

HEAD = "import torch.nn as nn\n"
NET = "class {}(nn.Module):\n    def forward(self, x): return x\n"


def named(found):
    return [(candidate.class_name, candidate.file, candidate.cell) for candidate in found.candidates]


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("import torch", "torch.nn.Module"),
        ("import torch.nn as nn", "nn.Module"),
        ("from torch import nn as layers", "layers.Module"),
        ("from torch.nn import Module", "Module"),
        ("from torch.nn import Module as M", "M"),
        ("from torch.nn import *", "Module"),
        ("import torch.nn", "torch.nn.Sequential"),
        ("import pytorch_lightning as pl", "pl.LightningModule"),
        ("from torchvision import models", "models.ResNet"),
        ("broken_elsewhere = 1", "nn.Module"),
    ],
)
def test_a_module_by_any_way_of_importing_it(stage, head, base):
    found = discover(*stage({"a.py": f"{head}\nclass Net({base}):\n    def forward(self, x): return x\n"}))
    assert named(found) == [("Net", "a.py", 0)]
    assert found.choice == "Net in a.py:2 is the only model class in the submission."


@pytest.mark.parametrize(
    "base", ["object", "Dataset", "nn.Parameter", "Module", "torch.utils.data.Dataset", "(lambda: 1)()"]
)
def test_other_classes_are_none(stage, base):
    found = discover(*stage({"a.py": f"import torch\nclass Net({base}): pass\n"}))
    assert found.candidates == ()
    assert "No class" in found.choice


def test_a_student_class_makes_its_children_modules_across_files(stage):
    files = {
        "base.py": HEAD
        + "class Base(nn.Module):\n    def __init__(self, size): pass\n    def forward(self, x): return x\n",
        "net.py": "from base import Base as Parent\nclass Net(Parent): pass\n",
        "sub/last.py": "import net\nclass Last(net.Net):\n    def __init__(self): super().__init__(3)\n",
    }
    found = {candidate.class_name: candidate for candidate in discover(*stage(files)).candidates}
    assert set(found) == {"Base", "Net", "Last"}
    assert found["Net"].required_arguments == ("size",)
    assert found["Last"].required_arguments == ()
    assert found["Last"].has_forward


def test_parts_of_another_come_after_it(stage):
    text = (
        HEAD
        + NET.format("Block")
        + NET.format("Head")
        + "class Net(nn.Module):\n    def __init__(self):\n        self.a = self.make(Block)\n"
        + "        self.h = Head()\n    def forward(self, x): return x\n"
    )
    found = discover(*stage({"model.py": text}))
    assert found.candidates[0].class_name == "Net"
    assert {c.class_name: c.used_by for c in found.candidates} == {
        "Net": (),
        "Block": ("Net",),
        "Head": ("Net",),
    }
    assert found.choice == "3 model classes; Net in model.py:6 is no part of another."


def test_a_class_that_a_factory_hands_to_another_is_its_part(stage):
    text = (
        HEAD
        + NET.format("Basic")
        + (
            "class ResNet(nn.Module):\n    def __init__(self, block): pass\n"
            "    def forward(self, x): return x\ndef build(): return ResNet(Basic)\n"
        )
    )
    found = {candidate.class_name: candidate for candidate in discover(*stage({"m.py": text})).candidates}
    assert found["Basic"].used_by == ("ResNet",)
    assert found["ResNet"].built_at == ("m.py:7",)


def test_what_is_built_where_the_training_is_comes_first(stage):
    files = {
        "model.py": HEAD + NET.format("Old") + NET.format("New"),
        "demo.py": "from model import New\nprint(New())\n",
        "train.py": "from model import Old\nmodel = Old()\nloss.backward()\n",
        "test_model.py": "from model import New\nNew()\n",
    }
    found = discover(*stage(files))
    assert [candidate.class_name for candidate in found.candidates] == ["Old", "New"]
    assert found.candidates[1].built_at == ("demo.py:2", "test_model.py:2")
    assert found.choice == "2 model classes; Old in model.py:2 is built in train.py:2."


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({"a.py": HEAD + NET.format("Net") + "class Net2(nn.Module): pass\n"}, "Net"),
        ({"a.py": HEAD + NET.format("FocalLoss") + "class Raw(nn.Module): pass\n"}, "Raw"),
        ({"test_a.py": HEAD + NET.format("Net"), "z.py": HEAD + NET.format("Other")}, "Other"),
        ({"a.py": HEAD + NET.format("Model_1") + NET.format("Model_3") + NET.format("Model_2")}, "Model_3"),
        ({"a.py": HEAD + NET.format("Helper") + NET.format("Net") + NET.format("Zoo")}, "Net"),
        (
            {
                "a.py": HEAD
                + NET.format("Free")
                + (
                    "class Net(nn.Module):\n    def __init__(self, n): pass\n"
                    "    def forward(self, x): return x\n"
                )
            },
            "Free",
        ),
    ],
)
def test_the_order_of_two_classes(stage, files, first):
    assert discover(*stage(files)).candidates[0].class_name == first


def test_the_python_file_comes_before_the_notebooks_copy(stage):
    files = {"a.ipynb": (HEAD + NET.format("Net"),), "model.py": HEAD + NET.format("Net")}
    assert named(discover(*stage(files))) == [("Net", "model.py", 0), ("Net", "a.ipynb", 1)]


def test_each_redefinition_in_a_notebook_is_a_candidate_and_the_last_comes_first(stage):
    cells = (
        HEAD,
        NET.format("Net"),
        "m = Net()\nm.loss.backward()",
        "%%time\n" + NET.format("Net"),
        "m = Net()",
    )
    found = discover(*stage({"a.ipynb": cells}))
    assert [(c.cell, c.line, c.built_at) for c in found.candidates] == [
        (4, 2, ("a.ipynb, cell 5",)),
        (2, 1, ("a.ipynb, cell 3",)),
    ]


def test_the_latest_step_of_several_notebooks(stage):
    files = {f"S5/{step}_Drill.ipynb": (HEAD + NET.format("Net"), "Net()") for step in (1, 4, 10, 9)}
    found = discover(*stage(files))
    assert found.candidates[0].file == "S5/10_Drill.ipynb"
    assert "latest step by its file's name" in found.choice


def test_a_broken_cell_loses_only_itself(stage):
    root, submission = stage(
        {"a.ipynb": (HEAD, "x = (", NET.format("Net")), "b.py": "def f(:", "c.ipynb": '{"cells": ['}
    )
    found = discover(root, submission)
    assert named(found) == [("Net", "a.ipynb", 3)]
    assert [left.path for left in found.unreadable] == ["a.ipynb, cell 2", "b.py", "c.ipynb"]
    assert "never closed" in found.unreadable[0].reason


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a\0b", "null bytes"),
        (b"#" * 1_000_001, "1.0 MB is more"),
        (b"-" * 300_000 + b"1", "nested"),
        (b"x = '\xff'", ""),
    ],
)
def test_hostile_files_are_unreadable_or_read_and_never_raise(stage, content, fault):
    found = discover(*stage({"bad.py": content, "good.py": HEAD + NET.format("Net")}))
    assert named(found) == [("Net", "good.py", 0)]
    assert [left.path for left in found.unreadable] == (["bad.py"] if fault else [])
    assert all(fault in left.reason for left in found.unreadable)


def test_a_link_out_of_the_submission_is_not_read(stage, tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text(HEAD + NET.format("Secret"))
    root, submission = stage({"a.py": "x = 1"})
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(secret)
    found = discover(root, submission)
    assert found.candidates == ()
    assert "not a regular file" in found.unreadable[0].reason


def test_copies_and_other_peoples_code_are_skipped_and_files_outside_of_the_subfolder_too(stage):
    net = HEAD + NET.format("Net")
    files = {"S4/a.py": net, "S3/b.py": net, "S4/.ipynb_checkpoints/a.py": net, "S4/venv/lib/x.py": net}
    assert named(discover(*stage(files, subfolder="S4"))) == [("Net", "S4/a.py", 0)]


def test_thousands_of_classes_are_cut_with_a_word(stage):
    text = (
        HEAD
        + "".join(f"class C{i}(C{i - 1} if 0 else nn.Module): pass\n" for i in range(3))
        + "".join(f"class N{i}(nn.Module): pass\n" for i in range(5_000))
    )
    found = discover(*stage({"a.py": text}))
    assert len(found.candidates) <= LIMIT_CLASSES
    assert "only the first 500" in found.unreadable[0].reason


def test_classes_that_inherit_in_a_circle_end(stage):
    found = discover(
        *stage({"a.py": HEAD + "class A(B): pass\nclass B(A, nn.Module): pass\nclass C(C): pass\n"})
    )
    assert {candidate.class_name for candidate in found.candidates} == {"A", "B"}
