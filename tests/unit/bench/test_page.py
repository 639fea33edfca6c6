"""The page of a result: what stands on it, and that nothing in it is markup."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from grader.bench import records
from grader.bench.page import bench_page, mflops, seconds
from grader.bench.records import Missing
from grader.bench.render import html, markdown
from grader.bench.stats import spread
from grader.records import Absent


def test_a_row_has_its_spread_its_interval_and_its_source(make_bench):
    text = markdown(bench_page(make_bench()))
    found = spread((0.989, 0.991, 0.99))
    assert (
        f"| reference | 3 | 99.00 ± 0.10 % | {100 * found.low:.2f} to {100 * found.high:.2f} % | 3 of 3 |"
        in text
    )
    assert "14,642 | 3.96" in text
    assert "1: 98.90 %, 2: 99.10 %, 3: 99.00 %" in text
    assert "reference\\_models/s4" in text or "reference_models/s4" in text
    assert "A processor, 2 cores" in text
    assert "torch 2.15.0" in text
    assert "mnist 20.00 ms" in text


def test_each_spec_has_a_table_and_what_is_missing_one_of_its_own(make_bench, make_series):
    made = make_bench(
        make_series(),
        make_series(model="small"),
        make_series(spec_id="eva8_s4"),
        missing=(Missing("eva8_s4", "small", 2, "The worker was killed."),),
    )
    page = bench_page(made)
    assert [len(grid.rows) for grid in page.grids] == [2, 1, 3, 1]
    assert page.grids[-1].rows == (("eva8_s4 small", "2", "The worker was killed."),)


def test_what_is_not_known_is_not_a_number(make_bench, make_series):
    nothing = make_series((Absent("failed", "The loss became NaN."),), flops=0)
    one = make_series((0.93,), model="one seed")
    rows = bench_page(make_bench(nothing, one)).grids[0].rows
    assert rows[0][1:9] == ("0", "–", "–", "–", "–", "–", "–", "–")
    assert rows[1][1:7] == ("1", "93.00 %", "–", "0 of 1", "not reached", "not reached")


def test_small_amounts_keep_digits_that_say_something():
    assert [seconds(value) for value in (0.042, 8.26, 131.4, 2500.0)] == [
        "0.04 s",
        "8.3 s",
        "131 s",
        "2,500 s",
    ]
    assert [mflops(value) for value in (0, 806, 3_960_000)] == ["–", "0.00081", "3.96"]
    assert mflops(3_960_000, partial=True) == "≥ 3.96"


def test_flags_are_named(make_bench, make_series, make_trial):
    flagged = replace(make_series(), trials=(make_trial(1, 0.99, flags=("weights in the repository",)),))
    assert "a person should look at weights in the repository" in markdown(bench_page(make_bench(flagged)))


def test_no_text_becomes_markup_or_drives_a_terminal(make_bench, make_series):
    hostile = "<script>|`*[x](http://y)\x1b[31m\u202e\nz"
    made = make_bench(make_series(model=hostile, source=hostile, call=hostile), command=hostile)
    page = bench_page(made)
    for text in (markdown(page), html(page)):
        assert "<script>" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text
    (row,) = [line for line in markdown(page).splitlines() if "3 of 3" in line]
    assert row.count(" | ") == 11


def test_the_html_needs_nothing_else(make_bench):
    text = html(bench_page(make_bench()))
    assert "http" not in text.replace("http-equiv", "")
    assert text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    "record", ["Bench", "Conditions", "Assignment", "Subject", "TrialResult", "Missing", "StoredTrial"]
)
def test_every_key_of_the_result_is_documented(record):
    text = (Path(__file__).parents[3] / "docs" / "benchmarks.md").read_text("utf-8")
    names = {field.name for field in fields(getattr(records, record))}
    assert {name for name in names if f"`{name}`" not in text and f"`{name}[]" not in text} == set()
