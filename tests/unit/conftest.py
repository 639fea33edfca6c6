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


@pytest.fixture
def known_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """A noise table for tests of what is done with one: a new measurement changes the shipped table, and not them."""
    from grader.evaluation import noise
    from grader.evaluation.calibration.rows import Known

    rows = {
        "mnist": (
            Known(0.964, 0.0057, "measured", "MNIST after one epoch near 96.4 %: 0.57 points over 3 seeds"),
            Known(0.983, 0.0046, "measured", "MNIST after one epoch near 98.3 %: 0.46 points over 3 seeds"),
            Known(0.99, 0.0016, "measured", "MNIST near 99 %: 0.08 to 0.16 points, the larger one"),
            Known(0.994, 0.0006, "measured", "MNIST at 99.4 %: about 0.06 points"),
        ),
        "cifar10": (
            Known(0.85, 0.0027, "derived", "CIFAR-10 at 85 %: about 0.27 points, derived"),
            Known(0.94, 0.0015, "published", "CIFAR-10 at 94 %: 0.15 points, published"),
        ),
    }
    monkeypatch.setattr(noise, "TABLE", rows)
