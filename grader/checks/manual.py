"""What only a person can decide: a question, and the evidence that it is decided by.

The points stay open until then. Where nothing of what is to be looked at was handed in, there is nothing to decide.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grader.checks import interface
from grader.checks.interface import Verdict, from_absence, open_verdict
from grader.evaluation.exhibits import EXHIBITS, Exhibit, exhibit
from grader.records import Absent, Evidence, Finding

Question = Annotated[
    str, StringConstraints(min_length=10, max_length=170, pattern=r"^[A-Z][^\x00-\x1f\x7f]*[^.\s]$")
]


class Rule(interface.Rule):
    """A person decides about these points."""

    check: Literal["manual"]
    asks: Question = Field(
        description="What the person decides, as a sentence without its full stop: `The targets are justified`."
    )
    look_at: tuple[Exhibit, ...] = Field(
        ("readme",),
        min_length=1,
        max_length=len(EXHIBITS),
        description="What the report shows beside the question.",
    )

    def requirement(self) -> str:
        return f"{self.asks}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    shown = [(name, exhibit(name, evidence)) for name in dict.fromkeys(rule.look_at)]
    absent = [found for _, found in shown if isinstance(found, Absent)]
    if len(absent) == len(shown):
        return from_absence(absent[0], rule.requirement())
    notes = tuple(
        f"{name.capitalize()}: {found.reason if isinstance(found, Absent) else found}"
        for name, found in shown
    )
    why = "The points stay open until a person has looked."
    finding = Finding("a person decides", rule.requirement(), why)
    return open_verdict("review", finding, notes)
