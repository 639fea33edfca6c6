"""`python -m grader.course.batch.node FOLDER`: an attempt of a batch, or a look, on another machine than the batch's.

It does what `grader.course.batch.attempt` does, in a folder of its own inside of the shared one, and links its answer
there: the first of all copies wins. It ends with 0 whenever there is an answer, whosever and whatever it is; so any
other code is the machine's. When it is told to end it leaves no answer and ends with 75, or with 76 where SIGUSR1
told it that its time is over. Nobody's standard input is here to say that the batch is gone: a file in the folder changes
as long as it is there.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import redirect_stdout
from pathlib import Path

from grader.course.batch.attempt import END_SECONDS, end_when_told, run, whose_fault
from grader.course.batch.copies import ALIVE, EVENTS, Copy, is_answered
from grader.course.batch.executors.interface import NO_ANSWER, OVER_TIME
from grader.course.batch.job import Answer
from grader.errors import DataMissing, GraderError, SandboxUnavailable
from grader.text import clean

GONE_SECONDS = 15 * 60.0
"""As long as this nobody waits for it: then it ends."""
_LOOK_SECONDS = 5.0
_TIME_IS_OVER = threading.Event()


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m grader.course.batch.node FOLDER", file=sys.stderr)
        return 2
    shared = Path(arguments[0])
    end_when_told()
    signal.signal(signal.SIGUSR1, _time_is_over)
    try:
        if is_answered(shared):
            return 0
        code = _copied(Copy.of(shared))
    except (OSError, GraderError) as error:
        print(f"{socket.gethostname()}: {error}", file=sys.stderr)
        code = NO_ANSWER
    except KeyboardInterrupt:
        code = NO_ANSWER
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if _is_answered(shared):
        return 0
    return OVER_TIME if _TIME_IS_OVER.is_set() else code


def _time_is_over(*_: object) -> None:
    _TIME_IS_OVER.set()
    os.kill(os.getpid(), signal.SIGTERM)


def _copied(copy: Copy) -> int:
    threading.Thread(target=_end_where_nobody_waits, args=(copy,), daemon=True).start()

    def leave(place: Path, answer: Answer) -> None:
        copy.publish(place, _from_here(answer))

    with (copy.own / EVENTS).open("a", encoding="utf-8") as events, redirect_stdout(events):
        code = run(copy.own, leave, _whose)
    return code if code not in (0, 130) else NO_ANSWER


def _is_answered(shared: Path) -> bool:
    try:
        return is_answered(shared)
    except OSError:
        return False


def _whose(error: GraderError) -> str:
    """A node without sandbox or data is like that for every row: it runs nothing, and the batch ends."""
    return "usage" if isinstance(error, SandboxUnavailable | DataMissing) else whose_fault(error)


def _from_here(answer: Answer) -> Answer:
    """A fault names the machine that had it."""
    if answer.kind not in ("machine", "usage"):
        return answer
    return Answer(answer.kind, "", f"On {clean(socket.gethostname(), 80)}: {answer.message}", answer.hint)


def _end_where_nobody_waits(copy: Copy) -> None:
    """Another copy was first, the batch began anew, or it is gone. Clocks of machines differ, so a change counts."""
    last, since = b"", time.monotonic()
    while copy.is_needed() and time.monotonic() - since < GONE_SECONDS:
        now = _alive(copy.shared / ALIVE)
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    os._exit(0 if _is_answered(copy.shared) else NO_ANSWER)


def _alive(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
