"""Fixtures for all tests. A module of `tests/fixtures` is loaded by its path: `tests` is no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from grader.records import RunRecord


def load_fixture(name: str) -> ModuleType:
    """The module `tests/fixtures/<name>.py`."""
    known = f"grader_test_{name}"
    if known not in sys.modules:
        place = Path(__file__).parent / "fixtures" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(known, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


EXAMPLE_RECORDS: dict[str, RunRecord] = load_fixture("records").examples()


@pytest.fixture
def example_records() -> dict[str, RunRecord]:
    """One whole run record for each kind of ending, by name."""
    return dict(EXAMPLE_RECORDS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `example_record` runs once for each of them."""
    if "example_record" in metafunc.fixturenames:
        metafunc.parametrize("example_record", EXAMPLE_RECORDS.values(), ids=list(EXAMPLE_RECORDS))
