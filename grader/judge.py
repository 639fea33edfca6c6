"""Outcomes and the assignment's policy → a grade. Arithmetic only, every step a line in the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from grader.errors import ExitCode
from grader.records import Grade, Outcome, Step

GradeStatus = Literal["complete", "needs_review", "ungradable", "infrastructure"]

_OPEN = ("borderline", "review", "errored")


def judge(outcomes: Sequence[Outcome], spec_points: float, pass_mark: float, ungradable: str = "") -> Grade:
    """Add up what was judged.

    Args:
        outcomes: one per check of the spec, in its order.
        spec_points: the points of the whole assignment.
        pass_mark: 0 to 1, of the points that were judged.
        ungradable: why the work lacks what the central check needs; "" where it does not.

    A check that was skipped (a self-check does not train) is neither won nor lost.
    """
    judged = [outcome for outcome in outcomes if outcome.status != "skipped"]
    certain = _sum(outcome.points for outcome in judged)
    still_open = _sum(outcome.open_points for outcome in judged)
    possible = _sum(outcome.max_points for outcome in judged)
    status, reason = _status(outcomes, ungradable)
    return Grade(
        status=status,
        points=certain,
        highest=_sum((certain, still_open)),
        max_points=possible,
        spec_points=spec_points,
        pass_mark=pass_mark,
        passed=possible > 0 and certain >= pass_mark * possible - 1e-9,
        steps=(*(_step(outcome) for outcome in outcomes), Step("Sum of the checks", certain)),
        reason=reason,
    )


def exit_code(grade: Grade, *, strict: bool = False) -> ExitCode:
    """What a command that graded one submission ends with. A fault wins over all, then `ungradable`."""
    if grade.status == "infrastructure":
        return ExitCode.FAULT
    if grade.status == "ungradable":
        return ExitCode.UNGRADABLE
    if grade.status == "needs_review":
        return ExitCode.NEEDS_REVIEW
    full = grade.points >= grade.max_points - 1e-9
    return ExitCode.PASSED if grade.passed and (full or not strict) else ExitCode.BELOW_PASS_MARK


def _status(outcomes: Sequence[Outcome], ungradable: str) -> tuple[GradeStatus, str]:
    errored = [outcome.id for outcome in outcomes if outcome.status == "errored"]
    if errored:
        return "infrastructure", (
            f"The grader or its machine failed at {_names(errored)}. This costs no points: run it again."
        )
    if ungradable:
        return "ungradable", ungradable
    waiting = [outcome.id for outcome in outcomes if outcome.status in ("borderline", "review")]
    waiting += [
        outcome.id
        for outcome in outcomes
        if outcome.open_points and outcome.status not in (*_OPEN, "skipped")
    ]
    if waiting:
        return "needs_review", f"A person decides about {_names(waiting)}."
    skipped = [outcome.id for outcome in outcomes if outcome.status == "skipped"]
    if skipped:
        return "complete", f"Not judged here: {_names(skipped)}."
    return "complete", "Every check has a verdict."


def _names(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"


def _step(outcome: Outcome) -> Step:
    if outcome.status == "skipped":
        return Step(f"{outcome.id}: not judged here", 0.0)
    extra = f", {outcome.open_points:g} open" if outcome.open_points else ""
    return Step(f"{outcome.id}: {outcome.points:g} of {outcome.max_points:g}{extra}", outcome.points)


def _sum(values: object) -> float:
    """Points have two decimals; a binary sum must not show a third."""
    return round(float(sum(values)), 2)  # type: ignore[call-overload]
