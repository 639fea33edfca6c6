"""Hostile records, and readers that see what would act, for the contracts."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

_FIXTURES = Path(__file__).parents[1] / "fixtures"


def _load(name: str) -> ModuleType:
    known = f"grader_test_{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, _FIXTURES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


@pytest.fixture(scope="session")
def hostile() -> ModuleType:
    """The module `tests/fixtures/hostile.py`."""
    return _load("hostile")


@pytest.fixture(scope="session")
def acting() -> ModuleType:
    """The module `tests/fixtures/acting.py`."""
    return _load("acting")
