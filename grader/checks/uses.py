"""Whether the model uses what the assignment asks for, and does without what it forbids.

Used means that an operator ran in the forward pass, as a module or as a functional call. A layer that exists and
never runs does not count.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from grader.architecture.features import FEATURES, Answer, Feature, answers
from grader.architecture.options import nearest
from grader.architecture.recorded import doubt, structure_of
from grader.checks import interface
from grader.checks.interface import Verdict, combine, from_absence
from grader.records import Absent, Evidence, Finding, ModelFacts, Part, Status, Structure
from grader.text import clean

Times = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Count(BaseModel):
    """How often a feature is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_least: Times | None = Field(None, description="This often or more.")
    exactly: Times | None = Field(None, description="Exactly this often.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at_least is None) == (self.exactly is None):
            raise ValueError("give exactly one of at_least, exactly")
        return self

    def __str__(self) -> str:
        return f"at least {self.at_least}" if self.at_least is not None else f"exactly {self.exactly}"


def _entry(value: object) -> object:
    """`dropout` and `{strided 3x3: {at_least: 3}}`, each as one feature with its count."""
    given = {value: {"at_least": 1}} if isinstance(value, str) else value
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError('an entry is one feature, such as "dropout" or {strided 3x3: {at_least: 3}}')
    name = str(next(iter(given)))
    if name not in FEATURES:
        raise ValueError(f'got "{clean(name, 60)}", which is no feature. {nearest(name, list(FEATURES))}')
    return given


Entry = Annotated[
    dict[Feature, Count],
    BeforeValidator(
        _entry,
        json_schema_input_type=Feature | Annotated[dict[Feature, Count], Field(min_length=1, max_length=1)],
    ),
]


class Rule(interface.Rule):
    """The model uses what the assignment asks for, and does without what it forbids."""

    check: Literal["uses"]
    uses: tuple[Entry, ...] = Field(
        (), max_length=20, description="What the model has to use; a count may stand beside each."
    )
    without: tuple[Feature, ...] = Field(
        (), alias="not", max_length=20, description="What the model must not use."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    @model_validator(mode="after")
    def _parts(self) -> Self:
        if not self.uses and not self.without:
            raise ValueError("ask for at least one of uses, not")
        named = [*(name for name, _ in self.wanted), *self.without]
        twice = [name for name in named if named.count(name) > 1]
        if twice:
            raise ValueError(f"{twice[0]} is named twice in uses and not")
        return self

    @property
    def wanted(self) -> tuple[tuple[Feature, Count], ...]:
        """Every feature that is asked for, with its count."""
        return tuple(item for entry in self.uses for item in entry.items())

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """With the keys that a spec is written with: `not`."""
        return {"not" if name == "without" else name: value for name, value in handler(self).items()}

    def requirement(self) -> str:
        asked = [_said(name, count) for name, count in self.wanted]
        uses = f"uses {_listed(asked, 'and')}" if asked else ""
        lacks = f"uses no {_listed(list(self.without), 'or')}" if self.without else ""
        return f"The model {' and '.join(filter(None, (uses, lacks)))}."


def _said(name: str, count: Count) -> str:
    return name if count.at_least == 1 else f"{name} ({count})"


def _listed(names: list[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    structure = structure_of(evidence)
    if isinstance(structure, Absent):
        return from_absence(structure, rule.requirement())
    assert isinstance(evidence.model, ModelFacts)
    answer = answers(evidence.model, structure)
    share = rule.points / (len(rule.uses) + len(rule.without))
    parts = [_used(answer(name), count, share, structure) for name, count in rule.wanted]
    parts += [_avoided(answer(name), share) for name in rule.without]
    return combine(tuple(parts), rule.points, rule.requirement())


def _used(answer: Answer, count: Count, share: float, structure: Structure) -> Part:
    expected = f"{_said(answer.feature, count)} in the forward pass"
    hint = "" if answer.count else _unused(answer.feature, structure)
    return _part(answer.feature, _status(answer, count), answer, expected, hint, share)


def _status(answer: Answer, count: Count) -> Status:
    """What the operators that are sure decide; the others can only add to them."""
    if count.at_least is not None:
        if answer.count >= count.at_least:
            return "passed"
        return "review" if answer.doubts else "failed"
    wanted = count.exactly or 0
    if answer.count > wanted:
        return "failed"
    if answer.doubts:
        return "review"
    return "passed" if answer.count == wanted else "failed"


def _avoided(answer: Answer, share: float) -> Part:
    status: Status = "failed" if answer.count else "review" if answer.doubts else "passed"
    return _part(
        f"no {answer.feature}", status, answer, f"no {answer.feature} in the forward pass", "", share
    )


def _part(name: str, status: Status, answer: Answer, expected: str, hint: str, share: float) -> Part:
    why = [*answer.notes, *([doubt(answer.doubts)] if status == "review" else [])]
    finding = Finding(answer.shown(), expected, " ".join(why), hint)
    return Part(name, status, share if status == "passed" else 0.0, share, finding)


def _unused(feature: str, structure: Structure) -> str:
    """Layers that are there and never ran: the student may have meant one of them."""
    if not structure.unused_layers:
        return f"Nothing in the forward pass is {feature}."
    named = ", ".join(clean(layer, 80) for layer in structure.unused_layers[:5])
    return f"Nothing in the forward pass is {feature}. Layers that exist and never ran: {named}."
