"""Results of benchmarks for tests: those of `tests/fixtures/benches.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def make_series(benches: Any) -> Callable[..., Any]:
    made: Callable[..., Any] = benches.series
    return made


@pytest.fixture
def make_bench(benches: Any) -> Callable[..., Any]:
    made: Callable[..., Any] = benches.bench
    return made


@pytest.fixture
def make_trial(benches: Any) -> Callable[..., Any]:
    made: Callable[..., Any] = benches.trial
    return made
