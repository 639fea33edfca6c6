"""The attempt that measures a trial, and the command that does the same."""

from __future__ import annotations

import shlex
from pathlib import Path

from grader.bench.plan import Cell
from grader.bench.wanted import Wanted
from grader.course.batch.job import Job
from grader.text import without_credentials

SECRET = 20_260_101
"""Orders test images and class ids. It is known to all, so that anybody gets the same numbers; a grade draws its own."""


def job_of(wanted: Wanted, cell: Cell, runs: Path) -> Job:
    """The attempt that measures this trial."""
    return Job(
        spec=str(cell.assigned.file),
        clone=str(cell.clone),
        out=str(runs),
        name=cell.submission.name,
        source="",
        command=_again(wanted, cell),
        secret=SECRET,
        seed=cell.seed,
        **wanted.execution(),
    )


def _again(wanted: Wanted, cell: Cell) -> str:
    """The `grader run` that measures this trial; the report adds seed and secret."""
    words = [
        "grader",
        "run",
        cell.assigned.loaded.spec.id,
        "--repo",
        without_credentials(cell.submission.source),
    ]
    for second in cell.submission.also:
        words += ["--also", f"{second.folder}={without_credentials(second.source)}"]
    for choice, given, usual in (
        ("isolation", wanted.level, "auto"),
        ("lane", wanted.lane, "auto"),
        ("device", wanted.device, "cpu"),
    ):
        words += [f"--{choice}", given] if given != usual else []
    words += ["--stand-in"] if wanted.stand_in else []
    words += ["--unofficial-data"] if wanted.unofficial_data else []
    words += [] if wanted.zygote else ["--no-zygote"]
    return shlex.join(words)
