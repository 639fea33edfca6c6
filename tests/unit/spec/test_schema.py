"""What the parts of a spec mean once they are read."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from grader.data import interface as data
from grader.spec.load import load_spec, parse_spec, shipped_specs
from grader.spec.recipe import Optimizer, Schedule
from grader.spec.schema import Epochs, Seconds, Spec, Task

seconds = TypeAdapter(Seconds)


@pytest.mark.parametrize(
    ("text", "expected"), [("10 min", 600), ("90 s", 90), ("1 h", 3600), ("1.5h", 5400), ("2min", 120)]
)
def test_a_time_is_read_with_its_unit(text, expected):
    assert seconds.validate_python(text) == expected


@pytest.mark.parametrize(
    "value", ["10", 10, True, "min", "-1 min", "1 day", "1 min 30 s", None, "0 s", "169 h"]
)
def test_a_time_without_a_unit_or_out_of_bounds_is_refused(value):
    with pytest.raises(ValidationError):
        seconds.validate_python(value)


@given(st.integers(1, 10_000))
def test_minutes_are_sixty_seconds(count):
    assert seconds.validate_python(f"{count} min") == seconds.validate_python(f"{60 * count} s")


@pytest.mark.parametrize(
    ("given", "limit"), [({"exactly": 1}, 1), ({"at_most": 15}, 15), ({"at_most": "student", "cap": 60}, 60)]
)
def test_the_limit_of_epochs(given, limit):
    assert Epochs.model_validate(given).limit == limit


def test_a_choice_gives_its_name_and_plain_numbers():
    sgd = Optimizer.model_validate({"sgd": {"momentum": 0.9, "nesterov": True}})
    assert (sgd.name, sgd.arguments) == ("sgd", (("momentum", 0.9), ("nesterov", 1.0)))
    assert Optimizer.model_validate({"adamw": {}}).arguments == ()
    constant = Schedule.model_validate({"constant": {"lr": 0.01}})
    assert (constant.name, constant.arguments) == ("constant", (("lr", 0.01),))
    with pytest.raises(ValidationError, match="give exactly one of one_cycle, constant"):
        Schedule.model_validate({})


def content() -> dict[str, object]:
    return load_spec("s4").spec.model_dump(exclude_none=True) | {"training": None}


def test_a_spec_made_in_python_is_held_to_the_same_rules():
    with pytest.raises(ValidationError, match="needs a model, and the spec has no training"):
        Spec.model_validate(content())


def test_a_spec_that_needs_no_model_needs_no_training():
    plain = content()
    plain["checks"] = [rule for rule in plain["checks"] if rule["check"] == "readme"]
    assert Spec.model_validate(plain | {"points": 50}).training is None


def test_a_spec_does_not_change_after_it_was_read():
    spec = load_spec("s4").spec
    with pytest.raises(ValidationError, match="frozen"):
        spec.points = 1


def test_the_tasks_are_the_data_sets():
    assert set(get_args(Task)) == set(data.variants())


@pytest.mark.parametrize("task", get_args(Task))
def test_every_task_can_be_named(task):
    s4 = shipped_specs()["s4"].read_text(encoding="utf-8")
    assert parse_spec(s4.replace("task: mnist", f"task: {task}").encode(), "x.yaml").task == task
