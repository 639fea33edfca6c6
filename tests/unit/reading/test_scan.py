"""What lies in a submission beside its code."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from grader.reading.scan import scan
from grader.records import LeftOut, Submission, SubmittedFile


@pytest.fixture
def scanned(tmp_path: Path):
    """Scan a submission of these files, path to text or bytes."""

    def make(files, left_out=()):
        listed = []
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data)
            listed.append(SubmittedFile(path, len(data), hashlib.sha256(data).hexdigest()))
        empty = Submission("here", "folder", "here", "", "", "", "", False, "sha256:0", ())
        return scan(tmp_path, replace(empty, files=tuple(listed), left_out=tuple(left_out)))

    return make


HONEST = '''
"""A model."""
import torch
from torch import nn

CLASSES = ["zero", "one", "two"]
MEAN, STD = 0.1307, 0.3081

class Net(nn.Module):
    """%s"""
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 128, 3)
''' % ("A long explanation in plain words of what this network does and why it does it. " * 60)


def test_an_honest_submission_has_nothing(scanned):
    found = scanned(
        {"model.py": HONEST, "README.md": "1234.5678 " * 5_000, "logs.png": b"\x89PNG" + b"1" * 99_999}
    )
    assert found == replace(found, seed_set_at="", weights="", weight_files=(), tables=(), long_literals=())
    assert found.numbers == 2


@pytest.mark.parametrize(
    "line",
    [
        "torch.manual_seed(0)",
        "torch.cuda.manual_seed_all(1)",
        "random.seed(1)",
        "np.random.default_rng(3)",
        "set_seed(2)",
    ],
)
def test_the_first_seed_is_named_with_its_line(scanned, line):
    assert scanned({"model.py": f"import torch\n\n{line}\n"}).seed_set_at == "model.py:3"


@pytest.mark.parametrize("name", ["best.pth", "out/last.PT", "w.npz", "model.safetensors", "a.ckpt"])
def test_files_of_weights_are_named(scanned, name):
    found = scanned({"model.py": HONEST, name: b"\0" * 10})
    assert found.weight_files == (name,)
    assert found.weights == name


def test_many_files_are_counted(scanned):
    found = scanned({f"w{i}.pth": b"" for i in range(9)})
    assert found.weight_files == ("w0.pth", "w1.pth", "w2.pth", "w3.pth", "5 more")


def test_large_tables_are_named_and_small_ones_are_not(scanned):
    found = scanned({"table.csv": "1.5," * 10_000, "settings.json": "{}", "requirements.txt": "torch\n"})
    assert found.tables == ("table.csv",)
    assert found.weights == "table.csv"


@pytest.mark.parametrize(
    ("literal", "words"),
    [
        ('"' + "q7Zx" * 3_000 + '"', "12,000 characters"),
        ('"' + "0.123 -0.456 " * 1_000 + '"', "13,000 characters"),
        ('b"' + "a" * 9_000 + '"', "9,000 bytes"),
        ("0x" + "f3" * 4_000, "bits"),
        ("[" + "7, " * 1_500 + "]", "1,500 items"),
        ("{" + ", ".join(f"'{i:04x}': 1" for i in range(1_200)) + "}", "1,200 items"),
    ],
)
def test_literals_that_nobody_can_read_are_named(scanned, literal, words):
    found = scanned({"model.py": f"import torch\nDATA = {literal}\n"})
    assert len(found.long_literals) == 1
    assert words in found.long_literals[0]
    assert "model.py:2" in found.long_literals[0]
    assert found.weights == found.long_literals[0]


def test_numbers_that_are_spread_over_many_lines_add_up(scanned):
    lines = "\n".join(f"w{i} = [{i}.1234, 0.{i + 1000}7]" for i in range(900))
    found = scanned({"model.py": lines})
    assert found.numbers >= 1_700
    assert "long numbers in model.py:1" in found.long_literals[0]


def test_round_numbers_are_no_data(scanned):
    assert scanned({"model.py": "x = [60000, 1e-4, 0.001, 128, 3.5, True]"}).numbers == 0


@pytest.mark.parametrize("path", ["torch.py", "numpy/__init__.py", "random.py", "json.py"])
def test_names_of_libraries_are_named(scanned, path):
    assert scanned({path: "x = 1"}).shadows == (path,)


@pytest.mark.parametrize("path", ["model.py", "test.py", "src/random.py", "torch/notes.md", "data.py"])
def test_names_that_stand_in_for_nothing_are_not(scanned, path):
    assert scanned({path: "x = 1"}).shadows == ()


def test_links_and_special_files_are_named_other_left_out_files_are_not(scanned):
    left = [
        LeftOut("data", "a symbolic link"),
        LeftOut("pipe", "a named pipe"),
        LeftOut("big.bin", "too large"),
    ]
    assert scanned({"model.py": "x = 1"}, left).links == ("data", "pipe")


def test_what_cannot_be_parsed_does_not_stop_the_scan(scanned):
    found = scanned({"a.py": "def (", "b.py": "torch.manual_seed(1)", "c.ipynb": "{"})
    assert found.seed_set_at == "b.py:1"
