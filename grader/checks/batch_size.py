"""How many images a batch of the student's own training has."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict
from grader.evaluation.amounts import Amount
from grader.evaluation.own_training import Answer, judged, reason_of
from grader.records import Absent, Evidence, Session
from grader.text import clean

Size = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Rule(interface.Rule):
    """The batches of the student's own training are as large as the assignment asks for."""

    check: Literal["batch_size"]
    exactly: Size | None = Field(None, description="This size and no other.")
    at_least: Size | None = Field(None, description="This size or a larger one.")
    at_most: Size | None = Field(None, description="This size or a smaller one.")
    each_session: bool = Field(
        False, description="Each training of the submission is judged, with an equal share of the points."
    )

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.amount.fault():
            raise ValueError(self.amount.fault().replace(", at_most or fewer_than", " or at_most"))
        return self

    @property
    def amount(self) -> Amount:
        return Amount(self.exactly, self.at_least, self.at_most)

    def requirement(self) -> str:
        return f"{'Each' if self.each_session else 'The'} training has batches of {self.amount.of('image', 'images')}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    return Verdict(*judged(rule, evidence.training, lambda session: _answer(rule, session)))


def _answer(rule: Rule, session: Session) -> Answer:
    loading = session.training
    if isinstance(loading, Absent):
        return Answer("review", "not found out", reason_of(session, "training") or clean(loading.reason, 300))
    unknown = reason_of(session, "training.batch_size", "batch_size")
    if unknown or not loading.batch_size:
        why = unknown or "The size of a batch could not be found out."
        return Answer("review", "not found out", why, place=loading.place)
    measured = f"batches of {loading.batch_size:,}"
    notes = tuple(f"In this training {clean(one, 200)}." for one in session.beside if "steps once per" in one)
    if rule.amount.allows(loading.batch_size):
        return Answer("passed", measured, place=loading.place, notes=notes)
    why = f"The loader gives {measured}; asked for: {rule.amount}."
    if notes:
        return Answer("review", measured, f"{why} {notes[0]} A person looks.", place=loading.place)
    hint = "Set batch_size of the training's DataLoader."
    return Answer("failed", measured, why, hint, loading.place)
