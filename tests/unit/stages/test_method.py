"""The method review over staged files: the quotes come from the student's own lines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.records import Absent, Evaluating, RecoveredTraining, RunRecord, Session
from grader.spec.load import load_spec
from grader.stages.method import epochs_allowed, review, softmax_asked, source_below

NOT_ASKED = Absent("skipped", "It was not asked for.")


def notebook(*cells: str) -> str:
    made = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("import torch\nloader = DataLoader(train)\n", encoding="utf-8")
    cells = (
        "import torch",
        "for epoch in range(20):\n    train(train_loader)\n    test(model, train_loader)\n",
    )
    (tmp_path / "my net.ipynb").write_text(notebook(*cells), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("place", "begin"),
    [
        ("src/train.py", "import torch\nloader"),
        ("my net.ipynb, cell 2", "for epoch in range(20)"),
        ("my net.ipynb, cell 9", ""),
        ("gone.ipynb, cell 1", ""),
        ("gone.py", ""),
        ("../secret.py", ""),
        ("", ""),
        ("x" * 10_000, ""),
        ("a\x00b.py", ""),
    ],
)
def test_the_text_at_a_place(root: Path, place: str, begin: str) -> None:
    (root.parent / "secret.py").write_text("password = 1\n", encoding="utf-8")
    text = source_below(root)(place)
    assert text.startswith(begin)
    assert bool(text) == bool(begin)


def test_a_link_out_of_the_submission_is_not_followed(root: Path) -> None:
    (root / "link.py").symlink_to("/etc/hostname")
    assert source_below(root)("link.py") == ""


def test_a_file_that_is_no_notebook_quotes_nothing(root: Path) -> None:
    (root / "broken.ipynb").write_text("{", encoding="utf-8")
    assert source_below(root)("broken.ipynb, cell 1") == ""


def careless(session: Session) -> RecoveredTraining:
    """Measured on the training set, not shuffled, for twenty epochs where one is allowed."""
    assert not isinstance(session.training, Absent)
    loading = replace(session.training, shuffled=False, place="src/train.py")
    passed = Evaluating(loading, 20, "eval", False, "my net.ipynb, cell 2")
    changed = replace(
        session, place="my net.ipynb, cell 2", training=loading, evaluations=(passed,), epochs=20, passes=20
    )
    return RecoveredTraining((changed,), 0, "It is the only one.", 1.0)


def test_each_remark_quotes_the_line(root: Path, example_records: dict[str, RunRecord]) -> None:
    evidence = example_records["full_marks"].evidence
    assert isinstance(evidence.training, RecoveredTraining)
    training = careless(evidence.training.sessions[0])
    assert not isinstance(evidence.reading.readme, Absent)
    reading = replace(evidence.reading, readme=replace(evidence.reading.readme, logs=()))
    remarks, comparisons = review(
        load_spec("s4").spec, root, reading, evidence.model, training, evidence.recipe, evidence.test_accuracy
    )
    assert {one.name: (one.place, one.quote) for one in remarks} == {
        "measured on the training set": ("my net.ipynb, cell 2, line 3", "test(model, train_loader)"),
        "training without shuffling": ("src/train.py:2", "loader = DataLoader(train)"),
        "more epochs than allowed": ("my net.ipynb, cell 2, line 1", "for epoch in range(20):"),
    }
    stated = {one.claim.name: one.verdict for one in comparisons}
    assert stated == {"parameters": "differs", "test_accuracy": "cannot tell"}


def test_without_anything_there_is_nothing_to_say(root: Path, example_records: dict[str, RunRecord]) -> None:
    reading = example_records["minimal"].evidence.reading
    spec = load_spec("s4").spec
    assert review(spec, root, reading, NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED) == ((), ())


SPEC = """
id: own
edition: 1
title: Own
course: Own
points: 10
task: mnist
training:
  epochs: {EPOCHS}
  time_limit: 10 min
  reference_device: t4
  recipe: student
  default: {optimizer: {sgd: {momentum: 0.9}}, schedule: {one_cycle: {max_lr: 0.05}}, batch_size: 128}
checks:
  - {CHECK, points: 10}
"""


@pytest.mark.parametrize(
    ("check", "asked"),
    [
        ("id: a, check: parameters, at_most: 9", False),
        ("id: a, check: uses, uses: [dropout]", False),
        ("id: a, check: uses, uses: [softmax output]", True),
        ("id: a, check: uses, not: [softmax output]", False),
        ("id: a, check: output, classes: 10", False),
        ("id: a, check: output, head: [logits]", False),
        ("id: a, check: output, head: [logits, probabilities]", True),
    ],
)
def test_whether_the_assignment_asks_for_softmax(tmp_path: Path, check: str, asked: bool) -> None:
    assert softmax_asked(spec_with(tmp_path, "exactly: 1", check)) is asked


@pytest.mark.parametrize(
    ("epochs", "allowed"), [("exactly: 1", 1), ("at_most: 15", 15), ("at_most: student, cap: 60", 0)]
)
def test_the_epochs_that_are_allowed(tmp_path: Path, epochs: str, allowed: int) -> None:
    assert epochs_allowed(spec_with(tmp_path, epochs, "id: a, check: parameters, at_most: 9")) == allowed


def spec_with(folder: Path, epochs: str, check: str):
    place = folder / "own.yaml"
    place.write_text(SPEC.replace("EPOCHS", epochs).replace("CHECK", check), encoding="utf-8")
    return load_spec(str(place)).spec
