"""Target, Result, Analysis blocks."""

from __future__ import annotations

import json

import pytest

from grader.reading.discovery import discover
from grader.reading.experiments import Lines, experiments, texts_of


def read(text: str):
    return experiments([Lines("README.md", 1, tuple(text.split("\n")))])


@pytest.mark.parametrize(
    "text",
    [
        "Target: fewer parameters\nResult: 99.1 %\nAnalysis: it overfits\n",
        "**Target:** fewer parameters\n\n**Results:** 99.1 %\n\n**Analysis:** it overfits\n",
        "## Target\nfewer parameters\n## Result\n99.1 %\n## Analysis\nit overfits\n",
        "- Target - fewer parameters\n- Results - 99.1 %\n- Analysis - it overfits",
        "1. **Target**: fewer parameters\n2. **Results**: 99.1 %\n3. **Analysis**: it overfits",
        "TARGET:\n  fewer parameters\nRESULT:\n  99.1 %\nANALYSIS:\n  it overfits\n",
    ],
    ids=["plain", "bold", "headings", "dashes", "numbered", "capitals"],
)
def test_the_three_parts_in_the_ways_that_students_write_them(text):
    (found,) = read(text)
    assert (found.place, found.is_complete) == ("README.md:1", True)
    assert (found.target, found.result, found.analysis) == ("fewer parameters", "99.1 %", "it overfits")


def test_each_target_begins_a_step():
    text = "# Step 1\nTarget: a\nResult: b\nAnalysis: c\n# Step 2\nTarget: d\nResult: e\n"
    assert [(one.place, one.target, one.result, one.analysis) for one in read(text)] == [
        ("README.md:2", "a", "b", "c"),
        ("README.md:6", "d", "e", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The target is 99.4 %.\nThe result was good.\n",
        "Target: 99.4 %\n",
        "targeted: x\nresulting: y\n",
        "data, target = data.to(d)\n",
    ],
)
def test_talk_of_a_target_is_no_step(text):
    assert read(text) == ()


def test_in_text_cells_docstrings_and_comments(stage):
    steps = "Target: {}\nResults: ok\nAnalysis: fine"
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": steps.format("in a text cell")},
            {"cell_type": "code", "source": f"'''\n{steps.format('in a text that stands alone')}\n'''"},
        ]
    }
    comment = "\n".join("# " + line for line in steps.format("in a comment").split("\n"))
    files = {
        "a.ipynb": json.dumps(notebook),
        "b.py": f'class Net:\n    """\n{steps.format("in a docstring")}\n"""\n',
        "c.py": comment,
    }
    root, submission = stage(files)
    found = experiments(texts_of(root, submission, "", discover(root, submission).source))
    assert [(one.place, one.target, one.is_complete) for one in found] == [
        ("a.ipynb, cell 1", "in a text cell", True),
        ("a.ipynb, cell 2", "in a text that stands alone", True),
        ("b.py:3", "in a docstring", True),
        ("c.py:1", "in a comment", True),
    ]


@pytest.mark.timeout(20)
def test_hostile_text_takes_no_time():
    text = "target" * 50_000 + "\n" + ("- " * 5_000 + "target\n") * 200 + "Target:\n" * 20_000
    assert len(read(text)) <= 200
