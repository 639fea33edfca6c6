"""What a person decides: the points stay open, and the evidence stands beside the question."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.manual import Rule
from grader.evaluation.exhibits import EXHIBITS, LIMIT, exhibit
from grader.records import Absent, Comparison, Outcome

STEP = "# T\n\nTarget: a\n\nResult: b\n\nAnalysis: c\n\n![loss](loss.png)\n\n[models](https://github.com/ada/models)\n"


def judged(evidence, **keys: object) -> Outcome:
    asked = {"id": "a", "check": "manual", "points": 12.0, "asks": "The targets are justified"}
    return run(Rule.model_validate(asked | keys), evidence)


def test_the_points_stay_open(handed_in):
    outcome = judged(handed_in({"README.md": STEP}), look_at=["steps", "readme"])
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 12)
    assert outcome.requirement == "The targets are justified."
    assert outcome.notes[0] == (
        "Steps: README.md:3: target: a | result: b | analysis: c ![loss](loss.png) [models](https://github.com/ada/models)"
    )
    assert outcome.notes[1].startswith("Readme: README.md, ")


def test_without_anything_to_look_at_there_is_nothing_to_decide(handed_in):
    outcome = judged(handed_in({"a.py": "x = 1"}))
    assert (outcome.status, outcome.open_points) == ("failed", 0)
    assert "There is no README" in outcome.finding.rationale


def test_what_was_not_found_may_be_there_in_another_form(handed_in):
    outcome = judged(handed_in({"README.md": "# T\n\nSome words.\n"}), look_at=["steps"])
    assert (outcome.status, outcome.open_points) == ("review", 12)


def test_one_of_two_is_enough(handed_in):
    outcome = judged(handed_in({"a.py": "x = 1"}), look_at=["readme", "files"])
    assert outcome.status == "review"
    assert outcome.notes[1] == "Files: 1 file: a.py."


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("readme", "headings: T."),
        ("pictures", "1 file: loss.png; shown in the README: line 9, loss.png."),
        ("steps", "analysis: c"),
        ("model", "parameters; model classes: Net in a.py:2."),
        ("files", "3 files: README.md, loss.png, a.py."),
        ("links", "https://github.com/ada/models (linked, README.md:11)"),
    ],
)
def test_each_exhibit(handed_in, name, says):
    net = "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x): return x\n"
    assert says in exhibit(name, handed_in({"README.md": STEP, "loss.png": "", "a.py": net}))


def test_claims_and_log(handed_in):
    text = "# T\n\nIt has 9,876 parameters.\n\n```\nEpoch 1 | test accuracy 98.10 %\n```\n"
    evidence = replace(handed_in({"README.md": text}), comparisons=())
    assert '"It has 9,876 parameters."' in exhibit("claims", evidence)
    assert exhibit("log", evidence).startswith('1 line; the last: README.md:6: "Epoch 1')
    compared = replace(
        evidence, comparisons=(Comparison(evidence.reading.readme.claims[0], "9,900", "agrees", ""),)
    )
    assert exhibit("claims", compared).endswith(", agrees (measured: 9,900)")


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_is_bounded_or_absent(name, example_record):
    found = exhibit(name, example_record.evidence)
    assert isinstance(found, Absent) or 0 < len(found) <= LIMIT


@pytest.mark.parametrize("asks", ["short", "the targets are justified", "The targets are justified."])
def test_a_question_is_a_sentence(asks):
    with pytest.raises(ValidationError):
        Rule(id="a", check="manual", points=1.0, asks=asks)


def test_the_comments_of_the_notebook_are_laid_side_by_side(handed_in):
    cells = ["# Load the images.\nx = 1", "y = 2", "z = 3  # the \u202elast one"]
    evidence = handed_in({"a.ipynb": cells, "b.ipynb": ["# another notebook\nx = 1"]})
    outcome = judged(evidence, look_at=["comments"])
    assert outcome.notes == ("Comments: a.ipynb: cell 1: Load the images. || cell 3: the \\u202elast one",)


def test_only_so_many_comments_are_shown(handed_in):
    many = handed_in({"a.ipynb": ["# what this cell does " + "word " * 90 + "\nx = 1"] * 30})
    shown = exhibit("comments", many)
    assert isinstance(shown, str)
    assert shown.endswith(" || and 16 other cells")
    assert len(shown) < LIMIT


def test_without_comments_a_person_looks_all_the_same(handed_in):
    found = exhibit("comments", handed_in({"a.ipynb": ["x = 1"]}))
    assert isinstance(found, Absent)
    assert found.reason == "No comment was found in a notebook."
