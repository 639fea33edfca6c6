"""What an attempt came to: the answer that it left, else what follows from how it ended. That costs nobody a point."""

from __future__ import annotations

from pathlib import Path

from grader.course.batch.executors.interface import Ended, Why
from grader.course.batch.job import ANSWER, Answer, read_answer
from grader.errors import StoreError

_SAID = 400
_WORDS: dict[Why, tuple[str, str, str]] = {
    "": ("machine", "The attempt ended with {how} and without an answer.", ""),
    "node lost": ("machine", "The machine that it ran on was lost.", ""),
    "preempted": ("machine", "It had to make room for other work on its machine.", ""),
    "cancelled": ("machine", "Somebody cancelled it.", ""),
    "limit": (
        "person",
        "It was ended at a limit of the machines it ran on, not of the assignment. That is no fault of the work.",
        "Give it more time or memory there, and start the batch again.",
    ),
    "stuck": (
        "person",
        "It waits for what does not come.",
        "Ask whoever runs those machines, and start the batch again.",
    ),
    "set-up": ("usage", "It cannot run there.", "Put it right, and start the batch again."),
}


def answer_of(folder: Path, ended: Ended) -> Answer | None:
    """The answer in the folder of an attempt; where it left none, what its end comes to.

    Returns:
        None where it was asked to end and left no answer: it begins again.
    """
    try:
        answer = read_answer(folder / ANSWER)
    except StoreError as error:
        return Answer("machine", "", error.message, error.hint)
    if answer is not None or ended.stopped:
        return answer
    kind, message, hint = _WORDS[ended.why]
    how = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
    said = f" It said: {ended.tail[-_SAID:]}" if ended.tail else ""
    return Answer(kind, "", message.format(how=how) + said, hint)
