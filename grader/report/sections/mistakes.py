"""What it took for what: the confusion matrix over all trials."""

from __future__ import annotations

from grader.records import Absent, Evidence, RunRecord, Trial
from grader.report import words
from grader.report.sections.interface import Column, Section, Table

Matrix = tuple[tuple[int, ...], ...]


def build(record: RunRecord) -> Section:
    matrix, trials = added_up(record.evidence.trials)
    if not matrix:
        return Section("mistakes", "What it mixes up", lead=(_why(record.evidence),))
    rows = tuple((str(i), *(f"{n:,}" for n in row)) for i, row in enumerate(matrix))
    columns = (Column("True class"), *(Column(str(i), "number") for i in range(len(matrix))))
    how = f"Each row is a true class, each column the answer; {words.counted(trials, 'trial')} added up."
    lead = f"{how} {_worst(matrix)}"
    return Section(
        "mistakes",
        "What it mixes up",
        lead=(lead,),
        tables=(Table("Confusion matrix", columns, rows, shown_as="heat"),),
    )


def added_up(trials: tuple[Trial, ...]) -> tuple[Matrix, int]:
    """The sum over the trials that have a matrix of the same size, and how many those are."""
    matrices = [trial.confusion for trial in trials if trial.confusion]
    same = [matrix for matrix in matrices if len(matrix) == len(matrices[0])]
    return tuple(tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*same, strict=True)), len(same)


def _why(found: Evidence) -> str:
    if isinstance(found.test_accuracy, Absent):
        return f"There is no confusion matrix. {words.why_not(found.test_accuracy)}"
    return "There is no confusion matrix: no trial recorded one."


def _worst(matrix: Matrix) -> str:
    wrong = [
        (n, true, seen) for true, row in enumerate(matrix) for seen, n in enumerate(row) if n and true != seen
    ]
    worst = sorted(wrong, key=lambda found: (-found[0], found[1:]))[:3]
    if not worst:
        return "Every answer was right."
    return "Most often: " + ", ".join(f"{true} taken for {seen} ({n:,}×)" for n, true, seen in worst) + "."
