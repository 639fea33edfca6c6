"""Golden files of the text formats. After a wanted change, write them anew and read the difference:

GRADER_UPDATE_GOLDEN=1 python -m pytest tests/unit/report/test_golden.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.records import RunRecord
from grader.report import interface

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
RECORDS = ("full_marks", "partial", "no_model", "review", "adjusted", "decided", "overridden")
FORMATS = {
    "markdown": "md",
    "json": "json",
    "terminal": "txt",
    "gradescope": "gradescope.json",
    "classroom50": "classroom50.json",
    "junit": "junit.xml",
    "actions_summary": "actions.md",
    "actions_annotations": "actions.txt",
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_report_is_as_it_was(name: str, format: str, example_records: dict[str, RunRecord]) -> None:
    place = GOLDEN / f"{name}.{FORMATS[format]}"
    made = interface.formats()[format].render(example_records[name])
    if os.environ.get("GRADER_UPDATE_GOLDEN"):
        place.write_text(made, encoding="utf-8", newline="\n")
    assert place.read_text(encoding="utf-8") == made


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{name}.{suffix}" for name in RECORDS for suffix in FORMATS.values()}
    assert {path.name for path in GOLDEN.iterdir()} == wanted
