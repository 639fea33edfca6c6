"""What it took for what: the confusion matrix over all trials, or its largest numbers where there are many classes."""

from __future__ import annotations

from grader.records import Absent, Evidence, RunRecord, Trial
from grader.report import words
from grader.report.sections.interface import Column, Section, Table

Matrix = tuple[tuple[int, ...], ...]
Mistake = tuple[int, int, int]
"""How often, the true class, and what it was taken for."""

ID, TITLE = "mistakes", "What it mixes up"
MAX_CLASSES = 20
"""A matrix of more classes is wider than a page."""

MOST = 20
"""Mistakes that are listed in its place."""


def build(record: RunRecord) -> Section:
    evidence = record.evidence
    matrix, trials = added_up(evidence.trials)
    if not matrix:
        return Section(ID, TITLE, lead=(_why(evidence),))
    names, counted = _names(evidence, len(matrix)), words.counted(trials, "trial")
    if len(matrix) > MAX_CLASSES:
        how = f"Of {len(matrix):,} classes, the mistakes that are made most often; {counted} added up."
        return Section(ID, TITLE, lead=(f"{how} {_worst(matrix, names)}",), tables=_listed(matrix, names))
    how = f"Each row is a true class, each column the answer; {counted} added up."
    lead = f"{how} {_worst(matrix, names)}"
    return Section(ID, TITLE, lead=(lead,), tables=(_whole(matrix, names),))


def added_up(trials: tuple[Trial, ...]) -> tuple[Matrix, int]:
    """The sum over the trials that have a matrix of the same size, and how many those are."""
    matrices = [trial.confusion for trial in trials if trial.confusion]
    same = [matrix for matrix in matrices if len(matrix) == len(matrices[0])]
    return tuple(tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*same, strict=True)), len(same)


def _names(evidence: Evidence, classes: int) -> tuple[str, ...]:
    """What the data set calls its classes, where the record holds it; else their numbers."""
    found = evidence.explanations
    known = () if isinstance(found, Absent) else found.class_names
    return tuple(words.shortened(name, 24) for name in known) if len(known) == classes else _numbers(classes)


def _numbers(classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(classes)))


def _whole(matrix: Matrix, names: tuple[str, ...]) -> Table:
    """Columns are headed by numbers: names would make them wider than what stands in them."""
    numbers = _numbers(len(matrix))
    heads = numbers if names == numbers else tuple(map(" ".join, zip(numbers, names, strict=True)))
    rows = tuple((head, *(f"{n:,}" for n in row)) for head, row in zip(heads, matrix, strict=True))
    columns = (Column("True class"), *(Column(number, "number") for number in numbers))
    return Table("Confusion matrix", columns, rows, shown_as="heat")


def _listed(matrix: Matrix, names: tuple[str, ...]) -> tuple[Table, ...]:
    columns = (Column("True class"), Column("Taken for"), Column("Times", "number"), Column("Of", "number"))
    rows = tuple(
        (names[true], names[seen], f"{n:,}", f"{sum(matrix[true]):,}")
        for n, true, seen in _mistakes(matrix)[:MOST]
    )
    return (Table("Most frequent mistakes", columns, rows),) if rows else ()


def _why(found: Evidence) -> str:
    if isinstance(found.test_accuracy, Absent):
        return f"There is no confusion matrix. {words.why_not(found.test_accuracy)}"
    return "There is no confusion matrix: no trial recorded one."


def _mistakes(matrix: Matrix) -> list[Mistake]:
    """The most frequent first."""
    wrong = [
        (n, true, seen) for true, row in enumerate(matrix) for seen, n in enumerate(row) if n and true != seen
    ]
    return sorted(wrong, key=lambda found: (-found[0], found[1:]))


def _worst(matrix: Matrix, names: tuple[str, ...]) -> str:
    worst = _mistakes(matrix)[:3]
    if not worst:
        return "Every answer was right."
    said = ", ".join(f"{names[true]} taken for {names[seen]} ({n:,}×)" for n, true, seen in worst)
    return f"Most often: {said}."
