"""Outcomes and the assignment's policy → a grade. Arithmetic only, every step a line in the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from grader.errors import ExitCode
from grader.ledger import ledger, total
from grader.records import Adjustment, Grade, Outcome, Step

GradeStatus = Literal["complete", "needs_review", "ungradable", "infrastructure"]

_OPEN = ("borderline", "review", "errored")


def judge(
    outcomes: Sequence[Outcome],
    spec_points: float,
    pass_mark: float,
    ungradable: str = "",
    adjustments: Sequence[Adjustment] = (),
) -> Grade:
    """Add up what was judged, in the order of `grader.ledger`.

    Args:
        outcomes: one per check of the spec, in its order.
        spec_points: the points of the whole assignment.
        pass_mark: 0 to 1, of the points that were judged.
        ungradable: why the work lacks what the central check needs; "" where it does not.
        adjustments: bonuses, multiplier and penalties, each with what decides about it.

    A check that was skipped (a self-check does not train) is neither won nor lost.
    """
    steps = ledger(outcomes, adjustments)
    points, lowest = steps[-1].points, total(outcomes, adjustments, "taken")
    possible = round(sum(outcome.max_points for outcome in outcomes if outcome.status != "skipped"), 2)
    status, reason = _status(outcomes, adjustments, ungradable)
    return Grade(
        status=status,
        points=points,
        highest=total(outcomes, adjustments, "granted"),
        max_points=possible,
        spec_points=spec_points,
        pass_mark=pass_mark,
        passed=possible > 0 and lowest >= pass_mark * possible - 1e-9,
        steps=steps,
        reason=reason,
        at_risk=round(points - lowest, 2),
        adjustments=tuple(adjustments),
    )


def not_handed_in(spec_points: float, pass_mark: float, share: float) -> Grade:
    """The grade of work that was never handed in: the only one below 0.

    Args:
        share: of the assignment's points, 0 or less: -0.3 for "minus 30 %".
    """
    points = round(share * spec_points, 2) + 0.0
    said = f"{100 * share:g} % of {spec_points:g}" if points else "0 points"
    return Grade(
        status="complete",
        points=points,
        highest=points,
        max_points=spec_points,
        spec_points=spec_points,
        pass_mark=pass_mark,
        passed=False,
        steps=(Step(f"Not handed in: {said}", points), Step("Total", points, "sum")),
        reason="Nothing was handed in.",
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


def _status(
    outcomes: Sequence[Outcome], adjustments: Sequence[Adjustment], ungradable: str
) -> tuple[GradeStatus, str]:
    still_open = [one for one in adjustments if one.state == "open"]
    errored = [outcome.id for outcome in outcomes if outcome.status == "errored"]
    errored += [one.id for one in still_open if one.outcome.status == "errored"]
    if errored:
        return "infrastructure", (
            f"The grader or its machine failed at {_names(errored)}, not the submission. No points are lost: it has "
            "to be run again."
        )
    if ungradable:
        return "ungradable", ungradable
    waiting = [outcome.id for outcome in outcomes if outcome.status in ("borderline", "review")]
    waiting += [
        outcome.id
        for outcome in outcomes
        if outcome.open_points and outcome.status not in (*_OPEN, "skipped")
    ]
    waiting += [one.id for one in still_open]
    if waiting:
        return "needs_review", f"A person decides about {_names(waiting)}."
    skipped = [outcome.id for outcome in outcomes if outcome.status == "skipped"]
    skipped += [one.id for one in adjustments if one.state == "not judged"]
    if skipped:
        return "complete", f"Not judged here: {_names(skipped)}."
    return "complete", "Every check has a verdict."


def _names(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"
