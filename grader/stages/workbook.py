"""The submission's workbooks, read by a worker that runs nothing else; only where a check asks for them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.evaluation.workbooks import examined
from grader.fetch.interface import Fetched
from grader.isolation.supervisor import Ending
from grader.isolation.workbook_answer import read_workbooks
from grader.reading.pieces import is_skipped
from grader.reading.staged import staged_text
from grader.records import Absent, Submission, Workbook
from grader.stages.workers import OpenWorker
from grader.text import clean_path, counted

if TYPE_CHECKING:
    from grader.spec.schema import Spec

SUFFIXES = (".xlsx", ".xlsm")
OTHERS = (".xls", ".xlsb", ".ods", ".numbers", ".csv", ".tsv")
KEPT_ELSEWHERE = (
    "docs.google.com/spreadsheets",
    "onedrive.live.com",
    "1drv.ms",
    "sharepoint.com",
    "drive.google.com",
)
LIMIT_FILES = 10
README_BYTES = 1_000_000
SHOWN = 5
_README = re.compile(r"(?:^|/)readme[^/]*$", re.IGNORECASE)


def workbook(spec: Spec, fetched: Fetched, open_worker: OpenWorker) -> Workbook | Absent:
    """What the workbooks hold where a check of this spec looks at them; else absent, and no worker is started."""
    if not any("workbook" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for a workbook.")
    paths, others = _paths(fetched.submission, SUFFIXES), _others(fetched)
    if not paths:
        return replace(examined(()), others=others)
    with open_worker() as worker:
        books = read_workbooks(worker, paths[:LIMIT_FILES])
    if isinstance(books, Ending):
        return _ended(books)
    left = len(paths) - len(books)
    cut = f"{counted(left, 'workbook was', 'workbooks were')} not looked at." if left else ""
    return replace(examined(books), others=others, cut=cut)


def _paths(submission: Submission, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """The README's neighbours before deep folders; the files that a spreadsheet locks while it is open are none."""
    found = [one for one in _names(submission) if one.lower().endswith(suffixes)]
    return tuple(sorted(found, key=lambda path: (path.count("/"), path)))


def _names(submission: Submission) -> Iterable[str]:
    for file in submission.files:
        if not is_skipped(file.path) and not file.path.rpartition("/")[2].startswith(("~$", ".~lock")):
            yield file.path


def _others(fetched: Fetched) -> tuple[str, ...]:
    """Spreadsheets that are not read here: files of another form, and links of a README."""
    files = [clean_path(path) for path in _paths(fetched.submission, OTHERS)]
    return (*files[:SHOWN], *(f"a link to {host}" for host in _linked(fetched)))


def _linked(fetched: Fetched) -> tuple[str, ...]:
    """Services that keep spreadsheets, as the submission's README names them."""
    texts = []
    for path in [one for one in _names(fetched.submission) if _README.search(one)][:SHOWN]:
        with contextlib.suppress(ValueError):  # the reading says what is wrong with it
            texts.append(staged_text(fetched.root, path, README_BYTES).lower())
    return tuple(host for host in KEPT_ELSEWHERE if any(host in text for text in texts))


def _ended(ending: Ending) -> Absent:
    """A workbook that breaks its reader is the student's doing as little as the grader's: a person looks."""
    if ending.kind in ("machine", "killed"):
        return Absent("errored", ending.sentence, "Run it again.", stage="workbook")
    reason = f"The workbook could not be read. {ending.sentence}"
    return Absent("review", reason, "Open the workbook in the repository.", stage="workbook")
