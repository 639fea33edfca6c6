"""Loading by definitions. The sources here are ours: they may be loaded in this process."""

from __future__ import annotations

import json
import sys

import pytest

from grader.worker.load import CannotLoad, Submission, member

NET = """
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, WIDTH)
"""


@pytest.fixture(autouse=True)
def _no_modules_left_behind():
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if not name.startswith(("torch", "numpy", "grader")):
            del sys.modules[name]


@pytest.fixture
def submission(tmp_path):
    def make(**files: str) -> Submission:
        for name, source in files.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py").replace("_ipynb", ".ipynb")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return Submission(str(tmp_path))

    return make


def notebook(*cells: str) -> str:
    listed = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": listed})


def build(found: Submission, file: str, name: str = "Net", cell: int = 0):
    space, cls = found.model_class(file, cell, name)
    return found.repair(space, cls)


def test_training_code_at_import_does_not_run(submission):
    found = submission(train_py="WIDTH = 3\n" + NET + "\nmodel = Net()\nraise SystemExit('training')\n")
    assert build(found, "train.py").fc.out_features == 3


def test_a_value_that_a_call_gives_is_computed_only_when_needed(submission):
    found = submission(
        m_py="import os\nbase = int('2')\nWIDTH = int('3') + base\nother = os._exit(1)\n" + NET
    )
    assert build(found, "m.py").fc.out_features == 5


def test_a_name_that_nobody_defines_is_the_students_error(submission):
    with pytest.raises(NameError, match="WIDTH"):
        build(submission(m_py=NET), "m.py")


def test_a_sibling_module_is_found_and_its_script_part_does_not_run(submission):
    found = submission(sizes_py="WIDTH = 7\nraise SystemExit\n", m_py="from sizes import WIDTH\n" + NET)
    assert build(found, "m.py").fc.out_features == 7


def test_packages_relative_imports_and_folders_without_init(submission):
    found = submission(
        models____init___py="",
        models__net_py="from .parts.sizes import WIDTH\nfrom utils import helper\n" + NET,
        models__parts__sizes_py="WIDTH = 9",
        utils__helper_py="x = 1",
    )
    assert build(found, "models/net.py").fc.out_features == 9
    assert found.notes == []


def test_a_missing_module_is_replaced_and_named(submission):
    found = submission(
        m_py="import torchsummary_x\nfrom lost.place import thing\nimport a_b.c_d as e\nWIDTH = 2\n" + NET
    )
    assert build(found, "m.py").fc.out_features == 2
    assert ["torchsummary_x" in note for note in found.notes].count(True) == 1
    assert len(found.notes) == 3


def test_a_students_own_fall_back_comes_before_a_stand_in(submission):
    found = submission(
        m_py="try:\n    from lost_module import WIDTH\nexcept ImportError:\n    WIDTH = 4\n" + NET
    )
    assert build(found, "m.py").fc.out_features == 4


def test_a_submission_cannot_stand_in_for_a_library(submission):
    found = submission(
        torch_py="raise SystemExit('evil')", m_py="import torch\nWIDTH = torch.Size([6])[0]\n" + NET
    )
    assert build(found, "m.py").fc.out_features == 6


def test_a_notebook_is_loaded_cell_by_cell(submission):
    text = notebook("!pip install x\nWIDTH = 3", "%%time\n" + NET, "broken (", "print(1)\n", "WIDTH2 = 1")
    found = submission(n_ipynb=text)
    assert build(found, "n.ipynb", cell=2).fc.out_features == 3


def test_a_class_that_is_defined_twice_is_the_one_of_its_cell(submission):
    other = NET.replace("WIDTH", "WIDTH + 1")
    text = notebook(NET, other, "WIDTH = 3")
    assert build(submission(n_ipynb=text), "n.ipynb", cell=1).fc.out_features == 3
    assert build(Submission(str(submission().root)), "n.ipynb", cell=2).fc.out_features == 4


def test_a_file_that_a_notebook_writes_can_be_imported(submission):
    text = notebook("%%writefile sizes.py\nWIDTH = 5", "from sizes import WIDTH\n" + NET)
    assert build(submission(n_ipynb=text), "n.ipynb", cell=2).fc.out_features == 5


def test_the_error_of_the_class_itself_comes_out(submission):
    found = submission(m_py="class Net(undefined_base): pass\n")
    with pytest.raises(NameError, match="undefined_base"):
        found.model_class("m.py", 0, "Net")


def test_an_exit_in_a_class_body_ends_nothing(submission):
    found = submission(m_py="class Net:\n    raise SystemExit(0)\n")
    with pytest.raises(SystemExit):
        found.model_class("m.py", 0, "Net")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class Net(:\n", "cannot be parsed: invalid syntax, line 1"),
        ("x = 1\n", "defines no class or function Net"),
        ("a\0b", "cannot be parsed"),
    ],
)
def test_a_file_that_cannot_be_loaded_says_why(submission, source, said):
    with pytest.raises(CannotLoad, match=said):
        submission(m_py=source).model_class("m.py", 0, "Net")


def test_a_file_that_is_not_there(submission):
    with pytest.raises(CannotLoad, match="not there"):
        submission(m_py="").model_class("other.py", 0, "Net")


def test_annotations_need_no_name_to_exist(submission):
    found = submission(m_py="WIDTH = 1\n" + NET + "    def forward(self, x: Unknown) -> Missing: return x\n")
    assert build(found, "m.py").fc.out_features == 1


def test_a_function_that_builds_the_model(tmp_path):
    (tmp_path / "m.py").write_text("class Net:\n    pass\n\n\ndef make(n=3):\n    return Net()\n")
    space, found = Submission(str(tmp_path)).model_class("m.py", 0, "make")
    assert type(found()).__name__ == "Net"
    assert space.module.__dict__["Net"] is type(found())


def test_a_member_of_an_enumeration_is_found_by_its_name(submission):
    source = "import enum\nclass Norm(enum.Enum):\n    BATCH = 'b'\n" + NET
    space, _ = submission(model_py=source).model_class("model.py", 0, "Net")
    assert member(space, "Norm.BATCH").value == "b"
    with pytest.raises(NameError, match="Kind"):
        member(space, "Kind.BATCH")
    with pytest.raises(AttributeError, match="LAYER"):
        member(space, "Norm.LAYER")
