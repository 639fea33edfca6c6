"""Notebook cells as Python in which magics and shell lines are calls."""

from __future__ import annotations

import json

from grader.worker.capture.sources import pieces


def cells(tmp_path, *sources: str) -> list[str]:
    listed = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    place = tmp_path / "n.ipynb"
    place.write_text(json.dumps({"cells": listed, "nbformat": 4, "metadata": {}}))
    return [piece.source for piece in pieces(place, "n.ipynb")]


def test_shell_lines_and_magics_become_calls(tmp_path):
    (found,) = cells(tmp_path, "!git clone https://x.org/a/b\nif True:\n    %cd b\nx = 1")
    assert found.split("\n") == [
        "__command__('!git clone https://x.org/a/b')",
        "if True:",
        "    __command__('%cd b')",
        "x = 1",
    ]


def test_a_file_that_a_cell_writes(tmp_path):
    (found,) = cells(tmp_path, "%%writefile model.py\nimport torch\n")
    assert found == "__command__('%%writefile model.py', 'import torch\\n')"


def test_the_output_of_a_command_is_an_empty_list(tmp_path):
    assert cells(tmp_path, "files = !ls") == ["files = []"]


def test_a_timed_cell_keeps_its_body_and_another_language_does_not(tmp_path):
    timed, page, shell = cells(tmp_path, "%%time\nx = 1", "%%html\n<b>x</b>", "%%bash\ncd data\nls")
    assert "x = 1" in timed
    assert page == ""
    assert shell.split("\n") == ["__command__('!cd data')", "__command__('!ls')"]


def test_plain_python_under_a_notebooks_name(tmp_path):
    (tmp_path / "n.ipynb").write_text("x = 1\n")
    (found,) = pieces(tmp_path / "n.ipynb", "n.ipynb")
    assert (found.filename, found.source.strip()) == ("n.ipynb, cell 1", "x = 1")


def test_a_script_is_one_piece(tmp_path):
    (tmp_path / "t.py").write_text("x = 1\n")
    (found,) = pieces(tmp_path / "t.py", "t.py")
    assert (found.filename, found.source) == ("t.py", "x = 1\n")


def test_a_broken_notebook_has_no_pieces(tmp_path):
    (tmp_path / "n.ipynb").write_text('{"cells": [')
    assert list(pieces(tmp_path / "n.ipynb", "n.ipynb")) == []
    assert [piece.source for piece in pieces(tmp_path / "gone.py", "gone.py")] == [""]
