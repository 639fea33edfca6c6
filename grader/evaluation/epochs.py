"""How many epochs are trained: the student's number, the assignment's limit, or what the grader can afford.

An epoch is counted in samples that were delivered, never in what a student's loop says.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from grader.text import counted

_CAP = "the grader's cap and no limit of the assignment"


class Limits(Protocol):
    """The block `training.epochs` of a spec: one of `exactly`, `at_most`; a `cap` beside `at_most: student`."""

    @property
    def exactly(self) -> int | None: ...

    @property
    def at_most(self) -> int | Literal["student"] | None: ...

    @property
    def cap(self) -> int | None: ...


class Trained(NamedTuple):
    """How many epochs are trained, and why."""

    epochs: int
    sentence: str  # to the student
    capped: bool = (
        False  # the grader's cap ends it before the student's own number, which the assignment allows
    )


def epochs_to_train(stated: int, limits: Limits) -> Trained:
    """The number of epochs, and why.

    Args:
        stated: as the student's own training has them; 0 where it could not be found out.
    """
    if limits.exactly is not None:
        return Trained(limits.exactly, _exactly(max(stated, 0), limits.exactly))
    if limits.at_most == "student":
        assert limits.cap is not None
        return _capped(stated, limits.cap)
    assert limits.at_most is not None
    return _at_most(stated, limits.at_most)


def _exactly(stated: int, epochs: int) -> str:
    yours = f"; your training has {stated:,}" if stated not in (0, epochs) else ""
    return f"{_epochs(epochs)}, as the assignment asks{yours}."


def _at_most(stated: int, limit: int) -> Trained:
    if stated < 1:
        return Trained(limit, f"{_epochs(limit)}, the assignment's limit: {_UNKNOWN}.")
    if stated > limit:
        return Trained(limit, f"{_epochs(limit)}, the assignment's limit; your training has {stated:,}.")
    return Trained(stated, f"{_epochs(stated)}, as your training has; the assignment allows {limit:,}.")


def _capped(stated: int, cap: int) -> Trained:
    if stated < 1:
        return Trained(cap, f"{_epochs(cap)}, {_CAP}: {_UNKNOWN}.")
    if stated > cap:
        return Trained(cap, f"{_epochs(cap)}, {_CAP}; your training has {stated:,}.", capped=True)
    return Trained(stated, f"{_epochs(stated)}, as your training has; the assignment allows any number.")


_UNKNOWN = "how many your own training has could not be found out"


def _epochs(number: int) -> str:
    return counted(number, "epoch", "epochs")
