"""The cards of explained images: said in words too, and nothing of a record gets into them unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from grader.records import Absent, ClassMap, Explanations, RunRecord
from grader.report.gallery import LEGEND, SHOWN, gallery


@pytest.fixture
def found(example_records: dict[str, RunRecord]) -> Explanations:
    explained = example_records["full_marks"].evidence.explanations
    assert isinstance(explained, Explanations)
    return explained


def cards(text: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(f"<figure>{text}</figure>").findall("div/div")


def test_each_image_has_a_card_with_a_panel_for_each_map(found: Explanations) -> None:
    made = cards(gallery(found))
    panels = [[text.text for text in card.iter("text")] for card in made]
    assert panels == [
        ["image 1,234", "for 9", "for 4"],
        ["image 321", "for 2", "for 7: nothing"],
        ["image 8", "for 4"],
    ]
    assert [len(list(card.iter("image"))) for card in made] == [3, 3, 2]
    assert ["".join(card.find("p").itertext()) for card in made] == [  # type: ignore[union-attr]
        "4 taken for 9 over 99.9 % sure",
        "7 taken for 2 81.2 % sure",
        "4, right 98.7 % sure",
    ]


def test_a_card_says_in_words_what_it_shows(found: Explanations) -> None:
    heard = cards(gallery(found))[0].find("svg").get("aria-label")  # type: ignore[union-attr]
    assert heard == (
        "Test image 1234: 4 taken for 9, over 99.9 % sure. "
        "For 9: top right, 16 % of the image. For 4: centre, 36 % of the image."
    )


def test_where_nothing_speaks_for_a_class_there_is_no_line(found: Explanations) -> None:
    lines = [[len(list(group)) for group in card.iter("g")] for card in cards(gallery(found))]
    assert lines == [[2, 2], [2, 0], [2]]


def test_without_maps_the_image_stands_alone(found: Explanations) -> None:
    bare = replace(found, images=tuple(replace(one, maps=()) for one in found.images))
    assert [len(list(card.iter("image"))) for card in cards(gallery(bare))] == [1, 1, 1]
    assert LEGEND in gallery(found)
    assert LEGEND not in gallery(bare)


def test_a_map_for_another_class_is_not_shown(found: Explanations) -> None:
    stray = replace(found.images[0], maps=(ClassMap(5, ("ff",), 1.0),))
    assert len(list(cards(gallery(replace(found, images=(stray,))))[0].iter("image"))) == 1


def test_nothing_gives_nothing(found: Explanations) -> None:
    assert gallery(Absent("skipped", "Not asked for.")) == ""
    assert gallery(replace(found, images=())) == ""
    assert gallery(replace(found, images=(replace(found.images[0], rows=("x",)),))) == ""


def test_names_are_escaped_and_cut(found: Explanations) -> None:
    hostile = replace(found, class_names=("</svg><script>alert(1)</script>\"'",) * 10)
    text = gallery(hostile)
    assert "<script" not in text
    assert cards(text)[0].find("svg") is not None
    assert len(max(re.findall(r">for ([^<]*)<", text), key=len)) < 120


def test_no_record_makes_a_page_without_end(found: Explanations) -> None:
    assert len(cards(gallery(replace(found, images=found.images * 1000)))) == SHOWN
