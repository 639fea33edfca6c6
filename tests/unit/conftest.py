"""The hand-built structures, for the tests of checks and patterns."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_PLACE = Path(__file__).parents[1] / "fixtures" / "structures.py"


def _load() -> ModuleType:
    name = "grader_test_structures"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _PLACE)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def built() -> ModuleType:
    """The module `tests/fixtures/structures.py`."""
    return _load()
