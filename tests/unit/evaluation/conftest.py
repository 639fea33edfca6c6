"""Sessions and logs made by hand; `tests` is no package, so they are loaded by their path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _made() -> ModuleType:
    name = "grader_test_sessions"
    if name not in sys.modules:
        place = Path(__file__).parents[2] / "fixtures" / "sessions.py"
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def made() -> ModuleType:
    return _made()
