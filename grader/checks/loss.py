"""The loss of the student's own training, and whether something is added to it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict
from grader.evaluation.own_training import Answer, judged, reason_of
from grader.records import Evidence, Session
from grader.text import clean

_NAME = r"^[a-z0-9]{1,20}(_[a-z0-9]{1,20}){0,5}$"
Name = Annotated[str, Field(pattern=_NAME)]
Added = Literal["nothing", "something", "l1"]


def _names(value: object) -> object:
    """One name or several."""
    listed = (value,) if isinstance(value, str) else value
    for name in listed if isinstance(listed, list | tuple) else ():
        if not isinstance(name, str) or not re.fullmatch(_NAME, name):
            raise ValueError(f'expected names of losses such as cross_entropy, got "{clean(str(name), 60)}"')
    return listed


class Rule(interface.Rule):
    """The student's own training takes the loss that the assignment asks for."""

    check: Literal["loss"]
    one_of: Annotated[
        tuple[str, ...],
        BeforeValidator(_names, json_schema_input_type=Name | list[Name]),
        Field(
            min_length=1,
            max_length=20,
            description="Losses that are right, as torch.nn.functional calls them: `cross_entropy`, `nll_loss`.",
        ),
    ]
    adds: Added | None = Field(
        None,
        description="What is added to the loss: `nothing`, `something`, or the norm `l1`; any if left out.",
    )
    each_session: bool = Field(
        False, description="Each training of the submission is judged, with an equal share of the points."
    )
    any_session: bool = Field(
        False, description="One training of the submission that has it is enough, whichever it is."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.each_session and self.any_session:
            raise ValueError("give each_session or any_session, not both")
        return self

    def requirement(self) -> str:
        added = {
            "nothing": " with nothing added",
            "something": " with a term added",
            "l1": " with the L1 norm added",
        }
        who = (
            "Each training"
            if self.each_session
            else "One of the trainings"
            if self.any_session
            else "The training"
        )
        return f"{who} takes {' or '.join(dict.fromkeys(self.one_of))}{added.get(self.adds or '', '')}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    return Verdict(
        *judged(rule, evidence.training, lambda session: _answer(rule, session), any_session=rule.any_session)
    )


def _answer(rule: Rule, session: Session) -> Answer:
    names = [clean(one.strip(), 60) for one in session.loss.split(" + ") if one.strip()][:8]
    if not names:
        why = reason_of(session, "loss") or "The loss could not be found out."
        return Answer("review", "not found out", why)
    plain = {_plain(one) for one in names}
    added = ", something is added to it" if not session.loss_is_plain else ""
    measured = f"{' + '.join(names)}{_arguments(session)}{added}"
    if not plain & {_plain(one) for one in rule.one_of}:
        why = f"It is another loss than {' or '.join(rule.one_of)}."
        return Answer("failed", measured, why, f"Use torch.nn.functional.{rule.one_of[0]}.")
    return _added(rule, session, measured, "l1loss" in plain)


def _added(rule: Rule, session: Session, measured: str, has_l1: bool) -> Answer:
    if rule.adds is None or (rule.adds == "nothing") == session.loss_is_plain:
        if rule.adds != "l1" or has_l1:
            return Answer("passed", measured)
        why = "Something is added to the loss; whether it is the L1 norm is not told by what was recovered."
        return Answer("review", measured, why)
    if rule.adds == "nothing":
        return Answer("failed", measured, "Something is added to the loss.", "Take the loss as it is.")
    what = "the L1 norm of the parameters" if rule.adds == "l1" else "a further term"
    return Answer("failed", measured, "Nothing is added to the loss.", f"Add {what} before backward().")


def _plain(name: str) -> str:
    """`CrossEntropyLoss`, `cross_entropy` and `cross_entropy_loss` are one."""
    short = name.lower().replace("_", "")
    return short if short in ("l1loss", "nllloss", "mseloss") else short.removesuffix("loss")


def _arguments(session: Session) -> str:
    given = ", ".join(f"{clean(name, 40)}={value!r}" for name, value in session.loss_arguments[:6])
    return f"({clean(given, 160)})" if given else ""
