"""What is handed in beside a model: each is looked at only where a check of the spec asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.fetch.interface import Fetched
from grader.records import Absent, Annotations, Evidence, Pictures, Reading, WebAnswers, Workbook
from grader.stages.annotations import boxes_and_anchors
from grader.stages.pictures import pictures
from grader.stages.web import web
from grader.stages.workbook import workbook
from grader.stages.workers import OpenWorker

if TYPE_CHECKING:
    from grader.data.interface import Request
    from grader.spec.schema import Spec


@dataclass(frozen=True)
class Beside:
    """Evidence that no model takes part in."""

    pictures: Pictures | Absent
    workbook: Workbook | Absent
    web: WebAnswers | Absent
    annotations: Annotations | Absent

    def added_to(self, evidence: Evidence) -> Evidence:
        return replace(
            evidence,
            pictures=self.pictures,
            workbook=self.workbook,
            web=self.web,
            annotations=self.annotations,
        )


def beside(
    spec: Spec,
    fetched: Fetched,
    reading: Reading,
    open_worker: OpenWorker,
    *,
    on_the_web: bool = False,
    published: Request | None = None,
) -> Beside:
    """Look at all of it; a worker is started for what has to be decoded, and for nothing else.

    Args:
        on_the_web: whether addresses that the student gives may be asked.
        published: where files are looked for that a submission names and does not hold; the usual places where it is
            left out, and no download.
    """
    return Beside(
        pictures=pictures(spec, fetched.submission, reading, open_worker),
        workbook=workbook(spec, fetched, open_worker),
        web=web(spec, fetched, allowed=on_the_web),
        annotations=boxes_and_anchors(spec, fetched, open_worker, published),
    )
