"""Each layer of the model carries its receptive field and its input channels as a comment, and they are right.

Read are the comments on the line of a layer or directly above it, where it is built or where forward applies it. They
are held against what ran in one forward pass. The field may be stated by the class's rule, in which each convolution
adds its kernel less one and pooling doubles, or exactly.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Verdict, from_absence
from grader.evaluation.class_fields import class_fields
from grader.evaluation.layer_claims import Held, field_held, input_held, speaks_of_fields
from grader.evaluation.layer_units import LayerUnit, layer_units
from grader.records import Absent, Evidence, Finding, ModelFacts, Part, Status, Structure
from grader.text import counted

SHOWN = 8

What = Literal["receptive field", "input channels"]
_BOTH: tuple[What, ...] = ("receptive field", "input channels")
_HINTS: dict[str, str] = {
    "receptive field": "Write the field of its output beside each convolution and pooling, such as: RF 5x5.",
    "input channels": "Write what goes in beside each layer, such as: input 28x28x1.",
}


class Rule(interface.Rule):
    """Each layer carries its receptive field and its input channels as a comment."""

    check: Literal["layer_comments"]
    states: tuple[What, ...] = Field(
        _BOTH,
        min_length=1,
        max_length=2,
        description="What each layer's comment states; both if it is left out.",
    )
    pooling: Literal["doubles", "exact"] = Field(
        "doubles",
        description="`doubles`: the class's rule, pooling doubles the field; the exact field is right, too. "
        "`exact`: only the exact field is right.",
    )

    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    def requirement(self) -> str:
        rule = "pooling doubles the field" if self.pooling == "doubles" else "the exact field"
        said = {
            "receptive field": f"its receptive field ({rule})",
            "input channels": "its input channels",
        }
        return f"Each layer carries {' and '.join(said[one] for one in reversed(self.asked))} as a comment."

    @property
    def asked(self) -> tuple[What, ...]:
        return tuple(one for one in _BOTH if one in self.states)


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    model = evidence.model
    structure = model if isinstance(model, Absent) else model.structure
    if isinstance(model, Absent) or isinstance(structure, Absent):
        absent = model if isinstance(model, Absent) else structure
        assert isinstance(absent, Absent)
        return from_absence(absent, rule.requirement())
    units = layer_units(model, structure, evidence.reading.layer_comments.lines)
    if not units:
        why = "The model has no convolution, pooling or fully connected layer that ran: a person looks."
        return interface.open_verdict("review", Finding("no layers", rule.requirement(), why))
    cut = evidence.reading.layer_comments.cut
    held = [_held(what, rule, units, model, structure) for what in rule.asked]
    parts = tuple(
        _part(what, found, rule.points / len(held), cut) for what, found in zip(rule.asked, held, strict=True)
    )
    return _verdict(rule, parts, held, cut)


def _held(
    what: What, rule: Rule, units: tuple[LayerUnit, ...], model: ModelFacts, structure: Structure
) -> list[Held]:
    """What each layer states of it. A fully connected layer sees the whole image: its field is not asked for."""
    if what == "input channels":
        return [input_held(unit, structure, model.input_shape) for unit in units]
    by_class = class_fields(structure.operators) if rule.pooling == "doubles" else None
    spatial = [unit for unit in units if unit.kind != "linear"]
    speaks = speaks_of_fields(spatial)
    return [field_held(unit, by_class, speaks, model.input_shape) for unit in spatial]


def _part(what: What, held: list[Held], points: float, cut: str) -> Part:
    """A part that asks nothing of any layer is met."""
    right = sum(one.verdict == "right" for one in held)
    missed = [one for one in held if one.verdict != "right"]
    share = points * right / len(held) if held else points
    shown = "; ".join(one.text for one in missed[:SHOWN])
    more = f"; and {counted(len(missed) - SHOWN, 'other', 'others')}" if len(missed) > SHOWN else ""
    hint = _HINTS[what] if any(one.verdict in ("wrong", "missing") for one in missed) else ""
    doubts = "A person looks at what could not be told." if _is_open(held, cut) else ""
    measured = f"right for {right} of {counted(len(held), 'layer', 'layers')}"
    why = f"{shown}{more}. {doubts}".strip() if missed else ""
    finding = Finding(measured, "right for each layer", why, hint)
    return Part(_NAMES[what], _status(held, cut), share, points, finding)


_NAMES = {"receptive field": "receptive fields", "input channels": "input channels"}


def _is_open(held: list[Held], cut: str) -> bool:
    return any(one.verdict == "unclear" or (cut and one.verdict == "missing") for one in held)


def _status(held: list[Held], cut: str) -> Status:
    right = sum(one.verdict == "right" for one in held)
    if right == len(held):
        return "passed"
    if _is_open(held, cut):
        return "review"
    return "partial" if right else "failed"


def _verdict(rule: Rule, parts: tuple[Part, ...], held: list[list[Held]], cut: str) -> Verdict:
    """All parts' points; of a part that is open, only what its unclear layers are worth."""
    certain = sum(part.points for part in parts)
    still_open = sum(
        part.max_points
        * sum(one.verdict == "unclear" or bool(cut and one.verdict == "missing") for one in of)
        / len(of)
        for part, of in zip(parts, held, strict=True)
        if of
    )
    statuses = {part.status for part in parts}
    status: Status = "partial" if certain else "failed"
    if "review" in statuses:
        status = "review"
    elif statuses == {"passed"}:
        status = "passed"
    measured = ", ".join(f"{part.name} {part.finding.measured}" for part in parts)
    by_exact = [one.name for of in held for one in of if one.exact]
    notes = (_EXACT.format(", ".join(by_exact[:SHOWN])),) if by_exact else ()
    notes = (*notes, cut) if cut else notes
    finding = Finding(measured, rule.requirement())
    return Verdict(status, finding, certain / rule.points, still_open / rule.points, parts, notes)


_EXACT = "The exact receptive field is stated, and not the one by the class's rule, which counts as well: {}."
