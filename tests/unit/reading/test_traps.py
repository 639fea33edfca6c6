"""The traps of real submissions that concern reading, each in a shape of our own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import grader.reading as reading_package
from grader.reading.read import read_submission
from grader.records import Absent, Loading, Readme

NET = "import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self{}): super().__init__()\n    def forward(self, x): return x\n"
RUN = """import torch, torch.nn as nn, torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms
moving = transforms.Compose([transforms.RandomRotation(15), transforms.ToTensor()])
still = transforms.Compose([transforms.ToTensor()])
train_set = datasets.MNIST('.', train=True, transform=moving)
test_set = datasets.MNIST('.', train=False, transform=still)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=128)
def train(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(x), y)
        loss.backward()
        optimizer.step()
def test(model, loader):
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            model(x)
model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.01)
for epoch in range(1):
    train(model, train_loader, optimizer)
    test(model, test_loader)
"""


def reading(stage, files, **more):
    return read_submission(*stage(files, **more))


def only_session(stage, text):
    (session,) = reading(stage, {"run.py": text}).sessions
    return session


def test_a_notebook_that_is_plain_python(stage):
    found = reading(stage, {"s5.ipynb": NET.format("") + RUN})
    assert [(c.class_name, c.cell) for c in found.candidates] == [("Net", 1)]
    assert [session.place for session in found.sessions] == ["s5.ipynb, cell 1"]


def test_the_readme_lies_in_the_folder_of_the_other_case(stage):
    found = reading(
        stage,
        {"s4/model.py": NET.format(""), "S4/README.md": "# Mine\n", "README.md": "# All\n"},
        subfolder="s4",
    )
    assert isinstance(found.readme, Readme)
    assert (found.readme.path, found.readme.title) == ("S4/README.md", "Mine")


def test_spaces_and_a_leading_space_in_paths(stage):
    found = reading(
        stage,
        {" Session 5/my model.py": NET.format(""), " Session 5/run it.py": "from my_model import Net\n"},
    )
    assert found.candidates[0].file == " Session 5/my model.py"


def test_a_model_file_that_was_never_committed(stage):
    found = reading(stage, {"run.py": "from model import Net\n" + RUN})
    assert found.candidates == ()
    assert found.choice == (
        "No class of the submission is an nn.Module as far as its source says. "
        "The training builds Net, which is not in the submission."
    )
    assert ("model", "Net is not in the submission") in found.sessions[0].unknown


def test_a_module_that_is_not_there_while_the_model_stands_in_a_sibling_file(stage):
    files = {"nets.py": NET.format(""), "run.py": "from model import Net\n" + RUN}
    found = reading(stage, files)
    assert found.candidates[0].file == "nets.py"
    assert "is built" in found.choice or found.choice.startswith("Net in nets.py:2 is the only")
    assert found.sessions[0].model.name == "Net"


def test_a_two_line_model_file_and_a_readme_alone(stage):
    assert reading(stage, {"model.py": "import torch\nmodel = None\n"}).candidates == ()
    alone = reading(stage, {"README.md": "# MNIST\n\n99.4 % test accuracy\n"})
    assert (alone.candidates, alone.sessions, alone.repositories) == ((), (), ())
    assert isinstance(alone.readme, Readme)
    assert isinstance(reading(stage, {"notes.txt": "x"}).readme, Absent | Readme)


def test_committed_checkpoints_data_and_weights_are_left_alone(stage):
    files = {
        "a.ipynb": (NET.format(""),),
        ".ipynb_checkpoints/a-checkpoint.ipynb": (NET.format(", old"),),
        "data/MNIST/raw/t10k-images-idx3-ubyte": b"\x00\x00\x08\x03" * 100,
        "model.pth": b"PK\x03\x04",
        "__pycache__/model.cpython-39.pyc": b"\x00",
    }
    found = reading(stage, files)
    assert [(c.file, c.required_arguments) for c in found.candidates] == [("a.ipynb", ())]
    assert found.unreadable == ()


def test_a_class_redefined_in_one_notebook(stage):
    cells = (NET.format(""), RUN, NET.format(", width=3"), RUN.replace("lr=0.01", "lr=0.1"))
    found = reading(stage, {"a.ipynb": cells})
    assert [c.cell for c in found.candidates] == [3, 1]
    assert [(s.place, s.first_rate) for s in found.sessions] == [
        ("a.ipynb, cell 2", 0.01),
        ("a.ipynb, cell 4", 0.1),
    ]


@pytest.mark.parametrize(
    "names",
    [("Model_1", "Model_2", "Model_3"), ("S4_step1", "S4_step4"), ("Net1", "FinalNet")],
    ids=lambda names: names[-1],
)
def test_the_last_step_of_several(stage, names):
    classes = "import torch.nn as nn\n" + "".join(
        NET.format("").split("\n", 1)[1].replace("Net", name) for name in reversed(names)
    )
    runs = {
        f"run_{name}.py": f"from model import {name}\n" + RUN.replace("Net()", f"{name}()") for name in names
    }
    found = reading(stage, {"model.py": classes} | runs)
    assert found.candidates[0].class_name == names[-1]
    assert "latest step" in found.choice
    assert len(found.sessions) == len(names)


def test_a_norm_argument_is_the_students_own(stage):
    text = NET.format(", norm='BN'") + RUN.replace("Net()", "Net(norm='LayerNorm')")
    assert reading(stage, {"run.py": text}).candidates[0].built_with == (("norm", "LayerNorm"),)


def test_a_one_epoch_assignment_that_loops_twenty_times(stage):
    assert only_session(stage, NET.format("") + RUN.replace("range(1)", "range(1, 21)")).epochs == 20


def test_the_test_accuracy_comes_from_the_training_loader(stage):
    session = only_session(
        stage, NET.format("") + RUN.replace("test(model, test_loader)", "test(model, train_loader)")
    )
    assert [(e.loading.split, e.loading.images) for e in session.evaluations] == [("train", 60_000)]


def test_test_data_is_loaded_with_the_augmenting_transforms(stage):
    session = only_session(
        stage, NET.format("") + RUN.replace("train=False, transform=still", "train=False, transform=moving")
    )
    assert [(e.loading.split, e.loading.randomness) for e in session.evaluations] == [("test", "random")]


@pytest.mark.parametrize("shuffle", ["shuffle=False", "num_workers=2"])
def test_training_is_not_shuffled(stage, shuffle):
    training = only_session(stage, NET.format("") + RUN.replace("shuffle=True", shuffle)).training
    assert isinstance(training, Loading)
    assert not training.shuffled


def test_the_log_counts_the_training_images(stage):
    readme = "# T\n\n```\nEpoch 1\nTest set: Average loss: 0.0012, Accuracy: 57150/60000 (95.25%)\n```\n"
    found = reading(stage, {"README.md": readme})
    assert isinstance(found.readme, Readme)
    assert [(log.test_images, log.test_accuracy) for log in found.readme.logs] == [(60_000, 0.9525)]


def test_the_home_of_a_model_in_another_repository_is_suggested(stage):
    cells = ("!git clone https://github.com/ada/models\n%cd models", "from models.net import Net\n" + RUN)
    found = reading(stage, {"s8.ipynb": cells})
    assert [(one.url, one.kind, one.place) for one in found.repositories] == [
        ("https://github.com/ada/models", "cloned", "s8.ipynb, cell 1")
    ]
    assert "The training builds Net" in found.choice


def test_reading_runs_nothing_of_a_submission(stage, tmp_path):
    mark = tmp_path / "it-ran"
    act = f"open({str(mark)!r}, 'w').write('x')\n"
    files = {
        "a.ipynb": (act, f"!touch {mark}", NET.format("") + act),
        "b.py": act + RUN + f"import os\nos.system('touch {mark}')\nif __name__ == '__main__':\n    {act}",
        "conftest.py": act,
        "sitecustomize.py": act,
        "setup.py": act,
    }
    assert reading(stage, files).candidates
    assert not mark.exists()


def test_nothing_in_reading_can_run_code():
    folder = Path(reading_package.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"exec", "eval", "compile", "__import__", "execfile"}, path.name
        imported = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        forbidden = {
            "importlib",
            "runpy",
            "subprocess",
            "os",
            "pickle",
            "torch",
            "code",
            "multiprocessing",
            "ctypes",
        }
        assert not {name.split(".")[0] for name in imported} & forbidden, path.name
