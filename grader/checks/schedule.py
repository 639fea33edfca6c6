"""The learning-rate schedule of the student's own training: which one, and where its rate is highest and lowest.

Where the rate is highest follows from the recovered arguments by arithmetic (`grader.evaluation.rate_curve`). One-cycle
"without annihilation" means that the rate comes back to the one that it started with, and does not go far below it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict
from grader.evaluation.own_training import Answer, judged, reason_of
from grader.evaluation.rate_curve import EDGE, Untold, end_share, peak
from grader.evaluation.stated_values import is_given
from grader.records import Evidence, Schedule, Session
from grader.text import clean

Kind = Literal[
    "one_cycle",
    "step",
    "multi_step",
    "exponential",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "linear",
    "plateau",
]
_CLASSES: dict[str, str] = {
    "one_cycle": "OneCycleLR",
    "step": "StepLR",
    "multi_step": "MultiStepLR",
    "exponential": "ExponentialLR",
    "cosine": "CosineAnnealingLR",
    "cosine_restarts": "CosineAnnealingWarmRestarts",
    "cyclic": "CyclicLR",
    "linear": "LinearLR",
    "plateau": "ReduceLROnPlateau",
}
_HOLD_OTHERS = frozenset({"SequentialLR", "ChainedScheduler", "LambdaLR", "MultiplicativeLR"})
"""What these do is in a function or in other schedules: their name tells nothing."""


def _kinds(value: object) -> object:
    """One kind or several."""
    listed = (value,) if isinstance(value, str) else value
    for kind in listed if isinstance(listed, list | tuple) else ():
        if kind not in _CLASSES:
            raise ValueError(
                f'got "{clean(str(kind), 60)}", which is no schedule. Known are {", ".join(_CLASSES)}'
            )
    return listed


def _epoch(value: object) -> object:
    """`epoch 5` and 5."""
    found = re.fullmatch(r"\s*epoch\s+(\d{1,5})\s*", value) if isinstance(value, str) else None
    if isinstance(value, str) and not found:
        raise ValueError(f'expected an epoch such as "epoch 5", got "{clean(value, 60)}"')
    return int(found[1]) if found else value


Epoch = Annotated[
    int,
    Field(ge=1, le=100_000, strict=True),
    BeforeValidator(_epoch, json_schema_input_type=int | Annotated[str, Field(pattern=r"^epoch \d{1,5}$")]),
]


class Rule(interface.Rule):
    """The student's own training follows the learning-rate schedule that the assignment asks for."""

    check: Literal["schedule"]
    one_of: Annotated[
        tuple[Kind, ...],
        BeforeValidator(_kinds, json_schema_input_type=Kind | list[Kind]),
        Field(min_length=1, description="Schedules that are right: `one_cycle`, or a list."),
    ]
    maximum_at: Epoch | None = Field(None, description="The epoch with the highest rate: `epoch 5`.")
    annihilation: Literal["none"] | None = Field(
        None, description="`none`: a one-cycle rate ends where it started and not far below."
    )
    ends_above: Ratio = Field(
        0.1, description="With `annihilation: none`: the share of its first rate that the last one must have."
    )
    stepped: Literal["per batch", "per epoch"] | None = Field(
        None, description="How often the schedule is stepped; either if it is left out."
    )
    each_session: bool = Field(
        False, description="Each training of the submission is judged, with an equal share of the points."
    )

    @model_validator(mode="after")
    def _one_cycle_only(self) -> Self:
        if self.annihilation and self.one_of != ("one_cycle",):
            raise ValueError("annihilation: none stands only beside one_of: one_cycle")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A key without a value is refused, so it is left out."""
        return {name: value for name, value in handler(self).items() if value is not None}

    def requirement(self) -> str:
        kinds = " or ".join(_CLASSES[one] for one in dict.fromkeys(self.one_of))
        often = f", stepped {self.stepped}" if self.stepped else ""
        highest = f", with its highest rate in epoch {self.maximum_at}" if self.maximum_at else ""
        end = ", without annihilation" if self.annihilation else ""
        return f"{'Each' if self.each_session else 'The'} training uses {kinds}{often}{highest}{end}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    return Verdict(*judged(rule, evidence.training, lambda session: _answer(rule, session)))


def _answer(rule: Rule, session: Session) -> Answer:
    wanted = {_CLASSES[one] for one in rule.one_of}
    fitting = [one for one in session.schedules if one.call.name in wanted]
    acting = [one for one in fitting if one.steps != "never"]
    if acting:
        return _shape(rule, acting[-1], session)
    if fitting:
        return _idle(fitting[-1], session)
    return _another(rule, session)


def _another(rule: Rule, session: Session) -> Answer:
    hint = f"Use torch.optim.lr_scheduler.{_CLASSES[rule.one_of[0]]}."
    if not session.schedules:
        lost = reason_of(session, "schedules", "schedule")
        if not lost and session.way != "captured":
            lost = "None was found in the source; one that is built elsewhere may have been missed: a person looks."
        if lost:
            return Answer("review", "no schedule found", lost, hint)
        return Answer("failed", "no schedule", "The rate stays as the optimizer is given it.", hint)
    names = ", ".join(clean(one.call.name, 60) for one in session.schedules[:4])
    place = session.schedules[0].call.place
    own = any(one.call.name in _HOLD_OTHERS or not one.call.library for one in session.schedules)
    if own:
        return Answer("review", names, f"What {names} does is in the student's own code.", place=place)
    return Answer("failed", names, "It is another schedule than the one that is asked for.", hint, place)


def _idle(schedule: Schedule, session: Session) -> Answer:
    name = clean(schedule.call.name, 60)
    why = f"{name} is created and its step() is never called, so the rate stays as it is."
    if session.way != "captured":
        return Answer("review", f"{name}, no step() found", why, place=schedule.call.place)
    hint = "Call its step() after each batch or after each epoch."
    return Answer("failed", f"{name}, never stepped", why, hint, schedule.call.place)


def _shape(rule: Rule, schedule: Schedule, session: Session) -> Answer:
    """The parts of what is asked, the worst of which decides."""
    looked = [_often(rule, schedule), _maximum(rule, schedule, session), _end(rule, schedule, session)]
    answers = [one for one in looked if one is not None]
    statuses = [one.status for one in answers]
    status = next((one for one in ("failed", "review") if one in statuses), "passed")
    name = clean(schedule.call.name, 60)
    measured = ", ".join([f"{name} stepped {_HOW_OFTEN[schedule.steps]}", *(one.measured for one in answers)])
    worst = [one for one in answers if one.status == status and status != "passed"]
    return Answer(
        status,  # type: ignore[arg-type]
        measured,
        " ".join(one.why for one in worst),
        " ".join(one.hint for one in worst if one.hint),
        schedule.call.place,
        tuple(one.why for one in answers if one.status == "passed" and one.why),
    )


_HOW_OFTEN = {"per batch": "per batch", "per epoch": "per epoch", "unclear": "it is not known how often"}


def _often(rule: Rule, schedule: Schedule) -> Answer | None:
    if rule.stepped is None or schedule.steps == rule.stepped:
        return None
    if schedule.steps == "unclear":
        return Answer("review", "how often is not known", "When its step() is called could not be found out.")
    why = f"It is stepped {schedule.steps}; asked for is {rule.stepped}."
    return Answer("failed", f"not {rule.stepped}", why, "Move its step() to the other loop.")


def _maximum(rule: Rule, schedule: Schedule, session: Session) -> Answer | None:
    if rule.maximum_at is None:
        return None
    fields = ("pct_start", "step_size_up", "gamma", "total_steps", "**")
    lost = reason_of(session, *(f"schedule.{name}" for name in fields if not is_given(schedule.call, name)))
    try:
        found = peak(schedule, session)
    except Untold as untold:
        return Answer("review", "its highest place is not known", lost or str(untold))
    if lost and not is_given(schedule.call, "pct_start", "step_size_up"):
        return Answer("review", "its highest place is not known", lost)
    measured = f"highest in epoch {found.epoch} ({found.end:.2f} epochs in)"
    if found.is_in(rule.maximum_at):
        edge = "" if found.epoch == rule.maximum_at else f"; {EDGE:g} of an epoch beside it still counts"
        return Answer("passed", measured, f"The highest rate: {found.how}{edge}.")
    why = (
        f"The highest rate: {found.how}; that is {found.end:.2f} epochs in, and not epoch {rule.maximum_at}."
    )
    hint = f"Give pct_start={rule.maximum_at}/(number of epochs)." if session.epochs else ""
    return Answer("failed", measured, why, hint)


def _end(rule: Rule, schedule: Schedule, session: Session) -> Answer | None:
    if rule.annihilation is None:
        return None
    lost = reason_of(session, "schedule.final_div_factor", "schedule.**")
    try:
        share = end_share(schedule)
    except Untold as untold:
        return Answer("review", "its end is not known", str(untold))
    if lost and not is_given(schedule.call, "final_div_factor"):
        return Answer("review", "its end is not known", lost)
    measured = "ends at its first rate" if abs(share - 1) < 1e-3 else f"ends at {share:.4g} of its first rate"
    if share >= rule.ends_above * (1 - 1e-9):
        return Answer("passed", measured)
    why = f"The rate goes down to {share:.4g} of the one that it starts with (final_div_factor): that annihilates it."
    return Answer("failed", measured, why, "Give final_div_factor=1, and no three_phase.")
