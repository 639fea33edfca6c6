"""What an attempt without an answer comes to: each way to end has its class, and none is the student's."""

from __future__ import annotations

from typing import get_args

import pytest

from grader.course.batch.ending import answer_of
from grader.course.batch.executors.interface import Ended, Why
from grader.course.batch.job import ANSWER, Answer, write

KINDS = {
    "": "machine",
    "node lost": "machine",
    "preempted": "machine",
    "cancelled": "machine",
    "limit": "person",
    "stuck": "person",
    "set-up": "usage",
}


@pytest.mark.parametrize("why", get_args(Why))
def test_each_way_to_end_has_its_class(tmp_path, why):
    answer = answer_of(tmp_path, Ended(1, tail="It was said so.", why=why))
    assert answer.kind == KINDS[why]
    assert answer.message.endswith("It said: It was said so.")
    assert answer.message[0].isupper()


def test_an_answer_is_the_truth_however_it_ended(tmp_path):
    write(tmp_path / ANSWER, Answer("graded", "runs/one"))
    for why in get_args(Why):
        assert answer_of(tmp_path, Ended(-9, why=why)) == Answer("graded", "runs/one")


def test_what_was_asked_to_end_begins_again(tmp_path):
    assert answer_of(tmp_path, Ended(130, stopped=True)) is None


def test_a_signal_is_named(tmp_path):
    assert "with signal 9 and" in answer_of(tmp_path, Ended(-9)).message
    assert "with exit code 5 and" in answer_of(tmp_path, Ended(5)).message


def test_an_answer_that_is_none_is_the_machines(tmp_path):
    (tmp_path / ANSWER).write_text("[]")
    assert answer_of(tmp_path, Ended(0)).kind == "machine"
