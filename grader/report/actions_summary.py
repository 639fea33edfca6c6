"""The summary of a job in GitHub Actions: the verdict, the checks and the sum, as Markdown below 1 MiB."""

from __future__ import annotations

from grader.records import RunRecord
from grader.report.inert import inert_for_students
from grader.report.markdown import judged

file_name = "actions-summary.md"

LIMIT_BYTES = 1024 * 1024
"""Of the whole summary of a step: GitHub shows none that is longer."""
CUT = "The rest is left out here, because a summary may have 1 MiB. It stands in the run's report."


def render(record: RunRecord) -> str:
    return summary(record, LIMIT_BYTES)


def summary(record: RunRecord, limit_bytes: int) -> str:
    """As much of the summary as fits, in whole paragraphs and tables; it says so where something is left out."""
    # A name in the font of code could hold `##[`, which a runner obeys wherever it is printed.
    blocks = "\n\n".join(judged(inert_for_students(record))).replace("##[", "## [").split("\n\n")
    whole = "\n\n".join(blocks) + "\n"
    if len(whole.encode()) <= limit_bytes:
        return whole
    left, kept = limit_bytes - len(CUT.encode()) - 1, []
    for block in blocks:
        left -= len(block.encode()) + 2
        if left < 0:
            break
        kept.append(block)
    return "\n\n".join([*kept, CUT]) + "\n" if kept else ""
