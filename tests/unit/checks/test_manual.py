"""What a person decides: the points stay open, and the evidence stands beside the question."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.manual import Rule
from grader.evaluation.exhibits import EXHIBITS, LIMIT, exhibit
from grader.records import Absent, Comparison, Outcome, Picture, Pictures

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


@pytest.mark.parametrize(
    ("files", "decoded", "status"),
    [
        ({"README.md": "# T\n\nIt ran.\n"}, Pictures(()), "failed"),
        ({"README.md": "# T\n\nIt ran.\n"}, Absent("skipped", "No check asks for pictures."), "review"),
        ({"README.md": "# T\n\nIt ran.\n"}, Pictures((), "There was no more time."), "review"),
        (
            {"README.md": "# T\n\nIt ran.\n"},
            Pictures((Picture("a.ipynb, cell 1", 9, 9, 0.1, "0"),)),
            "review",
        ),
        ({"README.md": "# T\n\nThe screenshot is on my drive.\n"}, Pictures(()), "review"),
        ({"README.md": "# T\n\n| Picture |\n| - |\n| drive |\n"}, Pictures(()), "review"),
        ({"README.md": "# T\n\nIt ran.\n", "log.pdf": ""}, Pictures(()), "review"),
        ({"README.md": "# T\n\n![log](https://i.imgur.com/a.png)\n"}, Pictures(()), "review"),
        ({"a.py": "x = 1"}, Pictures(()), "failed"),
    ],
    ids=range(9),
)
def test_without_any_picture_there_is_nothing_to_look_at(handed_in, files, decoded, status):
    outcome = judged(replace(handed_in(files), pictures=decoded), look_at=["pictures"])
    assert outcome.status == status


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
