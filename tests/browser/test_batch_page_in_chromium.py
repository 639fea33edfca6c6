"""The page of a batch in a real browser: sorted and filtered by mouse and keyboard, in the dark, on a phone, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.records import Absent
from grader.report.batch_page import BatchPage, render
from grader.report.batch_rows import row_of_run, row_without_run

pytestmark = pytest.mark.browser
WORST = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> العربية"


@pytest.fixture
def rows(example_records):  # type: ignore[no-untyped-def]
    """150: three endings with other numbers each, some without a run, one with a hostile name."""
    kinds = [row_of_run(example_records[name], "") for name in ("full_marks", "partial", "review")]
    made = [
        replace(
            kinds[at % 3],
            name=f"student-{at}",
            address=f"student-{at}/run/report.html",
            parameters=5000 + 37 * at % 9000,
            accuracy=0.97 + (at * 53 % 100) / 5000,
            wall_seconds=10.0 + at * 7 % 50,
        )
        for at in range(140)
    ]
    made += [row_without_run(f"missing-{at}", "missing", "Nothing was handed in.") for at in range(9)]
    return (*made, row_without_run(WORST * 100, "unreachable", WORST))


def column(page: Any, number: int) -> list[str]:
    """The texts of the rows that are shown."""
    script = """n => [...document.querySelectorAll('#table tbody tr')].filter(r => !r.hidden)
        .map(r => r.cells[n].textContent)"""
    found: list[str] = page.evaluate(script, number)
    return found


@pytest.fixture
def opened(open_page, tmp_path: Path) -> Callable[..., Any]:  # type: ignore[no-untyped-def]
    def open_it(rows, width: int = 1440, scheme: str = "light", script: bool = True) -> Any:  # type: ignore[no-untyped-def]
        place = tmp_path / "batch.html"
        nobody = Absent("skipped", "Nobody has compared them.")
        page = BatchPage(
            "MNIST in one epoch", "ERA V4", "s4", "2026-11-22T05:00:00+00:00", tuple(rows), nobody
        )
        place.write_text(render(page), encoding="utf-8")
        return open_page(place, width, scheme, java_script_enabled=script, reduced_motion="reduce")

    return open_it


def test_sorted_by_click_and_by_keyboard(opened, rows) -> None:  # type: ignore[no-untyped-def]
    seen = opened(rows)
    head = seen.page.locator("#table th", has_text="Parameters")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    numbers = [int(one.replace(",", "")) for one in column(seen.page, 4) if one != "–"]
    assert len(numbers) == 140
    assert numbers == sorted(numbers)
    assert column(seen.page, 4)[-10:] == ["–"] * 10
    seen.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert [int(one.replace(",", "")) for one in column(seen.page, 4) if one != "–"] == numbers[::-1]
    assert column(seen.page, 4)[-10:] == ["–"] * 10  # what is not known stays last
    seen.page.keyboard.press("Shift+Tab")
    seen.page.keyboard.press("Space")
    accuracies = [float(one.removesuffix(" %")) for one in column(seen.page, 3) if one != "–"]
    assert accuracies == sorted(accuracies, reverse=True)  # the best first
    assert seen.page.locator("[aria-sort]").count() == 1
    assert seen.page.get_by_role("button", name="Time", exact=True).count() == 1  # no arrow is read out
    seen.page.locator("#table th button", has_text="Who").click()
    names = [one for one in column(seen.page, 0) if one.startswith("student")]
    assert names[:3] == ["student-0", "student-1", "student-2"]  # by number, not by digit
    seen.page.locator("#table tbody tr").nth(100).scroll_into_view_if_needed()
    assert head.bounding_box()["y"] == pytest.approx(0, abs=1)  # the heads stay in view
    assert ([*seen.messages, *seen.dialogs], [url.rsplit("/", 1)[-1] for url in seen.requests]) == (
        [],
        ["batch.html"],
    )


def test_filtered_by_text_state_and_missed_check(opened, rows) -> None:  # type: ignore[no-untyped-def]
    seen = opened(rows)
    told = seen.page.locator("#shown")
    assert told.inner_text() == "150 submissions."
    seen.page.fill("#find", "STUDENT-13 passed")
    told.get_by_text("of 150").wait_for()
    expected = [row.name for row in rows if row.name.startswith("student-13") and row.state == "passed"]
    assert column(seen.page, 0) == expected
    seen.page.click("#clear")
    assert len(column(seen.page, 0)) == 150
    seen.page.select_option("#state", "missing")
    assert (told.inner_text(), len(column(seen.page, 0))) == ("9 of 150 submissions.", 9)
    seen.page.click("#clear")
    missed = next(row.failed[0] for row in rows if row.failed)
    seen.page.click(f'a[aria-label="Show those who lost points on {missed}"]')
    assert column(seen.page, 0) == [row.name for row in rows if missed in row.failed]
    seen.page.locator("#table th.number button", has_text="Points").click()
    assert len(column(seen.page, 0)) == sum(missed in row.failed for row in rows)  # still filtered
    assert (seen.messages, seen.dialogs) == ([], [])


def test_without_a_script_it_is_a_whole_table(opened, rows) -> None:  # type: ignore[no-untyped-def]
    page = opened(rows, script=False).page
    assert page.locator("#table tbody tr:visible").count() == 150
    assert page.locator(".filters:visible, #table button").count() == 0


@pytest.mark.parametrize("width", [360, 1440])
def test_hostile_names_stay_text_and_the_page_never_scrolls_sideways(width: int, opened, rows) -> None:  # type: ignore[no-untyped-def]
    seen = opened(rows, width=width)
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    table = seen.page.evaluate(
        "[document.querySelector('#table').scrollWidth, document.querySelector('#all .scroll').clientWidth]"
    )
    assert width < 1440 or table[0] <= table[1]  # where it cannot be scrolled, nothing is cut off
    assert "what came" in seen.page.inner_text(".rates").lower() or width < 1440
    assert (
        seen.page.locator(".rates .sentence").first.bounding_box()["x"] < width / 2
    )  # a phone shows the answer, too
    assert seen.page.locator("img, iframe, form, [onerror]").count() == 0
    assert "<script>alert(1)</script>" in column(seen.page, 7)[-1]
    assert (seen.messages, seen.dialogs) == ([], [])


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2 of `rgb(r, g, b)`, 0 to 1."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readable_and_accessible_in_light_and_dark(scheme: str, opened, rows) -> None:  # type: ignore[no-untyped-def]
    page = opened(rows, scheme=scheme).page
    style = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    for what in ("h1", ".state", ".why", ".note", "#table th button", "#table a", ".sentence", ".id"):
        first, second = sorted(map(luminance, page.locator(what).first.evaluate(style)))
        assert (second + 0.05) / (first + 0.05) >= 4.5, what
    dark = luminance(page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")) < 0.1
    assert dark == (scheme == "dark")


def test_axe_finds_nothing_serious(opened, serious, rows) -> None:  # type: ignore[no-untyped-def]
    page = opened([*rows[:9], *rows[-3:]]).page
    for scheme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert serious(page) == [], scheme


@pytest.mark.slow
def test_on_paper_it_lies_on_its_side(opened, rows, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    page = opened(rows).page
    paper = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert 5 <= len(boxes) <= 14
    assert all(float(wide) > float(high) for wide, high in boxes)
    page.emulate_media(media="print")
    assert page.locator(".filters").is_hidden()
    head = page.locator("#table thead").evaluate("e => getComputedStyle(e).display")
    assert head == "table-header-group"  # repeated on every page


@pytest.mark.slow
def test_five_thousand_rows_can_be_used(opened, rows) -> None:  # type: ignore[no-untyped-def]
    many = [replace(row, name=f"{row.name[:30]} {at}") for at in range(34) for row in rows][:5000]
    seen = opened(many)
    assert seen.page.locator("#shown").inner_text() == "5,000 submissions. The first 500 are shown."
    seen.page.locator("#table th button", has_text="Time").click()
    assert len(column(seen.page, 0)) == 500
    times = [float(one.removesuffix(" s")) for one in column(seen.page, 5)]
    assert times == sorted(times, reverse=True)
    assert times[0] == max(row.wall_seconds for row in many)
    seen.page.click("#more")
    assert len(column(seen.page, 0)) == 5000
