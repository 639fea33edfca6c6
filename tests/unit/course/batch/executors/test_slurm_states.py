"""What Slurm says of a job, row by row as it was seen on a real cluster, and what it comes to for the attempt."""

from __future__ import annotations

import pytest

from grader.course.batch.executors.interface import Ended
from grader.course.batch.executors.slurm_states import FIELDS, Known, classified, job

ENDS = [
    # what happened, JobState, Reason, what `squeue` gives as exit code, and what that is for us
    ("exit 0", "COMPLETED", "None", "0", (0, "")),
    ("exit 7", "FAILED", "NonZeroExitCode", "1792", (7, "")),
    ("told to end, no answer", "FAILED", "NonZeroExitCode", "19200", (75, "")),
    ("told that its time is over", "FAILED", "NonZeroExitCode", "19456", (76, "limit")),
    ("exit 143", "FAILED", "NonZeroExitCode", "36608", (143, "")),
    ("killed by 9", "FAILED", "JobLaunchFailure", "9", (-9, "")),
    ("killed by 11", "FAILED", "JobLaunchFailure", "11", (-11, "")),
    ("child killed by 9", "FAILED", "NonZeroExitCode", "35072", (137, "")),
    ("child killed by 11", "FAILED", "NonZeroExitCode", "35584", (139, "")),
    ("command not found", "FAILED", "NonZeroExitCode", "32512", (127, "set-up")),
    ("command not executable", "FAILED", "NonZeroExitCode", "32256", (126, "set-up")),
    ("command not found by srun", "FAILED", "NonZeroExitCode", "512", (2, "set-up")),
    ("no work directory", "FAILED", "JobLaunchFailure", "53", (-53, "set-up")),
    ("time limit, with trap", "TIMEOUT", "TimeLimit", "36608", (143, "limit")),
    ("time limit", "TIMEOUT", "TimeLimit", "15", (-15, "limit")),
    ("deadline", "DEADLINE", "None", "0", (0, "limit")),
    ("memory", "OUT_OF_MEMORY", "OutOfMemory", "9", (-9, "limit")),
    ("cancelled, running", "CANCELLED", "None", "15", (-15, "cancelled")),
    ("cancelled, with trap", "CANCELLED", "None", "1280", (5, "cancelled")),
    ("cancelled, pending", "CANCELLED", "Priority", "0", (0, "cancelled")),
    ("node lost, not requeued", "NODE_FAIL", "NodeDown", "0", (0, "node lost")),
    ("node did not start", "BOOT_FAIL", "None", "0", (0, "node lost")),
    ("preempted, not requeued", "PREEMPTED", "None", "15", (-15, "preempted")),
    ("as scontrol prints it", "FAILED", "NonZeroExitCode", "7:0", (7, "")),
    ("as scontrol prints it, 53", "FAILED", "JobLaunchFailure", "0:53", (-53, "set-up")),
    ("no number", "FAILED", "NonZeroExitCode", "(null)", (1, "")),
]


@pytest.mark.parametrize(
    ("state", "reason", "code", "ends"), [row[1:] for row in ENDS], ids=[r[0] for r in ENDS]
)
def test_ends(state, reason, code, ends):
    seen = classified(state, reason, code)
    assert (seen.ended.code, seen.ended.why) == ends
    assert state in seen.ended.tail


GO_ON = [
    ("waits its turn", "PENDING", "Priority"),
    ("waits for room", "PENDING", "Resources"),
    ("requeued after a lost node or a preemption", "PENDING", "BeginTime"),
    ("more jobs than one may run at once", "PENDING", "QOSMaxJobsPerUserLimit"),
    ("its partition is down for a while", "PENDING", "PartitionDown"),
    ("begins", "CONFIGURING", "None"),
    ("runs", "RUNNING", "None"),
    ("ends", "COMPLETING", "None"),
    ("is put back", "REQUEUED", "None"),
    ("stands still", "SUSPENDED", "None"),
    ("a state of another version", "SOMETHING_NEW", "None"),
]


@pytest.mark.parametrize(("state", "reason"), [row[1:] for row in GO_ON], ids=[row[0] for row in GO_ON])
def test_what_goes_on(state, reason):
    seen = classified(state, reason, "0")
    assert seen.ended is None
    assert seen.text


STUCK = [
    ("PENDING", "DependencyNeverSatisfied"),
    ("PENDING", "PartitionConfig"),
    ("PENDING", "PartitionTimeLimit"),
    ("PENDING", "PartitionNodeLimit"),
    ("PENDING", "BadConstraints"),
    ("PENDING", "JobHeldAdmin"),
    ("PENDING", "JobHeldUser"),
    ("PENDING", "job_requeued_in_held_state"),
    ("PENDING", "launch failed requeued held"),
    ("PENDING", "QOSMaxWallDurationPerJobLimit"),
    ("PENDING", "AssocMaxCpuPerJobLimit"),
    ("PENDING", "InvalidQOS"),
    ("REQUEUE_HOLD", "None"),
    ("SPECIAL_EXIT", "None"),
]


@pytest.mark.parametrize(("state", "reason"), STUCK)
def test_what_waits_for_ever(state, reason):
    seen = classified(state, reason, "0")
    assert seen.ended == Ended(0, tail=seen.ended.tail, why="stuck")
    assert (reason if reason != "None" else state) in seen.ended.tail


def test_a_line_of_squeue():
    """As `squeue --noheader -O` of Slurm 22.05 printed it."""
    line = (
        "4                             |grader-0123456789ab-ba9876543210" + 48 * " " + "|FAILED   "
        "           |JobLaunchFailure      |9                   |"
    )
    known = job(line)
    assert known == Known("4", "grader-0123456789ab-ba9876543210", "FAILED", "JobLaunchFailure", "9")
    assert not known.is_active
    assert job("5|a|CANCELLED by 0|None|15|").state == "CANCELLED"
    assert job("6|a|CANCELLED+|None|15|").state == "CANCELLED"
    assert job("7|a|REQUEUED|None|0|").is_active


@pytest.mark.parametrize("line", ["", "slurm_load_jobs error: Unable to contact", "a|b|c|d|e|", "1|b|c|"])
def test_other_lines_are_none_of_ours(line):
    assert job(line) is None


def test_no_field_is_cut_where_it_counts():
    widths = dict(part.split(":") for part in FIELDS.split("|,"))
    assert int(widths["Name"]) > len("grader-0123456789ab-ba9876543210")
    assert int(widths["Reason"]) > len("AssocGrpCPURunMinutesLimit_and_more")
