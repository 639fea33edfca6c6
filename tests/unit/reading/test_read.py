"""Everything that can be known of a submission, in one record."""

from __future__ import annotations

import json

import pytest

from grader.reading.read import read_submission
from grader.records import Absent, Readme

NET = "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x): return x\n"


def with_output(text: str) -> str:
    cell = {"cell_type": "code", "source": "", "outputs": [{"output_type": "stream", "text": text}]}
    return json.dumps({"cells": [{"cell_type": "markdown", "source": ""}, cell]})


LOG = "Epoch 1\nTest set: Average loss: 0.1, Accuracy: 9855/10000 (98.55%)\nTotal params: 21,844\n"


def test_a_whole_submission(stage):
    files = {
        "README.md": "# T\n\nTotal parameters: 21,844\n",
        "model.py": NET,
        "train.ipynb": with_output(LOG),
    }
    reading = read_submission(*stage(files))
    assert isinstance(reading.readme, Readme)
    assert reading.candidates[0].class_name == "Net"
    assert [(log.place, log.epoch) for log in reading.readme.logs] == [("train.ipynb, cell 2", 1)]
    assert [(claim.place, claim.value) for claim in reading.readme.claims] == [("README.md:3", 21_844)]
    assert ("train.ipynb, cell 2", 21_844) in [(claim.place, claim.value) for claim in reading.claims]
    assert reading.unreadable == ()


def test_the_linked_notebook_alone_gives_logs(stage):
    files = {"README.md": "[n](b.ipynb)", "a.ipynb": with_output(LOG), "b.ipynb": with_output(LOG)}
    reading = read_submission(*stage(files))
    assert isinstance(reading.readme, Readme)
    assert [log.place for log in reading.readme.logs] == ["b.ipynb, cell 2"]


@pytest.mark.parametrize(
    ("files", "chosen", "expected"),
    [
        ({"README.md": "# a", "README.txt": "b"}, "", "README.md"),
        ({"readme.MD": "# a"}, "", "readme.MD"),
        ({"Readme": "# a"}, "", "Readme"),
        ({"S4/README.md": "# a", "README.md": "# b"}, "", "S4/README.md"),
        ({"S4/a.py": "", "README.md": "# b"}, "", "README.md"),
        ({"S4/notes/README.md": "# a", "S4/a.py": "", "readme.md": "# b"}, "", "readme.md"),
        ({"S4/README.md": "# a", "S4/docs/answer.md": "# c"}, "S4/docs/answer.md", "S4/docs/answer.md"),
    ],
)
def test_which_readme_is_read(stage, files, chosen, expected):
    subfolder = "S4" if any(path.startswith("S4/") for path in files) else ""
    reading = read_submission(*stage(files, subfolder=subfolder, readme_path=chosen))
    assert isinstance(reading.readme, Readme)
    assert reading.readme.path == expected


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"model.py": NET}, "There is no README."),
        ({"README.md": ""}, "README.md is empty."),
        ({"README.md": " \n\t\n"}, "README.md is empty."),
        (
            {"README.md": "x" * 5_000_000},
            "README.md cannot be read: 5.0 MB is more than the 300 kB that are read.",
        ),
    ],
)
def test_no_readme_is_the_students_shortfall_with_a_next_step(stage, files, reason):
    readme = read_submission(*stage(files)).readme
    assert isinstance(readme, Absent)
    assert (readme.cause, readme.reason) == ("failed", reason)
    assert readme.hint


def test_a_readme_that_is_a_link_or_a_folder_is_not_followed(stage, tmp_path):
    (tmp_path / "secret").write_text("# Secret")
    root, submission = stage({"README.md": "# a", "x/README.md/a.py": ""})
    (root / "README.md").unlink()
    (root / "README.md").symlink_to(tmp_path / "secret")
    readme = read_submission(root, submission).readme
    assert isinstance(readme, Absent)
    assert "not a regular file" in readme.reason


def test_bytes_that_are_no_utf_8_are_replaced(stage):
    reading = read_submission(*stage({"README.md": "# Gr\xfc\xdfe\n".encode("latin-1")}))
    assert isinstance(reading.readme, Readme)
    assert reading.readme.title == "Gr��e"


def test_a_readme_left_out_for_its_size_is_said_so(stage):
    root, submission = stage({"a.py": ""}, left_out=("README.md",))
    readme = read_submission(root, submission).readme
    assert isinstance(readme, Absent)
    assert "README.md cannot be read" in readme.reason
