"""What a worker may use: the kernel's limits come after the supervisor's."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.isolation.interface import Limits
from grader.isolation.plain import Plain
from grader.spec.load import load_spec
from grader.stages.devices import FAR_ABOVE, limits
from grader.stages.workers import opener


def test_the_kernel_waits_longer_than_the_longest_time_limit_of_a_shipped_spec():
    training = load_spec("eva8_s10_yolo").spec.training
    assert training is not None
    assert training.time_limit > Limits().cpu_seconds
    assert limits(2, None, training.time_limit).cpu_seconds >= 10 * 2 * training.time_limit


def test_a_worker_that_trains_nothing_has_the_usual_limit():
    assert limits(1).cpu_seconds == limits(1, None, 60.0).cpu_seconds == Limits().cpu_seconds
    assert limits(2, None, 0.25 * 3600).cpu_seconds == FAR_ABOVE * 2 * 900


@pytest.mark.slow
def test_a_real_worker_runs_under_it(tmp_path):
    worker = opener(Plain(), tmp_path, 1, training_seconds=8 * 3600.0)()
    try:
        text = Path(f"/proc/{worker._process.pid}/limits").read_text()
    finally:
        worker.stop()
    (line,) = [one for one in text.splitlines() if one.startswith("Max cpu time")]
    assert line.split()[3] == str(FAR_ABOVE * 8 * 3600)
