"""What only a person can decide: a question, and the evidence that it is decided by.

The points stay open until then. Where nothing of what is to be looked at was handed in, there is nothing to decide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grader.checks import interface
from grader.checks.interface import Verdict, from_absence, open_verdict
from grader.evaluation.exhibits import EXHIBITS, ExhibitName, exhibit
from grader.records import Absent, Evidence, Exhibit, Finding

Heading = Annotated[str, StringConstraints(min_length=2, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Hint = Annotated[
    str, StringConstraints(min_length=10, max_length=300, pattern=r"^[A-Z][^\x00-\x1f\x7f]*[.?]$")
]
Question = Annotated[
    str, StringConstraints(min_length=10, max_length=170, pattern=r"^[A-Z][^\x00-\x1f\x7f]*[^.\s]$")
]


class Rule(interface.Rule):
    """A person decides about these points."""

    check: Literal["manual"]
    asks: Question = Field(
        description="What the person decides, as a sentence without its full stop: `The targets are justified`."
    )
    look_at: tuple[ExhibitName, ...] = Field(
        ("readme",),
        min_length=1,
        max_length=len(EXHIBITS),
        description="What the report shows beside the question.",
    )
    headings: tuple[Heading, ...] = Field(
        (),
        max_length=8,
        description="Words; the README's sections whose headings have one of them are shown whole.",
    )
    hints: tuple[Hint, ...] = Field(
        (), max_length=8, description="What the person looks for, one sentence each; students read it, too."
    )

    def requirement(self) -> str:
        return f"{self.asks}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    names = dict.fromkeys(rule.look_at)
    shown = {name: exhibit(name, evidence, rule.headings) for name in names}
    absent = {name: found for name, found in shown.items() if isinstance(found, Absent)}
    if len(absent) == len(shown):
        return from_absence(next(iter(absent.values())), rule.requirement())
    notes = [f"To look for: {hint}" for hint in rule.hints]
    notes += [f"{name.capitalize()}: {found.reason}" for name, found in absent.items()]
    why = "The points stay open until a person has looked."
    finding = Finding("a person decides", rule.requirement(), why)
    laid_out = tuple(Exhibit(name, found) for name, found in shown.items() if not isinstance(found, Absent))
    return replace(open_verdict("review", finding, tuple(notes)), exhibits=laid_out)
