"""Differences between grades on a terminal: a table of who changes, with the reasons, and the sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.course.again.differences import Change, Difference, Marks, Stand, Sums, reasons
from grader.report import words
from grader.report.terminal import STYLES, printable
from grader.text import clean

if TYPE_CHECKING:
    from grader.records import Decision

REASONS_SHOWN = 12
_TONES: dict[str, words.Tone] = {"up": "good", "down": "bad", "state": "person", "unchanged": "quiet"}
_STATES = {"counts": "counts", "does not count": "does not count", "open": "open", "not judged": "not judged"}


def table(rows: Iterable[tuple[str, Difference]], console: Console) -> RenderableType:
    """One row for each that changes: what it was, what it is, and why."""
    shown = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, width=min(console.width, 130)
    )
    listed = [(clean(name, 60), found) for name, found in rows]
    widest = max((len(name) for name, _ in listed), default=0)
    shown.add_column("Submission", min_width=min(widest, console.width // 3), overflow="fold")
    for name in ("Was", "Is", "Change"):
        shown.add_column(name, justify="right", overflow="fold")
    shown.add_column("Why", ratio=9, overflow="fold")
    for name, found in listed:
        why = Text("\n").join(Text(line) for line in told(found))
        change = Text(signed(found.by) if found.by else "=", STYLES[_TONES[found.move]])
        shown.add_row(Text(name), grade(found.before), grade(found.after), change, why)
    return shown


def grade(marks: Marks) -> str:
    """`175`; `125 to 250` while something is open."""
    if marks.status == "infrastructure":
        return "not charged"
    if marks.status == "needs_review":
        return f"{words.points(marks.lowest)} to {words.points(marks.highest)}"
    return words.points(marks.points)


def signed(by: float) -> str:
    return f"{'+' if by > 0 else ''}{words.points(by)}"


def told(found: Difference) -> Iterator[str]:
    """Each reason as a line: what moves the most points first."""
    listed = list(reasons(found))
    yield from (line(one) for one in listed[:REASONS_SHOWN])
    if len(listed) > REASONS_SHOWN:
        yield f"and {words.counted(len(listed) - REASONS_SHOWN, 'more change')}"
    if found.before.passed != found.after.passed:
        yield "Passes now." if found.after.passed else "Does not pass for certain any more."
    yield from (f"Decision kept: {decision(one)}" for one in found.kept)
    yield from (f"Decision no longer fits: {decision(one)}" for one in found.lost)


def line(change: Change) -> str:
    """`small: passed 75 of 75 → not met 0 of 75 (14,642 parameters; asked: …)`."""
    name, before, after = clean(change.id, 60), change.before, change.after
    if before is None:
        assert after is not None
        return f"{name}: new, {_stand(change, after)}{_seen(None, after)}"
    if after is None:
        return f"{name}: was {_stand(change, before)}, and is not asked any more"
    return f"{name}: {_stand(change, before)} → {_stand(change, after)}{_seen(before, after)}"


def _stand(change: Change, stand: Stand) -> str:
    by = f" by {clean(stand.by, 40)}" if stand.by else ""
    if change.kind != "check":
        return f"{_amount(change.kind, stand.max_points)} {_STATES.get(stand.status, clean(stand.status, 20))}{by}"
    word = words.STATUS[stand.status].text.lower()  # type: ignore[index]
    if stand.status == "skipped":
        return f"{word}{by}"
    most = stand.points + stand.open_points
    points = (
        f"{words.points(stand.points)} to {words.points(most)}"
        if stand.open_points
        else words.points(stand.points)
    )
    return f"{word} {points} of {words.points(stand.max_points)}{by}"


def _amount(kind: str, amount: float) -> str:
    if kind == "percentage":
        return f"penalty of {100 * amount:g} %"
    return f"times {amount:g}" if kind == "multiplier" else f"{kind} of {words.points(amount)}"


def _seen(before: Stand | None, after: Stand) -> str:
    """What was measured, and what is asked where that is new."""
    asked = before is None or before.requirement != after.requirement
    seen = [before.measured] if before and before.measured != after.measured else []
    shown = " → ".join(clean(one, 120) for one in (*seen, after.measured) if one)
    parts = [shown] if shown else []
    parts += [f"asked: {clean(after.requirement, 160)}"] if asked else []
    return f" ({'; '.join(parts)})" if parts else ""


def decision(one: Decision) -> str:
    """`answers, 40 points by Ada: the second is cut off`."""
    given = (
        "counts" if one.counts else f"{words.points(one.points)} points" if one.highest else "does not count"
    )
    return f"{clean(one.id, 60)}, {given} by {clean(one.who, 60)}: {clean(one.reason, 160)}"


def summed(found: Sums) -> Iterator[str]:
    """The sums, as sentences."""
    total = found.unchanged + found.up + found.down + found.state
    yield (
        f"{words.counted(total, 'submission')}: {found.unchanged} unchanged, {found.up} up, {found.down} down, "
        f"{found.state} with the same points and another state; {signed(found.points)} points in all."
    )
    across = (
        (found.pass_now, "now pass"),
        (found.pass_no_more, "no longer pass for certain"),
        (found.open_now, "became open"),
        (found.open_no_more, "are no longer open"),
    )
    if any(count for count, _ in across):
        yield f"Among them: {', '.join(f'{count} {what}' for count, what in across if count)}."


def show(parts: Iterable[RenderableType], console: Console) -> None:
    for part in parts:
        console.print(printable(part, console), soft_wrap=not isinstance(part, Table | Group))
