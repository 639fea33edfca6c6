"""The report on a terminal, in a log file, and where only ASCII can be written."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.records import RunRecord
from grader.report.terminal import WIDTH, print_report, render


def printed(record: RunRecord, place: str = "", encoding: str = "utf-8", **options: object) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    console = Console(file=file, width=80, _environ={}, **options)  # type: ignore[arg-type]
    print_report(record, console, place or None)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_no_line_is_wider_than_the_page(example_record: RunRecord) -> None:
    assert max(cell_len(line) for line in render(example_record).splitlines()) <= WIDTH


def test_a_log_file_gets_neither_colour_nor_boxes(example_record: RunRecord) -> None:
    text = printed(example_record)
    assert "\x1b" not in text
    assert not set(text) & set("╭╮╰╯│─━┃┏┓")


def test_a_terminal_gets_colour_and_a_box(example_records: dict[str, RunRecord]) -> None:
    text = printed(example_records["partial"], force_terminal=True, color_system="standard")
    assert "\x1b[31m" in text
    assert "╭" in text


def test_a_terminal_is_only_driven_by_us(example_records: dict[str, RunRecord]) -> None:
    text = printed(example_records["hostile"], force_terminal=True, color_system="standard")
    codes = {part.split("m")[0] for part in text.split("\x1b")[1:]}
    assert all(code.startswith("[") and code[1:].replace(";", "").isdigit() for code in codes)
    assert "\x1b]8" not in text
    assert "[red]x[/red]:smile:" in " ".join(text.split())


def test_where_only_ascii_can_be_written_the_rest_is_escaped(example_record: RunRecord) -> None:
    text = printed(example_record, encoding="ascii")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def test_icons_have_a_form_in_ascii(example_records: dict[str, RunRecord]) -> None:
    text = printed(example_records["partial"], encoding="ascii")
    assert all(status in text for status in ("+ Passed", "x Not met", "/ Partly met", "98.93 % +- 0.07"))


def test_the_place_of_the_whole_report_is_named(example_records: dict[str, RunRecord]) -> None:
    place = "reports/s4/ada/run/report.html"
    assert f"Report: {place}" in printed(example_records["full_marks"], place)
    assert "Report:" not in printed(example_records["full_marks"])


def test_only_what_is_not_passed_has_advice(example_records: dict[str, RunRecord]) -> None:
    assert "What is left" not in render(example_records["full_marks"])
    text = " ".join(render(example_records["partial"]).split())
    assert "What to try: Most of the 30,194 sit in: conv3" in text
    assert "shows: training log: no line with a test accuracy" in text
    assert "explains: architecture" not in text


@pytest.mark.parametrize("width", [20, 40, 200])
def test_any_width_will_do(width: int, example_record: RunRecord) -> None:
    console = Console(file=io.StringIO(), width=width, _environ={})
    with console.capture() as captured:
        print_report(example_record, console)
    assert len(captured.get()) > 100
