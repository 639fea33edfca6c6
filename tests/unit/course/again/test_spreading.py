"""One function over many things: the same answer by one process and by several."""

from __future__ import annotations

import os
import signal

import pytest

from grader.course.again.spreading import spread
from grader.errors import GraderFault, StoreError


def square(number: int) -> int:
    return number * number


@pytest.mark.parametrize("processes", [1, 2, 3, 40])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_the_answer_is_that_of_a_loop(processes, count):
    assert spread(square, range(count), processes=processes) == [square(one) for one in range(count)]


def test_several_processes_take_part():
    assert len(set(spread(lambda _: os.getpid(), range(6), processes=3))) == 3


@pytest.mark.parametrize("bad", [0, 3, 4, 5])
def test_what_goes_wrong_is_raised_with_its_hint(bad):
    def work(one: int) -> int:
        if one == bad:
            raise StoreError(f"{one} is broken.", "Mend it.")
        return one

    with pytest.raises(StoreError) as found:
        spread(work, range(6), processes=2)
    assert str(found.value) == f"{bad} is broken. Mend it."


def test_a_process_that_is_killed_is_said():
    here = os.getpid()

    def work(one: int) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return one

    with pytest.raises(GraderFault, match="ended in the middle"):
        spread(work, range(6), processes=2)


def test_no_process_is_left_behind_when_this_one_gives_up():
    here = os.getpid()

    def work(one: int) -> int:
        if os.getpid() == here:
            raise KeyboardInterrupt
        signal.pause()
        return one

    with pytest.raises(KeyboardInterrupt):
        spread(work, range(4), processes=2)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
