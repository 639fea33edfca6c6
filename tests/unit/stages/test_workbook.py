"""Which files are opened, what lies elsewhere, and what it means that a worker could not read them."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn, get_args

import pytest

from grader.fetch.interface import Fetched, fetch
from grader.isolation.choose import best_sandbox
from grader.isolation.supervisor import Ending, EndingKind
from grader.records import Absent, Submission, SubmittedFile, Workbook
from grader.spec.load import load_spec
from grader.stages.workbook import SUFFIXES, _ended, _others, _paths, workbook
from grader.stages.workers import OpenWorker, opener

ROOT = Path(__file__).resolve().parents[3]


def handed_in(root: Path, **texts: str) -> Fetched:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    files = tuple(SubmittedFile(path, len(text), "0" * 64) for path, text in texts.items())
    return Fetched(Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files), root)


def nobody() -> NoReturn:
    raise AssertionError("no worker is needed")


def test_the_shallow_ones_first_and_no_lock_files(tmp_path: Path) -> None:
    paths = ("b/c.XLSX", "z.xlsm", "~$z.xlsx", "a.csv", ".ipynb_checkpoints/a.xlsx")
    assert _paths(handed_in(tmp_path, **dict.fromkeys(paths, "")).submission, SUFFIXES) == (
        "z.xlsm",
        "b/c.XLSX",
    )


def test_spreadsheets_in_another_form_and_elsewhere_are_told(tmp_path: Path) -> None:
    link = "See [the sheet](https://docs.google.com/spreadsheets/d/1abc/edit)."
    fetched = handed_in(tmp_path, **{"README.md": link, "a.xls": "", "b.ods": "", "c.png": ""})
    assert _others(fetched) == ("a.xls", "b.ods", "a link to docs.google.com/spreadsheets")


def test_a_readme_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    fetched = handed_in(tmp_path, **{"README.md": ""})
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").symlink_to("/etc/hostname")
    assert _others(fetched) == ()


def test_no_worker_is_started_where_nothing_is_to_be_read(tmp_path: Path) -> None:
    fetched = handed_in(tmp_path, **{"README.md": "# T\n"})
    found = workbook(load_spec("eva8_s3_1").spec, fetched, nobody)
    assert isinstance(found, Workbook)
    assert (found.sheets, found.others) == ((), ())
    other = workbook(load_spec("s4").spec, fetched, nobody)
    assert isinstance(other, Absent)
    assert other.cause == "skipped"


@pytest.mark.sandbox
def test_a_worker_in_the_sandbox_reads_the_reference(tmp_path: Path) -> None:
    (tmp_path / "broken.xlsx").write_text("no zip")
    (tmp_path / "good.xlsx").write_bytes(
        (ROOT / "reference_models/eva8_s3_1/backpropagation.xlsx").read_bytes()
    )
    with fetch(str(tmp_path)) as fetched:
        open_worker: OpenWorker = opener(best_sandbox("auto")[0], fetched.root, 1)
        found = workbook(load_spec("eva8_s3_1").spec, fetched, open_worker)
    assert isinstance(found, Workbook)
    assert [(one.name, one.charts) for one in found.sheets] == [("backprop", 1), ("learning rates", 1)]
    assert len(found.quantities) == 27
    assert [one.path for one in found.broken] == ["broken.xlsx"]


@pytest.mark.parametrize("kind", get_args(EndingKind))
def test_nobody_loses_points_by_a_worker_that_ended(kind: EndingKind) -> None:
    absent = _ended(Ending(kind, "It ended."))
    assert absent.cause == ("errored" if kind in ("machine", "killed") else "review")
    assert "It ended." in absent.reason
