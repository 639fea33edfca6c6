"""What a check is: a rule from the spec, and a pure function from evidence to a verdict."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from grader.evaluation.probes import concerns
from grader.records import Absent, Evidence, Exhibit, Finding, Outcome, Part, Status


def _ratio(value: object) -> object:
    """`95 %`, `95%`, `95` and `0.95` all mean 0.95 where a share is expected."""
    if isinstance(value, bool):
        raise ValueError(f'expected a percentage such as "95 %", got {str(value).lower()}')
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%)?\s*", value)
        if not found:
            raise ValueError(f'expected a percentage such as "95 %", got "{value}"')
        return float(found[1]) / 100 if found[2] or float(found[1]) > 1 else float(found[1])
    if isinstance(value, int | float) and 1 < value <= 100:
        return value / 100
    return value


Ratio = Annotated[
    float,
    BeforeValidator(_ratio, json_schema_input_type=str | float),
    Field(ge=0, le=1, description="A share of the whole, written `95 %`."),
]
Points = Annotated[float, Field(gt=0, le=100_000, strict=True, description="Points for this check.")]
CheckId = Annotated[
    str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, description="Unique, in kebab-case.")
]


class Rule(BaseModel):
    """What every check of a spec has. A kind of check adds its own fields in its own file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: CheckId
    check: str
    points: Points

    needs: ClassVar[frozenset[str]] = frozenset()
    """Parts of the evidence without which there is nothing to judge: `model`, `test_accuracy`."""

    def requirement(self) -> str:
        """The requirement as the student reads it, one sentence."""
        raise NotImplementedError  # pragma: no cover - each kind says its own


@dataclass(frozen=True)
class Verdict:
    """What a check's `judge` returns. `share` is the part of the points that is certain, `open_share` what a
    person may still add (0 unless the status is `borderline`, `review` or `errored`)."""

    status: Status
    finding: Finding
    share: float = 0.0
    open_share: float = 0.0
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()


def passed(finding: Finding, notes: tuple[str, ...] = ()) -> Verdict:
    return Verdict("passed", finding, share=1.0, notes=notes)


def failed(finding: Finding, notes: tuple[str, ...] = ()) -> Verdict:
    return Verdict("failed", finding, notes=notes)


def open_verdict(status: Status, finding: Finding, notes: tuple[str, ...] = ()) -> Verdict:
    """`borderline`, `review`, `errored` or `skipped`: the points are neither counted nor lost."""
    return Verdict(status, finding, open_share=1.0, notes=notes)


_STATUS_OF_CAUSE: dict[str, Status] = {
    "failed": "failed",
    "errored": "errored",
    "skipped": "skipped",
    "review": "review",
}


def status_of(absent: Absent) -> Status:
    """What missing evidence means for whatever needs it: the cause decides."""
    return _STATUS_OF_CAUSE[absent.cause]


def from_absence(absent: Absent, expected: str) -> Verdict:
    """The verdict where the evidence that a check needs is not there."""
    finding = Finding("not measured", expected, absent.reason, absent.hint)
    status = status_of(absent)
    return failed(finding) if status == "failed" else open_verdict(status, finding)


def combine(parts: tuple[Part, ...], max_points: float, expected: str) -> Verdict:
    """The verdict of a check that has countable parts: all parts' points added up.

    One part that a person must see makes the whole check `review`; the certain points stay certain.
    """
    certain = sum(part.points for part in parts)
    still_open = sum(part.max_points for part in parts if part.status not in ("passed", "failed", "partial"))
    statuses = {part.status for part in parts}
    status: Status
    if "errored" in statuses:
        status = "errored"
    elif "review" in statuses or "borderline" in statuses:
        status = "review"
    elif statuses == {"skipped"}:
        status = "skipped"
    elif statuses <= {"passed", "skipped"}:
        status = "passed"
    else:
        status = "failed" if certain == 0 else "partial"
    good = [part.name for part in parts if part.status == "passed"]
    finding = Finding(f"{len(good)} of {len(parts)} parts: {', '.join(good) or 'none'}", expected)
    return Verdict(status, finding, certain / max_points, still_open / max_points, parts)


def run(rule: Rule, evidence: Evidence) -> Outcome:
    """Judge one rule. Evidence that is absent is dealt with here, once for all checks."""
    verdict = _missing(rule, evidence) or modules()[rule.check].judge(rule, evidence)
    outcome = Outcome(
        id=rule.id,
        check=rule.check,
        requirement=rule.requirement(),
        status=verdict.status,
        points=round(verdict.share * rule.points, 2),
        max_points=rule.points,
        open_points=round(verdict.open_share * rule.points, 2),
        finding=verdict.finding,
        parts=verdict.parts,
        notes=verdict.notes,
        exhibits=verdict.exhibits,
    )
    return _held_back(outcome, rule.needs, evidence)


def _missing(rule: Rule, evidence: Evidence) -> Verdict | None:
    for name in sorted(rule.needs):
        part = getattr(evidence, name)
        if isinstance(part, Absent):
            return from_absence(part, rule.requirement())
    return None


def _held_back(outcome: Outcome, needs: frozenset[str], evidence: Evidence) -> Outcome:
    """Integrity probes act on every check that used their number: void takes it away, flag asks a person."""
    heavy = (probe for probe in evidence.integrity.probes if probe.weight in ("flag", "void"))
    raised = [probe for probe in heavy if concerns(probe) & needs]
    if not raised or outcome.status in ("failed", "errored", "skipped"):
        return outcome
    reasons = " ".join(probe.detail for probe in raised)
    finding = replace(outcome.finding, rationale=f"{outcome.finding.rationale} {reasons}".strip())
    if any(probe.weight == "void" for probe in raised):
        return replace(outcome, status="failed", points=0.0, open_points=0.0, finding=finding)
    return replace(outcome, status="review", points=0.0, open_points=outcome.max_points, finding=finding)


@cache
def modules() -> dict[str, ModuleType]:
    """Every kind of check by its name, which is its file's name."""
    import grader.checks as family

    names = [info.name for info in pkgutil.iter_modules(family.__path__) if info.name != "interface"]
    return {name: importlib.import_module(f"grader.checks.{name}") for name in sorted(names)}


def rule_types() -> dict[str, type[Rule]]:
    """Name of the check → its `Rule`; what the spec's schema is built from."""
    found: dict[str, Any] = {name: module.Rule for name, module in modules().items()}
    return found
