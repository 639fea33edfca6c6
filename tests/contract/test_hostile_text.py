"""Whatever students write, in every text of every record: it is shown, and acts nowhere."""

from __future__ import annotations

import dataclasses
import io
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from grader.course.grades.grades_csv import GradeLine, grades_csv
from grader.decisions import decidable
from grader.records import Inspection, RunRecord
from grader.records.similarity import Similarity
from grader.report import batch_page, inspection, review_page, similarity
from grader.report.batch_page import BatchPage
from grader.report.inert import inert
from grader.report.interface import formats
from grader.report.review_page import Around, Form
from grader.report.tensorboard import event_files
from grader.report.terminal import print_report

NONCE = "n0nce"
TURNS = range(4)
"""With these every member of every union, and nearly every fixed word, is in some record."""
MOST_BYTES = 700_000
MOST_SECONDS = 4.0
"""Of one text with a million characters in every field, on a core that others use, too."""

FORMATS = sorted(formats())
READ_AS = {".html": "html", ".json": "json", ".md": "markdown", ".txt": "printed", ".xml": "xml"}
"""What each format is read as, by the name of its file."""

IN_A_STEP = ("actions_annotations", "actions_summary", "classroom50", "gradescope", "json", "junit")
"""What a workflow's step may print as it is; the report is printed where no command is obeyed."""

OWN_SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
PAGES = ("review page", "similarity page")
PRINTED = ("report on a terminal", "similarity on a terminal", "inspection on a terminal")
EXPORTS = ("grades.csv", "similarity.json", "inspection.json")
EVERYWHERE = (*FORMATS, *PAGES, *PRINTED, *EXPORTS)

UNCUT = ("json", "inspection.json")
"""The records themselves: what is recorded was cut before."""

each_output = pytest.mark.parametrize("output", EVERYWHERE)


def printed(show: Callable[[Any, Console], None], what: object) -> str:
    out = io.StringIO()
    show(what, Console(file=out, width=100, force_terminal=False))
    return out.getvalue()


@dataclasses.dataclass(frozen=True)
class Outputs:
    """Everything that shows a student's words, by name."""

    hostile: ModuleType

    def made(self, kind: type, text: Callable[[str], str], turn: int, most: int = 2) -> Any:
        return self.hostile.record_of(kind, text, turn, most)

    def of(self, output: str, text: Callable[[str], str], turn: int = 0, most: int = 2) -> str:
        if output in FORMATS:
            return formats()[output].render(self.made(RunRecord, text, turn, most))
        if output == "review page":
            return self._review_page(text, turn, most)
        if output == "grades.csv":
            return grades_csv([self.made(GradeLine, text, turn, most)])
        of_record: dict[str, tuple[type, Callable[[Any], str]]] = {
            "similarity page": (Similarity, similarity.page),
            "similarity.json": (Similarity, similarity.to_json),
            "similarity on a terminal": (Similarity, lambda one: printed(similarity.print_similarity, one)),
            "inspection.json": (Inspection, inspection.to_json),
            "inspection on a terminal": (Inspection, lambda one: printed(inspection.print_inspection, one)),
            "report on a terminal": (RunRecord, lambda one: printed(print_report, one)),
        }
        kind, show = of_record[output]
        return show(self.made(kind, text, turn, most))

    def _review_page(self, text: Callable[[str], str], turn: int, most: int) -> str:
        """The first thing of it that a person can decide, with every word around it as bad."""
        record = self.made(RunRecord, text, turn, most)
        around = dataclasses.replace(self.made(Around, text, turn, most), nonce=NONCE)
        (name, *_) = [one.id for one in decidable(inert(record))]
        return review_page.item(record, name, around, self.made(Form, text, turn, most))


@pytest.fixture(scope="module")
def outputs(hostile: ModuleType) -> Outputs:
    return Outputs(hostile)


def acts(output: str, text: str, acting: ModuleType, runner: Any) -> Iterator[str]:
    """All that would act in this output, or where it is printed in a step of a workflow."""
    name = formats()[output].file_name if output in FORMATS else output
    kind = "html" if output in PAGES else READ_AS.get(Path(name).suffix, Path(name).suffix)
    readers = {"markdown": acting.in_markdown, "json": acting.in_json, "xml": acting.in_xml}
    readers |= {"html": lambda one: acting.in_html(one, NONCE), ".csv": acting.in_a_table}
    yield from readers.get(kind, acting.in_a_terminal)(text)
    allowed = {"error", "warning", "notice"} if output == "actions_annotations" else set()
    if output in IN_A_STEP:
        yield from (f"::{one.name}::" for one in runner().read(text).obeyed if one.name not in allowed)


def test_every_format_is_read_as_something() -> None:
    assert {Path(formats()[name].file_name).suffix for name in FORMATS} <= set(READ_AS)
    assert set(IN_A_STEP) < set(FORMATS)


def test_every_text_of_every_record_is_reached(hostile: ModuleType) -> None:
    for kind in (RunRecord, Inspection, Similarity):
        filled: set[str] = set()

        def text(place: str, filled: set[str] = filled) -> str:
            filled.add(place)
            return "x"

        for turn in TURNS:
            hostile.record_of(kind, text, turn)
        assert filled == hostile.places(kind)
        assert len(filled) > 5


