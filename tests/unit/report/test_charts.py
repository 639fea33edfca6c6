"""The loss curve: valid XML, right places, nothing of it where there is nothing to draw."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.records import Absent, CurvePoint, RunRecord, Trial
from grader.report import charts


def test_each_seed_has_a_line_a_dash_and_a_label(example_records: dict[str, RunRecord]) -> None:
    picture = ElementTree.fromstring(charts.loss_curve(example_records["review"].evidence.trials))
    lines = list(picture.iter("polyline"))
    assert len(lines) == 5
    assert len({line.get("stroke-dasharray") for line in lines}) == 5
    labels = [one.findtext("text") for one in picture.iter("g")]
    assert labels == ["seed 11", "seed 12", "seed 13", "seed 14", "seed 15"]
    heights = sorted(float(one.find("text").get("y")) for one in picture.iter("g"))  # type: ignore[union-attr, arg-type]
    assert all(below - above > 14 for above, below in itertools.pairwise(heights))


def test_the_picture_says_what_it_shows(example_records: dict[str, RunRecord]) -> None:
    picture = ElementTree.fromstring(charts.loss_curve(example_records["full_marks"].evidence.trials))
    assert picture.get("role") == "img"
    assert picture.findtext("title") == "Training loss over the samples seen"
    assert "seed 11: from 2.02 to 0.07" in (picture.findtext("desc") or "")


def test_without_points_there_is_no_picture(example_records: dict[str, RunRecord]) -> None:
    trial = example_records["full_marks"].evidence.trials[0]
    assert charts.loss_curve(()) == ""
    assert charts.loss_curve((replace(trial, curve=()),)) == ""
    assert (
        charts.loss_curve((replace(trial, curve=(CurvePoint(1, math.nan), CurvePoint(2, math.inf))),)) == ""
    )


def test_many_points_are_averaged_into_few(example_records: dict[str, RunRecord]) -> None:
    trial = example_records["full_marks"].evidence.trials[0]
    curve = tuple(CurvePoint(n, float(n % 2)) for n in range(1, 10_001))
    drawn = charts._drawable(curve)
    assert len(drawn) <= charts.POINTS_DRAWN
    assert drawn[-1].samples == 10_000
    assert drawn[0].loss == pytest.approx(0.5, abs=0.01)
    assert len(charts.loss_curve((replace(trial, curve=curve),))) < 10_000


@example([(0, 0.0), (0, 5e-324)])
@given(st.lists(st.tuples(st.integers(-5, 10**12), st.floats(width=64)), min_size=2, max_size=30))
def test_any_curve_stays_inside_of_the_picture(points: list[tuple[int, float]]) -> None:
    trial = Trial(7, "finished", "", 1, 1, (), 0.0, 0.0, 1, "", -1, _nothing())
    text = charts.loss_curve((replace(trial, curve=tuple(CurvePoint(*point) for point in points)),))
    if text:
        picture = ElementTree.fromstring(text)
        for line in picture.iter("polyline"):
            places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
            assert all(charts.LEFT - 1 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in places)
        assert len(list(picture.iter("text"))) < 20


def _nothing() -> Absent:
    return Absent("skipped", "")


# --- learning rates -----------------------------------------------------------------------------------------


def test_the_rates_are_one_line_with_the_highest_on_the_scale(example_records: dict[str, RunRecord]) -> None:
    picture = ElementTree.fromstring(charts.rate_curve(example_records["full_marks"].evidence.trials))
    (line,) = picture.iter("polyline")
    places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
    top = min(y for _, y in places)
    assert [y for _, y in places].index(top) == 13  # 17,920 samples: three tenths of the epoch
    assert picture.findtext("title") == "Learning rate over the samples seen"
    assert "at most 0.0498" in (picture.findtext("desc") or "")


def test_without_rates_there_is_no_picture_of_them(example_records: dict[str, RunRecord]) -> None:
    trial = example_records["full_marks"].evidence.trials[0]
    unknown = tuple(replace(point, rate=-1.0) for point in trial.curve)
    assert charts.rate_curve(()) == charts.rate_curve((replace(trial, curve=unknown),)) == ""


@given(st.lists(st.tuples(st.integers(-5, 10**12), st.floats(width=64)), min_size=2, max_size=30))
def test_any_rates_stay_inside_of_the_picture(points: list[tuple[int, float]]) -> None:
    curve = tuple(CurvePoint(samples, 1.0, rate) for samples, rate in points)
    text = charts.rate_curve((Trial(7, "finished", "", 1, 1, curve, 0.0, 0.0, 1, "", -1, _nothing()),))
    if text:
        for line in ElementTree.fromstring(text).iter("polyline"):
            places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
            assert all(charts.LEFT - 1 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in places)
