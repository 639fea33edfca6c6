"""Modules of `benchmarks/`, which is no package: they import their neighbours by name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="session")
def benchmark_module() -> Iterator[Callable[[str], ModuleType]]:
    sys.path.append(str(FOLDER))
    yield importlib.import_module
    sys.path.remove(str(FOLDER))
