"""Tables of a model by its layers, in every form that students show them in."""

from __future__ import annotations

import json
import time

import pytest

from grader.reading.logs import Line
from grader.reading.read import read_submission
from grader.reading.summaries import LIMIT_SUMMARIES, summaries
from grader.records import ModelSummary, Submission, SubmittedFile

TORCHSUMMARY = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1           [-1, 16, 26, 26]             144
              ReLU-2           [-1, 16, 26, 26]               0
            Linear-3                   [-1, 10]           1,600
================================================================
Total params: 1,744
Trainable params: 1,744
"""
TORCHINFO = """\
==========================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
==========================================================================================
Net                                      [1, 10]                   --
├─Conv2d: 1-1                            [1, 16, 26, 26]           144
├─Linear: 1-2                            [1, 10]                   1,600
==========================================================================================
Total params: 1,744
"""
LIGHTNING = """\
  | Name  | Type   | Params
---------------------------------
0 | conv  | Conv2d | 144
1 | relu  | ReLU   | 0
2 | fc    | Linear | 1.6 K
---------------------------------
1.7 K     Trainable params
1.7 K     Total params
"""
REMARK = "Print the layer (type and output shape), one, two and three.\nTotal params: 1,744\n"


def read(text: str) -> tuple[ModelSummary, ...]:
    return summaries([Line(f"README.md:{n}", line) for n, line in enumerate(text.split("\n"), 1)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TORCHSUMMARY, ("README.md:2", 3, 1_744)),
        (TORCHINFO, ("README.md:2", 3, 1_744)),
        (LIGHTNING, ("README.md:1", 3, -1)),
        (TORCHSUMMARY.replace("Total", "Sum of").replace("Trainable", "Own"), ("README.md:2", 5, -1)),
    ],
    ids=["torchsummary", "torchinfo", "lightning", "its end is missing"],
)
def test_a_table_of_layers(text: str, expected: tuple[str, int, int]) -> None:
    assert read(text) == (ModelSummary(*expected),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        REMARK,
        "from torchsummary import summary\nsummary(model, (1, 28, 28))\n",
        "| Layer | Output shape | Parameters |\n| --- | --- | --- |\n| a | [1] | 1 |\n| b | [1] | 1 |\n| c | [1] | 1 |",
        "\n".join(TORCHSUMMARY.split("\n")[:3]),
        "Total params: 1,744",
    ],
    ids=["nothing", "remark", "call", "own table", "heading alone", "total alone"],
)
def test_what_is_no_table_of_layers(text: str) -> None:
    assert read(text) == ()


def test_several_each_with_its_own_total() -> None:
    found = read(TORCHSUMMARY + TORCHINFO.replace("1,744", "99") + TORCHSUMMARY)
    assert [one.parameters for one in found] == [1_744, 99, 1_744]


def test_one_that_is_broken_off_ends_where_the_next_begins() -> None:
    assert [one.parameters for one in read(TORCHSUMMARY.split("Total")[0] + TORCHINFO)] == [-1, 1_744]


def test_hostile_text_ends_soon() -> None:
    begin = time.monotonic()
    assert len(read(TORCHSUMMARY * 500)) == LIMIT_SUMMARIES
    for piece in ("Layer (type" + " " * 100_000, "| " * 50_000, "9," * 50_000, "Layer (type)\n" * 20_000):
        assert read(piece) == ()
    assert read("Layer (type) Param #\n" + "a 1\n" * 20_000)[0].layers == 20_000
    assert time.monotonic() - begin < 5


def test_in_the_readme_and_in_the_notebook_without_one(tmp_path) -> None:
    cell = {
        "cell_type": "code",
        "source": "print(x)",
        "outputs": [{"output_type": "stream", "text": TORCHINFO}],
    }
    text = json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 0, "metadata": {}})
    (tmp_path / "a.ipynb").write_text(text)
    assert places(tmp_path, "a.ipynb") == ["a.ipynb, cell 1"]
    (tmp_path / "README.md").write_text(f"# Net\n\n```text\n{TORCHSUMMARY}```\n")
    assert places(tmp_path, "a.ipynb", "README.md") == ["README.md:5", "a.ipynb, cell 1"]


def test_one_that_was_made_a_table_of_the_page(tmp_path) -> None:
    rows = "".join(f"| Conv2d-{n} | [-1, 16, 8, 8] | 2,320 |\n" for n in range(1, 5))
    table = f"| Layer (type) | Output Shape | Param # |\n| --- | --- | --- |\n{rows}"
    (tmp_path / "README.md").write_text(f"# Net\n\n{table}\n## Sum\n\n- **Total params:** 9,280\n")
    assert found(tmp_path, "README.md") == (ModelSummary("README.md:3", 4, 9_280),)
    own = table.replace("Layer (type)", "Layer")
    (tmp_path / "README.md").write_text(f"# Net\n\n{own}\nTotal params: 9,280\n")
    assert found(tmp_path, "README.md") == ()


def places(root, *names: str) -> list[str]:
    return [one.place for one in found(root, *names)]


def found(root, *names: str) -> tuple[ModelSummary, ...]:
    files = tuple(SubmittedFile(name, 1, "") for name in names)
    submission = Submission("x", "folder", "x", "", "", "", "", False, "", files)
    return read_submission(root, submission).summaries
