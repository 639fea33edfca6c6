"""What a notebook has, and what is no notebook."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.notebook import Rule
from grader.records import Outcome

COLAB = "https://colab.research.google.com/drive/1a2b3c"


def judged(evidence, **keys: object) -> Outcome:
    return run(Rule.model_validate({"id": "a", "check": "notebook", "points": 12.0} | keys), evidence)


def log(epochs: int) -> tuple[str, str]:
    lines = [f"Epoch {n} | train loss 0.1 | test accuracy 9{n % 10}.00 %\n" for n in range(1, epochs + 1)]
    return "train()", "".join(lines)


def test_the_notebook_is_in_the_repository(handed_in):
    evidence = handed_in({"S3/work.ipynb": ["x = 1"]})
    assert judged(evidence, in_the_repository=True).status == "passed"
    assert judged(evidence, in_the_repository=True, file="S3/*.ipynb").status == "passed"
    assert judged(evidence, in_the_repository=True, file="S4/*.ipynb").status == "failed"


def test_a_link_to_colab_is_none(handed_in):
    outcome = judged(handed_in({"README.md": f"# T\n\n[notebook]({COLAB})\n"}), in_the_repository=True)
    assert (outcome.status, outcome.points) == ("failed", 0)
    finding = outcome.parts[0].finding
    assert finding.measured == "a link to Colab instead of a notebook"
    assert "README.md:3" in finding.rationale


def test_a_link_beside_the_notebook_does_no_harm(handed_in):
    files = {"README.md": f"# T\n\n[notebook]({COLAB})\n", "a.ipynb": ["x = 1"]}
    outcome = judged(handed_in(files), in_the_repository=True)
    assert outcome.status == "passed"
    assert "also links to Colab" in outcome.parts[0].finding.rationale


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<html><script>location='https://colab'</script></html>", "failed"),
        ("version https://git-lfs.github.com/spec/v1\n", "failed"),
        ('{"cells": [', "review"),
    ],
    ids=["page", "pointer", "broken"],
)
def test_what_is_no_notebook(handed_in, text, status):
    outcome = judged(handed_in({"a.ipynb": text}), in_the_repository=True)
    assert outcome.status == status
    assert outcome.parts[0].finding.rationale.startswith("a.ipynb: line 1")


def test_a_notebook_without_code(handed_in):
    text_cell = {"cell_type": "markdown", "source": f"[open]({COLAB})"}
    assert judged(handed_in({"a.ipynb": [text_cell]}), in_the_repository=True).status == "review"
    with_link = handed_in({"a.ipynb": [text_cell], "README.md": f"# T\n\n[x]({COLAB})\n"})
    assert judged(with_link, in_the_repository=True).status == "failed"


def test_saved_outputs(handed_in):
    outcome = judged(handed_in({"a.ipynb": ["x = 1", ("print(1)", "1\n")]}), saved_outputs=True)
    assert outcome.status == "passed"
    assert outcome.parts[0].finding.measured == "a.ipynb: 1 of 2 code cells with a saved output"
    empty = judged(handed_in({"a.ipynb": ["x = 1"]}), saved_outputs=True)
    assert (empty.status, empty.parts[0].finding.rationale) == ("failed", "Looked at: a.ipynb.")


@pytest.mark.parametrize(
    ("cells", "keys", "status"),
    [
        ([log(20)], {"log_epochs": 20}, "passed"),
        ([log(19)], {"log_epochs": 20}, "failed"),
        ([log(20)] * 3, {"log_epochs": 20, "logs": 3}, "passed"),
        ([log(20)] * 2, {"log_epochs": 20, "logs": 3}, "failed"),
        ([log(60)], {"log_epochs": 20, "logs": 3}, "review"),
        (["x = 1"], {"log_epochs": 1}, "failed"),
    ],
)
def test_saved_logs(handed_in, cells, keys, status):
    outcome = judged(handed_in({"a.ipynb": cells}), **keys)
    assert outcome.status == status
    assert outcome.points == (12 if status == "passed" else 0)


def test_one_notebook_that_has_the_log_is_enough(handed_in):
    evidence = handed_in({"a.ipynb": ["x = 1"], "b.ipynb": [log(5)]})
    outcome = judged(evidence, log_epochs=5)
    assert outcome.parts[0].finding.measured == "b.ipynb: 5 epochs"


def test_it_defines_nothing(handed_in):
    evidence = handed_in({"a.ipynb": ["from models import Net"], "models.py": "class Net: pass"})
    assert judged(evidence, defines_nothing=True).status == "passed"
    evidence = handed_in({"a.ipynb": ["x = 1"], "b.ipynb": ["def f(): pass\nclass A: pass"]})
    outcome = judged(evidence, defines_nothing=True)
    assert outcome.status == "failed"
    assert outcome.parts[0].finding.measured == "function f in b.ipynb, cell 1, class A in b.ipynb, cell 1"


def test_a_broken_cell_may_define_something(handed_in):
    outcome = judged(handed_in({"a.ipynb": ["x = 1", "def f(:\n"]}), defines_nothing=True)
    assert (outcome.status, outcome.open_points) == ("review", 12)


@pytest.mark.parametrize(
    ("line", "pattern", "status"),
    [
        ("!git clone https://github.com/ada/pytorch-models.git", "*", "passed"),
        ("!git clone https://github.com/ada/pytorch-models.git", "ada/pytorch-*", "passed"),
        ("!git clone https://github.com/ada/other", "ada/pytorch-*", "failed"),
        ("!pip install torchsummary", "*", "failed"),
        ("# !git clone https://github.com/ada/pytorch-models.git", "*", "failed"),
    ],
)
def test_it_clones_a_repository(handed_in, line, pattern, status):
    assert judged(handed_in({"a.ipynb": [line]}), clones=pattern).status == status


def test_without_a_notebook_nothing_is_given_for_what_it_lacks(handed_in):
    outcome = judged(handed_in({"a.py": "x = 1"}), defines_nothing=True, saved_outputs=True)
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert outcome.parts[0].finding.measured == "no notebook"


@pytest.mark.parametrize(
    "keys", [{"saved_outputs": True}, {"log_epochs": 3}, {"clones": "*"}, {"defines_nothing": True}]
)
def test_a_notebook_that_cannot_be_read_may_have_it(handed_in, keys):
    outcome = judged(handed_in({"a.ipynb": ["x = 1"], "b.ipynb": '{"cells": ['}), **keys)
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert outcome.parts[0].finding.rationale.startswith("b.ipynb")


def test_a_notebook_that_was_not_looked_at_may_have_it(handed_in):
    evidence = handed_in({"a.ipynb": ["x = 1"], "b.ipynb": [("print(1)", "1\n")]})
    first = replace(evidence, reading=replace(evidence.reading, notebooks=evidence.reading.notebooks[:1]))
    assert judged(evidence, saved_outputs=True).status == "passed"
    outcome = judged(first, saved_outputs=True)
    assert (outcome.status, outcome.parts[0].finding.rationale) == (
        "review",
        "b.ipynb: not looked at: there are too many notebooks. A person looks.",
    )
    none = replace(evidence, reading=replace(evidence.reading, notebooks=()))
    assert judged(none, in_the_repository=True).status == "review"


@pytest.mark.parametrize(
    ("keys", "message"),
    [({}, "ask for at least one"), ({"logs": 3, "saved_outputs": True}, "log_epochs beside it")],
)
def test_a_rule_that_makes_no_sense_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "notebook", "points": 1.0} | keys)


def test_the_requirement_names_all_that_is_asked():
    keys = {"file": "S3/*.ipynb", "saved_outputs": True, "log_epochs": 20, "logs": 3, "clones": "*"}
    rule = Rule.model_validate({"id": "a", "check": "notebook", "points": 1.0} | keys)
    assert rule.requirement() == (
        "The notebook S3/*.ipynb has saved outputs, has 3 saved logs of 20 epochs and clones a repository."
    )
