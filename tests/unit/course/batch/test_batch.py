"""A roster graded: every row accounted for, nothing that is finished done twice, faults tried again.

The executor of these tests stores a run in place of training one; the real one is in `tests/integration`.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.again.again import was_killed
from grader.course.batch import batch as batch_module
from grader.course.batch import copies
from grader.course.batch.batch import FETCHES_AT_ONCE, MAX_ATTEMPTS, Batch
from grader.course.batch.clones import kept, shown_as
from grader.course.batch.entries import Entry, Plan, Row
from grader.course.batch.executors.interface import Ended
from grader.course.batch.job import ANSWER, JOB, Answer, Job, read_job, write
from grader.course.batch.setup import _coded
from grader.course.batch.silent_hosts import ROWS
from grader.course.stored.database import opened
from grader.course.stored.folder import RunFolder, new_run_id
from grader.course.stored.runs import read_run
from grader.errors import GraderFault, StoreError
from grader.records import MEASURING_VERSION, Absent
from grader.report.interface import reports
from grader.spec.load import evidence_plan_digest, load_spec
from grader.stages.endings import KILLED

DATA = "sha256:data"


class Storing:
    """Stores the same evidence for each attempt. `faults`: key of a row → how its first attempts end instead.

    `looks`: key of a row → the kind of answer that a first look at it leaves; the others get none.
    """

    def __init__(
        self, record, slots: int = 2, looks: dict[str, str] | None = None, **faults: list[object]
    ) -> None:
        self.slots, self.record, self.faults, self.looks = slots, record, faults, looks or {}
        self.looked: list[list[str]] = []
        self.afterwards = record  # what every attempt but the first finds
        self.done: list[str] = []
        self.secrets: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def attempt(self, folder: Path, hear, stop: threading.Event) -> Ended:
        if not (folder / JOB).is_file():
            return self._look(folder, hear)
        job, key = read_job(folder / JOB), folder.name
        with self._lock:
            self.done.append(key)
            self.secrets.setdefault(key, []).append(job.secret)
            fault = self.faults[key].pop(0) if self.faults.get(key) else None
        hear({"kind": "start", "stage": "train", "text": "Training", "share": 0.5})
        hear({"kind": "start", "stage": ["odd"], "text": 7})
        if isinstance(fault, Answer):
            write(folder / ANSWER, fault)
            return Ended(0)
        if isinstance(fault, Ended):
            return fault
        write(folder / ANSWER, Answer("graded", str(self._stored(job))))
        return Ended(0)

    def _look(self, folder: Path, hear) -> Ended:
        places = sorted(place.parent for place in folder.glob(f"*/{JOB}"))
        with self._lock:
            self.looked.append([place.name for place in places])
        for place in places:
            hear({"key": place.name, "kind": "end", "stage": "inspect", "text": "Net()", "share": 1.0})
            kind = self.looks.get(place.name)
            if kind == "dies":
                return Ended(-9)
            if kind == "graded":
                write(place / ANSWER, Answer("graded", str(self._stored(read_job(place / JOB)))))
            elif kind:
                write(place / ANSWER, Answer(kind, "", f"Net() of {place.name}"))
            hear({"key": place.name})
        return Ended(0)

    def _stored(self, job: Job) -> Path:
        loaded, submission = (
            load_spec(Path(job.spec)),
            shown_as(kept(Path(job.clone)).submission, job.name, job.source),
        )
        known = self.record if self.done.count(job.name) <= 1 else self.afterwards
        evidence = known.evidence
        made = replace(
            known.provenance,
            spec_digest=loaded.digest,
            evidence_plan_digest=evidence_plan_digest(loaded.spec),
            measuring_version=MEASURING_VERSION,
            device="cpu",
        )
        record = replace(
            known,
            run_id=new_run_id(),
            provenance=made,
            evidence=replace(evidence, submission=submission, data=replace(evidence.data, digest=DATA)),
        )
        with RunFolder(Path(job.out), "s4", job.name, record.run_id) as folder:
            return folder.publish({one.file_name: one.render(record) for one in reports()})


def _key(name: str) -> str:
    return name.replace("/", "-").replace(":", "-")


def _link(folder: Path, name: str) -> str:
    if name == "nobody" or "://" in name:
        return "" if name == "nobody" else name
    return str(folder / name)


@pytest.fixture
def course(tmp_path, example_records):
    """Makes batches over the same folder of runs, one after the other."""
    base = tmp_path / "runs"
    for number, name in enumerate(("ada", "grace", "alan")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.py").write_text(f"x = {number}\n")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "model.py").write_text("x = 0\n")

    def go(
        executor,
        *names: str,
        text: str = "",
        finish: bool = False,
        coded: bool = False,
        links: bool = False,
        **options: object,
    ):
        work = base / ".batches" / "s4"
        work.mkdir(parents=True, exist_ok=True)
        spec = work / "s4.yaml"
        spec.write_text(text or Path(load_spec("s4").path_shown).read_text("utf-8"), "utf-8")
        plan = Plan(
            load_spec(spec),
            base,
            work,
            "s4",
            Job(str(spec), "", str(base), "", "", "grader run s4", 0),
            DATA,
            "cpu",
        )
        rows = [Row(Entry(_key(n), n, _link(tmp_path, n))) for n in names]
        if coded:
            rows = [_coded(row, base) for row in rows]
        with opened(base) as database:
            database.refresh()
            batch = Batch(plan, database, executor, rows, pause_seconds=0.01, **options)
            if finish:
                batch.finish.set()
            batch.run()
        return {row.entry.name if links else row.entry.key: row for row in rows}

    def standing():
        with opened(base) as database:
            return database.standing("s4")

    go.standing = standing
    return go


def states(rows) -> dict[str, str]:
    return {key: row.state for key, row in rows.items()}


@pytest.fixture
def whole(example_records):
    return example_records["full_marks"]


def test_every_row_is_accounted_for(course, whole):
    executor = Storing(whole)
    rows = course(executor, "ada", "grace", "nobody", "nowhere")
    assert states(rows) == {"ada": "graded", "grace": "graded", "nobody": "missing", "nowhere": "blocked"}
    assert sorted(executor.done) == ["ada", "grace"]
    assert "nowhere" in rows["nowhere"].text
    assert rows["ada"].record.evidence.submission.name == "ada"


def test_what_a_look_grades_needs_no_attempt(course, whole):
    executor = Storing(whole, looks={"ada": "graded", "alan": "trains", "grace": "machine"})
    rows = course(executor, "ada", "grace", "alan")
    assert set(states(rows).values()) == {"graded"}
    assert sorted(executor.done) == ["alan", "grace"]
    assert sorted(key for part in executor.looked for key in part) == ["ada", "alan", "grace"]
    assert len(executor.looked) == executor.slots
    again = Storing(whole)
    course(again, "ada", "grace", "alan")
    assert (again.looked, again.done) == ([], [])


def test_a_look_that_dies_costs_nobody_anything(course, whole):
    executor = Storing(whole, slots=1, looks={"ada": "graded", "alan": "dies", "grace": "graded"})
    rows = course(executor, "ada", "alan", "grace")
    assert set(states(rows).values()) == {"graded"}
    assert sorted(executor.done) == ["alan", "grace"]
    assert {row.attempts for row in rows.values()} == {0, 1}


def test_a_slot_that_finds_no_look_left_begins_with_the_trainings(course, whole):
    """The look at the second part ends only when a row of the first one has been trained."""
    executor = Storing(whole)
    trained, real = threading.Event(), executor.attempt

    def attempt(folder: Path, hear, stop: threading.Event) -> Ended:
        if (folder / JOB).is_file():
            ended = real(folder, hear, stop)
            trained.set()
            return ended
        if any(place.name == "alan" for place in folder.iterdir()):
            assert trained.wait(20)
        return executor._look(folder, hear)

    executor.attempt = attempt
    rows = course(executor, "ada", "grace", "alan")
    assert set(states(rows).values()) == {"graded"}


def test_a_disk_that_is_full_at_a_look_is_no_mistake_of_the_grader(course, whole, monkeypatch):
    def full(place, value):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(copies, "write", full)
    with pytest.raises(StoreError, match="No space left"):
        course(Storing(whole), "ada", "grace", "alan")


def test_so_few_rows_are_trained_at_once(course, whole):
    executor = Storing(whole, slots=2)
    course(executor, "ada", "grace")
    assert executor.looked == []


def test_what_is_finished_is_never_done_again(course, whole):
    first = course(Storing(whole), "ada", "grace")
    again = Storing(whole)
    rows = course(again, "ada", "grace", "alan")
    assert again.done == ["alan"]
    assert [rows[name].folder for name in ("ada", "grace")] == [
        first[name].folder for name in ("ada", "grace")
    ]


def test_a_spec_that_was_corrected_trains_nothing(course, whole):
    first = course(Storing(whole), "ada", "grace")
    text = Path(load_spec("s4").path_shown).read_text("utf-8")
    for old, new in (
        ("fewer_than: 25000", "fewer_than: 5000"),
        ("MNIST in one epoch", "Digits in one epoch"),
    ):
        assert old in text
        text = text.replace(old, new)
    executor = Storing(whole)
    rows = course(executor, "ada", "grace", text=text)
    assert executor.done == []
    assert rows["ada"].record.provenance.evidence_of == first["ada"].record.run_id
    assert rows["ada"].folder != first["ada"].folder
    assert read_run(rows["ada"].folder).outcomes[0].status == "failed"


def test_files_that_changed_are_graded_anew(course, whole, tmp_path):
    course(Storing(whole), "ada", "grace")
    (tmp_path / "ada" / "model.py").write_text("x = 9\n")
    executor = Storing(whole)
    course(executor, "ada", "grace")
    assert executor.done == ["ada"]


def test_the_same_files_of_two_are_measured_once(course, whole):
    executor = Storing(whole, slots=1)
    rows = course(executor, "ada", "copy")
    assert executor.done == ["ada"]
    assert (rows["copy"].reused, rows["copy"].record.evidence.submission.name) == (True, "copy")


def test_a_fault_of_the_machine_is_tried_again(course, whole):
    faults = [Ended(-9, False, "Killed"), Answer("machine", "", "The sandbox ended.", "Try again.")]
    executor = Storing(whole, ada=faults)
    rows = course(executor, "ada", "grace")
    assert states(rows) == {"ada": "graded", "grace": "graded"}
    assert Counter(executor.done) == {"ada": 3, "grace": 1}
    assert len(set(executor.secrets["ada"])) == 1  # the same seeds each time
    assert executor.secrets["ada"][0] != executor.secrets["grace"][0]


def test_but_not_for_ever_and_it_costs_nobody_a_point(course, whole):
    executor = Storing(whole, ada=[Ended(-9)] * 10)
    rows = course(executor, "ada")
    assert (rows["ada"].state, len(executor.done)) == ("stuck", MAX_ATTEMPTS)
    assert "signal 9" in rows["ada"].text
    rows = course(Storing(whole), "ada")
    assert rows["ada"].state == "graded"


@pytest.mark.parametrize("why", ["node lost", "preempted", "cancelled"])
def test_what_befell_a_machine_elsewhere_is_tried_again(course, whole, why):
    executor = Storing(whole, ada=[Ended(0, why=why)] * 2)
    rows = course(executor, "ada")
    assert (rows["ada"].state, len(executor.done)) == ("graded", 3)


@pytest.mark.parametrize("why", ["limit", "stuck"])
def test_a_limit_of_the_machines_is_for_a_person_at_once(course, whole, why):
    executor = Storing(whole, ada=[Ended(0, why=why)])
    rows = course(executor, "ada", "grace")
    assert states(rows) == {"ada": "stuck", "grace": "graded"}
    assert sorted(executor.done) == ["ada", "grace"]


def test_where_nothing_can_run_the_batch_ends(course, whole):
    executor = Storing(whole, slots=1, ada=[Ended(127, tail="python: not found", why="set-up")])
    rows = course(executor, "ada", "grace", "alan")
    assert executor.done == ["ada"]
    assert states(rows) == {"ada": "blocked", "grace": "fetched", "alan": "fetched"}
    assert "python: not found" in rows["ada"].text


def test_an_attempt_that_lives_on_elsewhere_is_taken_up(course, whole):
    """The batch was killed: what copies of the same job left in its folder is there when it comes to that row again."""
    found: list[list[str]] = []

    class Elsewhere(Storing):
        def attempt(self, folder: Path, hear, stop: threading.Event) -> Ended:
            found.append(sorted(place.name for place in folder.iterdir()))
            (folder / ".alive").touch()
            return super().attempt(folder, hear, stop) if len(found) > 1 else Ended(0)

    executor = Elsewhere(whole, ada=[])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_module, "MAX_ATTEMPTS", 1)
        course(executor, "ada")
    assert states(course(executor, "ada")) == {"ada": "graded"}
    assert found == [["job.json"], [".alive", "job.json"]]


def test_what_the_students_work_lacks_is_not_tried_again(course, whole):
    executor = Storing(whole, ada=[Answer("student", "", "The archive is damaged.", "Hand it in again.")])
    rows = course(executor, "ada")
    assert (rows["ada"].state, rows["ada"].text) == (
        "unreachable",
        "The archive is damaged. Hand it in again.",
    )
    assert executor.done == ["ada"]


def test_a_mistake_in_the_command_ends_the_batch(course, whole):
    executor = Storing(whole, slots=1, ada=[Answer("usage", "", "There is no such device.", "Give cpu.")])
    rows = course(executor, "ada", "grace", "alan")
    assert executor.done == ["ada"]
    assert states(rows) == {"ada": "blocked", "grace": "fetched", "alan": "fetched"}


def test_asked_to_finish_nothing_new_is_begun(course, whole):
    executor = Storing(whole)
    assert states(course(executor, "ada", "grace", finish=True)) == {"ada": "waiting", "grace": "waiting"}
    assert executor.done == []


def test_stopped_in_the_middle_it_takes_up_there(course, whole):
    executor = Storing(whole, slots=1, grace=[Ended(130, True)])
    rows = course(executor, "ada", "grace")
    assert states(rows) == {"ada": "graded", "grace": "fetched"}
    again = Storing(whole)
    assert states(course(again, "ada", "grace")) == {"ada": "graded", "grace": "graded"}
    assert again.done == ["grace"]
    assert again.secrets["grace"] == executor.secrets["grace"]


def test_a_store_that_fails_ends_the_batch_and_loses_nothing(course, whole, monkeypatch):
    class Full(Storing):
        def _stored(self, job: Job) -> Path:
            if job.name == "grace":
                raise StoreError("The disk is full.", "Free some space.")
            return super()._stored(job)

    with pytest.raises(StoreError, match="disk is full"):
        course(Full(whole, slots=1), "ada", "grace", "alan")
    again = Storing(whole)
    assert set(states(course(again, "ada", "grace", "alan")).values()) == {"graded"}
    assert sorted(again.done) == ["alan", "grace"]


def test_an_answer_that_is_none_is_a_fault_of_the_machine(course, whole):
    class Odd(Storing):
        def attempt(self, folder: Path, hear, stop: threading.Event) -> Ended:
            self.done.append(folder.name)
            (folder / ANSWER).write_text('{"kind": 7}')
            return Ended(0)

    rows = course(Odd(whole), "ada")
    assert (rows["ada"].state, "is no answer" in rows["ada"].text) == ("stuck", True)


def test_with_codes_no_name_and_no_link_is_stored(course, whole, tmp_path):
    rows = course(Storing(whole), "grace", "nowhere", coded=True)
    for row in rows.values():
        assert row.entry.key.startswith("s-")
    runs = tmp_path / "runs"
    named = [path for path in runs.rglob("*") if path.is_file() and b"grace" in path.read_bytes()]
    assert {path.relative_to(runs).parts[:3] for path in named} == {
        (".batches", "s4", "clones")
    }  # to fetch it again
    assert not [path for path in runs.rglob("*") if "grace" in path.name]


def test_the_report_says_how_to_grade_one_row_again(course, whole, tmp_path):
    told: list[str] = []

    class Telling(Storing):
        def attempt(self, folder: Path, hear, stop: threading.Event) -> Ended:
            told.append(read_job(folder / JOB).command)
            return super().attempt(folder, hear, stop)

    course(Telling(whole), "ada")
    assert told == [f"grader run s4 --repo {tmp_path / 'ada'}"]


def test_a_row_that_begins_again_still_knows_its_last_run(course, whole):
    first = course(Storing(whole), "ada")["ada"].record.run_id
    rows = course(Storing(whole), "ada", finish=True)
    assert rows["ada"].state == "waiting"
    assert course.standing()["ada"].run_id == first


def test_a_full_disk_while_an_attempt_is_prepared(course, whole, monkeypatch):
    import grader.course.batch.copies as module

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write", full)
    with pytest.raises(StoreError, match="No space left"):
        course(Storing(whole), "ada", "grace")


class TestAHostThatDoesNotAnswer:
    """The network is the only part that is not real here; `tests/integration` has a server that hangs."""

    @pytest.fixture
    def asked(self, monkeypatch) -> list[str]:
        real, asked = batch_module.fetch, []

        def fetch(source, **options):
            if source.startswith("https://dead.example"):
                asked.append(source)
                raise GraderFault("dead.example did not answer.", "Try again.")
            return real(source, **options)

        monkeypatch.setattr(batch_module, "fetch", fetch)
        return asked

    def test_the_others_are_not_kept_waiting_for_it(self, course, whole, asked):
        names = [f"https://dead.example/a/{number}" for number in range(40)]
        rows = course(Storing(whole), "ada", *names, links=True)
        assert states(rows)["ada"] == "graded"
        assert {states(rows)[name] for name in names} == {"stuck"}
        assert len(asked) <= MAX_ATTEMPTS * (ROWS + FETCHES_AT_ONCE)
        assert "dead.example failed the rows before this one" in rows[names[-1]].text

    def test_few_failures_are_no_reason(self, course, whole, asked):
        names = [f"https://dead.example/a/{number}" for number in range(ROWS - 1)]
        course(Storing(whole), *names, links=True)
        assert len(asked) == MAX_ATTEMPTS * len(names)


class TestAKilledWorker:
    """Something killed a process of a run, and nobody knows what."""

    @pytest.fixture
    def killed(self, whole):
        reason = "Its process was killed, though not by the grader and not for want of memory."
        absent = Absent("review", reason, KILLED, "train")
        return replace(whole, evidence=replace(whole.evidence, test_accuracy=absent))

    def test_is_tried_again(self, course, whole, killed):
        executor = Storing(killed)
        executor.afterwards = whole
        rows = course(executor, "ada")
        assert (executor.done, rows["ada"].record.evidence.test_accuracy) == (
            ["ada", "ada"],
            whole.evidence.test_accuracy,
        )

    def test_and_goes_to_a_person_where_it_happens_each_time(self, course, killed):
        executor = Storing(killed)
        rows = course(executor, "ada")
        assert executor.done == ["ada"] * MAX_ATTEMPTS
        assert was_killed(rows["ada"].record)
