"""The arguments of the student's own constructor call, and what is trained."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.reading.discovery import discover
from grader.records import SecondRepository, SubmittedFile

NET = """import torch.nn as nn
import torch.optim as optim
class Net(nn.Module):
    def __init__(self, use_norm, width=8, *, classes=10):
        super().__init__()
    def forward(self, x): return x
"""
STEP = "opt = optim.SGD({}.parameters(), lr=0.1)\nfor batch in loader:\n    opt.step()\n"


def first(stage, files):
    return discover(*stage(files)).candidates[0]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Net('BATCH')", (("use_norm", "BATCH"),)),
        ("Net(use_norm='BN', classes=12)", (("use_norm", "BN"), ("classes", 12))),
        ("Net(NORM, 4 * 4)", (("use_norm", "GROUP"), ("width", 16))),
        ("Net(**settings)", (("use_norm", "LN"), ("width", 2))),
        ("Net(somewhere(), 4)", (("width", 4),)),
        ("Net(None)", ()),
    ],
)
def test_arguments_under_the_names_of_the_parameters(stage, call, expected):
    text = NET + "NORM = 'GROUP'\nsettings = {'use_norm': 'LN', 'width': 2}\nmodel = " + call + "\n"
    assert first(stage, {"a.py": text}).built_with == expected


@pytest.mark.parametrize(
    ("code", "norm"),
    [
        ("a = Net('one')\nb = Net('two')\n", "two"),
        ("a = Net('one').to(device)\nb = Net('two')\n", "one"),
        ("a = Net('one')\n" + STEP.format("a") + "b = Net('two').to(device)\n", "one"),
        ("a = Net('one')\n" + STEP.format("a") + "b = Net('two')\n" + STEP.format("b"), "two"),
        ("for n in ('one', 'two', 'three'):\n    a = Net(n).cuda()\n", "three"),
        ("import copy\na = Net('one')\n" + STEP.format("copy.deepcopy(a)") + "Net('two')\n", "one"),
        ("a = nn.DataParallel(Net('one'))\n" + STEP.format("a") + "Net('two')\n", "one"),
        ("def make(n): return Net(n)\n" + STEP.format("make('one')") + "Net('two')\n", "one"),
    ],
    ids=["the last", "the moved one", "the trained one", "the last trained", "a loop", "a copy", "wrapped", "a function"],
)  # fmt: skip
def test_the_likeliest_call_wins(stage, code, norm):
    assert dict(first(stage, {"a.py": NET + code}).built_with)["use_norm"] == norm


def test_a_class_that_only_a_function_can_build_is_called_through_it(stage):
    text = """import torch.nn as nn
class Block(nn.Module):
    def forward(self, x): return x
class ResNet(nn.Module):
    def __init__(self, block, sizes, classes=10): pass
    def forward(self, x): return x
def ResNet18(classes=10):
    return ResNet(Block, [2, 2, 2, 2], classes)
"""
    run = "from models.resnet import ResNet18\nmodel = ResNet18(7).to('cuda')\n"
    found = first(stage, {"models/resnet.py": text, "run.ipynb": (run,)})
    assert (found.class_name, found.file, found.line) == ("ResNet18", "models/resnet.py", 7)
    assert (found.required_arguments, found.built_with) == ((), (("classes", 7),))


def test_a_class_that_was_renamed_but_not_in_the_notebook(stage):
    model = "import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, d_k): pass\n    def forward(self, x): return x\n"
    old = "import torch.nn as nn\nclass Old(nn.Module):\n    def forward(self, x): return x\n"
    files = {
        "models/model_9.py": model,
        "models/model_8.py": old,
        "run.ipynb": (
            "from models import Net\nimport torch.optim as optim\n",
            "m = MyNet(8)\n" + STEP.format("m"),
        ),
    }
    found = discover(*stage(files))
    assert (found.candidates[0].class_name, found.candidates[0].built_with) == ("Net", (("d_k", 8),))
    assert found.choice == (
        "2 model classes; Net in models/model_9.py:2 is built and trained in run.ipynb, cell 2."
    )


def test_what_is_trained_comes_before_what_is_only_built(stage):
    text = NET.replace("use_norm", "use_norm=1") + NET[NET.index("class") :].replace("Net", "Net9").replace(
        "use_norm", "n=1"
    )
    found = discover(*stage({"a.py": text + "big = Net9()\nmodel = Net()\n" + STEP.format("model")}))
    assert found.candidates[0].class_name == "Net"
    assert "is built and trained in a.py:" in found.choice


def test_the_readme_says_which_is_the_final_one(stage):
    text = "".join(
        NET[NET.index("class") :].replace("Net", name).replace("use_norm", "n=1")
        for name in ("Small", "Wide", "Deep")
    )
    files = {"a.py": "import torch.nn as nn\n" + text}
    found = discover(*stage(files), final_words=frozenset({"the", "final", "model", "wide"}))
    assert found.candidates[0].class_name == "Wide"
    assert "is the one that the README calls final or best" in found.choice


def test_the_file_that_the_link_names(stage):
    net = NET.replace("use_norm", "use_norm=1")
    root, submission = stage({"a.ipynb": (net,), "b.ipynb": (net,), "c.ipynb": (net,)})
    found = discover(root, replace(submission, named_file="b.ipynb"))
    assert found.candidates[0].file == "b.ipynb"
    assert "is in the file that the link names" in found.choice


def test_models_of_a_second_repository_count_where_the_own_code_builds_them(stage):
    files = {
        "S8/run.ipynb": json.dumps(
            {"cells": [{"cell_type": "code", "source": "from models.big import *\nm = Big().to(d)"}]}
        ),
        "helpers/models/big.py": NET.replace("use_norm", "use_norm=1").replace("Net", "Big"),
        "helpers/models/vit_9.py": NET.replace("use_norm", "use_norm=1").replace("Net", "Net9"),
    }
    root, submission = stage(files, subfolder="S8")
    others = tuple(SubmittedFile(path, 1, "0" * 64) for path in files if path.startswith("helpers/"))
    second = SecondRepository("x", "git", "bob/helpers", "helpers", "", "", "", "sha256:0", others)
    found = discover(root, replace(submission, also=(second,)))
    assert [(c.class_name, c.file) for c in found.candidates[:1]] == [("Big", "helpers/models/big.py")]
    assert found.choice.endswith("is what the submission's own code builds.")
    assert discover(root, submission).candidates == ()
