"""One function over many things, shared out among a few processes that are forked for it.

For work that is arithmetic on files, such as judging stored runs again: it must not need a thread, a connection or a
lock of this process. What is made crosses as JSON. A child that dies leaves its share undone, and that is raised here.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from grader.errors import GraderError, GraderFault, StoreError
from grader.isolation.quota import usable_cores

Item = TypeVar("Item")

WORTH_A_PROCESS = 20
"""Things that each process gets at least: a fork costs about as much as judging one or two."""
MOST_PROCESSES = 8


def spread(work: Callable[[Item], Any], items: Iterable[Item], *, processes: int | None = None) -> list[Any]:
    """`[work(item) for item in items]`, by several processes at once where that pays.

    Args:
        work: makes something that JSON can hold; lists stay lists.
        processes: how many; without it, as many as there are cores and work for.

    Raises:
        StoreError: `work` raised a mistake of the grader's tree, here or in another process; with its message and hint.
        GraderFault: a process ended in the middle, or with a mistake of its own.
    """
    listed = list(items)
    most = min(MOST_PROCESSES, len(usable_cores()), len(listed) // WORTH_A_PROCESS)
    count = max(1, most if processes is None else min(processes, len(listed)))
    if count == 1:
        return [work(item) for item in listed]
    shares = [listed[start::count] for start in range(count)]
    children = [_forked(work, share) for share in shares[1:]]
    try:
        made = [[work(item) for item in shares[0]], *(_heard(fd) for _, fd in children)]
    finally:
        for child in children:
            _ended(*child)
    return [made[index % count][index // count] for index in range(len(listed))]


def _forked(work: Callable[[Item], Any], items: Sequence[Item]) -> tuple[int, int]:
    """A child at work: its process id, and where its answer can be read."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        for number in (signal.SIGINT, signal.SIGTERM):  # the parent hears them, and ends its children
            signal.signal(number, signal.SIG_DFL)
        os.close(reading)
        with os.fdopen(writing, "w", encoding="ascii") as answer:
            answer.write(json.dumps(_done(work, items)))
    except BaseException:
        os._exit(1)
    os._exit(0)


def _done(work: Callable[[Item], Any], items: Sequence[Item]) -> dict[str, Any]:
    """What a child answers: what it made, or what went wrong."""
    try:
        return {"made": [work(item) for item in items]}
    except GraderError as error:
        return {"message": error.message, "hint": error.hint}


def _heard(fd: int) -> list[Any]:
    """What a child made."""
    with os.fdopen(os.dup(fd), encoding="ascii") as answer:
        told = answer.read()
    try:
        found = json.loads(told)
    except ValueError:
        raise GraderFault(
            "A process ended in the middle of its share, perhaps for want of memory.",
            "Give the command again.",
        ) from None
    if "made" not in found:
        raise StoreError(found["message"], found["hint"])
    return list(found["made"])


def _ended(child: int, fd: int) -> None:
    os.close(fd)
    try:
        os.kill(child, signal.SIGKILL)  # it is done already, or nobody waits for it any more
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
