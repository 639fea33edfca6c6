"""What a spec says beyond its checks: what is handed in, bonuses, the multiplier, penalties.

Each hangs on a check like any other, written without an id and points of its own: a condition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Union

from pydantic import BeforeValidator, Field, PlainSerializer, create_model, model_validator
from pydantic.json_schema import SkipJsonSchema

from grader.checks.interface import CheckId, Points, Ratio, Rule, rule_types
from grader.spec.recipe import Block

Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]

CONDITION_ID = "condition"
CONDITION_POINTS = 100.0
"""A condition has no points of its own; a check wants some, to share them out to its parts."""

_MINUS = r"^\s*-\s*(\d+(?:\.\d+)?)\s*%\s*$"


def _minus(value: object) -> float:
    """`-30 %` → -0.3."""
    found = re.fullmatch(_MINUS, value) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError('expected a percentage below zero, such as "-30 %"')
    return -float(found[1]) / 100


Minus = Annotated[
    float,
    BeforeValidator(_minus, json_schema_input_type=Annotated[str, Field(pattern=_MINUS)]),
    PlainSerializer(lambda share: f"{100 * share:.10g} %", return_type=str),
]


def _without_points(value: Any) -> Any:
    for key in ("id", "points"):
        if isinstance(value, dict) and key in value:
            raise ValueError(f"a condition has no {key} of its own. Write {key} beside it, not inside")
    return value


if TYPE_CHECKING:
    Condition = Rule
else:
    _KINDS = tuple(
        create_model(
            f"{kind}_condition",
            __base__=rule,
            __doc__=rule.__doc__,
            id=(SkipJsonSchema[str], Field(CONDITION_ID, exclude=True)),
            points=(SkipJsonSchema[float], Field(CONDITION_POINTS, exclude=True)),
        )
        for kind, rule in rule_types().items()
    )
    Condition = Annotated[
        Union[_KINDS],  # noqa: UP007
        Field(discriminator="check"),
        BeforeValidator(_without_points),
    ]


class HandedIn(Block):
    """What students hand in, in the words of the assignment."""

    repository: Text = Field(description="The repository that is graded: what `--repo` gives.")
    models_repository: Text | None = Field(
        None, description="A second repository that its code imports: what `--also` gives."
    )


class Multiplier(Block):
    """All points so far, bonuses too, times a number where a condition is met."""

    id: CheckId = Field(description="Unique, in kebab-case.")
    times: float = Field(gt=1, le=100, strict=True, description="The factor: 4 for four times the score.")
    where: Condition = Field(description="A check without id and points; it has to pass.")


class Penalty(Block):
    """Points or a percentage that are taken off, and on what grounds."""

    id: CheckId = Field(description="Unique, in kebab-case.")
    points: Points | None = Field(
        None, description="A fixed number of points; the grade never falls below 0."
    )
    percent: Ratio | None = Field(
        None, gt=0, description="A share of the grade, written `50 %`; only the largest one counts."
    )
    taken_unless: Condition | None = Field(
        None, description="A check without id and points: the penalty is taken where it fails."
    )
    proposed_unless: Condition | None = Field(
        None, description="The same, but a person confirms the penalty before it is taken."
    )
    by_hand: Text | None = Field(
        None, description="What only a person sees: such a penalty is never proposed."
    )
    source: Literal["course", "ours"] = Field(
        "course", description="Whether the course states it for this assignment or this project applies it."
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.points is None) == (self.percent is None):
            raise ValueError("give exactly one of points, percent")
        grounds = (self.taken_unless, self.proposed_unless, self.by_hand)
        if sum(ground is not None for ground in grounds) != 1:
            raise ValueError("give exactly one of taken_unless, proposed_unless, by_hand")
        return self

    @property
    def kind(self) -> Literal["penalty", "percentage"]:
        return "penalty" if self.percent is None else "percentage"

    @property
    def amount(self) -> float:
        """Points, or a share from 0 to 1."""
        return (self.percent if self.points is None else self.points) or 0.0

    @property
    def condition(self) -> Rule | None:
        return self.taken_unless or self.proposed_unless

    @property
    def proposed(self) -> bool:
        return self.taken_unless is None
