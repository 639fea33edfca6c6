"""Slurm's commands, replaced by scripts that answer as the real ones did; the real ones: `integration/test_slurm.py`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.course.batch.executors import slurm as slurm_module
from grader.course.batch.executors.shared import EXPORTED, Task
from grader.course.batch.executors.slurm import LOOK_MINUTES, Slurm, job_minutes, needed
from grader.errors import UsageError
from grader.spec.load import load_spec

FAKE = """#!/bin/sh
# Notes how it was called, and says what lies in the folder for it.
cd "{folder}"
echo "$@" >> {name}.called
[ {name} = sbatch ] && {{ cat > script; env > environment; }}
[ -f {name}.said ] && cat {name}.said
[ -f {name}.fault ] && {{ cat {name}.fault >&2; exit 1; }}
exit 0
"""


class Fakes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("sbatch", "squeue", "scancel"):
            (folder / name).write_text(FAKE.format(folder=folder, name=name))
            (folder / name).chmod(0o755)
        self.say("sbatch", "41\n")

    def say(self, name: str, said: str = "", fault: str = "") -> None:
        for kind, text in (("said", said), ("fault", fault)):
            place = self._folder / f"{name}.{kind}"
            place.write_text(text) if text else place.unlink(missing_ok=True)

    def jobs(self, *lines: str) -> None:
        self.say("squeue", "".join(f"{line}|\n" for line in lines))

    def called(self, name: str) -> list[str]:
        place = self._folder / f"{name}.called"
        return place.read_text().splitlines() if place.exists() else []

    def read(self, name: str) -> str:
        return (self._folder / name).read_text()


@pytest.fixture
def fakes(tmp_path, monkeypatch) -> Fakes:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return Fakes(folder)


@pytest.fixture
def task(tmp_path) -> Task:
    return Task(tmp_path / "50% done", ["python", "-m", "node", "it's"], ("aaaa", "bbbb"), several=False)


def slurm(**more: object) -> Slurm:
    return Slurm(**{"minutes": 30, "poll_seconds": 0.0, **more})


def test_a_job_is_submitted_with_what_it_needs_and_no_more(fakes, task, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_TOKEN", "s3cret")
    monkeypatch.setenv("SBATCH_EXPORT", "ALL")
    monkeypatch.setenv("GRADER_DATA", "/data")
    assert slurm(gpus=1, more=("--partition=gpu",)).launch(task) == "41"
    assert fakes.read("script") == "#!/bin/sh\nexec python -m node 'it'\"'\"'s'\n"
    (words,) = fakes.called("sbatch")
    for word in (
        "--parsable --requeue",
        "--job-name=grader-aaaa-bbbb",
        f"--chdir={os.getcwd()}",
        f"--output={tmp_path}/50%% done/errors.txt",
        "--open-mode=append",
        "--time=30",
        "--signal=B:USR1@60",
        "--gres=gpu:1",
    ):
        assert word in words
    assert words.endswith("--partition=gpu")
    exported = words.partition("--export=")[2].split(" ")[0].split(",")
    assert {"PATH", "GRADER_DATA"} <= set(exported) <= set(EXPORTED)
    environment = fakes.read("environment")
    assert "GRADER_DATA=/data" in environment
    assert "s3cret" not in environment + words + fakes.read("script")
    assert "SBATCH_EXPORT" not in environment


def test_a_look_has_its_own_time(fakes, task):
    slurm().launch(Task(task.folder, task.words, task.name, several=True))
    assert f"--time={LOOK_MINUTES} " in fakes.called("sbatch")[0]
    assert "--gres" not in fakes.called("sbatch")[0]


def test_the_time_follows_from_the_budget():
    """Five trainings, each with four times its limit as a back-stop, and a margin."""
    spec = load_spec("s4").spec
    assert job_minutes(spec) == spec.training.time_limit / 60 * 4 * spec.training.seeds.at_most + 15
    assert job_minutes(spec.model_copy(update={"training": None})) == LOOK_MINUTES


def test_the_name_of_a_cluster_is_no_part_of_the_number(fakes, task):
    fakes.say("sbatch", "7;galaxy\n")
    assert slurm().launch(task) == "7"


@pytest.mark.parametrize(
    "fault",
    [
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
        "sbatch: error: QOSMaxSubmitJobPerUserLimit",
    ],
)
def test_what_may_be_tried_again(fakes, task, fault):
    fakes.say("sbatch", fault=fault)
    engine = slurm()
    assert engine.launch(task) is None
    fakes.say("sbatch", "42\n")
    assert engine.launch(task) == "42"


def test_a_submission_whose_reply_was_lost_is_found_by_its_name(fakes, task):
    fakes.say("sbatch", fault="sbatch: error: Socket timed out on send/recv operation")
    engine = slurm()
    assert engine.launch(task) is None
    fakes.jobs("43|grader-aaaa-bbbb|PENDING|Priority|0")
    assert engine.launch(task) == "43"
    assert len(fakes.called("sbatch")) == 1


def test_what_is_refused_is_for_whoever_grades(fakes, task):
    fakes.say("sbatch", fault="sbatch: error: invalid partition specified: nope")
    with pytest.raises(UsageError, match=r"invalid partition specified: nope.*--sbatch"):
        slurm().launch(task)


def test_without_a_controller_nothing_is_submitted_and_nothing_changes(fakes, task):
    fakes.say("squeue", fault="slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    engine = slurm()
    assert engine.launch(task) is None
    assert fakes.called("sbatch") == []
    fakes.jobs()
    assert engine.launch(task) == "41"
    fakes.say("squeue", fault="slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    seen = engine.seen("41")
    assert seen.ended is None
    assert "Unable to contact" in seen.text


def test_a_job_of_a_batch_that_was_killed_is_taken_over(fakes, task):
    fakes.jobs(
        "1|grader-aaaa-cccc|RUNNING|None|0",  # the same folder, other work
        "2|grader-aaaa-bbbb|COMPLETED|None|0",
        "3|grader-aaaa-bbbb|RUNNING|None|0",
        "4|grader-aaaaa-bbbb|RUNNING|None|0",
    )
    engine = slurm()
    assert engine.launch(task) == "3"
    assert fakes.called("scancel") == ["1"]
    assert fakes.called("sbatch") == []
    assert engine.launch(task) == "41"  # another attempt at it is another job


def test_one_call_for_all_jobs(fakes, task):
    engine = slurm(poll_seconds=60.0)
    engine.launch(task)
    for handle in ("41", "42", "43"):
        assert engine.seen(handle).ended is None
    assert len(fakes.called("squeue")) == 1


def test_a_job_is_gone_only_when_it_was_looked_for_after_its_submission(fakes, task):
    fakes.jobs()
    engine = slurm(poll_seconds=600.0)
    engine.launch(task)
    assert engine.seen("41").ended is None
    engine.poll_seconds = 0.0
    assert engine.seen("41").ended.why == "node lost"


def test_the_end_of_a_job_is_told(fakes, task):
    engine = slurm()
    engine.launch(task)
    fakes.jobs("41|grader-aaaa-bbbb|PENDING|BeginTime|0")
    assert engine.seen("41").text == "Slurm: pending (BeginTime)"
    fakes.jobs("41|grader-aaaa-bbbb|NODE_FAIL|NodeDown|0")
    assert engine.seen("41").ended.why == "node lost"


def test_what_waits_for_ever_has_some_patience(fakes, task):
    engine = slurm(stuck_seconds=600.0)
    engine.launch(task)
    fakes.jobs("41|grader-aaaa-bbbb|PENDING|BadConstraints|0")
    assert engine.seen("41").ended is None
    fakes.jobs("41|grader-aaaa-bbbb|PENDING|Priority|0")
    assert engine.seen("41").ended is None
    fakes.jobs("41|grader-aaaa-bbbb|PENDING|BadConstraints|0")
    assert "BadConstraints" in engine.seen("41").text
    engine.stuck_seconds = 0.0
    assert engine.seen("41").ended.why == "stuck"


def test_what_has_its_answer_need_not_begin(fakes, task):
    engine = slurm()
    engine.launch(task)
    engine.release("41")
    engine.cancel("41")
    assert fakes.called("scancel") == ["--state=PENDING 41", "41"]


def test_a_command_that_hangs_is_a_controller_that_does_not_answer(fakes, task, monkeypatch, tmp_path):
    monkeypatch.setattr(slurm_module, "COMMAND_SECONDS", 0.2)
    (tmp_path / "bin" / "squeue").write_text("#!/bin/sh\nexec sleep 20\n")
    assert slurm().launch(task) is None


def test_without_slurm_it_says_so(tmp_path, monkeypatch, fakes):
    needed()
    (tmp_path / "bin" / "scancel").unlink()
    if Path("/usr/bin/scancel").exists():
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    with pytest.raises(UsageError, match=r"not here: scancel.*login node"):
        needed()
