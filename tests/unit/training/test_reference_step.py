"""The fixed step by which machines are compared: always the same work, timed by the clock that is given."""

from __future__ import annotations

import itertools
import statistics
import time

import pytest
import torch

from grader.training.reference_step import BATCH, STEPS, counted_step_seconds, net, step_times


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("shape", "classes", "parameters"),
    [((1, 28, 28), 10, 14_458), ((3, 32, 32), 10, 14_746), ((3, 64, 64), 200, 21_016), ((4,), 3, 2_051)],
)
def test_the_net_never_changes(shape, classes, parameters):
    """Another net would need another table of reference devices."""
    built = net(shape, classes)
    assert sum(one.numel() for one in built.parameters()) == parameters
    assert built(torch.zeros(BATCH, *shape)).shape == (BATCH, classes)


def test_each_step_is_timed_by_the_given_clock():
    ticks = itertools.count(step=0.5)
    assert step_times((4,), 3, clock=lambda: next(ticks)) == (0.5,) * STEPS
    assert len(step_times((1, 28, 28), 10, steps=3)) == 3


@pytest.mark.slow
def test_more_work_takes_longer():
    small = statistics.median(step_times((1, 28, 28), 10, steps=7, clock=time.process_time))
    large = statistics.median(step_times((3, 64, 64), 10, steps=7, clock=time.process_time))
    assert 0 < 2 * small < large


def test_what_is_counted_is_cpu_time_per_thread(monkeypatch):
    """Two threads that both work use two seconds of CPU time in one second."""
    ticks = itertools.count(step=3.0)
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    assert counted_step_seconds((4,), 3, steps=2) == 3.0
    torch.set_num_threads(2)
    assert counted_step_seconds((4,), 3, steps=2) == 1.5


def test_it_leaves_the_random_state_alone_and_works_without_gradients_around_it():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with torch.no_grad():
        step_times((4,), 3, steps=1)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu_a_step_is_waited_for():
    times = step_times((3, 32, 32), 10, device="cuda", steps=5)
    assert all(seconds > 1e-5 for seconds in times)
