"""What a report says of a recipe: its source, where each part came from, and why."""

from __future__ import annotations

from typing import Literal

from grader.records import Absent, Session

_DEFAULT = "the assignment's default"


def source(gaps: dict[str, str], own_rate: bool) -> Literal["default", "student", "mixed"]:
    if not gaps:
        return "student"
    nothing_left = {"loss", "batch size", "transforms"} <= set(gaps) and not own_rate
    return "default" if nothing_left else "mixed"


def origins(
    session: Session, gaps: dict[str, str], own_rate: bool, *, constant: bool
) -> tuple[tuple[str, str], ...]:
    """Each part, and where it came from."""
    loading = session.training
    loaded = session.place if isinstance(loading, Absent) else loading.place or session.place
    schedules = [one.call.place for one in session.schedules if one.call.place]
    places = {
        "optimizer": session.optimizer.place or session.place,
        "schedule": schedules[0] if schedules else session.place,
        "loss": session.place,
        "batch size": loaded,
        "transforms": loaded,
    }
    found = []
    for name, place in places.items():
        if name == "schedule" and constant:
            text = f"none, the rate stays as it begins: {gaps[name]}"
        elif name in gaps:
            text = f"{_DEFAULT}: {gaps[name]}"
        elif name in ("optimizer", "schedule") and not own_rate:
            text = f"{_DEFAULT}: optimizer and schedule belong together"
        else:
            text = f"your code ({place})"
        found.append((name, text))
    return tuple(found)


def reason(session: Session, gaps: dict[str, str], own_rate: bool) -> str:
    seen = "seen while your code ran with stand-ins" if session.way == "captured" else "read in your code"
    if not gaps:
        return f"Optimizer, schedule, loss, batch size and transforms are those of {session.place}, {seen}."
    names = [name for name in ("optimizer", "schedule") if not own_rate] + [
        name for name in gaps if own_rate or name not in ("optimizer", "schedule")
    ]
    return (
        f"Your training in {session.place} was {seen}. From the assignment's default: "
        f"{', '.join(names)}. Why: {listed(gaps)}."
    )


def why_fast(gaps: dict[str, str]) -> str:
    if not gaps:
        return "The grader's own loop covers every part of your recipe exactly."
    return f"The grader's own loop trained it, with a part of its own: {listed(gaps)}."


def why_faithful(gaps: dict[str, str]) -> str:
    if not gaps:
        return "Your own training loop is run, as it was asked for."
    return f"Your own training loop is run: {listed(gaps)}."


def listed(gaps: dict[str, str]) -> str:
    return "; ".join(gaps.values())
