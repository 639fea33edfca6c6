"""The charts of a batch: whole XML, the right heights, hostile names as text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from grader.report.batch_charts import bars, scatter, share_bar
from grader.report.batch_figures import Bin, dots
from grader.report.batch_rows import BatchRow

HOSTILE = "<script>alert(1)</script>\"'& x"


def row(name, parameters, accuracy, state="passed", address=""):
    return BatchRow(name, state, "", address, parameters=parameters, accuracy=accuracy)


def test_a_bar_is_as_high_as_its_count():
    picture = ElementTree.fromstring(bars([Bin("a", 4, 2), Bin("b", 8), Bin("c", 0)], "x", "Counts", 1.5))
    heights = [float(one.get("height")) for one in picture.iter("rect")]
    assert heights[0] == pytest.approx(heights[2] / 2, abs=0.1)
    assert heights[1] == pytest.approx(heights[0] / 2, abs=0.1)  # what is open of the first
    assert picture.find("title").text == "Counts"
    assert picture.find("desc").text == "a: 4; b: 8."
    assert [one.text for one in picture.iter("text") if one.text == "pass mark"]


def test_nothing_to_draw_is_no_picture():
    assert bars([Bin("a", 0)], "x", "t") == ""
    assert bars([], "x", "t") == ""
    assert scatter([]) == ""


def test_every_model_is_a_dot_with_its_numbers():
    rows = [
        row("ada", 1000, 0.98, address="ada/r/report.html"),
        row("bea", 9000, 0.995, "below"),
        row("cy", 9500, 0.99, "person"),
        row(HOSTILE, 20_000, 0.985),
    ]
    picture = ElementTree.fromstring(scatter(dots(rows)))
    titles = [one.find("title").text for one in picture.iter("g")]
    assert titles[0] == "ada: 1,000 parameters, 98.00 %"
    assert titles[3].startswith(HOSTILE)
    shapes = [[child.tag for child in one][1] for one in picture.iter("g")]
    assert shapes == ["circle", "path", "circle", "circle"]
    assert [one.get("href") for one in picture.iter("a")] == ["ada/r/report.html"]
    front = picture.find("polyline").get("points").split()
    assert len(front) == 4  # ada, a corner, bea, and on to the edge
    heights = [float(place.split(",")[1]) for place in front]
    assert heights[0] == heights[1] > heights[2] == heights[3]


def test_what_lies_far_below_does_not_flatten_the_others():
    rows = [row(f"m{at}", 1000 + at, 0.98 + at / 1000) for at in range(15)] + [row("low", 1000, 0.1)]
    text = scatter(dots(rows))
    assert "low: 1,000 parameters, 10.00 %, drawn at the foot" in text
    ticks = re.findall(r">([0-9.]+) %<", text)
    assert min(map(float, ticks)) > 95


@pytest.mark.parametrize("pair", [(1, 0.0), (1, 1.0), (10**14, 0.5)])
def test_a_single_model_is_drawn_too(pair):
    assert ElementTree.fromstring(scatter(dots([row("one", *pair)]))).find("a") is None


def test_shares_fill_the_bar():
    parts = ElementTree.fromstring(share_bar((("met", 3), ("half", 0), ("lost", 1)), 4))
    assert [(one.get("class"), one.get("x"), one.get("width")) for one in parts] == [
        ("met", "0.00", "75.00"),
        ("lost", "75.00", "25.00"),
    ]
    assert "rect" not in share_bar((("met", 0),), 0)
