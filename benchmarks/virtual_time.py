"""Threads of which one runs at a time, and a clock that moves only when none of them can: an exact simulation.

A batch takes its threads and its clock from `grader.course.batch.threads`; these are the ones of a simulation. What the
batch computes takes no virtual time. Whoever becomes able to run is queued, so the same batch runs the same way each
time. Only one thread runs at any moment, so nothing in here needs a lock.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor as Pool
from concurrent.futures import Future
from typing import Any

from grader.course.batch.threads import Threads


class _Thread:
    """One that waits for its turn. What it waits for is void once its `ticket` has changed."""

    def __init__(self) -> None:
        self.ticket = 0
        self._turn = threading.Semaphore(0)

    def wait(self) -> None:
        self._turn.acquire()

    def let(self) -> None:
        self._turn.release()


class VirtualTime:
    """The clock, and whose turn it is. Whoever makes it is its main thread, and has the first turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self._main = self._current = _Thread()
        self._ready: deque[_Thread] = deque()
        self._asleep: list[tuple[float, int, int, _Thread]] = []  # (until, number, ticket, who)
        self._numbers = itertools.count()
        self._stuck = False

    def sleep(self, seconds: float) -> None:
        self.park(None, seconds)

    def park(self, among: deque[_Thread] | None, seconds: float | None = None) -> None:
        """Give the turn away until `unpark` takes this thread from `among`, or these seconds are over.

        Raises:
            RuntimeError: in the main thread: all threads wait for each other.
        """
        me = self._current
        if among is not None:
            among.append(me)
        if seconds is not None:
            heapq.heappush(self._asleep, (self.now + seconds, next(self._numbers), me.ticket, me))
        self._let_next()
        me.wait()
        if self._stuck and me is self._main:
            raise RuntimeError("All threads of the simulation wait for each other.")
        self._current = me
        if among is not None and me in among:
            among.remove(me)

    def unpark(self, among: deque[_Thread]) -> None:
        """Let those who wait there run, in the order in which they came."""
        while among:
            one = among.popleft()
            one.ticket += 1
            self._ready.append(one)

    def start(self, work: Callable[[], None]) -> None:
        """A thread that does this work as soon as it has a turn."""
        made = _Thread()
        self._ready.append(made)
        threading.Thread(target=self._run, args=(made, work), daemon=True).start()

    def _run(self, me: _Thread, work: Callable[[], None]) -> None:
        me.wait()
        self._current = me
        work()
        self._let_next()

    def _let_next(self) -> None:
        """The next one that is able to run; where none is, the clock goes on to whoever sleeps for the shortest."""
        while not self._ready and self._asleep:
            until, _, ticket, who = heapq.heappop(self._asleep)
            if ticket == who.ticket:
                who.ticket += 1
                self.now = until
                self._ready.append(who)
        self._stuck = not self._ready
        (self._ready.popleft() if self._ready else self._main).let()


class VirtualEvent(threading.Event):
    """An event whose waiting takes virtual time."""

    def __init__(self, clock: VirtualTime) -> None:
        super().__init__()
        self._clock, self._waiting = clock, deque[_Thread]()

    def set(self) -> None:
        super().set()
        self._clock.unpark(self._waiting)

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._clock.park(self._waiting, timeout)
        return self.is_set()


class VirtualThreads(Threads):
    """For a batch: `Batch(..., finish=VirtualEvent(clock), threads=VirtualThreads(clock))`."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock

    def pool(self, size: int) -> Pool:
        return _Pool(self._clock, size)

    def as_completed(self, futures: Iterable[Future[Any]]) -> Iterator[Future[Any]]:
        left = list(futures)
        while left:
            done = [one for one in left if one.done()]
            if not done:
                assert isinstance(left[0], _Future)
                self._clock.park(left[0].ended)
            left = [one for one in left if one not in done]
            yield from sorted(done, key=lambda one: getattr(one, "number", 0))

    def now(self) -> float:
        return self._clock.now


class _Future(Future[Any]):
    number = 0  # counts the ends of a pool's tasks

    def __init__(self, clock: VirtualTime, ended: deque[_Thread]) -> None:
        super().__init__()
        self.ended, self._clock = ended, clock

    def result(self, timeout: float | None = None) -> Any:
        while not self.done():
            self._clock.park(self.ended)
        return super().result(timeout)


class _Pool(Pool):
    """As `concurrent.futures.ThreadPoolExecutor`: a thread more for each task, up to `size`, while none is idle."""

    def __init__(self, clock: VirtualTime, size: int) -> None:
        self._clock, self._size = clock, size
        self._tasks: deque[tuple[_Future, Callable[[], Any]]] = deque()
        self._threads, self._idle = 0, deque[_Thread]()
        self._ended = deque[_Thread]()
        self._numbers = itertools.count(1)
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        made = _Future(self._clock, self._ended)
        self._tasks.append((made, lambda: fn(*args, **kwargs)))
        if self._idle:
            self._clock.unpark(self._idle)
        elif self._threads < self._size:
            self._threads += 1
            self._clock.start(self._work)
        return made

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._closed = True
        while cancel_futures and self._tasks:
            self._tasks.pop()[0].cancel()
        self._clock.unpark(self._idle)
        while wait and self._threads:
            self._clock.park(self._ended)

    def _work(self) -> None:
        while self._tasks or not self._closed:
            if not self._tasks:
                self._clock.park(self._idle)
                continue
            made, task = self._tasks.popleft()
            try:
                made.set_result(task())
            except BaseException as error:
                made.set_exception(error)
            made.number = next(self._numbers)
            self._clock.unpark(self._ended)
        self._threads -= 1
        self._clock.unpark(self._ended)
