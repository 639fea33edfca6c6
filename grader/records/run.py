"""One run as it is stored, and a look without a grade."""

from __future__ import annotations

from dataclasses import dataclass

from grader.records.basic import Absent
from grader.records.evidence import Comparison, Evidence, Isolation
from grader.records.judgement import Adjustment, Decision, Forecast, Grade, Outcome
from grader.records.method import RecoveredTraining, Remark
from grader.records.model import ModelFacts
from grader.records.reading import Candidate
from grader.records.submission import LeftOut, Submission


@dataclass(frozen=True)
class Provenance:
    """What is needed to get the same result again."""

    grader_version: str
    measuring_version: int
    command: str
    started_at: str  # ISO 8601, UTC
    finished_at: str
    wall_seconds: float
    spec_id: str
    spec_edition: int
    spec_digest: str
    evidence_plan_digest: str
    seeds: tuple[int, ...]
    device: str
    platform: str
    versions: tuple[tuple[str, str], ...]  # python, torch, torchvision, torchinfo, numpy
    secret: int = (
        0  # permuted class ids and test order for this run; with the seeds it gives the same numbers again
    )
    train_seconds: float = 0.0  # of `wall_seconds`: training, over all trials
    evaluate_seconds: float = 0.0  # scoring and probing
    overhead_seconds: float = 0.0  # all the rest: fetching, reading, starts of workers
    threads: int = 0  # of each training; another number gives other last digits. 0 where it is not known
    evidence_of: str = ""  # run that measured the evidence, where this one only judged it again


@dataclass(frozen=True)
class RunRecord:
    """One run, as it is stored: `result.json` is this record and nothing else."""

    schema: str
    run_id: str
    title: str  # the assignment's
    course: str
    not_a_grade: tuple[str, ...]  # reasons why this result must not be used as a grade; () if it may
    evidence: Evidence
    outcomes: tuple[Outcome, ...]
    grade: Grade
    provenance: Provenance
    decisions: tuple[
        Decision, ...
    ] = ()  # in the order in which they were taken; `outcomes` and `grade` follow them
    self_check: bool = False  # made by `grader check`: no grade, whatever it holds
    forecasts: tuple[
        Forecast, ...
    ] = ()  # of a self-check: one for each line that an accuracy is held against
    by_hand: tuple[
        Adjustment, ...
    ] = ()  # penalties that only a person takes; a taken one is in the grade, too


@dataclass(frozen=True)
class Inspection:
    """What the grader sees of a submission's model. It is shown and not stored; no spec and no data take part."""

    schema: str
    submission: Submission
    candidates: tuple[Candidate, ...]  # the most likely first
    choice: str  # why the first is the most likely, as a sentence
    unreadable: tuple[LeftOut, ...]  # files and cells that could not be parsed
    model: ModelFacts | Absent
    classes: int  # that the output was held against
    obstacles: tuple[Absent, ...]  # why a measured model cannot be trained for so many classes; () if it can
    isolation: Isolation
    training: RecoveredTraining | Absent = Absent("skipped", "The student's own training was not looked at.")
    remarks: tuple[Remark, ...] = ()  # what can be said of the method without an assignment's limits
    comparisons: tuple[Comparison, ...] = ()