def test_what_is_left_out_is_a_field_and_has_a_reason(hostile: ModuleType) -> None:
    """No more than the name of each format: all other texts are taken for a student's."""
    assert sorted(hostile.FIXED) == ["Inspection.schema", "RunRecord.schema", "Similarity.schema"]
    for place, reason in hostile.FIXED.items():
        kind = {one.__name__: one for one in (RunRecord, Inspection, Similarity)}[place.partition(".")[0]]
        assert hostile.hints(kind)["schema"] is str
        assert reason


@each_output
def test_nothing_acts(
    output: str, outputs: Outputs, hostile: ModuleType, acting: ModuleType, actions_runner: Any
) -> None:
    """Each field holds another one of the worst texts, in each turn the next one."""
    for turn in TURNS:
        shown = outputs.of(output, hostile.one_after_the_other(5 * turn), turn)
        assert list(acts(output, shown, acting, actions_runner)) == []
        assert shown.encode("utf-8")


@pytest.mark.parametrize(
    "output", [*(one for one in FORMATS if formats()[one].file_name.endswith(".html")), *PAGES]
)
def test_no_word_changes_what_a_page_is_made_of(
    output: str, outputs: Outputs, hostile: ModuleType, acting: ModuleType
) -> None:
    """One harmless word everywhere and one hostile one everywhere give the same tags, one after the other."""
    usual = acting.shape_of_html(outputs.of(output, lambda _: "word"))
    for name in ("script", "event handler", "html comment", "cdata end", "template"):
        text = hostile.WORST[name]
        assert acting.shape_of_html(outputs.of(output, lambda _, text=text: text)) == usual, name


@pytest.mark.parametrize("output", [one for one in EVERYWHERE if one not in UNCUT])
def test_a_million_characters_in_every_field_are_a_short_text_in_a_short_time(
    output: str, outputs: Outputs, hostile: ModuleType, acting: ModuleType, actions_runner: Any
) -> None:
    began = time.process_time()
    shown = outputs.of(output, lambda _: hostile.LONG, most=1)
    assert time.process_time() - began < MOST_SECONDS
    assert len(shown.encode("utf-8")) < MOST_BYTES
    assert list(acts(output, shown, acting, actions_runner)) == []


def _on_the_page(text: str, place: str) -> str:
    """What is ours on the page of a batch: the state of a row, the time and the places of the reports."""
    own = {"BatchRow.state": "passed", "BatchPage.made_at": "2026-11-22T10:00:00+00:00"}
    return own.get(place, "" if place.endswith(".address") else text)


@pytest.mark.parametrize("name", ["script", "event handler", "html comment", "bidi", "nul", "long"])
def test_the_page_of_a_batch(name: str, hostile: ModuleType, acting: ModuleType) -> None:
    """Its own script, which the page's policy knows by its digest, is left out here."""
    text = hostile.LONG if name == "long" else hostile.WORST[name]
    pages = [hostile.record_of(BatchPage, partial(_on_the_page, one), 0, 1) for one in ("word", text)]
    usual, shown = (OWN_SCRIPT.sub("", batch_page.render(page)) for page in pages)
    assert len(shown) < MOST_BYTES
    assert sorted(acting.in_a_terminal(shown)) == []
    allowed = {f"<{tag}>" for tag in ("select", "option", "output")} | set(acting.in_html(usual, ""))
    assert set(acting.in_html(shown, "")) <= allowed


def test_event_files_are_named_by_numbers_alone(hostile: ModuleType) -> None:
    record = hostile.record_of(RunRecord, hostile.one_after_the_other())
    assert all(name.startswith("seed-1/events.out.tfevents.") for name in event_files(record))


PIECES = st.text(st.characters(), max_size=6)


@settings(max_examples=12)
@given(data=st.data())
def test_no_mixture_of_them_acts_either(
    data: st.DataObject, outputs: Outputs, hostile: ModuleType, acting: ModuleType, actions_runner: Any
) -> None:
    pieces = data.draw(st.lists(st.sampled_from(list(hostile.WORST.values())) | PIECES, max_size=4))
    output = data.draw(st.sampled_from(EVERYWHERE))
    shown = outputs.of(output, lambda _: "".join(pieces), data.draw(st.sampled_from(TURNS)), most=1)
    assert list(acts(output, shown, acting, actions_runner)) == []


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("in_html", "script"),
        ("in_html", "event handler"),
        ("in_html", "css"),
        ("in_html", "html comment"),
        ("in_html", "cdata end"),
        ("in_html", "bidi"),
        ("in_markdown", "markdown"),
        ("in_markdown", "markdown html"),
        ("in_markdown", "html comment"),
        ("in_markdown", "script"),
        ("in_a_terminal", "ansi"),
        ("in_a_terminal", "bidi"),
        ("in_a_terminal", "nul"),
        ("in_a_terminal", "surrogate"),
        ("in_json", "template"),
        ("in_xml", "cdata end"),
        ("in_a_table", "formula"),
    ],
)
def test_the_readers_see_what_stands_unguarded(
    reader: str, text: str, hostile: ModuleType, acting: ModuleType
) -> None:
    assert list(getattr(acting, reader)(hostile.WORST[text]))
