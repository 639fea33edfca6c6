"""The working copy, and the commands that change it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.worker.capture.commands import Commands
from grader.worker.capture.files import WorkingCopy, mirror


@pytest.fixture
def copy(tmp_path, monkeypatch):
    source = tmp_path / "handed in"
    for name, text in {
        "S7/train.ipynb": "{}",
        "helpers/main.py": "x = 1",
        "helpers/deep/a.py": "",
        ".git/HEAD": "",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    made = WorkingCopy(source, tmp_path / "work", "S7")
    monkeypatch.chdir(made.start)
    return made


def test_it_mirrors_without_copying(copy):
    place = copy.root / "helpers/main.py"
    assert place.is_symlink()
    assert place.read_text() == "x = 1"
    assert not (copy.root / ".git").exists()
    assert sorted(copy.python_files()) == ["S7/train.ipynb", "helpers/deep/a.py", "helpers/main.py"]


def test_writing_never_reaches_the_submission(copy):
    place = copy.root / "helpers/main.py"
    copy.to_write(place)
    place.write_text("x = 2")
    assert (copy.submission / "helpers/main.py").read_text() == "x = 1"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/content/train.ipynb", "S7/train.ipynb"),
        ("/content/drive/MyDrive/course/helpers", "helpers"),
        ("/kaggle/working/new.txt", "S7/kaggle/working/new.txt"),
        ("C:\\Users\\me\\helpers\\main.py", "helpers/main.py"),
        ("/content/", "S7"),
    ],
)
def test_paths_of_other_machines_lead_into_the_copy(copy, path, expected):
    assert Path(copy.path(path)) == copy.root / expected


def test_other_paths_stay(copy):
    assert copy.path("data/x.txt") == "data/x.txt"
    assert copy.path("/tmp") == "/tmp"
    assert copy.path(3) == 3


def test_a_copy_has_a_bound(tmp_path):
    for index in range(50):
        (tmp_path / "many" / f"{index}.txt").parent.mkdir(exist_ok=True)
        (tmp_path / "many" / f"{index}.txt").write_text("")
    assert mirror(tmp_path / "many", tmp_path / "few", 10) == 0
    assert len(list((tmp_path / "few").iterdir())) == 10


def commands(copy, names=()):
    notes: list[str] = []
    ran: list[tuple[str, list[str]]] = []
    return (
        Commands(copy, names, lambda place, words: ran.append((place.name, words)), notes.append),
        notes,
        ran,
    )


def test_a_clone_is_the_folder_of_that_name(copy):
    command, notes, _ = commands(copy)
    command("!git clone https://github.com/somebody/Helpers.git")
    command("%cd Helpers")
    assert Path.cwd() == copy.start / "Helpers"
    assert Path("main.py").read_text() == "x = 1"
    assert notes == []


def test_a_clone_can_be_moved(copy):
    command, _, _ = commands(copy)
    command("!git clone https://github.com/somebody/helpers && mv helpers/* . && rm -rf helpers")
    assert Path("main.py").read_text() == "x = 1"
    assert Path("deep/a.py").exists()


def test_a_notebook_clones_its_own_repository(copy):
    command, _, _ = commands(copy, ("course",))
    command("!git clone https://github.com/me/Course")
    command("%cd /content/Course/S7")
    assert Path("train.ipynb").exists()


def test_a_clone_of_something_unknown_is_named(copy):
    command, notes, _ = commands(copy)
    command("!git clone https://github.com/somebody/unknown")
    assert "--also" in notes[0]


def test_scripts_are_run_and_files_written(copy):
    command, _, ran = commands(copy)
    command("%%writefile net.py", "import torch\n")
    command("!python net.py --epochs 3")
    command("%run net")
    assert Path("net.py").read_text() == "import torch\n"
    assert ran == [("net.py", ["--epochs", "3"]), ("net.py", [])]


def test_anything_else_does_nothing(copy):
    command, notes, ran = commands(copy)
    for line in (
        "!pip install x",
        "!rm -rf /",
        "%matplotlib inline",
        "!'unbalanced",
        "!",
        "!cp",
        "%cd nowhere",
    ):
        command(line)
    assert (notes, ran, os.listdir()) == ([], [], ["train.ipynb"])
