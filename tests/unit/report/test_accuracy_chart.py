"""The curve of the accuracy: valid XML, the limit and its epochs, and nothing outside of the picture."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.records import Absent, EpochPoint, Trial
from grader.report import accuracy_chart
from grader.report.accuracy_chart import accuracy_curve
from grader.report.sections.curves import Limit

NOTHING = Trial(7, "finished", "", 1, 1, (), 0.0, 0.0, 1, "", -1, Absent("skipped", ""))


def trial(seed: int, *accuracies: float) -> Trial:
    points = tuple(EpochPoint(n, 60_000 * n, value) for n, value in enumerate(accuracies, start=1))
    return replace(NOTHING, seed=seed, epochs=points)


def drawn(trials: tuple[Trial, ...], *limits: Limit) -> ElementTree.Element:
    return ElementTree.fromstring(accuracy_curve(trials, limits))


def texts(picture: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in picture.iter("text")]


def test_each_seed_has_a_line_of_its_own_look_and_its_end_in_words() -> None:
    picture = drawn((trial(11, 0.981, 0.988, 0.991), trial(12, 0.979, 0.989, 0.9907)), Limit(0.99))
    lines = list(picture.iter("polyline"))
    assert [line.get("stroke-dasharray") for line in lines] == [None, "7 4"]
    assert {"11: 99.10 %", "12: 99.07 %", "line: 99 %", "epoch"} <= set(texts(picture))
    assert picture.findtext("desc") == (
        "seed 11: 98.10 % after epoch 1, 99.10 % after epoch 3; "
        "seed 12: 97.90 % after epoch 1, 99.07 % after epoch 3; line at 99 %."
    )


def test_the_line_lies_between_what_misses_and_what_reaches_it() -> None:
    picture = drawn((trial(1, 0.95, 0.992), trial(2, 0.95, 0.988)), Limit(0.99))
    limit = float(picture.find("g[@class='edge']/line").get("y1"))  # type: ignore[union-attr, arg-type]
    ends = [float((one.get("points") or "").split()[-1].split(",")[1]) for one in picture.iter("polyline")]
    assert ends[0] < limit < ends[1]


def test_an_early_epoch_far_below_is_said_and_does_not_flatten_the_rest() -> None:
    picture = drawn((trial(1, 0.31, 0.9921, 0.9932, 0.9941),), Limit(0.994))
    assert "below: epoch 1, from 31.00 %" in texts(picture)
    heights = [float(place.split(",")[1]) for place in picture.find("g/polyline").get("points").split()]  # type: ignore[union-attr]
    assert heights[0] == accuracy_chart.HEIGHT - accuracy_chart.BOTTOM
    assert heights[1] - heights[3] > 40


@pytest.mark.parametrize(("last", "bands"), [(1, 0), (3, 1), (50, 1)])
def test_the_epochs_in_which_the_line_must_hold_are_shaded(last: int, bands: int) -> None:
    picture = drawn((trial(1, 0.9, 0.93, 0.94, 0.95),), Limit(0.94, last))
    found = list(picture.iter("rect"))
    assert len(found) == bands
    assert all(float(one.get("x") or 0) >= accuracy_chart.LEFT for one in found)


def test_one_epoch_is_no_curve() -> None:
    assert accuracy_curve((), ()) == ""
    assert accuracy_curve((trial(1), trial(2, 0.98)), (Limit(0.95),)) == ""
    assert accuracy_curve((trial(1, 0.98, -1.0),), ()) == ""


def test_an_epoch_without_a_measurement_is_left_out() -> None:
    (line,) = drawn((trial(1, 0.97, -1.0, 0.98),)).iter("polyline")
    assert len((line.get("points") or "").split()) == 2


@given(
    st.lists(st.lists(st.floats(-1, 1), max_size=70), max_size=6),
    st.lists(st.builds(Limit, st.floats(0, 1), st.integers(1, 99)), max_size=3),
)
def test_any_curve_stays_inside_of_the_picture(values: list[list[float]], limits: list[Limit]) -> None:
    text = accuracy_curve(tuple(trial(n, *one) for n, one in enumerate(values)), tuple(limits))
    if not text:
        return
    picture = ElementTree.fromstring(text)
    for line in picture.iter("polyline"):
        for place in (line.get("points") or "").split():
            x, y = map(float, place.split(","))
            assert accuracy_chart.LEFT <= x <= accuracy_chart.WIDTH - accuracy_chart.RIGHT
            assert accuracy_chart.TOP <= y <= accuracy_chart.HEIGHT - accuracy_chart.BOTTOM
    assert len([one for one in picture.iter("line") if one.get("class") == "grid"]) <= 7
    assert len(texts(picture)) < 45
