"""Limits that follow the machine, projections, and which time counts."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.clock import (
    BACK_STOP,
    REFERENCE_STEPS,
    TOLERANCE,
    Pockets,
    ending,
    is_due,
    is_measured,
    pockets,
    projected,
    scaled_limit,
    shown,
    step_seconds,
    wall_limit,
)
from grader.spec.schema import Task

TABLE = {("mnist", "t4"): 0.004}


# --- the limit ----------------------------------------------------------------------------------------------


def test_a_slower_machine_gets_more_time():
    found = scaled_limit(600, "mnist", "t4", 0.05, TABLE)
    assert (found.seconds, found.factor) == (7500, 12.5)
    assert found.sentence == (
        "The limit is 2.1 h of counted time: the reference step takes 50 ms here and 4 ms on a t4, "
        "so 10 min on a t4 are 2.1 h here (factor 12.50)."
    )


def test_a_faster_machine_gets_no_less():
    found = scaled_limit(600, "mnist", "t4", 0.001, TABLE)
    assert (found.seconds, found.factor) == (600, 1)
    assert "1 ms here and 4 ms on a t4; a faster machine does not shorten it" in found.sentence


@pytest.mark.parametrize(("task", "device"), [("mnist", "a100"), ("cifar10", "t4"), ("mnist", "T4")])
def test_a_device_that_nobody_measured_scales_nothing_and_says_so(task, device):
    found = scaled_limit(600, task, device, 0.05, TABLE)
    assert (found.seconds, found.factor) == (600, 1)
    assert f"how fast a {device} is at this task has not been measured" in found.sentence


@pytest.mark.parametrize("measured", [0.0, -1.0, math.nan, math.inf])
def test_a_step_that_was_not_timed_scales_nothing_and_says_so(measured):
    found = scaled_limit(600, "mnist", "t4", measured, TABLE)
    assert (found.seconds, found.factor) == (600, 1)
    assert "this machine's reference step was not timed" in found.sentence


@given(st.floats(1, 1e5), st.floats(1e-6, 1e3))
def test_a_limit_never_shrinks_and_grows_with_the_step(limit, step):
    found = scaled_limit(limit, "mnist", "t4", step, TABLE)
    assert found.seconds >= limit
    assert math.isclose(found.seconds, limit * found.factor)
    assert scaled_limit(limit, "mnist", "t4", 2 * step, TABLE).seconds >= found.seconds


def test_both_figures_are_kept_and_only_a_comparison_says_that_the_work_was_slow():
    scaled = scaled_limit(600, "mnist", "t4", 0.05, TABLE)
    assert (scaled.stated_seconds, scaled.step_seconds, scaled.reference_step_seconds) == (600, 0.05, 0.004)
    assert scaled.compared
    assert scaled_limit(600, "mnist", "t4", 0.001, TABLE).compared  # a fast machine is no excuse
    assert not scaled_limit(600, "mnist", "t4", 0.05).compared
    assert not scaled_limit(600, "mnist", "t4", math.nan, TABLE).compared


def test_no_t4_was_measured_and_so_none_is_said_to_be():
    assert not is_measured("mnist", "t4")
    assert all(is_measured(*key) for key in REFERENCE_STEPS)
    assert {task for task, _ in REFERENCE_STEPS} <= set(get_args(Task))


def test_a_hostile_device_name_cannot_drive_the_terminal():
    assert "\x1b" not in scaled_limit(600, "mnist", "t4\x1b[2J", 1.0).sentence


def test_the_table_holds_plausible_steps():
    assert all(1e-5 < seconds < 10 for seconds in REFERENCE_STEPS.values())


# --- which limit was reached --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counted", "wall", "expected"),
    [
        (10, 11, "within"),
        (59.9, 239.9, "within"),
        (60, 61, "limit"),
        (60, 240, "limit"),  # both: the work itself was too long
        (20, 240, "infrastructure"),  # a busy host fails nobody
    ],
)
def test_only_counted_time_fails_a_trial(counted, wall, expected):
    assert ending(counted, wall, 60) == expected
    assert wall_limit(60) == BACK_STOP * 60 == 240


# --- projection ---------------------------------------------------------------------------------------------


def test_the_warm_up_says_nothing_about_the_other_steps():
    marks = [(0, 0.0), (5, 20.0), (10, 20.5), (15, 21.0), (30, 22.5)]
    assert math.isclose(step_seconds(marks), 0.1)


def test_one_stretch_that_the_machine_disturbed_does_not_count():
    marks = [(5, 1.0), (10, 1.5), (15, 9.0), (20, 9.5), (25, 10.0)]
    assert math.isclose(step_seconds(marks), 0.1)


def test_where_all_is_warm_up_it_has_to_do():
    assert math.isclose(step_seconds([(0, 0.0), (4, 2.0)]), 0.5)


@pytest.mark.parametrize("marks", [[], [(5, 1.0)], [(5, 1.0), (5, 2.0)], [(5, 2.0), (10, 1.0)]])
def test_marks_that_tell_nothing_are_refused(marks):
    with pytest.raises(ValueError, match="two marks or more"):
        step_seconds(marks)


def test_what_would_take_too_long_is_not_trained_and_says_so():
    """ResNet-18 for 20 epochs of CIFAR-10 on two cores."""
    found = projected([(5, 10.0), (30, 67.5)], 7_820, 3600)
    assert (round(found.seconds), found.train) == (17_986, False)
    assert found.sentence == (
        "A training of 7,820 steps would need about 5 h here, and its limit on this machine is 1 h: "
        "not trained, all else is graded."
    )


def test_what_fits_is_trained():
    found = projected([(5, 0.1), (30, 0.6)], 469, 600)
    assert (found.train, found.sentence) == (True, "A training of 469 steps would need about 9.4 s here.")
    several = projected([(5, 0.1), (30, 0.6)], 469, 600, trials=5)
    assert several.sentence == "A training of 469 steps would need about 9.4 s here, 47 s for 5 trials."


@pytest.mark.parametrize(("over", "train"), [(0.99 * TOLERANCE, True), (1.01 * TOLERANCE, False)])
def test_a_projection_just_over_the_limit_is_tried(over, train):
    assert projected([(5, 0.0), (30, 25 * over)], 100, 100).train is train


@pytest.mark.parametrize(
    ("marks", "due"),
    [
        ([], False),
        ([(40, 9.0)], False),  # how long one step takes is not known
        ([(10, 1.0), (29, 9.0)], False),  # too few steps
        ([(10, 1.0), (30, 6.9)], False),  # less than a hundredth of the limit
        ([(10, 1.0), (30, 7.0)], True),
        ([(5, 0.0), (5, 9.0)], False),
    ],
)
def test_a_projection_is_due_after_steps_and_time_enough(marks, due):
    assert is_due(marks, 600) is due


# --- time pockets -------------------------------------------------------------------------------------------


def test_the_rest_is_overhead():
    assert pockets(100, 60, 15) == Pockets(60, 15, 25)
    assert pockets(70, 60, 15) == Pockets(60, 15, 0)


@given(*[st.floats(0, 1e6)] * 3)
def test_the_pockets_of_two_trials_add_up(total, train, evaluate):
    one = pockets(total, train, evaluate)
    both = one + Pockets(1, 2, 3)
    assert math.isclose(both.total_seconds, one.total_seconds + 6)
    assert one.total_seconds >= total or math.isclose(one.total_seconds, total)


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.04 s"),
        (3.21, "3.2 s"),
        (42.4, "42 s"),
        (58, "1 min"),
        (90, "1.5 min"),
        (600, "10 min"),
        (3540, "1 h"),
        (5400, "1.5 h"),
        (18_000, "5 h"),
        (180_000, "50 h"),
    ],
)
def test_a_time_is_as_exact_as_a_projection_is(seconds, text):
    assert shown(seconds) == text
