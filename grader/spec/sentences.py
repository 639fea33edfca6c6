"""What a spec says, in sentences: for the terminal and for the page that students read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.spec.schema import Spec, Training
    from grader.spec.terms import Penalty


def number(value: float) -> str:
    """`75`, `33.33`, `1,250`."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """0.7 → `70 %`."""
    return f"{100 * share:.6g} %"


def counted(count: float, noun: str) -> str:
    """`1 epoch`, `3 epochs`, `0.5 points`."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def time(seconds: float) -> str:
    """`10 min`, `90 s`, `1 h`."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def epochs(training: Training) -> str:
    """`exactly 1 epoch`, `your own number of epochs, up to 15`."""
    rule = training.epochs
    if rule.exactly:
        return f"exactly {counted(rule.exactly, 'epoch')}"
    if rule.cap:
        return f"your own number of epochs; the grader trains at most {rule.cap}"
    return f"your own number of epochs, at most {rule.limit}"


def taken_off(penalty: Penalty) -> str:
    """`-100`, `-50 %`."""
    return f"-{percent(penalty.amount) if penalty.kind == 'percentage' else number(penalty.amount)}"


def grounds(penalty: Penalty) -> str:
    """When a penalty is taken, and by whom."""
    if penalty.by_hand is not None:
        return f"Taken by a person. {penalty.by_hand}"
    assert penalty.condition is not None
    wanted = penalty.condition.requirement()
    if penalty.proposed:
        return f"Proposed where this does not hold, and taken once a person has confirmed it. {wanted}"
    return f"Taken where this does not hold. {wanted}"


def extras(spec: Spec) -> Iterator[tuple[str, str, str]]:
    """Bonuses, multiplier and penalties, in the order of the arithmetic: how much, id, when."""
    for rule in spec.bonuses:
        yield f"+{number(rule.points)}", rule.id, rule.requirement()
    if spec.multiplier:
        yield f"x{spec.multiplier.times:g}", spec.multiplier.id, spec.multiplier.where.requirement()
    for penalty in sorted(spec.penalties, key=lambda one: one.kind == "percentage"):
        yield taken_off(penalty), penalty.id, grounds(penalty)
