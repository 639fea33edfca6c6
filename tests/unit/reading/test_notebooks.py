"""What a notebook holds: outputs, pictures, logs, clones."""

from __future__ import annotations

import json

import pytest

from grader.reading.notebooks import notebooks, runs
from grader.records import LogLine


def lines(*numbers: int, place: str = "a.ipynb, cell 2"):
    return [LogLine(place, "x", number, 0.9, 0) for number in numbers]


@pytest.mark.parametrize(
    ("logged", "epochs"),
    [
        ([], ()),
        (lines(1, 2, 3), (3,)),
        (lines(1, 1, 2, 2), (2,)),
        (lines(1, 2, 3, 1, 2), (3, 2)),
        (lines(0, 0, 0), (3,)),
        (lines(1, 0, 2, 0), (2,)),
        (lines(0, 0) + lines(0, 0, 0, place="a.ipynb, cell 9"), (2, 3)),
        (lines(1, 2) + lines(3, 4, place="a.ipynb, cell 9"), (4,)),
    ],
    ids=["none", "one", "train and test", "two", "no numbers", "some numbers", "two cells", "continued"],
)
def test_epochs_of_each_log(logged, epochs):
    assert runs(logged) == epochs


def test_there_is_an_end_to_logs():
    assert len(runs(lines(*[2, 1] * 5_000))) == 100


def saved(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 0, "metadata": {}})


def code(source: str, *outputs: dict[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def test_a_notebook_is_counted(stage):
    picture = {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": "<Figure>"}}
    log = {
        "output_type": "stream",
        "text": "".join(f"Epoch {n} | loss 0.1 | test accuracy 9{n}.00 %\n" for n in range(1, 6)),
    }
    text = saved(
        {"cell_type": "markdown", "source": "# S7\n\nWords\n## **Loss**\n#\n"},
        code("!git clone https://github.com/ada/models.git\n!git clone https://github.com/ada/mnist"),
        code("train()", log),
        code("show()", picture, picture),
        code("1 / 0", {"output_type": "error", "evalue": "division by zero"}),
        code(""),
    )
    (found,) = notebooks(*stage({"a.ipynb": text}))
    assert (found.path, found.code_cells, found.text_cells) == ("a.ipynb", 4, 1)
    assert (found.cells_with_output, found.pictures, found.logs) == (2, 2, (5,))
    assert found.headings == ((1, "S7"), (1, "Loss"))
    assert found.clones == ("https://github.com/ada/models", "https://github.com/ada/mnist")


def test_plain_source_in_a_notebooks_place_and_what_is_none(stage):
    files = {
        "plain.ipynb": "x = 1\n",
        "page.ipynb": "<html></html>",
        ".ipynb_checkpoints/a-checkpoint.ipynb": saved(code("x")),
    }
    (found,) = notebooks(*stage(files))
    assert (found.path, found.code_cells, found.cells_with_output) == ("plain.ipynb", 1, 0)


@pytest.mark.parametrize("outputs", [3, "x", None, [3, "x"], [{"data": 5}], [{"output_type": []}]])
def test_outputs_in_no_known_shape(stage, outputs):
    cell = {"cell_type": "code", "source": "x = 1", "outputs": outputs}
    (found,) = notebooks(*stage({"a.ipynb": saved(cell)}))
    assert found.pictures == 0
