"""The page on which a person decides: the list, the evidence, the form. Pure: all that it shows is given to it.

Every text goes through jinja2's escaping; only our own stylesheet, script and SVG are marked as safe.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.decisions import OpenItem, decidable
from grader.records import Adjustment, RunRecord
from grader.report import words
from grader.report.deciding import KINDS, span, standing
from grader.report.html import environment, shown_in_html, template
from grader.report.inert import inert, one_line

KEYS = (
    ("j, k", "the next one, the one before; nothing is decided"),
    ("p", "to the points, or to yes and no"),
    ("y, n", "yes, no"),
    ("a, l", "all points, the fewest points"),
    ("r", "to the reason"),
    ("Enter, Ctrl+Enter", "save: from the points, from the reason"),
    ("PageDown, PageUp", "scroll the evidence"),
    ("e", "open or fold all other evidence"),
    ("o", "the whole report, in a new tab"),
    ("1, 2, 3", "what is open, what was decided, all"),
    ("Esc", "leave a field"),
    ("?", "these keys"),
)


@dataclass(frozen=True)
class Link:
    """A line of a list."""

    address: str
    name: str
    detail: str
    current: bool = False
    heading: str = ""  # stands above it


@dataclass(frozen=True)
class Form:
    """What was typed already, and what was wrong with it."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    points: str = ""
    counts: str = ""
    reason: str = ""
    beyond: bool = False
    problem: str = ""
    conflict: bool = False  # somebody else has decided it since it was shown


@dataclass(frozen=True)
class Around:
    """What stands around the evidence."""

    nonce: str
    who: str
    said: str  # what became of the last form
    views: tuple[Link, ...]
    rows: tuple[Link, ...]
    left_out: str
    others: tuple[Link, ...]  # all that can be decided about this run
    before: str  # address of the one before; "" where there is none
    after: str
    report: str
    faults: tuple[str, ...] = ()


def item(record: RunRecord, name: str, around: Around, form: Form) -> str:
    """The page of one thing that can be decided.

    Raises:
        KeyError: the record has nothing of this name that can be decided.
    """
    shown, around, form = inert(record), inert(around), inert(form)
    one = {one.id: one for one in decidable(shown)}[name]
    return (
        environment()
        .get_template("review.html.jinja")
        .render(
            **(shown_in_html(shown) | _chrome()),
            around=around,
            item=one,
            adjustment=_adjustment(shown, one),
            outcome=one.outcome,
            finding=one.outcome.finding,
            decision=one.decided if one.takes_points else None,
            kind=KINDS[one.kind],
            span=span(one),
            standing=standing(one),
            settled=words.settled(one.decided) if one.decided and not one.takes_points else "",
            earlier=_earlier(shown, one),
            form=form,
        )
    )


def notice(
    nonce: str, *, title: str, lines: tuple[str, ...], onward: str = "", views: tuple[Link, ...] = ()
) -> str:
    """A page with nothing to decide on it.

    Args:
        onward: an address that the browser goes on to by itself.
    """
    return (
        environment()
        .get_template("review_notice.html.jinja")
        .render(
            **_chrome(),
            nonce=nonce,
            title=one_line(title),
            lines=tuple(map(one_line, lines)),
            onward=onward,
            views=views,
        )
    )


def _adjustment(shown: RunRecord, one: OpenItem) -> Adjustment | None:
    """What is decided, where it is no check."""
    found = () if one.takes_points else (*shown.grade.adjustments, *shown.by_hand)
    return next((adjustment for adjustment in found if adjustment.id == one.id), None)


def _chrome() -> dict[str, object]:
    from markupsafe import Markup

    return {
        "style": Markup(template("style.css")),
        "page_style": Markup(template("review.css")),
        "script": Markup(template("review.js")),
        "keys": KEYS,
    }


def _earlier(shown: RunRecord, one: OpenItem) -> tuple[str, ...]:
    """What was decided before the decision that counts, the latest first."""
    past = [decision for decision in shown.decisions if decision.id == one.id][:-1]
    return tuple(
        words.decided(old, one.outcome)
        if one.takes_points
        else f"{'Yes' if old.counts else 'No'}. {words.settled(old)}"
        for old in reversed(past)
    )
