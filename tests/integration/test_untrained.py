"""A spec that asks for no accuracy: the model is measured, the student's training recovered, and nothing is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.events import Events
from grader.pipeline import Request, check_submission, grade_submission
from grader.records import Absent, ModelFacts, RecoveredTraining, RunRecord
from grader.spec.load import Loaded, load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]

SPEC = """
id: untrained
edition: 1
title: A model that is only looked at
course: Nowhere
points: 30
points_source: ours
task: mnist
training:
  epochs: {exactly: 1}
  time_limit: 10 min
  reference_device: t4
  recipe: student
  default:
    optimizer: {sgd: {momentum: 0.9}}
    schedule: {one_cycle: {max_lr: 0.05}}
    batch_size: 128
checks:
  - {id: small, check: parameters, fewer_than: 25000, points: 20}
  - {id: long-enough, check: epochs, exactly: 1, points: 10}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    path = tmp_path / "untrained.yaml"
    path.write_text(SPEC, "utf-8")
    return load_spec(path)


def request(loaded: Loaded, tmp_path: Path, *, full: bool) -> Request:
    source = str(ROOT / "reference_models" / "s4")
    return Request(loaded, source, "grader run", full=full, stand_in=True, out=tmp_path / "out")


def looked_at_and_not_trained(record: RunRecord) -> None:
    found = record.evidence
    assert isinstance(found.model, ModelFacts)
    assert isinstance(found.training, RecoveredTraining)
    assert isinstance(found.recipe, Absent)
    assert found.trials == ()
    assert isinstance(found.test_accuracy, Absent)
    assert found.test_accuracy.cause == "skipped"
    assert "No check asks for an accuracy" in found.test_accuracy.reason
    assert {one.id: one.status for one in record.outcomes} == {"small": "passed", "long-enough": "passed"}
    assert (record.grade.status, record.grade.points) == ("complete", 30)


def test_it_is_graded_without_a_training(loaded: Loaded, tmp_path: Path) -> None:
    graded = grade_submission(request(loaded, tmp_path, full=True), Events())
    looked_at_and_not_trained(graded.record)
    assert graded.folder is not None
    shown = (graded.folder / "README.md").read_text("utf-8")
    assert "No check asks for an accuracy" in shown
    assert "Trained with" not in shown


def test_a_self_check_takes_no_steps_either(loaded: Loaded, tmp_path: Path) -> None:
    looked_at_and_not_trained(check_submission(request(loaded, tmp_path, full=False), Events()).record)
