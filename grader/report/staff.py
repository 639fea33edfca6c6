"""The staff's report: the student's page with all of the record, also what teaches an attacker.

Numbers and thresholds of the integrity probes, what the sandbox answered, the output of the student's code, and
decisions that were taken back stand here and in `result.json` alone: see `grader.audience`.
"""

from __future__ import annotations

from grader.records import RunRecord
from grader.report.html import page
from grader.report.inert import inert

file_name = "staff.html"

BESIDE = {
    "report.html": "the report for the student",
    "README.md": "the same as Markdown",
    "result.json": "all numbers",
    "events.jsonl": "the log of the run",
}
"""The other files of a run's folder, and what each one is."""


def render(record: RunRecord) -> str:
    return page(inert(record), staff=True, beside=BESIDE)


def render_alone(record: RunRecord) -> str:
    """The same where no files lie beside it."""
    return page(inert(record), staff=True)
