"""How large the feature map before the global pooling is: Grad-CAM needs at least 5 pixels to show a place."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grader.architecture.recorded import doubt, structure_of, where
from grader.checks import interface
from grader.checks.interface import Verdict, failed, from_absence, open_verdict, passed
from grader.records import Absent, Evidence, Finding, Structure


class Rule(interface.Rule):
    """The map before the global pooling is large enough."""

    check: Literal["map_size"]
    at_least: int = Field(
        ge=1, le=100_000, strict=True, description="Height and width that the map must have, in pixels."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    def requirement(self) -> str:
        return f"The map before global pooling is at least {self.at_least} px high and wide."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    structure = structure_of(evidence)
    if isinstance(structure, Absent):
        return from_absence(structure, rule.requirement())
    sides = structure.map_before_pool
    if not sides:
        why = (
            doubt(structure.unknown_operators)
            if structure.unknown_operators
            else "The model has no feature map."
        )
        return open_verdict("review", Finding("no feature map", rule.requirement(), why))
    enough = min(sides) >= rule.at_least
    hint = "" if enough else "Leave out one of the last strides or poolings."
    finding = Finding(f"{' x '.join(map(str, sides))} px", rule.requirement(), _place(structure), hint)
    return passed(finding) if enough else failed(finding)


def _place(structure: Structure) -> str:
    if 0 <= structure.global_pool < len(structure.operators):
        return f"It is what {where(structure.operators[structure.global_pool])} pools."
    return "No global pooling feeds the head; this is the model's last map."
