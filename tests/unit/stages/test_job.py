"""How long a training may take, and whether its first steps say that it is worth going on with."""

from __future__ import annotations

import pytest

from grader.evaluation.clock import BACK_STOP
from grader.isolation.hearing import Mark
from grader.stages.job import Job


def job(seconds: float = 100.0, threads: int = 1, projects: bool = True) -> Job:
    return Job(None, None, None, None, seconds, threads, secret=1, projects=projects)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_limit_is_cpu_time_per_core(threads):
    """However many cores work, each may do so for the limit; wall clock is a back-stop that they share."""
    patience = job(100.0, threads).patience()
    assert (patience.cpu_seconds, patience.seconds) == (100.0 * threads, BACK_STOP * 100.0)
    assert patience.overrun == "slow"


def test_what_runs_beside_a_training_has_its_own_time_in_both_limits():
    patience = job(100.0, 2).patience(60.0)
    assert (patience.cpu_seconds, patience.seconds) == (320.0, BACK_STOP * 160.0)


def marks(step_seconds: float, count: int = 3, batch: int = 100) -> list[Mark]:
    return [Mark(20 * n, 20 * n * batch, 5.0 + 20 * n * step_seconds) for n in range(1, count + 1)]


def test_what_would_take_hours_is_given_up_after_its_first_steps():
    found = job(100.0).pace(marks(1.0), samples_needed=1_000_000)
    assert found is not None
    assert (found.projection.steps_measured, found.projection.steps_needed) == (60, 10_000)
    assert found.projection.seconds == 10_000
    assert found.declined == (
        "A training of 10,000 steps would need about 2.8 h here, and its limit on this machine is 1.7 min: "
        "not trained, all else is graded."
    )


def test_what_fits_goes_on_and_is_projected_once():
    found = job(100.0).pace(marks(0.1), samples_needed=100_000)
    assert found is not None
    assert (found.declined, found.projection.seconds) == ("", 100)


def test_two_cores_do_twice_as_much_in_a_counted_second():
    assert job(100.0, 1).pace(marks(0.2), samples_needed=100_000).declined
    assert not job(100.0, 2).pace(marks(0.2), samples_needed=100_000).declined


def test_it_is_too_early_to_tell():
    assert job(100.0).pace(marks(1.0, count=1), samples_needed=10**9) is None
    assert job(100.0).pace(marks(0.001, count=2), samples_needed=10**9) is None


def test_a_job_that_does_not_project_goes_on_whatever_its_steps_say():
    assert job(projects=False).pace(marks(1.0), samples_needed=10**9) is None


def test_samples_that_nobody_delivered_divide_nothing():
    found = job(100.0).pace([Mark(20, 0, 1.0), Mark(60, 0, 41.0)], samples_needed=5)
    assert found is not None
    assert found.projection.steps_needed == 300
