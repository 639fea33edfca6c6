"""Evidence of a submission that was really read: for the checks of what is handed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.reading.read import read_submission
from grader.records import Evidence, SecondRepository, Submission, SubmittedFile

HandedIn = Callable[..., Evidence]


def as_notebook(*cells: object) -> str:
    """A text becomes a code cell; a pair is a code cell and its saved output; what is a cell already stays."""
    listed = []
    for cell in cells:
        if isinstance(cell, dict):
            listed.append(cell)
            continue
        source, output = cell if isinstance(cell, tuple) else (cell, "")
        outputs = [{"output_type": "stream", "text": output}] if output else []
        listed.append({"cell_type": "code", "source": source, "outputs": outputs})
    return json.dumps({"cells": listed, "nbformat": 4, "nbformat_minor": 0, "metadata": {}})


@pytest.fixture
def handed_in(tmp_path: Path, example_records) -> HandedIn:
    """`handed_in({"a.py": "..."})` writes the files and reads them; a list of cells becomes a notebook."""
    whole = example_records["full_marks"].evidence

    def write(
        files: dict[str, str | list[object]],
        second: dict[str, str] | None = None,
        source: str = "https://github.com/ada/pytorch-cifar",
        kind: str = "git",
        name: str = "ada/pytorch-cifar",
    ) -> Evidence:
        root = tmp_path / "root"
        also = ()
        taken = tuple(_written(root, path, text) for path, text in files.items())
        if second is not None:
            inside = tuple(_written(root, f"main-eva8/{path}", text) for path, text in second.items())
            of = "https://github.com/ada/main-eva8"
            also = (
                SecondRepository(
                    of, "git", "ada/main-eva8", "main-eva8", "", "", "", "sha256:" + "0" * 64, inside
                ),
            )
        submission = Submission(
            source, kind, name, "", "", "", "", False, "sha256:" + "0" * 64, taken, also=also
        )
        return replace(whole, submission=submission, reading=read_submission(root, submission))

    return write


def _written(root: Path, path: str, text: str | list[object]) -> SubmittedFile:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(as_notebook(*text) if isinstance(text, list) else text, encoding="utf-8")
    return SubmittedFile(path, place.stat().st_size, "0" * 64)
