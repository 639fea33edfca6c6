"""The optimizer of the student's own training, and its arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from grader.checks import interface
from grader.checks.interface import Verdict
from grader.evaluation.own_training import Answer, judged, reason_of
from grader.evaluation.stated_values import Plain, Unread, argument, is_given, shown
from grader.evaluation.wanted_values import Arguments, Wanted, fits, said
from grader.records import Evidence, Session
from grader.text import clean

_NAME = r"^[A-Za-z][A-Za-z0-9]{1,39}$"
Name = Annotated[str, Field(pattern=_NAME)]

_DEFAULTS: Mapping[str, Mapping[str, Plain]] = {
    "sgd": {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False},
    "adamw": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False},
    "rmsprop": {
        "lr": 1e-2,
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "momentum": 0.0,
        "centered": False,
    },
}
"""What torch takes where an argument is not given."""


def _names(value: object) -> object:
    """One name or several, as torch spells them in any case."""
    listed = (value,) if isinstance(value, str) else value
    for name in listed if isinstance(listed, list | tuple) else ():
        if not isinstance(name, str) or not re.fullmatch(_NAME, name):
            raise ValueError(f'expected names of optimizers such as sgd, got "{clean(str(name), 60)}"')
    return listed


class Rule(interface.Rule):
    """The student's own training takes the optimizer that the assignment asks for."""

    check: Literal["optimizer"]
    one_of: Annotated[
        tuple[str, ...],
        BeforeValidator(_names, json_schema_input_type=Name | list[Name]),
        Field(min_length=1, max_length=20, description="Optimizers that are right: `adam`, `[sgd, adam]`."),
    ]
    arguments: Arguments = Field(
        {}, description="Arguments by name: a value, or a range such as `{at_least: 0.001, at_most: 0.1}`."
    )
    each_session: bool = Field(
        False, description="Each training of the submission is judged, with an equal share of the points."
    )

    def requirement(self) -> str:
        asked = ", ".join(f"{name} {said(value)}" for name, value in self.arguments.items())
        who = "Each training" if self.each_session else "The training"
        return f"{who} takes the optimizer {' or '.join(self.one_of)}{f' with {asked}' if asked else ''}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    return Verdict(*judged(rule, evidence.training, lambda session: _answer(rule, session)))


def _answer(rule: Rule, session: Session) -> Answer:
    call = session.optimizer
    if not call.name:
        why = reason_of(session, "optimizer") or "The optimizer could not be found out."
        return Answer("review", "not found out", why)
    measured, place = clean(call.text, 200), call.place
    if call.name.lower() not in {one.lower() for one in rule.one_of}:
        if not call.library:
            why = f"{clean(call.name, 60)} is not one of torch's own: a person looks what it does."
            return Answer("review", measured, why, place=place)
        why = f"It is {clean(call.name, 60)}, and asked for is {' or '.join(rule.one_of)}."
        return Answer("failed", measured, why, place=place)
    faults = [_fault(session, name, wanted) for name, wanted in rule.arguments.items()]
    failed = [text for is_sure, text in faults if text and is_sure]
    unsure = [text for is_sure, text in faults if text and not is_sure]
    status: Literal["passed", "failed", "review"] = "failed" if failed else "review" if unsure else "passed"
    hint = "Give the optimizer the arguments that are asked for." if failed else ""
    notes = (
        (f"Its rate is set by {clean(session.schedules[-1].call.name, 60)}.",)
        if _is_moved(rule, session)
        else ()
    )
    return Answer(status, measured, " ".join(failed or unsure), hint, place, notes)


def _fault(session: Session, name: str, wanted: Wanted) -> tuple[bool, str]:
    """(whether that is sure, what is wrong with the argument); an empty text where it is right."""
    lost = reason_of(session, f"optimizer.{name}")
    mine = argument(session.optimizer, name)
    if not is_given(session.optimizer, name):
        lost = lost or reason_of(session, "optimizer.**")
        known = _DEFAULTS.get(session.optimizer.name.lower(), {})
        mine = known.get(name, mine)
    if lost or isinstance(mine, Unread):
        why = lost or (
            f"given is {shown(mine)}" if is_given(session.optimizer, name) else "its default is not known"
        )
        return False, f"{name} could not be found out: {why.rstrip('.')}."
    if fits(mine, wanted):
        return True, ""
    given = "" if is_given(session.optimizer, name) else " by default"
    return True, f"{name} is {shown(mine)}{given}; asked for is {said(wanted)}."


def _is_moved(rule: Rule, session: Session) -> bool:
    """A one-cycle schedule sets the rate itself, whatever the optimizer was given."""
    last = session.schedules[-1:] if "lr" in rule.arguments else ()
    return any(one.call.name in ("OneCycleLR", "CyclicLR") and one.steps != "never" for one in last)
