"""What changes a grade beyond its checks: each bonus, multiplier and penalty of a spec, decided by the evidence.

Each hangs on a check of its own, which gives all or nothing here. A bonus and the multiplier count where it passes,
a penalty where it does not. What a person has decided goes before all of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from grader.checks.interface import run
from grader.decisions import taken_by_hand
from grader.errors import UsageError
from grader.records import Adjustment, Evidence, Finding, Outcome
from grader.text import clean

if TYPE_CHECKING:
    from grader.checks.interface import Rule
    from grader.spec.schema import Spec
    from grader.spec.terms import Penalty

Met = Literal["yes", "no", "open", "not judged"]

NOT_MEASURED = "not measured"
"""What a check says that failed for want of evidence. Such work has lost that check's points already; a penalty
needs something that was seen."""


def adjustments(
    spec: Spec, evidence: Evidence, decisions: Mapping[str, bool] | None = None
) -> tuple[Adjustment, ...]:
    """The bonuses, the multiplier and the penalties of this spec, in its order.

    Args:
        decisions: id → whether it counts, as a person has decided it. A penalty that only a person takes is here
            only where a person has.

    Raises:
        UsageError: a decision is about something that the spec does not have.
    """
    decided = dict(decisions or {})
    _known(spec, decided)
    return tuple(_all(spec, evidence, decided))


def _known(spec: Spec, decided: Mapping[str, bool]) -> None:
    ids = [*(rule.id for rule in spec.bonuses), *(one.id for one in spec.penalties)]
    ids += [spec.multiplier.id] if spec.multiplier else []
    for name in decided:
        if name not in ids:
            raise UsageError(
                f'"{clean(name, 60)}" is no bonus, multiplier or penalty of {spec.id}.',
                f"Decide about one of {', '.join(ids)}." if ids else "This assignment has none.",
            )


def _all(spec: Spec, evidence: Evidence, decided: Mapping[str, bool]) -> Iterator[Adjustment]:
    for rule in spec.bonuses:
        yield _favour("bonus", rule.points, run(rule, evidence), decided.get(rule.id))
    if spec.multiplier:
        outcome = run(_named(spec.multiplier.where, spec.multiplier.id), evidence)
        yield _favour("multiplier", spec.multiplier.times, outcome, decided.get(spec.multiplier.id))
    for penalty in spec.penalties:
        verdict = decided.get(penalty.id)
        if penalty.condition is not None:
            yield _penalty(penalty, penalty.condition, evidence, verdict)
        elif verdict:
            yield taken_by_hand(_by_hand(penalty), True)


def met(outcome: Outcome) -> Met:
    """Whether a check passes with all of its points; `open` as long as it still can and need not."""
    if outcome.status == "skipped":
        return "not judged"
    if outcome.status == "passed":
        return "yes"
    within_reach = outcome.points + outcome.open_points >= outcome.max_points - 0.005
    return "open" if outcome.open_points and within_reach else "no"


def _favour(
    kind: Literal["bonus", "multiplier"], amount: float, outcome: Outcome, decision: bool | None
) -> Adjustment:
    states: dict[Met, Literal["counts", "does not count", "open", "not judged"]] = {
        "yes": "counts",
        "no": "does not count",
        "open": "open",
        "not judged": "not judged",
    }
    if decision is not None:
        return Adjustment(kind, amount, "counts" if decision else "does not count", outcome, decided=True)
    return Adjustment(kind, amount, states[met(outcome)], outcome)


def _penalty(penalty: Penalty, rule: Rule, evidence: Evidence, decision: bool | None) -> Adjustment:
    outcome = run(_named(rule, penalty.id), evidence)
    states: dict[Met, Literal["counts", "does not count", "open", "not judged"]] = {
        "yes": "does not count",
        "no": "open" if penalty.proposed else "counts",
        "open": "open",
        "not judged": "not judged",
    }
    state = states[met(outcome)]
    if outcome.status == "failed" and outcome.finding.measured == NOT_MEASURED:
        state = "not judged"
    if decision is not None:
        state = "counts" if decision else "does not count"
    return Adjustment(penalty.kind, penalty.amount, state, outcome, penalty.proposed, decision is not None)


def left_to_a_person(spec: Spec) -> tuple[Adjustment, ...]:
    """The penalties that only a person takes, as long as nobody has."""
    return tuple(_by_hand(one) for one in spec.penalties if one.condition is None)


def _by_hand(penalty: Penalty) -> Adjustment:
    said = penalty.by_hand or ""
    outcome = Outcome(
        id=penalty.id,
        check="by hand",
        requirement=said,
        status="failed",
        points=0.0,
        max_points=0.0,
        open_points=0.0,
        finding=Finding("left to a person", said),
    )
    return Adjustment(penalty.kind, penalty.amount, "does not count", outcome, proposed=True)


def _named(rule: Rule, name: str) -> Rule:
    return rule.model_copy(update={"id": name})
