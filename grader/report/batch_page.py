"""The page of a batch: all submissions of an assignment as one offline HTML file that sorts and filters by itself.

Pure: all that it shows is given to it. Its one style and its one script are ours and named in its content security
policy by their hashes: nothing else that stands in the page can run, and nothing is loaded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.records import Absent
from grader.records.similarity import Similarity
from grader.report import batch_charts, batch_figures, words
from grader.report.batch_rows import STATES, BatchRow
from grader.report.html import environment, template
from grader.report.inert import inert
from grader.report.similarity import made_of, percent

FILE_NAME = "batch.html"
QUEUE_SHOWN = 100
"""Submissions with something open that are listed one by one; the table knows the others."""
PAIRS_SHOWN = 50


@dataclass(frozen=True)
class Export:
    """A file beside the page, or a command that writes one."""

    text: str
    address: str = ""  # relative; "" for a command
    command: str = ""


@dataclass(frozen=True)
class BatchPage:
    """All that the page shows."""

    title: str
    course: str
    spec_id: str
    made_at: str  # ISO 8601, UTC
    rows: tuple[BatchRow, ...]
    similarity: Similarity | Absent
    exports: tuple[Export, ...] = ()
    notes: tuple[str, ...] = ()


def render(page: BatchPage) -> str:
    """The page as HTML; the same rows give the same text."""
    from markupsafe import Markup

    page = inert(page)

    style, script = template("style.css") + template("batch.css"), template("batch.js")
    rows = page.rows
    rates = batch_figures.check_rates(rows)
    return (
        environment()
        .get_template("batch.html.jinja")
        .render(
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            title=page.title,
            course=page.course,
            made_at=words.moment(page.made_at),
            notes=(*page.notes, *_mixed(rows)),
            exports=page.exports,
            rows=[_shown(row, {rate.id: at for at, rate in enumerate(rates)}) for row in rows],
            states=batch_figures.states(rows),
            words=words,
            **_checks(rates),
            **_points(rows),
            **_dots(rows),
            **_times(rows),
            **_queue(rows),
            **_pairs(page.similarity),
        )
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _mixed(rows: Sequence[BatchRow]) -> tuple[str, ...]:
    """What must be known before two rows are compared."""
    digests = {row.spec_digest for row in rows if row.spec_digest}
    unmarked = sum(row.not_a_grade for row in rows)
    said = []
    if len(digests) > 1:
        said.append(
            f"These runs were judged under {len(digests)} versions of the assignment: their points compare only "
            "within one. grader regrade shows who would change."
        )
    if unmarked:
        runs = words.counted(unmarked, "run is", "runs are")
        said.append(f"{runs} not a grade, and marked so: the report says why.")
    return tuple(said)


def _shown(row: BatchRow, places: dict[str, int]) -> dict[str, Any]:
    """One line of the table. `key`s are what its columns are sorted by; "" stands last."""
    state = STATES[row.state]
    return {
        "row": row,
        "word": state,
        "failed": " ".join(str(places[name]) for name in row.failed),
        "missed": ", ".join(row.failed),
        "points": _span(row),
        "points_key": f"{row.points / row.max_points:.6f}" if row.has_points else "",
        "accuracy": "–" if isinstance(row.accuracy, Absent) else words.accuracy(row.accuracy),
        "accuracy_key": "" if isinstance(row.accuracy, Absent) else f"{row.accuracy:.6f}",
        "parameters": "–" if isinstance(row.parameters, Absent) else f"{row.parameters:,}",
        "parameters_key": "" if isinstance(row.parameters, Absent) else str(row.parameters),
        "seconds": words.seconds(row.wall_seconds) if row.wall_seconds else "–",
        "seconds_key": f"{row.wall_seconds:.1f}" if row.wall_seconds else "",
    }


def _span(row: BatchRow) -> str:
    if not row.has_points:
        return "–"
    whole = words.points(row.max_points)
    if row.state == "person" and row.lowest != row.highest:
        return f"{words.points(row.lowest)} to {words.points(row.highest)} of {whole}"
    return f"{words.points(row.points)} of {whole}"


def _checks(rates: Sequence[batch_figures.CheckRate]) -> dict[str, Any]:
    from markupsafe import Markup

    bars = [
        batch_charts.share_bar(
            (("met", one.passed), ("half", one.partial), ("lost", one.failed), ("open", one.open)), one.judged
        )
        for one in rates
    ]
    return {
        "rates": list(zip(rates, map(Markup, bars), map(batch_figures.rate_sentence, rates), strict=True))
    }


def _points(rows: Sequence[BatchRow]) -> dict[str, Any]:
    from markupsafe import Markup

    bins = batch_figures.distribution(rows)
    marks = {row.pass_mark for row in rows if row.has_points}
    mark = batch_figures.BINS * min(marks) if len(marks) == 1 else 0.0
    chart = batch_charts.bars(bins, "points", "Submissions by their share of the points", mark)
    return {"point_bins": bins, "points_chart": Markup(chart), "some_open": any(one.open for one in bins)}


def _dots(rows: Sequence[BatchRow]) -> dict[str, Any]:
    from markupsafe import Markup

    found = batch_figures.dots(rows)
    return {
        "front": [one for one in found if one.on_front],
        "dots_count": len(found),
        "dots_chart": Markup(batch_charts.scatter(found)),
    }


def _times(rows: Sequence[BatchRow]) -> dict[str, Any]:
    from markupsafe import Markup

    bins = batch_figures.times(rows)
    chart = batch_charts.bars(bins, "times", "Submissions by the time that their run took")
    return {
        "time_bins": bins,
        "times_chart": Markup(chart),
        "time_sentence": batch_figures.time_sentence(rows),
    }


def _queue(rows: Sequence[BatchRow]) -> dict[str, Any]:
    queue = [row for row in rows if row.open]
    return {
        "queue": queue[:QUEUE_SHOWN],
        "queue_people": len(queue),
        "queue_count": sum(len(row.open) for row in queue),
    }


def _pairs(found: Similarity | Absent) -> dict[str, Any]:
    if isinstance(found, Absent):
        return {"pairs": [], "no_pairs": found.reason}
    shown = inert(found)
    pairs = [(pair, percent(pair.score), made_of(pair)) for pair in shown.pairs[:PAIRS_SHOWN]]
    nothing = f"{words.counted(found.compared, 'pair')} compared, and no pair stands out."
    return {"pairs": pairs, "no_pairs": nothing}
