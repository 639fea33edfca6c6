"""One function over many things, shared out among a few processes that are forked for it.

For work that is arithmetic on files, such as judging stored runs again: it must not need a thread, a connection or a
lock of this process. A child that dies leaves its share undone, and that is raised here.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from grader.errors import GraderFault
from grader.isolation.quota import usable_cores

Item = TypeVar("Item")
Made = TypeVar("Made")

WORTH_A_PROCESS = 20
"""Things that each process gets at least: a fork costs about as much as judging one or two."""
MOST_PROCESSES = 8


def spread(
    work: Callable[[Item], Made], items: Iterable[Item], *, processes: int | None = None
) -> list[Made]:
    """`[work(item) for item in items]`, by several processes at once where that pays.

    Args:
        processes: how many; without it, as many as there are cores and work for.

    Raises:
        Whatever `work` raised, of the first item that it raised for.
        GraderFault: a process ended in the middle.
    """
    listed = list(items)
    most = min(MOST_PROCESSES, len(usable_cores()), len(listed) // WORTH_A_PROCESS)
    count = max(1, most if processes is None else min(processes, len(listed)))
    if count == 1:
        return [work(item) for item in listed]
    shares = [range(start, len(listed), count) for start in range(count)]
    children = [_forked(work, [listed[index] for index in share]) for share in shares[1:]]
    made: dict[int, Made | BaseException] = {}
    try:
        made.update(zip(shares[0], _done(work, [listed[index] for index in shares[0]]), strict=False))
        for share, (_, fd) in zip(shares[1:], children, strict=True):
            made.update(zip(share, _heard(fd), strict=False))
    finally:
        for child in children:
            _ended(*child)
    return [_got(made, index) for index in range(len(listed))]


def _got(made: dict[int, Any], index: int) -> Any:
    """What was made of one thing, or what went wrong with it, or before it in the same share."""
    if index not in made:
        earlier = [one for _, one in sorted(made.items()) if isinstance(one, BaseException)]
        if earlier:
            raise earlier[0]
        raise GraderFault(
            "A process ended in the middle of its share, perhaps for want of memory.",
            "Give the command again.",
        )
    found = made[index]
    if isinstance(found, BaseException):
        raise found
    return found


def _done(work: Callable[[Item], Made], items: Sequence[Item]) -> list[Any]:
    """What became of each, up to the first that went wrong: then its error is the last one."""
    made: list[Any] = []
    for item in items:
        try:
            made.append(work(item))
        except Exception as error:
            return [*made, error]
    return made


def _forked(work: Callable[[Item], Made], items: Sequence[Item]) -> tuple[int, int]:
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
        with os.fdopen(writing, "wb") as answer:
            pickle.dump(_done(work, items), answer)
    except BaseException:
        os._exit(1)
    os._exit(0)


def _heard(fd: int) -> list[Any]:
    """A child's answer; nothing where it died."""
    with os.fdopen(os.dup(fd), "rb") as answer:
        told = answer.read()
    try:
        return list(pickle.loads(told)) if told else []
    except (pickle.UnpicklingError, EOFError):
        return []


def _ended(child: int, fd: int) -> None:
    os.close(fd)
    try:
        os.kill(child, signal.SIGKILL)  # it is done already, or nobody waits for it any more
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
