"""How a training by the student's own loop ended → what becomes of the accuracy."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from grader.evaluation.clock import scaled_limit
from grader.isolation.faithful import FaithfulRun
from grader.isolation.hearing import Paced
from grader.records import Absent, Entrypoint, Projection
from grader.stages.job import Job
from grader.stages.own_loop import _as_training, _last

LIMIT = scaled_limit(60, "mnist", "t4", 0.04, {("mnist", "t4"): 0.04})


def job(threads: int = 1, limit=LIMIT) -> Job:
    model = SimpleNamespace(entrypoint=Entrypoint("train.py", 0, "Net", (), ""), input_shape=(1, 28, 28))
    return Job(None, model, None, None, 60.0, threads, secret=1, time_limit=limit)


def run(ending: str, **fields) -> FaithfulRun:
    return FaithfulRun((), (), 40, 2560, 0, ending, "It used 120 s of CPU time.", **fields)


@pytest.mark.parametrize(
    ("loop_seconds", "threads", "cause"),
    [
        (119.0, 1, "failed"),
        (61.0, 1, "failed"),
        (59.0, 1, "review"),
        (119.0, 2, "review"),
        (0.0, 1, "review"),
    ],
)
def test_only_the_time_of_the_training_itself_fails_a_submission(loop_seconds, threads, cause):
    found = _last(job(threads), run("slow", cpu_seconds=120.0, loop_cpu_seconds=loop_seconds))
    assert isinstance(found, Absent)
    assert found.cause == cause


def test_without_a_measured_device_it_never_does():
    unmeasured = scaled_limit(60, "mnist", "t4", 0.04)
    found = _last(job(limit=unmeasured), run("slow", cpu_seconds=120.0, loop_cpu_seconds=119.0))
    assert isinstance(found, Absent)
    assert found.cause == "review"


def test_what_was_given_up_is_for_a_person_and_keeps_what_its_steps_said():
    paced = Paced(Projection(40, 4_000, 400.0), "It used 120 s of CPU time.")
    declined = run("declined", paced=paced)
    found = _last(job(), declined)
    assert isinstance(found, Absent)
    assert (found.cause, found.reason) == ("review", "It used 120 s of CPU time.")
    assert _as_training(declined).paced == paced
