"""The study: measured once under its key, taken up after a kill, the machine's faults tried again.

The executor of these tests stores a run in place of training one; the real one is in `test_bench_run.py`.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bench.assigned import Assigned
from grader.bench.conditions import conditions
from grader.bench.jobs import SECRET
from grader.bench.study import MAX_ATTEMPTS, Study
from grader.bench.trials import FILE_NAME, read_bench
from grader.bench.wanted import Wanted, alone, work_folder
from grader.course.batch.clones import kept
from grader.course.batch.executors.interface import Ended
from grader.course.batch.job import ANSWER, JOB, Answer, read_job, write
from grader.course.stored.folder import RunFolder, new_run_id
from grader.errors import StoreError, UsageError
from grader.records import MEASURING_VERSION, Absent
from grader.report.interface import reports
from grader.spec.load import evidence_plan_digest, load_spec, spec_file
from grader.stages.study import lines_of

DATA = "sha256:data"


class Storing:
    """Stores a run with one trial for each attempt. `faults`: what the first attempts of all end in instead."""

    def __init__(self, record, *faults: object, slots: int = 1) -> None:
        self.record, self.faults, self.slots = record, list(faults), slots
        self.jobs: list = []
        self._lock = threading.Lock()

    def attempt(self, folder: Path, hear, stop: threading.Event) -> Ended:
        job = read_job(folder / JOB)
        with self._lock:
            self.jobs.append(job)
            fault = self.faults.pop(0) if self.faults else None
        hear({"kind": "start", "stage": "train", "text": "Training", "share": 0.0})
        hear({"kind": "start", "stage": ["odd"], "text": 7})
        if isinstance(fault, BaseException):
            raise fault
        if isinstance(fault, Ended):
            return fault
        if isinstance(fault, Answer):
            write(folder / ANSWER, fault)
            return Ended(0)
        write(folder / ANSWER, Answer("graded", str(self._stored(job, broken=fault == "broken"))))
        return Ended(0)

    def _stored(self, job, *, broken: bool) -> Path:
        loaded, evidence = load_spec(Path(job.spec)), self.record.evidence
        trial = replace(evidence.trials[0], seed=job.seed, cpu_seconds=12.0)
        if broken:
            trial = replace(trial, accuracy=Absent("errored", "The worker was killed."))
        made = replace(
            self.record.provenance,
            spec_id=loaded.spec.id,
            spec_digest=loaded.digest,
            evidence_plan_digest=evidence_plan_digest(loaded.spec),
            measuring_version=MEASURING_VERSION,
            seeds=(job.seed,),
            secret=job.secret,
            threads=job.threads,
            device="cpu",
        )
        found = replace(
            evidence,
            submission=kept(Path(job.clone)).submission,
            data=replace(evidence.data, digest=DATA),
            trials=(trial,),
        )
        record = replace(self.record, run_id=new_run_id(), provenance=made, evidence=found)
        with RunFolder(Path(job.out), "s4", job.name, record.run_id) as folder:
            return folder.publish({one.file_name: one.render(record) for one in reports()})


@pytest.fixture
def model(tmp_path):
    for number, name in enumerate(("ada", "grace")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text(f"x = {number}\n")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "model.py").write_text("x = 0\n")
    return tmp_path


@pytest.fixture
def go(model):
    """Runs a benchmark of s4 over the same folder, one after the other."""

    def run(executor, *names: str, seeds: int = 2, text: str = "", threads: int = 1, finish: bool = False):
        wanted = Wanted(
            specs=(("s4", seeds),),
            models=tuple(f"{name}={model / name}" for name in names),
            reference=False,
            out=model / "bench",
            command="grader bench s4",
            threads=threads,
        )
        work = work_folder(wanted)
        work.mkdir(parents=True, exist_ok=True)
        (work / "s4.yaml").write_text(text or spec_file("s4").read_text("utf-8"), "utf-8")
        loaded = load_spec(work / "s4.yaml")
        there = conditions("cpu", threads=threads, slots=1, lane="auto", isolation="auto")
        lines = lines_of(loaded.spec.rules)
        spec = Assigned(loaded, work / "s4.yaml", seeds, lines, DATA, False, there, ("mnist", 0.02))
        made = Study(wanted, executor, pause_seconds=0.0)
        made.plan((spec,))
        if finish:
            made.finish.set()
        return made, made.run()

    return run


@pytest.fixture
def full(example_records):
    return example_records["full_marks"]


def test_every_model_is_measured_with_every_seed_and_the_result_is_written(go, full, model):
    executor = Storing(full, slots=2)
    _, made = go(executor, "ada", "grace", seeds=3)
    assert sorted((job.name, job.seed) for job in executor.jobs) == [
        (name, seed) for name in ("ada", "grace") for seed in (1, 2, 3)
    ]
    assert {job.secret for job in executor.jobs} == {SECRET}
    assert [(one.subject.model, [t.seed for t in one.trials]) for one in made.series] == [
        ("ada", [1, 2, 3]),
        ("grace", [1, 2, 3]),
    ]
    assert made.missing == ()
    assert read_bench(model / "bench") == made
    trial = made.series[0].trials[0]
    assert trial.counted_seconds == 12.0
    assert (model / "bench" / trial.run / "result.json").is_file()


def test_models_take_turns(go, full):
    executor = Storing(full)
    go(executor, "ada", "grace")
    assert [(job.name, job.seed) for job in executor.jobs] == [
        ("ada", 1), ("grace", 1), ("ada", 2), ("grace", 2),
    ]  # fmt: skip


def test_a_second_run_measures_what_is_missing_and_nothing_else(go, full):
    go(Storing(full), "ada")
    again = Storing(full)
    study, made = go(again, "ada", "grace", seeds=3)
    assert [(job.name, job.seed) for job in again.jobs] == [
        ("grace", 1),
        ("grace", 2),
        ("ada", 3),
        ("grace", 3),
    ]
    assert [len(one.trials) for one in made.series] == [3, 3]
    assert [row.state for row in study.rows].count("reused") == 2


@pytest.mark.parametrize("change", ["file", "threads", "plan"])
def test_what_a_number_hangs_on_makes_it_another_trial(go, full, model, change):
    go(Storing(full), "ada")
    text = spec_file("s4").read_text("utf-8")
    if change == "file":
        (model / "ada" / "model.py").write_text("x = 9\n")
    if change == "plan":
        text = text.replace("time_limit: 10 min", "time_limit: 11 min")
    again = Storing(full)
    go(again, "ada", threads=2 if change == "threads" else 1, text=text)
    assert len(again.jobs) == 2


def test_points_and_lines_of_the_spec_change_without_measuring(go, full):
    go(Storing(full), "ada")
    again = Storing(full)
    text = spec_file("s4").read_text("utf-8").replace("at_least: 95 %", "at_least: 97 %")
    _, made = go(again, "ada", text=text)
    assert again.jobs == []
    assert made.series[0].assignment.target == 0.97


def test_two_models_with_the_same_files_are_measured_once(go, full):
    executor = Storing(full, slots=2)
    _, made = go(executor, "ada", "copy")
    assert len(executor.jobs) == 2
    assert [one.subject.model for one in made.series] == ["ada", "copy"]
    assert made.series[0].trials == made.series[1].trials


def test_an_attempt_that_ended_before_the_benchmark_was_killed_is_taken_up(go, full, model):
    """Killed between the answer of an attempt and the file of its trial: the run is there, the trial is not."""

    class Killed(BaseException):
        pass

    class Dies(Storing):
        def attempt(self, folder, hear, stop):
            super().attempt(folder, hear, stop)
            raise Killed

    with pytest.raises(Killed):
        go(Dies(full), "ada", seeds=1)
    assert not list((model / "bench").glob("trials/*.json"))
    again = Storing(full)
    _, made = go(again, "ada", seeds=1)
    assert again.jobs == []
    assert len(made.series[0].trials) == 1


def test_a_trial_file_that_cannot_be_read_is_measured_again(go, full, model):
    go(Storing(full), "ada", seeds=1)
    (place,) = (model / "bench" / "trials").glob("*.json")
    good = json.loads(place.read_text())
    again = Storing(full)
    for text in ("{", json.dumps({**good, "schema": "grader/bench-trial/2"}), json.dumps({**good, "key": 7})):
        place.write_text(text)
        go(again, "ada", seeds=1)
    assert len(again.jobs) == 3


def test_the_machines_faults_are_tried_again(go, full):
    executor = Storing(full, Ended(-9, tail="killed"), Answer("machine", "", "The disk hiccuped."), "broken")
    study, made = go(executor, "ada", seeds=1)
    assert study.rows[0].state == "stuck"  # three attempts, three faults
    assert made.missing[0].seed == 1
    assert made.series == ()
    later = Storing(full, "broken")
    _, made = go(later, "ada", seeds=1)
    assert len(later.jobs) == 2
    assert made.missing == ()


def test_after_the_last_attempt_the_reason_is_kept(go, full):
    study, made = go(
        Storing(full, *[Answer("machine", "", "No memory.", "Close something.")] * 3), "ada", seeds=1
    )
    assert made.missing[0].reason == "No memory. Close something."
    assert len(study.executor.jobs) == MAX_ATTEMPTS


def test_a_mistake_of_the_command_is_not_tried_again(go, full):
    study, made = go(Storing(full, Answer("usage", "", "No such lane.")), "ada", seeds=1)
    assert len(study.executor.jobs) == 1
    assert "No such lane." in made.missing[0].reason


def test_a_limit_of_the_machines_is_not_tried_again(go, full):
    study, made = go(Storing(full, Ended(0, why="limit")), "ada", seeds=2)
    assert len(study.executor.jobs) == 2
    assert "no fault of the work" in made.missing[0].reason
    assert [one.seed for one in made.series[0].trials] == [2]


def test_stopped_it_writes_what_there_is(go, full):
    _, made = go(Storing(full, None, Ended(-15, stopped=True)), "ada", seeds=2)
    assert [trial.seed for trial in made.series[0].trials] == [1]
    assert "stopped" in made.missing[0].reason
    _, made = go(Storing(full), "ada", seeds=3, finish=True)
    assert [one.seed for one in made.missing] == [2, 3]


def test_a_full_disk_ends_it_and_says_what_to_do(go, full):
    with pytest.raises(StoreError, match="Free some space"):
        go(Storing(full, OSError(28, "No space left on device")), "ada")


def test_a_model_without_accuracy_is_a_result(go, example_records):
    record = example_records["diverged"]
    _, made = go(Storing(record), "ada", seeds=1)
    assert made.missing == ()
    assert len(made.series[0].trials) == 1


def test_names_are_told_apart(go, full, model):
    with pytest.raises(UsageError, match="Two models are called ada"):
        go(Storing(full), "ada", "ada")


def test_one_process_at_a_time(go, full, model, monkeypatch):
    monkeypatch.setattr("grader.course.stored.folder.LOCK_SECONDS", 0.0)
    study, _ = go(Storing(full), "ada", seeds=1)
    with alone(study.wanted), pytest.raises(StoreError, match="another process"), alone(study.wanted):
        pass


def test_the_result_is_ascii_and_its_own_file(go, full, model):
    go(Storing(full), "ada", seeds=1)
    text = (model / "bench" / FILE_NAME).read_text("utf-8")
    assert text.isascii()
    assert json.loads(text)["schema"] == "grader/bench/1"
