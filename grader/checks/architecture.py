"""Whether the model is built as the assignment draws it, compared with a pattern along the data flow.

A mismatch says how far the two agree, what the pattern asks for next and what stands there instead
(docs/architecture-patterns.md).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from grader.architecture import flow
from grader.architecture.graph import Graph, graph_of
from grader.architecture.match import match
from grader.architecture.options import Number, nearest
from grader.architecture.pattern import MAX_ELEMENTS, Sequence, Word
from grader.architecture.progress import Match
from grader.architecture.recorded import doubt, structure_of
from grader.architecture.shipped import pattern_names, shipped_pattern
from grader.checks import interface
from grader.checks.interface import Verdict, failed, from_absence, open_verdict, passed
from grader.records import Absent, Evidence, Finding, ModelFacts, Structure
from grader.text import clean

_SHOWN = 12
"""Layers of the agreeing part that a report lists, counted back from where it ends."""


def _known(name: str) -> str:
    if name not in pattern_names():
        raise ValueError(
            f'got "{clean(name, 60)}", which is no pattern. {nearest(name, list(pattern_names()))}'
        )
    return name


PatternName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(pattern_names())})]


class Rule(interface.Rule):
    """The model has the architecture that the assignment asks for."""

    check: Literal["architecture"]
    pattern: PatternName | None = Field(None, description="The name of a pattern that comes with the grader.")
    sequence: Sequence | None = Field(None, description="The layers from the image to the answer.")
    without: tuple[Word, ...] = Field(
        (), max_length=40, description="Kinds of layers that occur nowhere in the model."
    )
    channels_per_block: Annotated[tuple[Number, ...], Field(max_length=MAX_ELEMENTS)] = Field(
        (), description="The most channels of a convolution per size of the map, from the first on."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.pattern is not None and self.sequence is not None:
            raise ValueError("give pattern or sequence, not both")
        if self.pattern is None and self.sequence is None and not self.channels_per_block:
            raise ValueError("give one of pattern, sequence, channels_per_block")
        if self.without and self.sequence is None:
            raise ValueError("without stands beside a sequence")
        return self

    def requirement(self) -> str:
        asked = []
        if self.pattern is not None:
            asked.append(f"is built as {shipped_pattern(self.pattern).title}")
        if self.sequence is not None:
            asked.append(f"has the {len(self.sequence)} parts of the sequence that the assignment describes")
        if self.channels_per_block:
            listed = ", ".join(map(str, self.channels_per_block[:12]))
            asked.append(f"has blocks of {listed} channels")
        return f"The model {' and '.join(asked)}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    structure = structure_of(evidence)
    if isinstance(structure, Absent):
        return from_absence(structure, rule.requirement())
    assert isinstance(evidence.model, ModelFacts)
    graph = graph_of(structure, evidence.model.output_shape)
    verdict = _compared(rule, graph, structure)
    if verdict.status == "passed" and rule.channels_per_block:
        return _blocks(rule, graph, structure, verdict)
    return verdict


# --- the sequence -------------------------------------------------------------------------------------------


def _compared(rule: Rule, graph: Graph, structure: Structure) -> Verdict:
    if rule.pattern is not None:
        pattern = shipped_pattern(rule.pattern)
        return _verdict(rule, match(pattern.sequence, graph, pattern.without), structure)
    if rule.sequence is not None:
        return _verdict(rule, match(rule.sequence, graph, rule.without), structure)
    return passed(Finding("nothing compared", rule.requirement()))


def _verdict(rule: Rule, found: Match, structure: Structure) -> Verdict:
    agreed = "1 layer agrees" if len(found.rows) == 1 else f"{len(found.rows)} layers agree"
    notes = _listed(found)
    if found.status == "match":
        return passed(Finding(f"all {len(found.rows)} layers of the pattern", rule.requirement()), notes)
    if found.status == "ambiguous":
        why = "The pattern is too ambiguous for this model: a person compares them."
        return open_verdict("review", Finding(agreed, rule.requirement(), why), notes)
    unknown = found.stopped_at is not None and found.stopped_at.name in structure.unknown_operators
    if found.stopped_at is not None and unknown:
        why = f"{doubt((found.stopped_at.name,))} It stands at {found.place}, after {agreed}."
        return open_verdict("review", Finding(agreed, rule.requirement(), why), notes)
    why = f"At {found.place}: expected {found.expected}; found {found.found}."
    hint = "The layers before it are as they should be." if found.rows else ""
    return failed(Finding(f"{agreed}, then {found.found}", rule.requirement(), why, hint), notes)


def _listed(found: Match) -> tuple[str, ...]:
    """The last layers that agree, each with its place; all of a match would only repeat the model."""
    if found.status == "match":
        return ()
    left = len(found.rows) - _SHOWN
    before = (f"{left} more before these agree, too.",) if left > 0 else ()
    return (*before, *(f"Agrees: {row}" for row in found.rows[-_SHOWN:]))


# --- channels per block -------------------------------------------------------------------------------------


def _blocks(rule: Rule, graph: Graph, structure: Structure, verdict: Verdict) -> Verdict:
    found = flow.blocks(graph)
    shown = ", ".join(f"{channels} on {'x'.join(map(str, size))}" for size, channels in found) or "none"
    asked = rule.channels_per_block
    finding = Finding(f"blocks of {shown}", rule.requirement(), verdict.finding.rationale)
    if structure.unknown_operators:
        return open_verdict(
            "review", Finding(finding.measured, finding.expected, doubt(structure.unknown_operators))
        )
    named: dict[str, int] = {}
    agree = len(found) == len(asked) and all(
        amount.allows(channels, named) for amount, (_, channels) in zip(asked, found, strict=True)
    )
    return passed(finding) if agree else failed(finding)
