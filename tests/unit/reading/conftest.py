"""A submission from texts: what the reading tests need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.records import LeftOut, Submission, SubmittedFile

Stage = Callable[..., tuple[Path, Submission]]


def as_notebook(*cells: str) -> str:
    listed = [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells]
    return json.dumps({"cells": listed, "nbformat": 4, "nbformat_minor": 0, "metadata": {}})


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """`stage({"a.py": "..."}, subfolder="S4")` writes the files and gives (root, submission).

    A tuple of texts becomes a notebook with these code cells.
    """

    def write(
        files: dict[str, str | bytes | tuple[str, ...]],
        subfolder: str = "",
        readme_path: str = "",
        left_out: tuple[str, ...] = (),
        source: str = "https://github.com/ada/mnist",
    ) -> tuple[Path, Submission]:
        root = tmp_path / "root"
        for path, text in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            content = as_notebook(*text) if isinstance(text, tuple) else text
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        inside = [path for path in sorted(files) if path.startswith(f"{subfolder}/" if subfolder else "")]
        handed_in = tuple(SubmittedFile(path, (root / path).stat().st_size, "0" * 64) for path in inside)
        left = tuple(LeftOut(path, "larger than the cap") for path in left_out)
        digest = "sha256:" + "0" * 64
        return root, Submission(
            source, "git", "ada/mnist", subfolder, "", "", "", False, digest, handed_in, left, readme_path
        )

    return write
