"""What is known before a training: second repositories, walking back, and that nothing runs outside of the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sandbox

MODEL = """
import torch.nn as nn

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3), nn.ReLU())
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))
"""
FITTING = """
import torch
import torch.nn.functional as F
from torchvision import datasets, transforms

def loaders():
    transform = transforms.ToTensor()
    train = datasets.MNIST("data", train=True, download=True, transform=transform)
    test = datasets.MNIST("data", train=False, download=True, transform=transform)
    return (torch.utils.data.DataLoader(train, batch_size=64, shuffle=True),
            torch.utils.data.DataLoader(test, batch_size=64))

def fit(model, loader, optimizer):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()

def measure(model, loader):
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            model(images).argmax(1).eq(labels).sum()
"""
DRIFTED = "def something_else():\n    pass\n"
CELLS = (
    "!git clone https://github.com/somebody/models-repo",
    "import sys\nsys.path.append('models-repo')\nimport torch\nfrom small import Small\nimport helpers",
    "model = Small()\noptimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)\n"
    "train, test = helpers.loaders()\n"
    "for epoch in range(3):\n    helpers.fit(model, train, optimizer)\n    helpers.measure(model, test)",
)


def notebook(cells: tuple[str, ...]) -> str:
    listed = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in cells
    ]
    return json.dumps({"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def commit(folder: Path, files: dict[str, str], day: int) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    date = f"2026-03-{day:02d}T12:00:00+00:00"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    env = {**os.environ, **who, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", f"day {day}")):
        subprocess.run(["git", *words], cwd=folder, env=env, check=True)
    return folder


def inspected(*words: str, cwd: Path) -> tuple[int, dict, str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "grader", "inspect", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env, timeout=240)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return commit(tmp_path / "course", {"S7.ipynb": notebook(CELLS), "README.md": "# S7\n"}, day=20)


def models_repository(folder: Path, helpers: tuple[str, ...]) -> Path:
    for day, text in enumerate(helpers, 1):
        commit(folder, {"small.py": MODEL, "helpers.py": text}, day)
    return folder


def test_the_second_repository_is_named_where_it_is_missing(course: Path, tmp_path: Path) -> None:
    code, found, _ = inspected(str(course), cwd=tmp_path)
    assert (code, found["model"]["cause"]) == (6, "review")
    assert "S7.ipynb, cell 1 fetches another repository" in found["model"]["reason"]
    assert found["model"]["hint"].endswith("--also https://github.com/somebody/models-repo")


def test_model_and_training_are_found_with_it(course: Path, tmp_path: Path) -> None:
    second = models_repository(tmp_path / "models-repo", (FITTING,))
    code, found, _ = inspected(str(course), "--also", str(second), cwd=tmp_path)
    assert (code, found["model"]["parameters"]) == (0, 40 + 296 + 90)
    assert found["model"]["entrypoint"]["file"] == "models-repo/small.py"
    session = found["training"]["sessions"][found["training"]["chosen"]]
    assert (session["way"], session["epochs"], session["optimizer"]["name"]) == ("captured", 3, "SGD")
    assert [one["steps_back"] for one in found["submission"]["also"]] == [0]


def test_a_drifted_repository_is_walked_back(course: Path, tmp_path: Path) -> None:
    second = models_repository(tmp_path / "models-repo", (FITTING, DRIFTED, DRIFTED + "\n"))
    code, found, _ = inspected(str(course), "--also", f"models-repo={second / '.git'}", cwd=tmp_path)
    assert (code, found["model"]["parameters"]) == (0, 426)
    session = found["training"]["sessions"][found["training"]["chosen"]]
    assert (session["way"], session["epochs"]) == ("captured", 3)
    (also,) = found["submission"]["also"]
    assert (also["steps_back"], also["committed_at"][:10]) == (2, "2026-03-01")


@pytest.mark.slow
def test_where_no_commit_fits_the_newest_one_stays(course: Path, tmp_path: Path) -> None:
    second = models_repository(tmp_path / "models-repo", (DRIFTED, DRIFTED + "\n"))
    code, found, _ = inspected(str(course), "--also", f"models-repo={second / '.git'}", cwd=tmp_path)
    assert (code, found["model"]["parameters"]) == (0, 426)
    (also,) = found["submission"]["also"]
    assert (also["steps_back"], also["committed_at"][:10]) == (0, "2026-03-02")


REGISTRY = """
import json, sys
from pathlib import Path
sys.path.append(str(Path(__file__).parent))
import torch
from nets import NETS
import helpers

config = json.loads((Path(__file__).parent / "config.json").read_text())
model = NETS[config["name"]](**config["arguments"])
optimizer = torch.optim.SGD(model.parameters(), lr=config["lr"])
train, test = helpers.loaders()
for epoch in range(2):
    helpers.fit(model, train, optimizer)
    helpers.measure(model, test)
