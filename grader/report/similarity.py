"""What `grader similarity` shows: a list for the terminal, a page with both sides of each excerpt, or JSON.

It is no format of a run's report. It says where to look, and nothing about anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.errors import StoreError
from grader.records.similarity import SIMILARITY_SCHEMA, Similarity, SimilarPair, SimilarWork
from grader.report.html import environment
from grader.report.inert import inert
from grader.report.json import plain
from grader.report.terminal import printable
from grader.text import counted

if TYPE_CHECKING:
    pass

NO_VERDICT = (
    "This list says where to look, and nothing about anybody. Two submissions are alike for many reasons: the same "
    "tutorial, code that was handed out, people who were told to work together. No points hang on it."
)
_MOST_NOTES = 12
_AGAIN = "Compare the batch again: grader similarity --json."


def to_json(found: Similarity) -> str:
    """All of it as JSON text."""
    return json.dumps(plain(inert(found)), ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def from_json(text: str) -> Similarity:
    """The comparison that `to_json` wrote.

    Raises:
        StoreError: the text is none.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        found = TypeAdapter(Similarity).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{place or 'the text'}: {first['msg']}.", _AGAIN) from None
    if found.schema != SIMILARITY_SCHEMA:
        raise StoreError(f'schema: expected "{SIMILARITY_SCHEMA}".', _AGAIN)
    return found


def page(found: Similarity) -> str:
    """One offline HTML file, without scripts; the same comparison gives the same text."""
    from markupsafe import Markup

    style = (files("grader.report") / "templates" / "style.css").read_text(encoding="utf-8")
    shown = inert(found)
    return (
        environment()
        .get_template("similarity.html.jinja")
        .render(
            found=shown,
            style=Markup(style),
            summary=_summary(shown),
            no_verdict=NO_VERDICT,
            percent=percent,
            made_of=made_of,
            side_by_side=lambda excerpt: list(zip(excerpt.left, excerpt.right, strict=False)),
        )
    )


def print_similarity(found: Similarity, console: Console) -> None:
    """The list, the most alike first."""
    shown = inert(found)
    for part in _parts(shown):
        console.print(printable(part, console))


def percent(share: float) -> str:
    """`87 %`."""
    return f"{100 * share:.0f} %"


def made_of(pair: SimilarPair) -> tuple[str, ...]:
    """What a pair's place in the list comes from, as sentences."""
    lines = counted(pair.shared_lines, "line", "lines")
    code = f"{lines} of code that few others have." if pair.shared_lines else ""
    return tuple(filter(None, (code, *(sign.text for sign in pair.signs))))


def _summary(found: Similarity) -> tuple[str, ...]:
    """What was compared, and what the scores are held against."""
    works = counted(found.works, "submission", "submissions")
    earlier = f" and {found.earlier_works:,} of earlier batches" if found.earlier_works else ""
    skipped = ""
    if found.not_compared:
        pairs = counted(found.not_compared, "pair was", "pairs were")
        skipped = f" {pairs} not compared: the same repository, or the same person."
    compared = f"{works}{earlier}, {counted(found.compared, 'pair', 'pairs')}.{skipped}"
    held = (
        f"A pair in the middle of all has {percent(found.median)} of its own code in common. Listed is what lies "
        f"{round(100 * found.margin):.0f} points or more above that, has a long stretch that is rare, or another "
        "strong sign."
    )
    left_out = counted(found.common, "fingerprint is", "fingerprints are")
    return compared, held, f"{left_out} left out: code that was handed out, or that most have."


def _parts(found: Similarity) -> Iterator[RenderableType]:
    yield Text(f"Similarity in {found.place}", "bold")
    yield from (Text(line, "dim") for line in _summary(found))
    yield Text("")
    if found.pairs:
        for number, pair in enumerate(found.pairs, 1):
            yield from _listed(number, pair)
        if found.above > len(found.pairs):
            yield Text(f"{found.above - len(found.pairs):,} more stand out and are not shown: --top.", "dim")
        yield Text(NO_VERDICT, "dim")
    else:
        yield Text("No pair stands out.")
    for note in found.notes[:_MOST_NOTES]:
        yield Text(f"! {note}", "yellow")
    if len(found.notes) > _MOST_NOTES:
        yield Text(f"! and {len(found.notes) - _MOST_NOTES:,} more notes: --json", "yellow")


def _listed(number: int, pair: SimilarPair) -> Iterator[RenderableType]:
    """One pair: who, how much, what it is made of, and where to begin to look."""
    yield Text(f"{number:>3}  ", "dim").append_text(_named(pair.left))
    yield Text("     ").append_text(_named(pair.right))
    score = f"{percent(pair.score)} alike, {100 * pair.above_median:.0f} points above the median."
    places = [f"{one.left_place}  |  {one.right_place}" for one in pair.excerpts[:1]]
    for line in (score, *made_of(pair), *places):
        yield Padding(Text(line), (0, 0, 0, 5))
    yield Text("")


def _named(work: SimilarWork) -> Text:
    return Text(work.name, "bold").append(f" ({work.batch})" if work.batch else "", "not bold dim")
