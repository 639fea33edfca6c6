"""The growth of the receptive field: right places, a text for who cannot see it, nothing where nothing grows."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from grader.records import Absent, Axis, ModelFacts, Operator, RunRecord, Structure
from grader.report import growth
from grader.report.growth import HEIGHT, LEFT, RIGHT, WIDTH


def _loaded() -> ModuleType:
    """The module of example records: `tests` is no package, so it is found by its path."""
    place = Path(__file__).parents[2] / "fixtures" / "records.py"
    spec = importlib.util.spec_from_file_location("grader_test_records_of_growth", place)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


fixture = _loaded()


def drawn(found: ModelFacts) -> ElementTree.Element:
    return ElementTree.fromstring(growth.growth(found))


def with_operators(*operators: Operator) -> ModelFacts:
    made: ModelFacts = fixture.model(ran=replace(fixture.structure(), operators=operators))
    return made


def operator(index: int, axes: tuple[Axis, ...], inputs: tuple[int, ...]) -> Operator:
    return Operator(index, "convolution", "aten.convolution", f"layer{index}", inputs, (8, 9, 9), 0, axes)


def test_each_growth_is_a_dot_that_names_its_operator() -> None:
    picture = drawn(fixture.model(ran=fixture.structure()))
    titles = [group.findtext("title") for group in picture.iter("g") if group.get("class") == "dot"]
    assert titles == [
        "depth 1, convolution 3x3 s1 p0 1→8 (conv1): 3\u00a0×\u00a03",
        "depth 4, convolution 3x3 s1 p0 8→16 (conv2): 5\u00a0×\u00a05",
        "depth 7, max pool 2x2 s2: 6\u00a0×\u00a06",
        "depth 8, convolution 3x3 s1 p0 16→32 (conv3): 10\u00a0×\u00a010",
    ]


def test_the_picture_says_what_it_shows() -> None:
    picture = drawn(fixture.model(ran=fixture.structure()))
    assert picture.get("role") == "img"
    assert picture.findtext("title") == "Receptive field over depth"
    about = (picture.findtext("desc") or "").replace("\u00a0", " ")
    assert about == (
        "It grows from 3 × 3 to 10 × 10 pixels. The picture has 28 × 28 pixels. At depth 11 it becomes global."
    )


def test_the_dashed_line_lies_at_the_size_of_the_picture() -> None:
    picture = drawn(fixture.model(ran=fixture.structure()))
    (edge,) = [group for group in picture.iter("g") if group.get("class") == "edge"]
    line = edge.find("line")
    assert line is not None
    assert line.get("stroke-dasharray")
    assert edge.findtext("text") == "picture: 28"
    top, bottom = growth.TOP, HEIGHT - growth.BOTTOM
    assert float(line.get("y1", "0")) == round(bottom - (bottom - top) * 28 / 32, 1)


def test_what_is_not_known_is_shaded_and_named() -> None:
    picture = drawn(fixture.model(ran=fixture.odd_structure()))
    assert len([one for one in picture.iter("rect") if "band" in one.get("class", "")]) == 2
    texts = [one.text for one in picture.iter("text")]
    assert "unknown" in texts
    assert "global" in texts
    assert "At depth 7 it becomes unknown." in (picture.findtext("desc") or "")


def test_height_and_width_are_two_lines_where_they_differ() -> None:
    tall = (Axis("known", 7, 1.0), Axis("known", 3, 1.0))
    found = with_operators(operator(0, fixture.known(3, 1), (-1,)), operator(1, tall, (0,)))
    labels = [group.findtext("text") for group in drawn(found).iter("g") if "line" in group.get("class", "")]
    assert labels == ["height 7", "width 3"]


def test_branches_of_one_depth_give_the_widest() -> None:
    found = with_operators(
        operator(0, fixture.known(3, 1), (-1,)),
        operator(1, fixture.known(3, 1), (0,)),
        operator(2, fixture.known(7, 1), (0,)),
        operator(3, fixture.known(7, 1), (1, 2)),
    )
    (line,) = [group for group in drawn(found).iter("g") if group.get("class") == "line line-0"]
    assert line.findtext("text") == "7\u00a0×\u00a07"
    corners = (line.find("polyline").get("points") or "").split()  # type: ignore[union-attr]
    assert len(corners) == 4


def test_without_growth_there_is_no_picture(example_records: dict[str, RunRecord]) -> None:
    assert growth.growth(Absent("failed", "no model")) == ""
    assert growth.growth(fixture.model()) == ""
    assert growth.growth(with_operators()) == ""
    assert growth.growth(with_operators(operator(0, (), (-1,)), operator(1, (), (0,)))) == ""
    assert 'class="curve growth"' not in fixture_html(example_records["partial"])
    assert 'class="curve growth"' in fixture_html(example_records["full_marks"])


def fixture_html(record: RunRecord) -> str:
    from grader.report.html import render

    return render(record)


AXES = st.builds(
    Axis,
    st.sampled_from(["known", "global", "unknown", "none"]),
    st.integers(0, 2**40),
    st.floats(0, 1e6),
)


@given(st.lists(st.tuples(AXES, AXES), min_size=1, max_size=30), st.data())
def test_anything_recorded_stays_inside_of_the_picture(
    sizes: list[tuple[Axis, ...]], data: st.DataObject
) -> None:
    operators = tuple(
        operator(i, axes, (data.draw(st.integers(-1, i - 1)) if i else -1,)) for i, axes in enumerate(sizes)
    )
    text = growth.growth(with_operators(*operators))
    if text:
        for line in ElementTree.fromstring(text).iter("polyline"):
            places = [tuple(map(float, place.split(","))) for place in (line.get("points") or "").split()]
            assert all(LEFT <= x <= WIDTH - RIGHT and 0 <= y <= HEIGHT for x, y in places)


def test_a_hundred_layers_make_a_small_picture() -> None:
    many = tuple(operator(i, fixture.known(2 * i + 3, 1), (i - 1,)) for i in range(2000))
    seen: Structure = replace(fixture.structure(), operators=many)
    text = growth.growth(fixture.model(ran=seen))
    assert text.count('class="dot"') == growth.DOTS
    assert len(text) < 60_000


def test_the_size_that_a_check_asks_for_is_a_line(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    asked = replace(
        record.outcomes[0],
        check="receptive_field",
        requirement="The receptive field before global pooling is over 44.",
    )
    picture = ElementTree.fromstring(growth.growth(record.evidence.model, (*record.outcomes, asked)))
    assert "required: over 44" in [one.text for one in picture.iter("text")]
    assert (picture.findtext("desc") or "").endswith("Required is over 44.")
    (line,) = [one for one in picture.iter("g") if one.get("class") == "edge required"]
    assert 0 < float(line[0].get("y1", "-1")) < HEIGHT
    assert "required" not in growth.growth(record.evidence.model, record.outcomes)
