"""Whole runs in either lane: who trained is recorded, and a loop that cannot train for the task does not stop a run."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.data import mnist, standin
from grader.evaluation.clock import REFERENCE_STEPS
from grader.events import Events
from grader.isolation import conversation
from grader.pipeline import Request, check_submission, grade_submission
from grader.records import Absent, Recipe, RunRecord, TimeLimit
from grader.spec.load import load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

SPEC = Path(__file__).parents[1] / "attacks" / "attacks.yaml"


@pytest.fixture(autouse=True)
def small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "stand_in", partial(standin.generate, 0, 2_000, 500))


@pytest.fixture
def loops() -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / "loops.py"
    spec = importlib.util.spec_from_file_location("grader_test_loops", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def request(source: Path, out: Path, lane: Any, spec: Path = SPEC) -> Request:
    return Request(
        loaded=load_spec(str(spec)),
        source=str(source),
        command="grader run attacks",
        lane=lane,
        out=out,
        stand_in=True,
        seeds=(7,),
    )


def graded(source: Path, out: Path, lane: Any, spec: Path = SPEC) -> RunRecord:
    return grade_submission(request(source, out, lane, spec), Events()).record


def recipe_of(record: RunRecord) -> Recipe:
    assert not isinstance(record.evidence.recipe, Absent)
    return record.evidence.recipe


@pytest.mark.parametrize("lane", ["auto", "faithful"])
def test_both_lanes_train_the_same_work(loops: Any, tmp_path: Path, lane: str) -> None:
    record = graded(loops.lay_out("plain", tmp_path / "work", epochs="3"), tmp_path / "out", lane)
    trial = record.evidence.trials[0]
    assert not isinstance(trial.accuracy, Absent)
    assert trial.accuracy.value > 0.8
    assert (trial.samples, [one.epoch for one in trial.epochs]) == (6_000, [1, 2, 3])
    assert trial.epochs[-1].accuracy == trial.accuracy.value
    own = lane == "faithful"
    assert recipe_of(record).lane == ("faithful" if own else "fast")
    assert any("were not permuted" in note for note in trial.notes) is own
    assert {probe.weight for probe in record.evidence.integrity.probes} <= {"clean", "note"}


def test_a_loop_for_other_data_is_trained_by_the_graders(loops: Any, tmp_path: Path) -> None:
    record = graded(loops.lay_out("another set", tmp_path / "work"), tmp_path / "out", "faithful")
    recipe = recipe_of(record)
    assert recipe.lane == "fast"
    assert "FashionMNIST" in recipe.lane_reason
    assert not isinstance(record.evidence.test_accuracy, Absent)


def test_another_version_of_a_library_sends_the_work_to_its_own_loop(
    loops: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker without student code says of the transforms decides, and it is asked before any training."""
    asked: list[tuple[str, ...]] = []

    def differing(worker: Any, transforms: Any, shape: Any) -> str:
        asked.append(tuple(one.name for one in transforms))
        assert real(worker, transforms, shape) == ""
        return "in batches, 3 of 24 images differ"

    real = conversation.differing
    monkeypatch.setattr(conversation, "differing", differing)
    record = graded(loops.lay_out("plain", tmp_path / "work", epochs="3"), tmp_path / "out", "auto")
    assert asked
    assert recipe_of(record).lane == "faithful"
    assert "3 of 24 images differ" in recipe_of(record).lane_reason


def test_a_self_check_of_work_that_only_its_own_loop_trains(loops: Any, tmp_path: Path) -> None:
    """The few steps are taken by the grader's loop, without the part that it does not build; the recipe stays as it is."""
    asked = request(loops.lay_out("plateau", tmp_path / "work"), tmp_path / "out", "auto")
    record = check_submission(replace(asked, full=False), Events()).record
    assert recipe_of(record).lane == "faithful"
    assert recipe_of(record).schedules[0].call.name == "ReduceLROnPlateau"
    projection = record.evidence.projection
    assert not isinstance(projection, Absent)
    assert projection.steps_measured > 0


# --- time ---------------------------------------------------------------------------------------------------


def spec_with(folder: Path, **changed: str) -> Path:
    """The assignment with other values in its training."""
    lines = []
    for line in SPEC.read_text().splitlines():
        key = line.strip().split(":")[0]
        lines.append(f"  {key}: {changed[key]}" if line.startswith("  ") and key in changed else line)
    place = folder / "spec.yaml"
    place.write_text("\n".join(lines) + "\n")
    return place


@pytest.mark.parametrize("lane", ["fast", "faithful"])
def test_what_would_take_too_long_is_not_trained_and_all_else_is_graded(
    loops: Any, tmp_path: Path, lane: str
) -> None:
    work = loops.lay_out("plain", tmp_path / "work", epochs="3")
    slow = "x = self.drop(F.relu(self.norm(self.conv(x))))"
    text = (work / "train.py").read_text()
    busy = "t = time.process_time()\n        while self.training and time.process_time() - t < 0.1: pass\n        "
    (work / "train.py").write_text("import time\n" + text.replace(slow, busy + slow))
    record = graded(work, tmp_path / "out", lane, spec_with(tmp_path, time_limit="6 s"))
    (trial,) = record.evidence.trials
    assert recipe_of(record).lane == lane
    assert isinstance(trial.accuracy, Absent)
    assert trial.accuracy.cause == "review", trial.accuracy
    assert "limit on this machine is 6 s: not trained, all else is graded" in trial.stop_reason
    assert 30 <= trial.steps < 94
    assert record.evidence.projection == trial.projection
    assert record.grade.status == "needs_review"
    assert {outcome.id: outcome.status for outcome in record.outcomes} == {
        "small": "failed",
        "learns": "review",
    }


def test_a_limit_for_a_measured_device_is_scaled_and_the_time_is_told(loops: Any, tmp_path: Path) -> None:
    work = loops.lay_out("plain", tmp_path / "work", epochs="3")
    record = graded(work, tmp_path / "out", "fast", spec_with(tmp_path, reference_device="epyc-core"))
    (trial,) = record.evidence.trials
    assert isinstance(trial.time_limit, TimeLimit)
    assert trial.time_limit.compared
    assert trial.time_limit.reference_step_seconds == REFERENCE_STEPS["mnist", "epyc-core"]
    assert 0.001 < trial.time_limit.step_seconds < 10
    assert trial.time_limit.seconds == pytest.approx(20 * trial.time_limit.factor)
    made = record.provenance
    assert made.train_seconds == pytest.approx(trial.wall_seconds, abs=0.02)
    assert made.evaluate_seconds == pytest.approx(trial.evaluate_seconds, abs=0.02)
    parts = made.train_seconds + made.evaluate_seconds + made.overhead_seconds
    assert parts == pytest.approx(made.wall_seconds, abs=0.05)
    assert min(made.train_seconds, made.evaluate_seconds, made.overhead_seconds) > 0
    rates = [point.rate for point in trial.curve]
    assert max(rates) > 2 * rates[0] > 0
    assert max(rates) > 2 * rates[-1]  # one-cycle goes up and down again
