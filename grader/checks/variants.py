"""Whether one argument of the model chooses what it is built from: each of its values is built, and looked at.

What the values are called does not matter: what each of them builds and runs decides. An argument whose values cannot be
found, or a choice that is made in another way, goes to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from grader.architecture.features import Feature
from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.evaluation.choosing import Wanted, chosen_by, found_for, proof_of_none
from grader.records import Evidence, Finding, Part, Status, Variant, Variants
from grader.text import clean

SHOWN = 6


class Each(BaseModel):
    """One variant: what it uses, and what it must not use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uses: tuple[Feature, ...] = Field(
        min_length=1, max_length=10, description="What this variant has to use."
    )
    without: tuple[Feature, ...] = Field(
        (), alias="not", max_length=10, description="What this variant must not use."
    )

    @model_validator(mode="after")
    def _once(self) -> Self:
        both = set(self.uses) & set(self.without)
        if both:
            raise ValueError(f"{sorted(both)[0]} stands in uses and in not")
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """With the keys that a spec is written with: `not`."""
        return {"not" if name == "without" else name: value for name, value in handler(self).items()}

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.uses, self.without)


class Rule(interface.Rule):
    """One argument of the model chooses between the variants that the assignment asks for."""

    check: Literal["variants"]
    each: Annotated[
        tuple[Each, ...],
        Field(min_length=2, max_length=10, description="The variants, each as what it uses and what not."),
    ]

    needs: ClassVar[frozenset[str]] = frozenset({"variants"})

    @model_validator(mode="after")
    def _differ(self) -> Self:
        names = [one.wanted.name for one in self.each]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]} is asked for twice in each")
        return self

    def requirement(self) -> str:
        names = [one.wanted.name for one in self.each]
        return f"One argument of the model chooses {', '.join(names[:-1])} or {names[-1]}."


@dataclass(frozen=True)
class _Look:
    """What was built, of it what the argument builds that chooses most, and why it is certain that this is all."""

    found: Variants
    chosen: tuple[Variant, ...]
    proof: str  # "" where it is not certain
    alone: bool  # of all that is asked for, one variant or none is there at all

    @property
    def nothing_is_chosen(self) -> bool:
        return bool(self.proof) and self.alone


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.variants
    assert isinstance(found, Variants)  # `needs`: what is absent was dealt with
    wanted = tuple(one.wanted for one in rule.each)
    chosen = chosen_by(found, wanted)
    there = sum(bool(found_for(one, found.builds)) for one in wanted)
    look = _Look(found, chosen, proof_of_none(found, chosen, len(wanted)), there <= 1)
    share = rule.points / len(wanted)
    parts = tuple(_part(one, look, share) for one in wanted)
    return combine(parts, rule.points, rule.requirement())


def _part(wanted: Wanted, look: _Look, share: float) -> Part:
    status, finding = _said(wanted, look)
    return Part(wanted.name, status, share if status == "passed" else 0.0, share, finding)


def _said(wanted: Wanted, look: _Look) -> tuple[Status, Finding]:
    fitting = found_for(wanted, look.chosen)
    if fitting:
        notes = [note for use in fitting[0].uses if use.feature in wanted.uses for note in use.notes]
        return "passed", Finding(_shown(fitting[0]), wanted.text, " ".join(notes))
    builds = look.found.builds
    elsewhere = found_for(wanted, builds)
    if elsewhere and not look.nothing_is_chosen:
        why = "It is there, and no argument that chooses the others chooses it: a person looks."
        return "review", Finding(_shown(elsewhere[0]), wanted.text, why)
    if not elsewhere and found_for(wanted, builds, doubtful=True):
        why = "Operators without a rule may show it: a person looks."
        return "review", Finding("not certain", wanted.text, why)
    tried = "; ".join(_shown(one) for one in (look.chosen or builds)[:SHOWN]) or "nothing could be tried"
    if look.proof:
        hint = "Give the model one argument, and build each of the variants for one value of it."
        return "failed", Finding(tried, wanted.text, look.proof, hint)
    why = " ".join(filter(None, (_doubts(look.found), "No value that builds it was found: a person looks.")))
    return "review", Finding(tried, wanted.text, why)


def _doubts(found: Variants) -> str:
    """What the report should say of what could not be tried."""
    faults = [f"{_call(one)}: {one.fault}" for one in found.builds if one.fault and one.origin == "called"]
    return " ".join(clean(text, 300) for text in (*faults[:2], found.cut) if text)


def _shown(one: Variant) -> str:
    """`NormNet(norm='group'), which uses 6 group norm (7,662 parameters)`."""
    if one.fault:
        return f"{_call(one)}: not built"
    norms = [f"{use.count} {use.feature}" for use in one.uses if use.count and " norm" in use.feature]
    uses = f", which uses {', '.join(norms)}" if norms else ""
    return f"{_call(one)}{uses} ({one.parameters:,} parameters)"


def _call(one: Variant) -> str:
    shown = clean(one.call, 160)
    return shown if one.origin != "other" else f"{shown}, a value that the code does not name"
