"""Code cells of notebooks, as plain Python."""

from __future__ import annotations

import ast
import json
import time

import pytest

from grader.reading.notebook import LIMIT_CELLS, LIMIT_OUTPUT, code_cells, python_source


def notebook(*cells: object, **more: object) -> str:
    return json.dumps({"cells": list(cells), "nbformat": 4, "nbformat_minor": 0, "metadata": {}, **more})


def code(source: str | list[str], *outputs: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def test_cells_are_counted_over_all_cells_and_need_no_ids():
    text = notebook(
        {"cell_type": "markdown", "source": "# T"}, code("a = 1\nb = 2"), code(["c = 3\n", "d = 4"])
    )
    assert [(cell.number, cell.source) for cell in code_cells(text)] == [
        (2, "a = 1\nb = 2"),
        (3, "c = 3\nd = 4"),
    ]


def test_worksheets_of_format_3():
    cells = [
        {
            "cell_type": "code",
            "input": ["x = 1\n", "y = 2"],
            "outputs": [{"output_type": "stream", "text": "hi"}],
        }
    ]
    read = code_cells(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": cells}]}))
    assert [(cell.number, cell.source, cell.outputs) for cell in read] == [
        (1, "x = 1\ny = 2", ("hi",)),
        (2, "x = 1\ny = 2", ("hi",)),
    ]


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("!pip install torch", "pass"),
        ("%matplotlib inline", "pass"),
        ("?print", "pass"),
        ("Net?", "pass"),
        ("nn.Linear??", "pass"),
        ("pip install torchsummary", "pass"),
        ("cd /content", "pass"),
        ("files = !ls", "pass"),
        ("    %cd data", "    pass"),
        ("%time train()", "train()"),
        ("x = %time f(2)", "x = f(2)"),
        ("%time %time f()", "f()"),
        ("  %time !ls", "  pass"),
        ("%time a = !ls", "pass"),
        ("x = %time ", "pass"),
        ("x %= 3", "x %= 3"),
        ("a != b", "a != b"),
        ("x = y % 3", "x = y % 3"),
        ("print('50%')", "print('50%')"),
        ("# !pip", "# !pip"),
        ("cd = 4", "cd = 4"),
    ],
)
def test_a_line_of_magic(line, plain):
    assert python_source(line) == plain


def test_a_percent_sign_inside_of_an_open_expression_stays():
    source = "print('%d of %d'\n      % (1, 2))\ntext = '''\n!not a command\n'''\ny = 7 \\\n % 2"
    assert python_source(source) == source


def test_continued_magic_keeps_the_line_numbers():
    assert python_source("!pip install \\\n  torch\nx = 1") == "pass\n\nx = 1"


@pytest.mark.parametrize(
    "magic", ["%%time", "%%timeit -n 1", "%%capture out", "#@title Net\n%%time", "%%time\n%%capture"]
)
def test_cell_magics_that_keep_the_body(magic):
    (cell,) = code_cells(notebook(code(f"{magic}\nclass Net:\n    pass")))
    (net,) = [node for node in ast.parse(cell.source).body if isinstance(node, ast.ClassDef)]
    assert net.lineno == magic.count("\n") + 2


def test_writefile_becomes_a_file_with_its_line_numbers():
    cells = code_cells(
        notebook(code("%%writefile -a /content/../src/net.py\n%d = 1"), code("%%file notes.txt\nhello"))
    )
    assert [(cell.written_file, cell.source) for cell in cells] == [
        ("content/src/net.py", "\n%d = 1"),
        ("notes.txt", ""),
    ]


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%sh", "%%latex"])
def test_cells_of_another_language_are_empty_and_keep_their_output(magic):
    (cell,) = code_cells(notebook(code(f"{magic}\nrm -rf /", {"output_type": "stream", "text": "done"})))
    assert (cell.source, cell.outputs) == ("", ("done",))


def test_a_notebook_that_is_plain_source_is_one_cell():
    (cell,) = code_cells("\ufeffimport torch\n!pip install x\nclass Net: pass")
    assert (cell.number, cell.source) == (1, "import torch\npass\nclass Net: pass")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ('{"cells": [', "line 1, column 12: not valid JSON"),
        ("[1, 2]", "expected a JSON object"),
        ('{"metadata": {}}', 'no list of "cells"'),
        ("[" * 100_000, "nested too deeply"),
        ("<!DOCTYPE html>", "HTML page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0", "large-file storage"),
        (notebook(*[code("")] * (LIMIT_CELLS + 1)), "5,001 cells"),
        ('{"cells": "' + "x" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_notebook_is_said_with_its_place(text, fault):
    with pytest.raises(ValueError, match=fault):
        code_cells(text)


def test_cells_of_the_wrong_type_lose_only_themselves():
    text = notebook(7, None, {"cell_type": "code"}, {"cell_type": "code", "source": {"a": 1}}, code("x = 1"))
    assert [(cell.number, cell.source) for cell in code_cells(text)] == [(3, ""), (4, ""), (5, "x = 1")]


def test_saved_outputs_are_text_as_a_terminal_leaves_it():
    outputs = [
        {
            "output_type": "stream",
            "text": ["\x1b[31mEpoch 1\x1b[0m\n", "  0%|  | 0/9\r 50%|# | 4/9\r100%|##| 9/9\n"],
        },
        {"output_type": "execute_result", "data": {"text/plain": "0.98", "image/png": "AAAA"}},
        {"output_type": "display_data", "data": {"text/html": "<b>no</b>"}},
        {"output_type": "error", "traceback": ["Accuracy: 99 %"]},
        {"output_type": "stream", "text": 3},
        "no output at all",
    ]
    (cell,) = code_cells(notebook(code("", *outputs)))
    assert cell.outputs == ("Epoch 1\n100%|##| 9/9\n", "0.98")


def test_a_long_output_keeps_its_beginning_and_its_end():
    text = "first\n" + "x" * (2 * LIMIT_OUTPUT) + "\nlast"
    (cell,) = code_cells(notebook(code("", {"output_type": "stream", "text": text})))
    (output,) = cell.outputs
    assert output.startswith("first")
    assert output.endswith("last")
    assert len(output) < LIMIT_OUTPUT + 20


def test_agrees_with_nbformat_on_what_the_code_cells_are():
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("x"),
            nbformat.v4.new_code_cell("a = 1\n"),
            nbformat.v4.new_code_cell("b"),
        ]
    )
    read = code_cells(nbformat.writes(book))
    expected = [(i, cell.source) for i, cell in enumerate(book.cells, 1) if cell.cell_type == "code"]
    assert [(cell.number, cell.source) for cell in read] == expected


@pytest.mark.parametrize("unit", ["'\\'", '"""', "\\'", "a ", "x=!", "(" * 9, "%%time ", "?", "\x1b[1", "9"])
def test_hostile_text_takes_linear_time(unit):
    started = time.process_time()
    code_cells(notebook(code(unit * 50_000, {"output_type": "stream", "text": unit * 50_000})))
    assert time.process_time() - started < 2
