"""The training shows none of the mistakes of method that the assignment names.

Decided by the remarks of the method review (`grader.evaluation.remarks`): what was seen while the student's own
code ran, or what the log shows. What was only read in the source goes to a person. Notes cost nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine, from_absence, open_verdict
from grader.evaluation.method import FAULTS, FaultName
from grader.evaluation.remarks import chosen_session
from grader.records import Absent, Evidence, Finding, Part, Remark, Session, Status


class Rule(interface.Rule):
    """The training shows none of the mistakes of method that the assignment names."""

    check: Literal["clean_method"]
    free_of: tuple[FaultName, ...] = Field(
        FAULTS,
        min_length=1,
        description="Mistakes of method that must not show, each with an equal share of the points; "
        "all that are known where this is not given.",
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        twice = [name for name in self.free_of if self.free_of.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice in free_of")
        return self

    def requirement(self) -> str:
        if len(self.free_of) > 3:
            return f"The training shows none of {len(self.free_of)} common mistakes of method."
        return f"The training is free of: {', '.join(self.free_of)}."


_FREE_OF: dict[FaultName, str] = {
    "measured on the training set": "not measured on the training set",
    "test data with random augmentation": "test data without random augmentation",
    "test set with random augmentation, never used": "no unused test set with random augmentation",
    "no model.eval() at test": "model.eval() at test",
    "no zero_grad": "gradients set to zero",
    "training without shuffling": "no training without shuffling",
    "softmax before cross-entropy": "no softmax before cross-entropy",
    "scheduler never stepped": "no scheduler that is never stepped",
    "one of several schedulers acts": "no scheduler that another one overrides",
    "best test epoch as the result": "not the best test epoch as the result",
    "more epochs than allowed": "no more epochs than allowed",
    "different normalisation for train and test": "same normalisation for train and test",
}
"""What a training without the mistake is called: a part that passed is listed by it."""


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    for absent in (evidence.model, evidence.training):
        if isinstance(absent, Absent):
            return from_absence(absent, rule.requirement())
    session = chosen_session(evidence.training)
    seen = [one for one in evidence.remarks if not one.harmless and one.name in rule.free_of]
    if session is None or (session.confidence == "low" and not seen):
        why = "It is not certain which training made the model: a person looks at the method."
        finding = Finding("not clear enough to judge", rule.requirement(), why)
        return open_verdict("review", finding)
    share = rule.points / len(rule.free_of)
    parts = tuple(_part(name, [one for one in seen if one.name == name], share) for name in rule.free_of)
    return replace(combine(parts, rule.points, rule.requirement()), notes=_notes(session))


def _part(name: FaultName, seen: list[Remark], share: float) -> Part:
    expected = f"no sign of: {name}"
    if not seen:
        return Part(_FREE_OF[name], "passed", share, share, Finding("not seen", expected))
    one = min(seen, key=lambda remark: remark.seen == "source")
    status: Status = "review" if one.seen == "source" else "failed"
    quoted = f': "{one.quote}"' if one.quote else ""
    return Part(_FREE_OF[name], status, 0.0, share, Finding(f"{one.place}{quoted}", expected, one.why))


def _notes(session: Session) -> tuple[str, ...]:
    if session.way == "captured":
        return ()
    return (
        "The training was read in the source and not seen while it ran: some mistakes would not show in it.",
    )
