"""Virtual time: exact, the same each time, and never better than what so many devices can do."""

from __future__ import annotations

import heapq
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def virtual(script):
    return script("virtual_time")


def _makespan(virtual, seconds: list[float], devices: int) -> tuple[float, list[tuple[float, int]]]:
    """When all tasks are done on so many threads, and (moment, task) of each end."""
    clock, ends = virtual.VirtualTime(), []

    def task(number: int) -> None:
        clock.sleep(seconds[number])
        ends.append((clock.now, number))

    with virtual.VirtualThreads(clock).pool(devices) as pool:
        for number in range(len(seconds)):
            pool.submit(task, number)
    return clock.now, ends


def test_tasks_are_taken_in_their_order_by_whoever_is_free(virtual):
    """Two devices and 3, 1, 2, 2 seconds: the first works 0-3 and 3-5, the second 0-1 and 1-3."""
    makespan, ends = _makespan(virtual, [3, 1, 2, 2], 2)
    assert makespan == 5
    assert ends == [(1, 1), (3, 0), (3, 2), (5, 3)]


@given(
    st.lists(st.integers(0, 50).map(lambda tenths: tenths / 8), max_size=12),
    st.integers(1, 5),
)
@settings(max_examples=25, deadline=None)
def test_it_is_list_scheduling(virtual, seconds, devices):
    makespan, ends = _makespan(virtual, seconds, devices)
    free = [0.0] * devices
    for one in seconds:
        heapq.heappush(free, heapq.heappop(free) + one)
    assert makespan == max(free)
    assert makespan >= max([sum(seconds) / devices, *seconds])
    assert _makespan(virtual, seconds, devices) == (makespan, ends)


def test_results_and_errors_come_back(virtual):
    clock = virtual.VirtualTime()
    threads = virtual.VirtualThreads(clock)

    def work(seconds: float) -> float:
        clock.sleep(seconds)
        return 1 / (seconds - 2)

    with threads.pool(3) as pool:
        futures = [pool.submit(work, seconds) for seconds in (3, 2, 1)]
        order = [futures.index(one) for one in threads.as_completed(futures)]
        assert (futures[0].result(), futures[2].result()) == (1, -1)
        with pytest.raises(ZeroDivisionError):
            futures[1].result()
    assert (order, threads.now()) == ([2, 1, 0], 3)


def test_more_work_may_follow_from_what_is_done(virtual):
    clock = virtual.VirtualTime()
    threads = virtual.VirtualThreads(clock)
    with threads.pool(2) as pool:
        first = [pool.submit(clock.sleep, 4), pool.submit(clock.sleep, 1)]
        for one in threads.as_completed(first):
            pool.submit(clock.sleep, 2 + (one is first[0]))
    assert clock.now == 7


@pytest.mark.parametrize(("sets_at", "woke_at"), [(2, 2), (9, 5)])
def test_an_event_ends_a_pause(virtual, sets_at, woke_at):
    clock = virtual.VirtualTime()
    event, woke = virtual.VirtualEvent(clock), []

    def pausing() -> None:
        woke.append((event.wait(5), clock.now))
        clock.sleep(1)

    def setting() -> None:
        clock.sleep(sets_at)
        event.set()

    with virtual.VirtualThreads(clock).pool(2) as pool:
        pool.submit(pausing)
        pool.submit(setting)
    assert woke == [(sets_at < 5, woke_at)]
    assert event.wait(3)
    assert clock.now == max(sets_at, woke_at + 1)


def test_waiting_for_each_other_is_an_error(virtual):
    clock = virtual.VirtualTime()
    event = virtual.VirtualEvent(clock)
    threads = virtual.VirtualThreads(clock)
    pool = threads.pool(1)
    waiting = pool.submit(event.wait)
    with pytest.raises(RuntimeError, match="wait for each other"):
        waiting.result()


def test_only_one_runs_at_a_time(virtual):
    clock, inside, most = virtual.VirtualTime(), [], []

    def work() -> None:
        for _ in range(20):
            inside.append(threading.get_ident())
            most.append(len(inside))
            inside.pop()
            clock.sleep(0)

    with virtual.VirtualThreads(clock).pool(4) as pool:
        for _ in range(4):
            pool.submit(work)
    assert (max(most), len(most), clock.now) == (1, 80, 0)
