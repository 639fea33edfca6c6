"""The student's report, one offline HTML file: no request, no script, readable on a phone, in the dark and on paper.

jinja2 escapes everything that is not marked as safe, and only the stylesheet and our own SVG are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from grader.records import Absent, Grade, PictureCopy, RunRecord
from grader.report import charts, words
from grader.report.accuracy_chart import accuracy_curve
from grader.report.gallery import gallery
from grader.report.growth import growth
from grader.report.inert import inert_for_students
from grader.report.losses import losses
from grader.report.prose import pieces
from grader.report.sections import sections
from grader.report.sections.curves import limits
from grader.report.sections.interface import Table
from grader.report.seeds_chart import seeds_chart

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

file_name = "report.html"


def render(record: RunRecord) -> str:
    return page(inert_for_students(record))


def page(shown: RunRecord, *, staff: bool = False, beside: Mapping[str, str] | None = None) -> str:
    """The whole page of a record that was made inert.

    Args:
        staff: whether the record is whole, so that the page has to say whom it is for.
        beside: files in the same folder that it links, and what they are.
    """
    template = environment().get_template("report.html.jinja")
    return template.render(**shown_in_html(shown), staff=staff, beside=beside or {})


def shown_in_html(shown: RunRecord) -> dict[str, Any]:
    """All that the templates show of a record that was made inert."""
    from markupsafe import Markup

    return {
        "record": shown,
        "verdict": words.verdict(shown),
        "meter": _meter(shown.grade),
        "sections": sections(shown),
        "pictures": {
            "curve": Markup(charts.loss_curve(shown.evidence.trials)),
            "rates": Markup(charts.rate_curve(shown.evidence.trials)),
            "seeds": Markup(seeds_chart(shown)),
            "accuracy": Markup(accuracy_curve(shown.evidence.trials, limits(shown))),
            "images": Markup(gallery(shown.evidence.explanations)),
            "growth": Markup(growth(shown.evidence.model, shown.outcomes)),
        },
        "style": Markup(template("style.css")),
        "words": words,
        "losses": losses(shown),
        "heat": _heat,
        "copies": _copies(shown),
        "decided": words.last_decisions(shown),
        "with_expected": any(words.expected(outcome) for outcome in shown.outcomes),
    }


def template(name: str) -> str:
    """A file beside the templates, as it is: a stylesheet or a script of ours."""
    return (files("grader.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Escapes everything that is not marked as safe."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("grader.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["prose"] = prose
    return made


def prose(text: str) -> Markup:
    """A sentence as HTML, with what stands between backticks as code."""
    from markupsafe import Markup, escape

    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if is_code else escape(part) for part, is_code in pieces(text))


def _copies(record: RunRecord) -> tuple[PictureCopy, ...]:
    found = record.evidence.pictures
    return () if isinstance(found, Absent) else tuple(one for one in found.copies if one.png)


def _meter(grade: Grade) -> dict[str, Any]:
    """Shares of the bar, 0 to 100: what is certain, what is open, and where the pass mark lies."""
    whole = grade.max_points
    if grade.status == "infrastructure" or whole <= 0:
        return {}
    certain = min(100.0, max(0.0, 100 * grade.lowest / whole))
    still_open = min(100.0 - certain, max(0.0, 100 * (grade.highest - grade.lowest) / whole))
    return {
        "certain": round(certain, 2),
        "open": round(still_open, 2),
        "mark": round(100 * grade.pass_mark, 2),
    }


def _heat(table: Table) -> list[list[float]]:
    """How strongly each cell of a square table is shaded, 0 to 1.

    A right answer counts by its share of the row; a mistake by the root of its share of the most frequent
    mistake, and never so weakly that it cannot be seen.
    """
    numbers = [[int(cell.replace(",", "")) for cell in row[1:]] for row in table.rows]
    wrong = [n for true, row in enumerate(numbers) for seen, n in enumerate(row) if true != seen]
    most = max([*wrong, 1])
    return [
        [_strength(n, sum(row), most, true == seen) for seen, n in enumerate(row)]
        for true, row in enumerate(numbers)
    ]


def _strength(n: int, in_row: int, most: int, right: bool) -> float:
    if n <= 0:
        return 0.0
    return round(n / in_row if right else 0.25 + 0.75 * math.sqrt(n / most), 3)
