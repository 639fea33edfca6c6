"""Files, folders and names that the assignment asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.layout import Rule
from grader.records import LeftOut, Outcome

MODULAR = {"models/resnet.py": "x = 1\n", "main.py": "x = 1\n", "utils/plots.py": "x = 1\n"}
ASKED = ["models/resnet.py", "main.py", ["utils.py", "utils/*.py"]]


def judged(evidence, **keys: object) -> Outcome:
    return run(Rule.model_validate({"id": "a", "check": "layout", "points": 12.0} | keys), evidence)


def test_what_is_required_is_there(handed_in):
    outcome = judged(handed_in(MODULAR), requires=ASKED)
    assert (outcome.status, outcome.points) == ("passed", 12)
    assert [part.name for part in outcome.parts] == [
        "models/resnet.py",
        "main.py",
        "utils.py or utils/*.py",
    ]
    assert outcome.parts[2].finding.measured == "utils/plots.py"


def test_what_is_missing_costs_its_share(handed_in):
    outcome = judged(handed_in({"resnet.py": "", "main.py": "", "utils.py": ""}), requires=ASKED)
    assert (outcome.status, outcome.points) == ("partial", 8)
    finding = outcome.parts[0].finding
    assert (finding.measured, finding.rationale) == ("not there", "Elsewhere there is resnet.py.")
    assert "Commit models/resnet.py" in finding.hint


def test_nothing_of_it(handed_in):
    outcome = judged(handed_in({"README.md": "# T"}), requires=["S3/*.ipynb"])
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert outcome.parts[0].finding.rationale == "Nothing with this name was handed in."


def test_in_a_deeper_folder_it_counts_and_the_finding_says_so(handed_in):
    outcome = judged(handed_in({f"S7/{path}": text for path, text in MODULAR.items()}), requires=ASKED)
    assert outcome.status == "passed"
    assert outcome.parts[0].finding.measured == "S7/models/resnet.py"
    assert "another folder" in outcome.parts[0].finding.rationale


def test_a_file_that_was_too_large_to_be_taken_was_handed_in(handed_in):
    evidence = handed_in({"README.md": "# T"})
    left = (LeftOut("model.pth", "larger than the cap"),)
    evidence = replace(evidence, submission=replace(evidence.submission, left_out=left))
    assert judged(evidence, requires=["*.pth"]).status == "passed"


def test_what_is_forbidden_at_any_depth(handed_in):
    evidence = handed_in(MODULAR | {"a/b/net.pth": "", "src/__pycache__/a.pyc": ""})
    outcome = judged(evidence, forbids=["*.pth", "__pycache__/", "data/"])
    assert (outcome.status, outcome.points) == ("partial", 4)
    assert [part.status for part in outcome.parts] == ["failed", "failed", "passed"]
    assert outcome.parts[0].finding.measured == "a/b/net.pth"


def test_a_suggestion_is_a_note(handed_in):
    outcome = judged(handed_in(MODULAR), requires=["main.py"], suggests=["requirements.txt", "main.py"])
    assert outcome.status == "passed"
    assert outcome.notes == ("Suggested, and not there: requirements.txt.",)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("https://github.com/ada/pytorch-cifar", "passed"),
        ("https://github.com/ada/EVA8-Assignment-7", "failed"),
        ("https://github.com/ada/assignment7/tree/main/S7", "failed"),
    ],
)
def test_the_name_of_the_repository(handed_in, source, status):
    outcome = judged(handed_in(MODULAR, source=source), name_unlike=["*assignment*", "*session*"])
    assert outcome.status == status


def test_the_name_of_a_folder_goes_to_a_person(handed_in):
    evidence = handed_in(MODULAR, source="work/assignment", kind="folder", name="assignment")
    outcome = judged(evidence, name_unlike=["*assignment*"])
    assert (outcome.status, outcome.open_points) == ("review", 12)


def test_a_git_repository_elsewhere_has_a_name(handed_in):
    evidence = handed_in(MODULAR, source="https://git.example.org/ada/session7", name="ada/session7")
    assert judged(evidence, name_unlike=["*session*"]).status == "failed"


def test_mess_goes_to_a_person_and_takes_nothing(handed_in):
    evidence = handed_in(MODULAR | {"Untitled12.ipynb": ["x = 1"], "Copy of S7.ipynb": ["x = 1"]})
    outcome = judged(evidence, tidy="review")
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 12)
    assert outcome.parts[0].finding.measured == "2 reasons to look"
    assert "Names that say nothing: Untitled12.ipynb." in outcome.parts[0].finding.rationale


def test_a_tidy_one_passes(handed_in):
    assert judged(handed_in(MODULAR), tidy="review").status == "passed"


def test_mess_as_a_note(handed_in):
    evidence = handed_in(MODULAR | {"Untitled12.ipynb": ["x = 1"]})
    outcome = judged(evidence, requires=["main.py"], tidy="note")
    assert outcome.status == "passed"
    assert outcome.notes == ("Names that say nothing: Untitled12.ipynb.",)


@pytest.mark.parametrize(("kind", "status"), [("folder", "passed"), ("git", "review")])
def test_caches_of_a_folder_were_not_committed(handed_in, kind, status):
    evidence = handed_in(MODULAR, kind=kind)
    left = (LeftOut("__pycache__", "a cache of Python"),)
    evidence = replace(evidence, submission=replace(evidence.submission, left_out=left))
    assert judged(evidence, tidy="review").status == status


def test_the_second_repository(handed_in):
    evidence = handed_in({"S7.ipynb": ["x = 1"]}, second=MODULAR)
    named = {"requires": ASKED, "name_unlike": ["*assignment*"], "where": "second repository"}
    assert judged(evidence, **named).status == "passed"
    assert judged(evidence, requires=ASKED).status == "failed"
    assert judged(evidence, requires=ASKED, where="anywhere").status == "passed"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "ask for at least one"),
        ({"tidy": "note"}, "ask for at least one"),
        ({"requires": ["/etc/passwd"]}, "pattern"),
        ({"requires": [[]]}, "at least 1"),
    ],
)
def test_a_rule_that_asks_for_nothing_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "layout", "points": 1.0} | keys)


def test_the_requirement_is_one_sentence():
    rule = Rule.model_validate(
        {"id": "a", "check": "layout", "points": 1.0, "requires": list("abcdef"), "forbids": ["x/"]}
        | {"name_unlike": ["*y*"], "tidy": "review", "where": "second repository"}
    )
    assert rule.requirement() == (
        "The second repository has a, b, c and 3 more, has no x/, is named for what it is and is tidy."
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# T\n", "and nothing here names one"),
        (
            "# T\n\n[models](https://github.com/ada/models)\n",
            "README.md:3 links to https://github.com/ada/models",
        ),
    ],
)
def test_a_second_repository_that_nobody_gave_goes_to_a_person(handed_in, text, says):
    outcome = judged(handed_in({"README.md": text}), requires=ASKED, where="second repository")
    assert (outcome.status, outcome.open_points) == ("review", outcome.max_points)
    assert says in outcome.finding.rationale


def test_a_second_repository_that_is_cloned_and_was_not_given_goes_to_a_person(handed_in):
    keys = {"requires": ASKED, "where": "second repository"}
    outcome = judged(handed_in({"S7.ipynb": ["!git clone https://github.com/ada/nets"]}), **keys)
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert "--also https://github.com/ada/nets" in outcome.finding.rationale
