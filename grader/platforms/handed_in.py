"""What a platform says of a submission, for the autograder's log: `submission_metadata.json` of Gradescope.

Run as `python -m grader.platforms.handed_in METADATA SPEC`. Nothing hangs on it: lateness is the platform's business,
and a file that cannot be read is a line in the log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.text import clean

MOST_BYTES = 4 * 1024 * 1024


def lines(text: str, points: float) -> Iterator[str]:
    """What stands in the file, as lines that are safe to print.

    Args:
        points: of the assignment, to be held against the platform's.
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        yield "submission_metadata.json is no JSON object: it is passed over."
        return
    assignment = said.get("assignment")
    asked: dict[str, Any] = assignment if isinstance(assignment, dict) else {}
    yield f"Submission {_shown(said.get('id'))}, handed in {_shown(said.get('created_at'))}."
    due, late = _shown(asked.get("due_date")), _shown(asked.get("late_due_date"))
    yield f"Due {due}, late until {late}: what lateness costs is the platform's business."
    there = _number(asked.get("total_points"))
    if there is not None and there != points:
        yield f"The platform's assignment has {there:g} points, the grader's {points:g}: make them the same."


def _shown(value: object) -> str:
    return clean(str(value), 60) if isinstance(value, str | int) and value != "" else "not said"


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None


def main(metadata: Path, spec: Path) -> None:
    from grader.spec.load import load_spec

    points = load_spec(spec).spec.points
    try:
        with metadata.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        print("There is no submission_metadata.json: nothing hangs on it.")
        return
    print("\n".join(lines(text, points)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
