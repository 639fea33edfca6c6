"""Stored runs in another format: where the files go, what is left out, and what must never be written over."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored.folder import RunFolder, locked, rewrite
from grader.course.stored.rendered import exportable, name_of, only_run, put, render_again, write_runs
from grader.course.stored.results import read_run
from grader.course.stored.runs import StoredRun
from grader.errors import StoreError, UsageError
from grader.records import RunRecord
from grader.report.interface import formats, reports

RUN = "20261101-100000-aaaa"


def stored(base: Path, record: RunRecord, name: str) -> Path:
    submission = replace(record.evidence.submission, name=name)
    made = replace(record, evidence=replace(record.evidence, submission=submission))
    with RunFolder(base, "s4", name, RUN) as folder:
        return folder.publish({one.file_name: one.render(made) for one in reports(("json",))})


@pytest.fixture
def runs(tmp_path, example_records) -> Path:
    for name, kind in (("ada", "full_marks"), ("grace", "infrastructure"), ("joan", "review")):
        stored(tmp_path / "runs", example_records[kind], name)
    return tmp_path / "runs"


def shown(record: RunRecord) -> str:
    return f"{record.grade.status}\n"


def test_one_run_is_text_where_no_place_is_given(runs) -> None:
    done = write_runs(runs / "s4" / "ada" / RUN, shown, "x.txt", None)
    assert (done.text, done.files) == ("complete\n", ())


def test_one_run_goes_into_the_file_that_is_named(runs, tmp_path) -> None:
    target = tmp_path / "new" / "results.json"
    done = write_runs(runs / "s4" / "ada", shown, "x.txt", target)
    assert done.files == (target,)
    assert target.read_text() == "complete\n"
    assert os.listdir(target.parent) == ["results.json"]


def test_several_runs_have_a_file_each(runs, tmp_path) -> None:
    done = write_runs(runs, shown, "x.txt", tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == ["s4-ada.x.txt", "s4-grace.x.txt", "s4-joan.x.txt"]
    assert len(done.files) == 3
    assert done.not_grades == (
        "joan: Stand-in data: the pictures were generated, they are not MNIST. Isolation level 1: code was trusted.",
    )


def test_a_fault_is_no_grade_and_gives_no_file(runs, tmp_path) -> None:
    done = write_runs(runs, shown, "x.txt", tmp_path / "out", grades=True)
    assert [path.name for path in done.files] == ["s4-ada.x.txt", "s4-joan.x.txt"]
    assert done.left_out == (
        "grace: the grader or its machine failed, so there is no grade yet. Run it again.",
    )
    alone = write_runs(runs / "s4" / "grace", shown, "x.txt", tmp_path / "alone.json", grades=True)
    assert alone.files == ()
    assert not (tmp_path / "alone.json").exists()


def test_a_run_that_cannot_be_read_is_named_and_the_others_are_written(runs, tmp_path) -> None:
    (runs / "s4" / "ada" / RUN / "result.json").write_text("{}")
    done = write_runs(runs, shown, "x.txt", tmp_path / "out")
    assert len(done.files) == 2
    assert "result.json, schema" in done.left_out[0]


def test_several_runs_need_a_folder(runs, tmp_path) -> None:
    with pytest.raises(UsageError, match="holds several runs"):
        write_runs(runs, shown, "x.txt", None)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file, and there are several runs"):
        write_runs(runs, shown, "x.txt", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_the_stored_run_itself_is_never_written_over(runs) -> None:
    result = runs / "s4" / "ada" / RUN / "result.json"
    before = result.read_bytes()
    with pytest.raises(UsageError, match="is the stored run itself"):
        write_runs(runs / "s4" / "ada", shown, "x.txt", result.parent / ".." / RUN / "result.json")
    assert result.read_bytes() == before


def test_names_are_safe_and_no_two_are_equal(example_records) -> None:
    def record(spec: str, name: str) -> RunRecord:
        made = example_records["minimal"]
        found = replace(made.evidence, submission=replace(made.evidence.submission, name=name))
        return replace(made, evidence=found, provenance=replace(made.provenance, spec_id=spec))

    wanted = [("s4", "a/b"), ("s4", "A-b"), ("s4", "a-b-2"), ("../x", "\x00"), ("", "../../etc")]
    taken: set[str] = set()
    assert [name_of(record(*one), taken) for one in wanted] == [
        "s4-a-b",
        "s4-A-b-2",
        "s4-a-b-2-2",
        "x-submission",
        "submission-etc",
    ]


def test_only_one_run_is_taken(runs) -> None:
    assert only_run(runs / "s4" / "ada").record.run_id == read_run(runs / "s4" / "ada" / RUN).run_id
    with pytest.raises(UsageError, match="holds 3 runs"):
        only_run(runs)
    (runs / "s4" / "ada" / RUN / "result.json").write_text("{}")
    with pytest.raises(StoreError, match=r"result\.json, schema"):
        only_run(runs / "s4" / "ada")


def test_what_cannot_be_written_says_where_and_leaves_nothing(tmp_path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match=r"file/new\.json cannot be written.*--to"):
        put(tmp_path / "file" / "new.json", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="folder cannot be written"):
        put(tmp_path / "folder", b"x")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_reports_are_written_anew_and_the_run_stays(runs) -> None:
    folder = runs / "s4" / "ada" / RUN
    before = (folder / "result.json").read_bytes()
    (folder / "report.html").write_text("old")
    done = render_again(folder, reports(("html", "junit")))
    assert {path.name for path in done.files} == {"report.html", "junit.xml"}
    assert (folder / "report.html").read_text() == formats()["html"].render(read_run(folder))
    assert (folder / "junit.xml").read_text() == formats()["junit"].render(read_run(folder))
    assert (folder / "result.json").read_bytes() == before


def test_the_record_is_not_rendered_in_its_own_place(runs) -> None:
    with pytest.raises(UsageError, match="stays as it is"):
        render_again(runs, reports(("html", "json")))


def test_a_decision_that_is_taken_meanwhile_is_in_the_report(tmp_path, example_records) -> None:
    folder = stored(tmp_path / "runs", example_records["by_a_person"], "ada")
    with locked(folder):
        rendering = threading.Thread(target=render_again, args=(folder, reports(("markdown",))))
        rendering.start()
        rendering.join(0.3)
        assert rendering.is_alive()
        rewrite(folder, {"result.json": formats()["json"].render(example_records["decided"])})
    rendering.join()
    assert "40 of 50 points by Ada" in (folder / "README.md").read_text()


def test_faults_are_kept_where_the_format_has_a_word_for_them(runs) -> None:
    assert [isinstance(one, StoredRun) for one in exportable(runs)] == [True, True, True]
    assert [isinstance(one, StoredRun) for one in exportable(runs, grades=True)] == [True, False, True]
