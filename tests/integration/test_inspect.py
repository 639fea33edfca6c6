"""`grader inspect` as its users meet it: real processes, the real sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.records import Inspection

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "reference_models" / "s4"
GRADER = [sys.executable, "-m", "grader"]
TWO_POOLS = """
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 3)
        self.b = nn.Conv2d(8, 16, 3)
        self.spare = nn.Linear(300, 10)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.a(x)), 2)
        x = F.relu(self.b(x)).mean((2, 3))
        return self.head(x)
"""
ARGUMENTS = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, in_channels, num_classes, dropout):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(in_channels, 8, 3), nn.ReLU(), nn.Dropout(dropout))
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))
"""
NEVER_DONE = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        while True:
            pass

    def forward(self, x):
        return x
"""


def grader(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    command = [*GRADER, "inspect", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env, timeout=240)


def submission(folder: Path, source: str) -> Path:
    folder.mkdir()
    (folder / "model.py").write_text(source)
    return folder


@pytest.mark.sandbox
def test_the_reference_model_as_json(tmp_path: Path) -> None:
    done = grader(str(REFERENCE), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert list(found) == list(Inspection.__dataclass_fields__)
    assert (found["schema"], found["model"]["parameters"], found["obstacles"]) == (
        "grader/inspection/1",
        14_642,
        [],
    )
    assert found["model"]["entrypoint"]["class_name"] == "DigitNet"
    assert found["isolation"]["level"] == "3"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sandbox
def test_what_a_student_wrote_by_hand_is_seen(tmp_path: Path) -> None:
    done = grader(str(submission(tmp_path / "mine", TWO_POOLS)), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = done.stdout.replace("\u00a0", " ")
    for words in (
        "chosen",
        "8 × 8 pixels before the global pooling; the picture has 28 × 28",
        "3,010 parameters in spare (Linear)",
        "convolution 3x3 s1",
        "max pool 2x2 s2",
        "functional",
        "Table by torchinfo",
    ):
        assert words in text, words


@pytest.mark.sandbox
def test_another_number_of_classes_is_told_and_the_model_still_shown(tmp_path: Path) -> None:
    done = grader(str(submission(tmp_path / "mine", TWO_POOLS)), "--classes", "20", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "not (batch, 20)" in found["obstacles"][0]["reason"]
    assert found["model"]["parameters"] == 80 + 1168 + 3010 + 170
    assert found["model"]["structure"]["unused_parameters"] == 3010


@pytest.mark.sandbox
def test_arguments_that_follow_from_the_task_are_given(tmp_path: Path) -> None:
    place = submission(tmp_path / "mine", ARGUMENTS)
    done = grader(str(place), "--input", "3x32x32", "--classes", "5", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    arguments = dict(found["model"]["entrypoint"]["arguments"])
    assert arguments == {"in_channels": 3, "num_classes": 5, "dropout": 0.1}
    assert (found["model"]["parameters"], found["obstacles"]) == (3 * 8 * 9 + 8 + 8 * 5 + 5, [])


@pytest.mark.sandbox
def test_the_wrong_picture_is_the_reason_and_the_code_is_4(tmp_path: Path) -> None:
    done = grader(str(REFERENCE), "--input", "3x28x28", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    text = " ".join(done.stdout.split())
    assert "No model was measured. An error was raised in the forward pass of DigitNet()" in text
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.sandbox
def test_no_model_at_all(tmp_path: Path) -> None:
    done = grader(str(submission(tmp_path / "mine", "x = 1\n")), cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "No model was found" in " ".join(done.stdout.split())


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere",), 2, "nowhere"),
        ((str(REFERENCE), "--model", "model.py:Other"), 2, "there is no such model class"),
        (("https://colab.research.google.com/drive/1",), 4, "Colab"),
    ],
)
def test_what_cannot_be_looked_at(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = grader(*words, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_constructor_that_never_ends_is_over_before_a_run_would_end_it(tmp_path: Path) -> None:
    begin = time.monotonic()
    done = grader(str(submission(tmp_path / "mine", NEVER_DONE)), cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "It used 30 s of CPU time and was not done." in " ".join(done.stdout.split())
    assert time.monotonic() - begin < 60 + 120  # starting the worker has its own, longer patience


def test_without_a_sandbox_only_own_folders_run(tmp_path: Path) -> None:
    """No bubblewrap and no Landlock: the grader asks for each at one place, which the test points elsewhere."""
    code = (
        "import grader.isolation.bubblewrap as b; b._PATH = '/nowhere'; import sys; "
        "import grader.isolation.confine as c; c.landlock_abi = lambda: 0; "
        "sys.argv = ['grader', 'inspect', *sys.argv[1:]]; from grader.cli import main; main()"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)

    done = run(str(REFERENCE))
    assert done.returncode == 0, done.stderr
    assert "NOT ISOLATED" in done.stdout
    done = run("https://github.com/example/example")
    assert done.returncode == 5
    assert "--trust-this-code" in done.stderr


@pytest.mark.sandbox
def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [*GRADER, "inspect", str(submission(tmp_path / "mine", NEVER_DONE))]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Building"):
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
