"""The pages that only the staff opens, similarity and benchmarks, in a real browser: one load each, four ways to look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.bench.compare import compare
from grader.bench.compare_page import compare_page
from grader.bench.leaderboard import board
from grader.bench.leaderboard_page import board_page, front_chart
from grader.bench.page import bench_page
from grader.bench.render import html
from grader.records.similarity import (
    SIMILARITY_SCHEMA,
    Excerpt,
    Similarity,
    SimilarPair,
    SimilarWork,
    SourceLine,
)
from grader.report import similarity
from grader.spec.load import load_spec

pytestmark = pytest.mark.browser
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> العربية " + "x" * 300


def alike() -> str:
    """One pair with a long line each, and names that try to be markup."""
    lines = tuple(
        SourceLine(at, f"    me.layer{at} = nn.Conv2d({HOSTILE})", at % 2 == 1) for at in range(1, 9)
    )
    pair = SimilarPair(
        left=SimilarWork(HOSTILE, ""),
        right=SimilarWork("bo", "s4-2025"),
        score=0.93,
        above_median=0.91,
        rank=0.92,
        shared_lines=41,
        signs=(),
        excerpts=(Excerpt("model.py:3", HOSTILE, lines, lines),),
    )
    return similarity.page(
        Similarity(
            schema=SIMILARITY_SCHEMA,
            place=HOSTILE,
            works=39,
            earlier_works=1,
            compared=779,
            not_compared=0,
            median=0.02,
            margin=0.3,
            above=1,
            pairs=(pair,),
            common=52,
            notes=(HOSTILE,),
        )
    )


@pytest.fixture
def page_of(benches: Any) -> Callable[[str], str]:
    first = benches.bench(benches.series(), benches.series(model=HOSTILE, source=HOSTILE, parameters=9_000))
    second = benches.bench(benches.series((0.97, 0.971, 0.969)), command=HOSTILE)

    def made(name: str) -> str:
        if name == "similarity":
            return alike()
        if name == "bench":
            return html(bench_page(first))
        if name == "compare":
            return html(compare_page(first, second, compare(first, second)))
        found = board(load_spec("s4"), [first], None, {})
        return html(board_page(found), (front_chart(found),))

    return made


@pytest.mark.parametrize(
    "name",
    [
        "similarity",
        "bench",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("compare", "leaderboard")),
    ],
)
def test_a_page_of_the_staff_says_nothing_asks_for_nothing_fits_and_can_be_used_by_all(
    name: str, page_of: Callable[[str], str], open_page: Callable[..., Any], serious: Any, tmp_path: Path
) -> None:
    place = tmp_path / "page.html"
    place.write_text(page_of(name), encoding="utf-8")
    seen = open_page(place, 360, "dark")
    page = seen.page
    for width, scheme in ((360, "dark"), (1440, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(page) == []
    assert page.locator("script, img, iframe, [onerror]").count() == 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert [url.rsplit("/", 1)[-1] for url in seen.requests] == ["page.html"]
    assert (seen.messages, seen.dialogs) == ([], [])
