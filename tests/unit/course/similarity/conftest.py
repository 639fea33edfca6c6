"""Submissions of a few lines, and the class with known copies."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from grader.course.similarity.works import Work, read_work
from grader.fetch.interface import fetch

Made = Callable[..., Work]


@pytest.fixture
def work(tmp_path: Path) -> Made:
    """A submission with these files, read as a batch reads it."""

    def made(name: str, batch: str = "", **files: str) -> Work:
        folder = tmp_path / batch / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file.replace("__", ".")).write_text(text, "utf-8")
        with fetch(str(folder)) as fetched:
            return read_work(fetched.root, fetched.submission, name, batch)

    return made


@pytest.fixture(scope="session")
def similarity_class() -> ModuleType:
    """`benchmarks/similarity_class.py`, which imports its neighbours by name."""
    return [_benchmark(f"similarity_{name}") for name in ("copies", "parts", "class")][-1]


def _benchmark(name: str) -> ModuleType:
    if name not in sys.modules:
        place = Path(__file__).parents[4] / "benchmarks" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def notebook(*cells: str, printed: str = "") -> str:
    """A notebook with these code cells; the last one printed this."""
    made = [
        {
            "cell_type": "code",
            "source": text,
            "outputs": [],
            "execution_count": 1,
            "metadata": {},
            "id": f"c{n}",
        }
        for n, text in enumerate(cells)
    ]
    made[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": printed}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.fixture
def as_notebook() -> Callable[..., str]:
    return notebook
