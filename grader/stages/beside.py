"""What is handed in beside a model: each is looked at only where a check of the spec asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.fetch.interface import Fetched
from grader.records import Absent, Evidence, Pictures, Reading, Workbook
from grader.stages.pictures import pictures
from grader.stages.workbook import workbook
from grader.stages.workers import OpenWorker

if TYPE_CHECKING:
    from grader.spec.schema import Spec


@dataclass(frozen=True)
class Beside:
    """Evidence that no model takes part in."""

    pictures: Pictures | Absent
    workbook: Workbook | Absent

    def added_to(self, evidence: Evidence) -> Evidence:
        return replace(evidence, pictures=self.pictures, workbook=self.workbook)


def beside(spec: Spec, fetched: Fetched, reading: Reading, open_worker: OpenWorker) -> Beside:
    """Look at all of it; a worker is started for what has to be decoded, and for nothing else."""
    return Beside(
        pictures=pictures(spec, fetched.submission, reading, open_worker),
        workbook=workbook(spec, fetched, open_worker),
    )
