"""The end of a unit's time, as an exception in the student's code."""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Iterator
from types import FrameType

from grader.worker.capture.places import is_own

EVERY_SECONDS = 1.0
"""After the first alarm, how often it comes again, for code that was deep in a library when it came."""

AGAIN_SECONDS = (2e-6, 60e-6)
"""How soon another alarm follows one that was raised: soon enough to meet the end of a bare `except`."""


class OutOfTime(BaseException):
    """The time of this unit is over. No `except Exception` of the student's may catch it."""


@contextlib.contextmanager
def alarm(cpu_seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the student's code when its CPU time is over, again and again until it ends.

    A bare `except` in a loop catches one alarm, and would catch the next in the same place. So another follows
    after a moment of random length, until one meets the code between two rounds. Nothing is raised once their
    code is no longer running.
    """
    moments = random.Random()

    def over(_: int, frame: FrameType | None) -> None:
        while frame is not None and not is_own(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            signal.setitimer(signal.ITIMER_REAL, moments.uniform(*AGAIN_SECONDS))
            raise OutOfTime

    before = [(number, signal.signal(number, over)) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds, EVERY_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before:
            signal.signal(number, handler or signal.SIG_DFL)


def end_now() -> None:
    """Let the alarm come at once, where one is set."""
    if callable(signal.getsignal(signal.SIGALRM)):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS[0])