"""
NETS = """
import torch.nn as nn

class Base(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3), nn.ReLU())
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))

class Alpha(Base):
    def forward(self, x):
        return super().forward(x) * 2

class Beta(Base):
    def forward(self, x):
        return super().forward(x) * 3

NETS = {cls.__name__.lower(): cls for cls in (Alpha, Beta)}
"""
LIGHTNING = """
import pytorch_lightning as pl
import torch.nn as nn

class Lit(pl.LightningModule):
    def __init__(self, width=8):
        super().__init__()
        self.save_hyperparameters()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3), nn.ReLU())
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))

    def training_step(self, batch, index):
        self.log("loss", 0.0)
"""


def folder(place: Path, files: dict[str, str]) -> Path:
    place.mkdir()
    for name, text in files.items():
        (place / name).write_bytes(text.encode())
    return place


def test_the_model_is_the_one_that_the_training_code_trains(tmp_path: Path) -> None:
    config = json.dumps({"name": "beta", "arguments": {"width": 12}, "lr": 0.1})
    files = {"train.py": REGISTRY, "nets.py": NETS, "helpers.py": FITTING, "config.json": config}
    code, found, _ = inspected(str(folder(tmp_path / "mine", files)), cwd=tmp_path)
    entry = found["model"]["entrypoint"]
    assert (code, entry["class_name"], entry["arguments"]) == (0, "Beta", [["width", 12]])
    assert found["model"]["parameters"] == 12 * 9 + 12 + 120 + 10
    assert "what the training code trains" in entry["found_by"]


@pytest.mark.slow
def test_who_runs_the_grader_has_the_last_word(tmp_path: Path) -> None:
    config = json.dumps({"name": "beta", "arguments": {"width": 12}, "lr": 0.1})
    files = {"train.py": REGISTRY, "nets.py": NETS, "helpers.py": FITTING, "config.json": config}
    code, found, _ = inspected(
        str(folder(tmp_path / "mine", files)), "--model", "nets.py:Alpha", cwd=tmp_path
    )
    assert (code, found["model"]["entrypoint"]["class_name"]) == (0, "Alpha")


def test_a_model_that_a_function_builds_is_told_to_become_a_class(tmp_path: Path) -> None:
    train = CELLS[2].replace("Small()", "nn.Sequential(nn.Flatten(), nn.Linear(784, 10))")
    files = {
        "train.py": "import torch\nimport torch.nn as nn\nimport helpers\n" + train,
        "helpers.py": FITTING,
    }
    code, found, _ = inspected(str(folder(tmp_path / "mine", files)), cwd=tmp_path)
    assert code == 4
    assert "a Sequential of 7,850 parameters: build it in a class" in found["model"]["hint"]


def test_a_file_that_begins_with_a_mark(tmp_path: Path) -> None:
    code, found, _ = inspected(str(folder(tmp_path / "mine", {"model.py": "\ufeff" + MODEL})), cwd=tmp_path)
    assert (code, found["model"]["parameters"]) == (0, 426)


def test_a_model_of_a_framework_that_is_not_installed(tmp_path: Path) -> None:
    code, found, _ = inspected(str(folder(tmp_path / "mine", {"lit.py": LIGHTNING})), cwd=tmp_path)
    assert (code, found["model"]["parameters"]) == (0, 8 * 9 + 8 + 80 + 10)


def test_nothing_of_a_submission_runs_outside_of_the_sandbox(tmp_path: Path) -> None:
    """Every file that Python, pytest, git or a build tool would run by itself leaves a mark where it can."""
    marks = tmp_path / "marks"
    marks.mkdir()
    marks.chmod(0o777)
    leave = f"open({str(marks)!r} + '/' + __name__ + str(__import__('os').getpid()), 'w').close()\n"
    names = ("model.py", "train.py", "setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py")
    files = {name: leave + (MODEL if name == "model.py" else "") for name in (*names, "torch.py", "json.py")}
    files["train.ipynb"] = notebook((leave, *CELLS[1:]))
    files["Makefile"] = f"all:\n\ttouch {marks}/make\n"
    place = commit(tmp_path / "hostile", files, day=1)
    hook = place / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {marks}/hook\n")
    hook.chmod(0o755)
    for source in (str(place), str(place / ".git")):
        code, found, _ = inspected(source, cwd=tmp_path)
        assert (code, found["model"]["parameters"]) == (0, 426)
        assert found["isolation"]["level"] == "3"
    code, found, _ = inspected(".", cwd=place)
    assert (code, found["model"]["parameters"]) == (0, 426)
    assert list(marks.iterdir()) == []
