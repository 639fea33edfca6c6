"""A run told to GitHub Actions: the step's summary, its outputs, and the lines that a runner reads.

A runner obeys commands that it finds in what a step prints. What a student wrote is printed only between
`stop-commands` and its token, which is drawn anew each time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from grader.course.grades.inert_cells import number
from grader.errors import StoreError
from grader.records import RunRecord
from grader.report import actions_annotations, actions_summary, terminal
from grader.report.entries import finite
from grader.text import clean

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"
"""Names of the variables that name the files."""


def log_text(record: RunRecord) -> str:
    """What the step prints: the report, where nothing is obeyed, and then the annotations."""
    token = secrets.token_hex(16)
    report = terminal.render(record)
    return (
        f"::group::Report\n::stop-commands::{token}\n{report}::{token}::\n::endgroup::\n"
        f"{actions_annotations.render(record)}"
    )


def outputs(record: RunRecord) -> dict[str, str]:
    """The step's outputs."""
    grade = record.grade
    return {
        "status": grade.status,
        "points": number(finite(grade.points)),
        "max_points": number(finite(grade.max_points)),
        "passed": str(grade.passed).lower(),
        "is_grade": str(not record.not_a_grade).lower(),
    }


def tell(record: RunRecord, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Append the summary and set the outputs, as far as the environment names files for them.

    Returns:
        A sentence for each thing that could not be done.

    Raises:
        StoreError: a file that is named cannot be written.
    """
    said = []
    if not environment.get(SUMMARY):
        said.append(f"{SUMMARY} is not set, so there is no summary: this is no step of GitHub Actions.")
    elif not add_summary(record, Path(environment[SUMMARY])):
        said.append("The step's summary is full already (1 MiB), so this run is not in it.")
    if environment.get(OUTPUT):
        _append(Path(environment[OUTPUT]), "".join(_output(*one) for one in outputs(record).items()))
    return tuple(said)


def add_summary(record: RunRecord, place: Path) -> bool:
    """Append as much of the summary as the step's limit leaves room for; False where that is nothing."""
    used = place.stat().st_size if place.is_file() else 0
    text = actions_summary.summary(record, actions_summary.LIMIT_BYTES - used - 1)
    if not text:
        return False
    _append(place, f"\n{text}" if used else text)
    return True


def _output(name: str, value: str) -> str:
    """With a delimiter that nobody can know, so that no value ends itself and sets another one."""
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _append(place: Path, text: str) -> None:
    try:
        with place.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(
            f"{clean(str(place), 400)} cannot be written: {error.strerror or error}.",
            "The runner names this file; look at the step's environment.",
        ) from error
