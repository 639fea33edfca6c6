"""Ctrl-C in two steps: signals are real ones, to this very process."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from grader.cli._stopping import until_stopped


def signalled(count: int):
    """Work that is interrupted so often; it returns when it is asked to end."""
    finish, stop, said = threading.Event(), threading.Event(), []

    def work() -> str:
        for number in range(count):
            os.kill(os.getpid(), signal.SIGINT)
            assert (finish, stop)[number].wait(10)
        return "made"

    before = signal.getsignal(signal.SIGINT)
    made, interrupted = until_stopped(work, finish, stop, said.append)
    assert signal.getsignal(signal.SIGINT) is before
    return made, interrupted, finish.is_set(), stop.is_set(), len(said)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_first_signal_finishes_and_the_second_ends(count):
    assert signalled(count) == ("made", count > 0, count > 0, count > 1, count)


def test_work_that_finishes_by_itself_was_not_interrupted():
    finish = threading.Event()
    assert until_stopped(finish.set, finish, threading.Event(), print) == (None, False)


def test_what_the_work_raised_is_raised():
    def work() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        until_stopped(work, threading.Event(), threading.Event(), print)
