"""Pictures that the assignment asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.pictures import Rule
from grader.records import Absent, Outcome, Picture, Pictures


def picture(place: str, look: int = 0, **changes: object) -> Picture:
    """Pictures with different `look` look different."""
    thumbnail = f"{look:x}".ljust(2, "0") * 128
    return replace(Picture(place, 300, 200, 0.5, thumbnail), **changes)


def judged(evidence, *pictures: Picture, cut: str = "", **keys: object) -> Outcome:
    rule = Rule.model_validate({"id": "a", "check": "pictures", "points": 12.0} | keys)
    return run(rule, replace(evidence, pictures=Pictures(pictures, cut)))


@pytest.fixture
def bare(handed_in):
    return handed_in({"README.md": "# T\n\nWords.\n"})


def test_enough_of_them(bare):
    outcome = judged(bare, picture("a.png", 1), picture("b.ipynb, cell 3", 2), at_least=2)
    assert (outcome.status, outcome.points) == ("passed", 12)
    assert outcome.parts[0].finding.measured == "2 different pictures: a.png, b.ipynb, cell 3"


def test_too_few(bare):
    outcome = judged(bare, picture("a.png", 1), at_least=2)
    assert (outcome.status, outcome.points) == ("failed", 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"common_share": 0.999}, "a.png is blank"),
        ({"width": 20}, "a.png is small (20 x 200 px)"),
        ({"height": 20}, "a.png is small (300 x 20 px)"),
        ({"width": 0, "height": 0, "thumbnail": "", "fault": "cannot be decoded"}, "a.png cannot be decoded"),
    ],
)
def test_what_does_not_count(bare, changes, said):
    outcome = judged(bare, picture("a.png", 1, **changes))
    assert outcome.status == "failed"
    assert said in outcome.parts[0].finding.rationale
    assert outcome.notes == (f"Not counted: {said}.",)


def test_the_same_picture_twice_goes_to_a_person(bare):
    outcome = judged(bare, picture("a.png", 1), picture("b.png", 1), at_least=2)
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert "some look the same" in outcome.parts[0].finding.rationale
    resized = picture("b.png", 1, width=150, height=100)
    assert judged(bare, picture("a.png", 1), resized, at_least=2).status == "review"
    other_form = picture("b.png", 1, width=100, height=100)
    assert judged(bare, picture("a.png", 1), other_form, at_least=2).status == "passed"


def test_in_the_readme(handed_in):
    text = (
        "# T\n\n![a](images/a.png)\n\n<img src='/b.png'>\n\n"
        "![c](https://github.com/ada/pytorch-cifar/blob/main/images/c.png?raw=true)\n"
    )
    places = ("images/a.png", "b.png", "images/c.png", "images/d.png")
    evidence = handed_in({"README.md": text} | dict.fromkeys(places, ""))
    shown = [picture(place, number) for number, place in enumerate(places, 1)]
    assert judged(evidence, *shown, at_least=3, shown_in="readme").status == "passed"
    outcome = judged(evidence, *shown, at_least=4, shown_in="readme")
    assert (outcome.status, outcome.parts[0].finding.measured[:20]) == ("failed", "3 different pictures")


def test_in_a_notebook(bare):
    pictures = (picture("a.png", 1), picture("b.ipynb, cell 3", 2))
    assert judged(bare, *pictures, shown_in="notebook").status == "passed"
    assert judged(bare, *pictures, shown_in="notebook", at_least=2).status == "failed"


def test_pictures_on_another_server_go_to_a_person(handed_in):
    evidence = handed_in({"README.md": "# T\n\n![a](https://user-images.example.org/a.png)\n"})
    outcome = judged(evidence, shown_in="readme")
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert "https://user-images.example.org/a.png" in outcome.parts[0].finding.rationale
    assert judged(evidence, shown_in="notebook").status == "failed"


def test_a_badge_is_no_picture(handed_in):
    text = (
        "# T\n\n![a](https://img.shields.io/x.svg) ![b](https://colab.example.org/assets/colab-badge.svg)\n"
    )
    assert judged(handed_in({"README.md": text}), shown_in="readme").status == "failed"


def test_what_was_not_looked_at_may_be_one(bare):
    outcome = judged(bare, cut="3 files were not looked at: there was no more time.")
    assert (outcome.status, outcome.open_points) == ("review", 12)


SETS = {"sets": [["batch", "bn"], ["group"], ["layer"]]}


def test_a_set_for_each_model_by_name_heading_or_cell(handed_in):
    text = "# T\n\n## Group normalisation\n\n### Mistakes\n\n![x](x.png)\n"
    cells = [{"cell_type": "markdown", "source": "## Layer norm"}, "show()"]
    evidence = handed_in({"README.md": text, "x.png": "", "n.ipynb": cells})
    shown = (picture("wrong_BN.png", 1), picture("x.png", 2), picture("n.ipynb, cell 2", 3))
    outcome = judged(evidence, *shown, **SETS)
    assert outcome.status == "passed"
    assert [part.finding.measured for part in outcome.parts[1:]] == [
        "wrong_BN.png",
        "x.png",
        "n.ipynb, cell 2",
    ]


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("wrong_BN.png", "passed"),
        ("bn1.png", "passed"),
        ("abnormal.png", "review"),
        ("BatchNorm.png", "passed"),
    ],
)
def test_a_short_word_stands_alone(bare, place, status):
    assert judged(bare, picture(place, 1), sets=[["batch", "bn"]]).status == status


def test_a_set_that_nothing_names_goes_to_a_person(bare):
    outcome = judged(bare, picture("bn.png", 1), picture("x.png", 2), **SETS)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 6, 6)


def test_a_set_without_any_picture_fails(bare):
    outcome = judged(bare, **SETS)
    assert (outcome.status, outcome.points) == ("failed", 0)


@pytest.mark.parametrize("cause", ["errored", "skipped", "review"])
def test_pictures_that_were_not_decoded(bare, cause):
    rule = Rule(id="a", check="pictures", points=12.0)
    outcome = run(rule, replace(bare, pictures=Absent(cause, "The worker ended.")))
    assert (outcome.status, outcome.open_points) == (cause, 12)


def test_a_set_needs_words():
    with pytest.raises(ValidationError, match="at least one word"):
        Rule(id="a", check="pictures", points=1.0, sets=((),))


def test_the_title_of_the_page_names_no_set(handed_in):
    """It stands above all pictures: with it each of them would belong to every model."""
    text = "# Batch and layer norm\n\n![a](a.png)\n\n## Batch norm\n\n![b](b.png)\n"
    evidence = handed_in({"README.md": text, "a.png": "x", "b.png": "x"})
    outcome = judged(evidence, picture("a.png", 1), picture("b.png", 2), sets=[["batch"], ["layer"]])
    assert [part.status for part in outcome.parts] == ["passed", "passed", "review"]
    several = "# Batch norm\n\n![a](a.png)\n\n# Layer norm\n\n![b](b.png)\n"
    evidence = handed_in({"README.md": several, "a.png": "x", "b.png": "x"})
    outcome = judged(evidence, picture("a.png", 1), picture("b.png", 2), sets=[["batch"], ["layer"]])
    assert outcome.status == "passed"
