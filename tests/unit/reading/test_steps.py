"""Which files are the steps."""

from __future__ import annotations

import json

from grader.reading.read import read_submission
from grader.reading.steps import file_of, step_files, steps_in_readme

BLOCK = "Target: {0}\nResult: 99.1 %\nAnalysis: it overfits\n"
NET = "import torch.nn as nn\nclass {0}(nn.Module):\n    def forward(self, x): return x\n"


def script(number: int) -> str:
    return f'"""\n{BLOCK.format(number)}"""\n{NET.format(f"Model{number}")}'


def found(stage, files):
    root, submission = stage(files)
    reading = read_submission(root, submission)
    return step_files(reading, submission), steps_in_readme(reading)


def test_scripts_with_a_block_in_their_natural_order(stage):
    steps, readme = found(stage, {f"step{n}.py": script(n) for n in (10, 2, 1)} | {"train.py": "x = 1"})
    assert [one.file for one in steps] == ["step1.py", "step2.py", "step10.py"]
    assert [one.models for one in steps] == [("Model1",), ("Model2",), ("Model10",)]
    assert (steps[0].place, steps[0].target, steps[0].missing) == ("step1.py:2", "1", ())
    assert readme == ()


def test_a_sibling_by_name_is_a_step_without_its_text(stage):
    files = {"s/step1.py": script(1), "s/step2.py": NET.format("B"), "other/step3.py": NET.format("C")}
    steps, _ = found(stage, files)
    assert [(one.file, one.missing) for one in steps] == [
        ("s/step1.py", ()),
        ("s/step2.py", ("target", "result", "analysis")),
    ]


def test_several_blocks_in_one_file_are_one_step(stage):
    cells = ["Target: a\nAnalysis: b", "Target: c\nResult: d"]
    text = json.dumps({"cells": [{"cell_type": "markdown", "source": cell} for cell in cells]})
    (step,), _ = found(stage, {"step.ipynb": text})
    assert (step.target, step.result, step.missing) == ("a\nc", "d", ())


def test_the_readmes_steps_are_no_files(stage):
    steps, readme = found(stage, {"README.md": "# T\n\n" + BLOCK.format("a"), "step1.py": NET.format("A")})
    assert steps == ()
    assert [one.target for one in readme] == ["a"]


def test_a_remark_behind_the_label(stage):
    text = '"""\nTARGET:\n- a\n\nRESULT (from my runs):\n- b\n\nANALYSIS:\n- c\n"""\n'
    (step,), _ = found(stage, {"m1.py": text})
    assert (step.target, step.result, step.analysis) == ("- a", "- b", "- c")


def test_files_of_places():
    assert [file_of(p) for p in ("a.ipynb, cell 3", "a.py:2", "README.md")] == [
        "a.ipynb",
        "a.py",
        "README.md",
    ]
