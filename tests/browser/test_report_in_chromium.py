"""The HTML report in a real browser: nothing is loaded, nothing runs, and it fits on a phone and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.records import RunRecord
from grader.report import html, staff

pytestmark = pytest.mark.browser
SHOWN = ("full_marks", "partial", "no_model", "review", "minimal", "hostile")
HOSTILE_SEEN = "<script>alert(1)</script>"


@pytest.fixture
def opened(open_page, tmp_path: Path) -> Callable[..., Any]:  # type: ignore[no-untyped-def]
    """A function that opens a record's report from the disk."""

    def open_it(
        record: RunRecord,
        width: int = 1280,
        scheme: str = "light",
        render: Callable[[RunRecord], str] = html.render,
    ) -> Any:
        place = tmp_path / "report.html"
        place.write_text(render(record), encoding="utf-8")
        return open_page(place, width, scheme)

    return open_it


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_loaded_and_nothing_is_said(name: str, opened, example_records) -> None:  # type: ignore[no-untyped-def]
    seen = opened(example_records[name])
    seen.page.wait_for_timeout(100)
    assert [url.rsplit("/", 1)[-1] for url in seen.requests] == ["report.html"]
    assert (seen.messages, seen.dialogs) == ([], [])


def test_hostile_text_is_text(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["hostile"]).page
    assert page.locator("script, img, iframe, form, [onerror]").count() == 0
    assert page.inner_text("h1").startswith(HOSTILE_SEEN)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for id in ("checks", "model", "readme", "handed-in"):
        assert HOSTILE_SEEN in page.inner_text(f"#{id}")


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_never_scrolls_sideways(name: str, width: int, opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records[name], width=width).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('main').getBoundingClientRect().right") <= width
    cut = (
        "[...document.querySelectorAll('figure')].filter(one => one.scrollWidth > one.clientWidth + 2).length"
    )
    assert page.evaluate(cut) == 0  # a chart is whole on a phone, too


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2 of `rgb(r, g, b)`, 0 to 1."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_readable(scheme: str, opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["review"], scheme=scheme).page
    assert len(page.screenshot(full_page=True)) > 20_000
    style = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    for what in ("h1", ".verdict p", ".why", ".note", ".eyebrow", "td.number", "a", ".part-points"):
        first, second = sorted(map(luminance, page.locator(what).first.evaluate(style)))
        assert (second + 0.05) / (first + 0.05) >= 4.5, what
    page_is_dark = luminance(page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")) < 0.1
    assert page_is_dark == (scheme == "dark")


def test_it_prints(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["partial"]).page
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 7


def test_what_is_folded_opens_by_the_keyboard(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["full_marks"]).page
    folded = page.locator("details", has_text="Table by torchinfo")
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.locator("pre").is_visible()


@pytest.mark.parametrize(
    ("name", "width", "scheme", "render"),
    [("review", 1440, "light", staff.render), ("hostile", 360, "dark", html.render)],
    ids=["staff light wide", "hostile dark narrow"],
)
def test_axe_finds_nothing_serious(name, width, scheme, render, opened, serious, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records[name], width=width, scheme=scheme, render=render).page
    assert serious(page) == []
    page.set_viewport_size({"width": 1800 - width, "height": 900})
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    assert serious(page) == []


def test_the_staffs_page_opens_without_a_message_and_fits(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    seen = opened(example_records["decided"], width=360, render=staff.render)
    seen.page.wait_for_timeout(100)
    assert ([url.rsplit("/", 1)[-1] for url in seen.requests], seen.messages) == (["report.html"], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert seen.page.locator("aside.staff").is_visible()


def test_what_was_lost_leads_to_its_check(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["partial"]).page
    page.locator(".losses a").first.click()
    assert page.url.endswith("#check-1")
    assert "fewer than 25,000 parameters" in page.inner_text("#check-1")


def test_the_first_two_pages_on_paper_hold_the_verdict_and_every_check(opened, example_records) -> None:  # type: ignore[no-untyped-def]
    page = opened(example_records["partial"], width=680).page  # the width of A4 between its margins
    page.emulate_media(media="print")
    paper = 2 * (297 - 2 * 16) / 25.4 * 96
    assert page.evaluate("document.querySelector('#points').getBoundingClientRect().bottom") < paper
    assert not page.locator("nav").is_visible()


@pytest.mark.parametrize(
    "name",
    ["x" * 600, "\u05e9\u05dc\u05d5\u05dd " * 60, "\U0001f984" * 300],
    ids=["long", "right to left", "emoji"],
)
def test_no_name_breaks_a_phones_page(name: str, opened, example_records) -> None:  # type: ignore[no-untyped-def]
    record = example_records["partial"]
    named = replace(record.evidence, submission=replace(record.evidence.submission, name=name, source=name))
    outcomes = tuple(replace(one, requirement=name) for one in record.outcomes)
    page = opened(replace(record, title=name, evidence=named, outcomes=outcomes), width=360).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".losses li").count() == 2
