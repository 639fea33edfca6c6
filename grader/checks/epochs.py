"""How many epochs the student's own training sets.

The number is the loop's bound as it was recovered; how far a run with stand-ins got says little, since an early stop
acts on images without meaning.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict
from grader.evaluation.amounts import Amount
from grader.evaluation.log_rules import logged_epochs, logs_of
from grader.evaluation.own_training import Answer, judged, reason_of
from grader.records import Evidence, Session
from grader.text import counted

Count = Annotated[int, Field(ge=1, le=100_000, strict=True)]


class Rule(interface.Rule):
    """The student's own training has as many epochs as the assignment asks for."""

    check: Literal["epochs"]
    exactly: Count | None = Field(None, description="This number and no other.")
    at_least: Count | None = Field(None, description="This number or more.")
    at_most: Count | None = Field(None, description="This number or fewer.")
    fewer_than: Count | None = Field(None, description="Fewer than this number.")
    each_session: bool = Field(
        False, description="Each training of the submission is judged, with an equal share of the points."
    )

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.amount.fault():
            raise ValueError(self.amount.fault())
        return self

    @property
    def amount(self) -> Amount:
        return Amount(self.exactly, self.at_least, self.at_most, self.fewer_than)

    def requirement(self) -> str:
        return f"{'Each' if self.each_session else 'The'} training has {self.amount.of('epoch', 'epochs')}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    logged = 0 if rule.each_session else logged_epochs(logs_of(evidence.reading))
    return Verdict(*judged(rule, evidence.training, lambda session: _answer(rule, session, logged)))


def _answer(rule: Rule, session: Session, logged: int) -> Answer:
    """Args:
    logged: the last epoch of the log that is shown; 0 where there is none, or where it may be another training's.
    """
    unknown = reason_of(session, "epochs")
    if unknown or not session.epochs:
        return _unbounded(rule, session, unknown)
    measured = counted(session.epochs, "epoch", "epochs")
    notes: tuple[str, ...] = ()
    if 0 < session.passes < session.epochs:
        notes = (f"The loop may end early: with stand-in images it did after {session.passes:,}.",)
    if logged and logged != session.epochs:
        notes = (*notes, f"The log that is shown ends with epoch {logged:,}.")
    if rule.amount.allows(session.epochs):
        return Answer("passed", measured, notes=notes)
    why = f"The loop is set to {measured}; asked for: {rule.amount}."
    if logged and rule.amount.allows(logged):
        why += f" The log that is shown ends with epoch {logged:,}: a person decides which of the two counts."
        return Answer("review", measured, why)
    return Answer("failed", measured, why, "Set the number of epochs that is asked for.", notes=notes)


def _unbounded(rule: Rule, session: Session, unknown: str) -> Answer:
    """No loop with a known number of rounds: the passes that were seen are what one run of the code makes."""
    why = unknown or "How many epochs the loop has could not be found out."
    if session.way != "captured" or not session.passes:
        return Answer("review", "not found out", why)
    passes = counted(session.passes, "pass", "passes")
    measured = f"{passes} over the training images in one run, no loop with a known number"
    if rule.amount.allows(session.passes):
        return Answer("passed", measured, why)
    return Answer("review", measured, f"{why} A cell may have been run more than once: a person looks.")
