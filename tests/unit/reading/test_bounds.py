"""Whatever is handed in, reading it ends soon and says what it left out. The limits of time are generous."""

from __future__ import annotations

import json
import resource
import time

import pytest

from grader.reading.read import read_submission
from grader.records import Absent, Readme, Submission, SubmittedFile

NET = "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x): return x\n"
SECONDS = 60.0


def timed(root, submission):
    begin = time.monotonic()
    reading = read_submission(root, submission)
    assert time.monotonic() - begin < SECONDS
    return reading


@pytest.mark.timeout(180)
def test_eleven_thousand_files(stage):
    files = {f"data/{number // 1000}/{number}.png": "" for number in range(10_000)}
    files |= {f"src/m{number}.py": f"x = {number}\n" for number in range(1_000)}
    reading = timed(*stage(files | {"model.py": NET, "README.md": "# T\n\n![a](data/3/3001.png)\n"}))
    assert [candidate.class_name for candidate in reading.candidates] == ["Net"]
    assert isinstance(reading.readme, Readme)
    assert reading.readme.links[0].fault == ""


def test_a_notebook_of_a_hundred_megabytes(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with (root / "big.ipynb").open("wb") as file:
        file.write(b'{"cells": [')
        file.truncate(100_000_000)
    (root / "model.py").write_text(NET)
    files = tuple(
        SubmittedFile(name, (root / name).stat().st_size, "0" * 64) for name in ("big.ipynb", "model.py")
    )
    handed_in = Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading = timed(root, handed_in)
    assert [(left.path, "100.0 MB is more than" in left.reason) for left in reading.unreadable] == [
        ("big.ipynb", True)
    ]
    assert reading.candidates[0].class_name == "Net"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sign", ["[", "](", "![", "**", "<a ", "`", "> ", "((", "\\["])
def test_twenty_thousand_brackets_in_a_readme(stage, sign):
    reading = timed(*stage({"README.md": "# T\n\n" + sign * 20_000 + "\n"}))
    assert isinstance(reading.readme, Readme | Absent)


def test_a_path_with_a_newline_and_worse(stage):
    bad = "a\nb \x1b[31m\u202e.py"
    reading = timed(*stage({bad: NET, " S 1/train me.ipynb": (NET,), "x\n.ipynb": "{"}))
    assert {candidate.class_name for candidate in reading.candidates} == {"Net"}
    assert {candidate.file for candidate in reading.candidates} == {bad, " S 1/train me.ipynb"}
    assert "\n" not in reading.choice
    assert "\x1b" not in reading.choice
    for session in reading.sessions:
        assert "\n" not in session.place


@pytest.mark.timeout(120)
def test_many_notebooks_with_many_trainings(stage):
    cell = "import torch.optim as optim\nfor i in [1, 2, 3, 4, 5, 6]:\n  for j in [1, 2, 3, 4, 5, 6]:\n    m = Net()\n    o = optim.SGD(m.parameters(), lr=i)\n    for b in x:\n      o.step()\n"
    reading = timed(*stage({f"n{number}.ipynb": (NET, *[cell] * 20) for number in range(40)}))
    assert 0 < len(reading.sessions) <= 60


def test_cells_that_are_no_cells(stage):
    cells = [
        None,
        3,
        "x",
        {"cell_type": "code"},
        {"cell_type": "code", "source": 7},
        {"cell_type": "code", "source": [NET, 5]},
    ]
    reading = timed(*stage({"a.ipynb": json.dumps({"cells": cells})}))
    assert [candidate.cell for candidate in reading.candidates] == [6]
