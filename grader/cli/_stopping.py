"""Long work that Ctrl-C ends in two steps: once to finish what runs, twice to end that, too."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def until_stopped(
    work: Callable[[], Made], finish: threading.Event, stop: threading.Event, note: Callable[[str], None]
) -> tuple[Made, bool]:
    """Do the work beside this thread, which hears the signals.

    Args:
        finish: is set at the first signal: nothing new is begun.
        stop: is set at the second: what runs is ended.

    Returns:
        What the work returned, and whether it was interrupted.

    Raises:
        What the work raised.
    """
    made: list[Made] = []
    raised: list[BaseException] = []
    asked: list[int] = []

    def doing() -> None:
        try:
            made.append(work())
        except BaseException as error:
            raised.append(error)

    def heard(number: int, _: object) -> None:
        asked.append(number)
        if len(asked) > 1:
            stop.set()
            note("Ending what runs.")
        else:
            finish.set()
            note("Finishing what runs, and beginning nothing new. Ctrl-C again ends it now.")

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        thread = threading.Thread(target=doing)
        thread.start()
        while thread.is_alive():
            thread.join(0.2)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if raised:
        raise raised[0]
    return made[0], bool(asked)
