"""What this machine offers for grading: looked at in a thread of its own, while a submission is fetched and read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from grader.data.interface import DataSet
from grader.events import Events
from grader.isolation.interface import Sandbox
from grader.records import Isolation
from grader.stages.devices import Device

LINE_SECONDS = 60.0


@dataclass(frozen=True)
class Machine:
    """A sandbox that was proven, and the task's data. One serves any number of submissions, several at once too."""

    sandbox: Sandbox
    isolation: Isolation
    device: Device
    data: DataSet | None  # None: the assignment trains nothing


class Preparing:
    """A machine that is being prepared. It is waited for only by who needs it: a wrong link fails before that."""

    def __init__(self, prepare: Callable[[], Machine]) -> None:
        self._machine: Machine | None = None
        self._problem: BaseException | None = None
        # The process may end meanwhile: what is half started ends with it.
        self._thread = threading.Thread(target=self._run, args=(prepare,), daemon=True)
        self._thread.start()

    def machine(self) -> Machine:
        """The machine when it is ready.

        Raises:
            GraderFault: what `prepare` raised.
        """
        self._thread.join()
        if self._problem is not None:
            raise self._problem
        assert self._machine is not None
        return self._machine

    def _run(self, prepare: Callable[[], Machine]) -> None:
        try:
            self._machine = prepare()
        except BaseException as problem:  # it belongs to who asks for the machine
            self._problem = problem


class Waiting:
    """Tells that a core is waited for: in a line at once and each minute, and in the bar all the time."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._next_line = 0.0

    def __call__(self, who: str) -> None:
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_SECONDS
            self._events.note(f"{who}: waiting for a free one. `--threads 1` would not wait.")
        self._events.progress(0.0, "waiting for a free core")
