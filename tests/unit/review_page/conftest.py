"""Stored runs to review: one of Ada's with three things open, one of Grace's with none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored.folder import RunFolder
from grader.records import RunRecord
from grader.report.interface import reports

RUN = "20261101-100000-aaaa"


_WRITTEN: dict[str, dict[str, str]] = {}


def _texts(name: str, record: RunRecord) -> dict[str, str]:
    """The files of a run, rendered once for all tests."""
    if name not in _WRITTEN:
        handed_in = replace(record.evidence.submission, name=name)
        record = replace(record, run_id=RUN, evidence=replace(record.evidence, submission=handed_in))
        _WRITTEN[name] = {one.file_name: one.render(record) for one in reports()}
    return _WRITTEN[name]


@pytest.fixture
def runs(tmp_path: Path, example_records: dict[str, RunRecord]) -> Path:
    """The folder of all runs. Both runs have the same id: two submissions may."""
    for name, kind in (("ada", "by_a_person"), ("grace", "overridden")):
        with RunFolder(tmp_path / "runs", "s4", name, RUN) as folder:
            folder.publish(_texts(name, example_records[kind]))
    return tmp_path / "runs"


@pytest.fixture
def ada(runs: Path) -> Path:
    return runs / "s4" / "ada" / RUN
