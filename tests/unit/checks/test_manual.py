"""What a person decides: the points stay open, and the evidence stands beside the question."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.manual import Rule
from grader.evaluation.exhibits import EXHIBITS, LIMIT, MAX_LINES, exhibit
from grader.records import Absent, Comparison, Outcome, Picture, Pictures

STEP = "# T\n\nTarget: a\n\nResult: b\n\nAnalysis: c\n\n![loss](loss.png)\n\n[models](https://github.com/ada/models)\n"


def judged(evidence, **keys: object) -> Outcome:
    asked = {"id": "a", "check": "manual", "points": 12.0, "asks": "The targets are justified"}
    return run(Rule.model_validate(asked | keys), evidence)


def test_the_points_stay_open(handed_in):
    outcome = judged(handed_in({"README.md": STEP}), look_at=["steps", "readme"])
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 12)
    assert outcome.requirement == "The targets are justified."
    steps, readme = outcome.exhibits
    assert (steps.name, steps.lines[:3]) == ("steps", ("README.md:3:", "Target: a", "Result: b"))
    assert steps.lines[3].startswith("Analysis: c ![loss]")
    assert (readme.name, readme.lines[0][:11]) == ("readme", "README.md, ")


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
    assert [(one.name, one.lines) for one in outcome.exhibits] == [("files", ("1 file: a.py.",))]
    assert outcome.notes[0].startswith("Readme: There is no README")


def test_hints_and_whole_sections(handed_in):
    text = (
        "# T\n\n## Steps of the backward pass\n\nFirst the chain rule.\n\n- then the sums\n\n## Other\n\nno\n"
    )
    hint = "All eight gradients are derived."
    outcome = judged(handed_in({"README.md": text}), hints=[hint], headings=["backward"])
    assert outcome.notes == (f"To look for: {hint}",)
    assert outcome.exhibits[0].lines[1:] == (
        "Line 3, Steps of the backward pass:",
        "First the chain rule.",
        "then the sums",
    )
    missing = judged(handed_in({"README.md": text}), headings=["forward"])
    assert missing.exhibits[0].lines[1:] == ('No heading has "forward".',)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("readme", "headings: T."),
        ("pictures", "1 file: loss.png. Shown in the README: line 9, loss.png."),
        ("steps", "Analysis: c"),
        ("model", "parameters. Model classes: Net in a.py:2."),
        ("files", "3 files: README.md, loss.png, a.py."),
        ("links", "https://github.com/ada/models (linked, README.md:11)"),
    ],
)
def test_each_exhibit(handed_in, name, says):
    net = "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x): return x\n"
    assert says in " ".join(exhibit(name, handed_in({"README.md": STEP, "loss.png": "", "a.py": net})))


def test_claims_and_log(handed_in):
    text = "# T\n\nIt has 9,876 parameters.\n\n```\nEpoch 1 | test accuracy 98.10 %\n```\n"
    evidence = replace(handed_in({"README.md": text}), comparisons=())
    assert '"It has 9,876 parameters."' in exhibit("claims", evidence)[0]
    assert exhibit("log", evidence)[1].startswith("README.md:6: Epoch 1")
    compared = replace(
        evidence, comparisons=(Comparison(evidence.reading.readme.claims[0], "9,900", "agrees", ""),)
    )
    assert exhibit("claims", compared)[0].endswith(", agrees (measured: 9,900)")


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_is_bounded_or_absent(name, example_record):
    found = exhibit(name, example_record.evidence)
    assert isinstance(found, Absent) or (found and all(len(line) <= LIMIT for line in found))


@pytest.mark.parametrize("asks", ["short", "the targets are justified", "The targets are justified."])
def test_a_question_is_a_sentence(asks):
    with pytest.raises(ValidationError):
        Rule(id="a", check="manual", points=1.0, asks=asks)


def test_the_comments_of_the_notebook_are_laid_side_by_side(handed_in):
    cells = ["# Load the images.\nx = 1", "y = 2", "z = 3  # the \u202elast one"]
    evidence = handed_in({"a.ipynb": cells, "b.ipynb": ["# another notebook\nx = 1"]})
    outcome = judged(evidence, look_at=["comments"])
    assert outcome.exhibits[0].lines == (
        "a.ipynb:",
        "Cell 1: Load the images.",
        "Cell 3: the \\u202elast one",
    )


def test_only_so_many_comments_are_shown(handed_in):
    many = handed_in({"a.ipynb": ["# what this cell does " + "word " * 90 + "\nx = 1"] * 30})
    shown = exhibit("comments", many)
    assert not isinstance(shown, Absent)
    assert (len(shown), shown[-1]) == (MAX_LINES, "and 8 other cells")
    assert max(map(len, shown)) <= LIMIT


def test_without_comments_a_person_looks_all_the_same(handed_in):
    found = exhibit("comments", handed_in({"a.ipynb": ["x = 1"]}))
    assert isinstance(found, Absent)
    assert found.reason == "No comment was found in a notebook."
