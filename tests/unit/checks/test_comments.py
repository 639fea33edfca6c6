"""Points for the code cells that are commented."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.comments import Rule
from grader.checks.interface import run
from grader.records import Outcome

GOOD, BAD, OUT, SHOWN = "# load the images\nx = 1", "x = 1", "# y = f(1)\nx = 1", "x.shape"
TEXT = {"cell_type": "markdown", "source": "# What follows\n"}


@pytest.fixture
def judged(handed_in):
    def judge(*cells: object, **keys: object) -> Outcome:
        files = {"README.md": "# T\n", "a.ipynb": list(cells)} if cells else {"README.md": "# T\n"}
        return run(rule(**keys), handed_in(files))

    return judge


def rule(**keys: object) -> Rule:
    return Rule.model_validate({"id": "a", "check": "comments", "points": 12.0} | keys)


def test_every_cell_is_commented(judged):
    outcome = judged(GOOD, GOOD, SHOWN)
    assert (outcome.status, outcome.points) == ("passed", 12)
    assert outcome.finding.measured == "a.ipynb: 2 of 2 code cells"
    assert outcome.notes == ("Not asked for a comment, because they only show something: cells 3.",)


def test_each_cell_counts_the_same(judged):
    outcome = judged(GOOD, TEXT, BAD, OUT, GOOD)
    assert (outcome.status, outcome.points, outcome.open_points) == ("partial", 6, 0)
    assert outcome.finding.rationale == (
        "Without a comment: cell 3 (the text above it is no comment); cell 4 (only code that was commented out)."
    )


def test_no_cell_is_commented(judged):
    assert (judged(BAD, OUT).status, judged(BAD).points) == ("failed", 0)


def test_a_share_that_is_asked_for(judged):
    assert judged(GOOD, GOOD, GOOD, BAD, cells="75 %").status == "passed"
    assert judged(GOOD, BAD, cells="75 %").points == 8
    assert rule(cells="75 %").requirement() == "At least 75% of the code cells of the notebook are commented."


def test_the_number_of_words(judged):
    assert judged("# images\nx = 1", words=1).status == "passed"
    assert "cell 1 (1 word of 3)" in judged("# images\nx = 1").finding.rationale


def test_a_broken_cell_goes_to_a_person(judged):
    outcome = judged(GOOD, "if x:\n   y\n  z  # why it is so\n")
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 6, 6)
    assert "it is not valid Python, a person looks" in outcome.finding.rationale


def test_only_displays_go_to_a_person(judged):
    assert judged(SHOWN).status == "review"


def test_a_link_instead_of_a_notebook(handed_in):
    readme = "[x](https://colab.research.google.com/drive/1abc)"
    outcome = run(rule(), handed_in({"README.md": readme}))
    assert (outcome.status, outcome.finding.measured) == ("failed", "a link to Colab instead of a notebook")


def test_no_notebook_and_an_empty_one(judged):
    assert judged().finding.measured == "no notebook with code"
    assert judged(TEXT).finding.measured == "no notebook with code"


def test_a_notebook_that_cannot_be_read(handed_in):
    outcome = run(rule(), handed_in({"README.md": "# T", "a.ipynb": '{"cells": 3}'}))
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert outcome.finding.rationale.startswith("a.ipynb: line 1: not a notebook")


def test_of_several_the_one_with_the_model(handed_in):
    evidence = handed_in({"a.ipynb": [BAD] * 5, "S1/b.ipynb": [GOOD]})
    assert run(rule(), evidence).finding.measured == "a.ipynb: 0 of 5 code cells"
    model = replace(evidence.model, entrypoint=replace(evidence.model.entrypoint, file="S1/b.ipynb"))
    assert run(rule(), replace(evidence, model=model)).status == "passed"
    assert run(rule(file="S1/*.ipynb"), evidence).status == "passed"


def test_cells_that_were_not_read_stay_open(handed_in):
    evidence = handed_in({"a.ipynb": [GOOD, GOOD]})
    (notebook,) = evidence.reading.notebooks
    cut = replace(notebook, comments=notebook.comments[:1])
    outcome = run(rule(), replace(evidence, reading=replace(evidence.reading, notebooks=(cut,))))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 6, 6)
    old = replace(notebook, comments=())
    outcome = run(rule(), replace(evidence, reading=replace(evidence.reading, notebooks=(old,))))
    assert (outcome.status, outcome.open_points) == ("review", 12)


@pytest.mark.parametrize("keys", [{"cells": 0}, {"words": 0}, {"cells": "110 %"}, {"words": "3"}], ids=str)
def test_a_rule_that_cannot_be(keys):
    with pytest.raises(ValidationError):
        rule(**keys)
