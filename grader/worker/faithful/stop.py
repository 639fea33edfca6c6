"""The end of a student's training, as an exception in their code."""

from __future__ import annotations

from typing import Literal

Why = Literal["budget", "diverged", "uncovered"]


class Stop(BaseException):
    """The training is over. No `except Exception` of the student's may catch it.

    `budget` all samples were delivered; `diverged` the loss became NaN or infinite; `uncovered` what would train
    here is not what the student's code trains, for the reason in `sentence`.
    """

    def __init__(self, why: Why, sentence: str = "") -> None:
        super().__init__(why)
        self.why: Why = why
        self.sentence = sentence
