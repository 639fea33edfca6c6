"""How a worker ended → what the report says and whose fault it is."""

from __future__ import annotations

import typing

import pytest

from grader.evaluation.clock import scaled_limit
from grader.isolation.supervisor import Ending, EndingKind
from grader.records import Entrypoint
from grader.stages.endings import absent_because, not_trained

ENTRY = Entrypoint("model.py", 0, "Net", (), "")
CAUSES = {"machine": "errored", "slow": "review", "killed": "review", "recipe": "review"}


@pytest.mark.parametrize("kind", typing.get_args(EndingKind))
@pytest.mark.parametrize("phase", ["load", "build", "forward", "train", "predict", "restore"])
def test_every_ending_in_every_phase_has_a_fault_a_sentence_and_a_next_step(kind, phase):
    absent = absent_because(Ending(kind, "It happened.", "model.py:3"), phase, ENTRY)
    assert absent.cause == CAUSES.get(kind, "failed")
    assert absent.hint
    assert absent.reason.endswith(".")
    assert "It happened" in absent.reason
    assert "model.py" in absent.reason or "Net()" in absent.reason


@pytest.mark.parametrize(
    ("kind", "says"), [("memory", "smaller"), ("disk", "Write less"), ("stalled", "input()")]
)
def test_where_the_ending_says_more_than_the_phase_the_next_step_is_about_it(
    kind: EndingKind, says: str
) -> None:
    assert says in absent_because(Ending(kind, "It happened."), "train", ENTRY).hint


def test_an_error_names_its_line():
    absent = absent_because(Ending("raised", "ValueError: no", "model.py:14"), "forward", ENTRY)
    assert (
        absent.reason
        == "An error was raised in the forward pass of Net() on random images: ValueError: no (model.py:14)."
    )


SLOW = Ending("slow", "It used 600 s of CPU time and was not done.")


def test_a_limit_that_was_held_against_its_device_is_the_students_own():
    limit = scaled_limit(600, "mnist", "t4", 0.05, {("mnist", "t4"): 0.04})
    absent = absent_because(SLOW, "train", ENTRY, limit=limit)
    assert absent.cause == "failed"
    assert absent.reason == (
        "Time limit exceeded while Net() was trained: It used 600 s of CPU time and was not done. The limit is 12 min "
        "of counted time: the reference step takes 50 ms here and 40 ms on a t4, so 10 min on a t4 are 12 min here "
        "(factor 1.25)."
    )


@pytest.mark.parametrize(
    ("measured", "says"), [(0.05, "has not been measured"), (0.0, "has not been measured")]
)
def test_a_limit_of_an_unmeasured_device_is_for_a_person(measured, says):
    absent = absent_because(SLOW, "train", ENTRY, limit=scaled_limit(600, "mnist", "t4", measured))
    assert absent.cause == "review"
    assert says in absent.hint


def test_a_machine_whose_step_was_not_timed_fails_nobody():
    limit = scaled_limit(600, "mnist", "t4", 0.0, {("mnist", "t4"): 0.04})
    absent = absent_because(SLOW, "train", ENTRY, limit=limit)
    assert absent.cause == "review"
    assert "was not timed" in absent.hint


def test_the_back_stop_alone_is_the_machines_even_under_a_scaled_limit():
    limit = scaled_limit(600, "mnist", "t4", 0.05, {("mnist", "t4"): 0.04})
    busy = Ending("machine", "The machine was too busy: 3000 s passed, and it was not done.")
    assert absent_because(busy, "train", ENTRY, limit=limit).cause == "errored"


def test_what_was_given_up_is_for_a_person():
    absent = not_trained("It would need about 5 h here: not trained.")
    assert (absent.cause, absent.stage) == ("review", "train")
    assert "faster machine" in absent.hint


def test_the_hint_names_the_images_of_this_assignment():
    ending = Ending("raised", "RuntimeError: no", "model.py:14")
    assert "torch.rand(4, 3, 32, 32)" in absent_because(ending, "forward", ENTRY, (3, 32, 32)).hint
    assert "torch.rand(4, 1, 28, 28)" in absent_because(ending, "forward", ENTRY).hint
