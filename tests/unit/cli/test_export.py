"""`grader export` and `grader report`, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from grader.cli import cli
from grader.course.stored.folder import RunFolder
from grader.course.stored.results import read_run
from grader.errors import UsageError
from grader.report.interface import formats, reports

RUN = "20261101-100000-aaaa"


@pytest.fixture
def runs(tmp_path, example_records) -> Path:
    for name, kind in (("ada", "full_marks"), ("grace", "infrastructure"), ("joan", "hostile")):
        made = example_records[kind]
        found = replace(made.evidence, submission=replace(made.evidence.submission, name=name))
        with RunFolder(tmp_path / "runs", "s4", name, RUN) as folder:
            made = replace(made, evidence=found, provenance=replace(made.provenance, spec_id="s4"))
            folder.publish({one.file_name: one.render(made) for one in reports(("json",))})
    return tmp_path / "runs"


def grader(*words: object, **environment: str) -> Result:
    runner = CliRunner(env={"GITHUB_STEP_SUMMARY": "", "GITHUB_OUTPUT": ""} | environment)
    return runner.invoke(cli, [str(word) for word in words], standalone_mode=False, catch_exceptions=True)


def test_the_help_has_a_line_for_each() -> None:
    text = grader("export", "--help").stdout
    for name in ("actions", "classroom50", "gradescope", "junit", "tensorboard"):
        (line,) = [one for one in text.splitlines() if one.split()[:1] == [name]]
        assert line.endswith(".")


@pytest.mark.parametrize("name", ["gradescope", "classroom50", "junit"])
def test_one_run_is_printed(name, runs) -> None:
    done = grader("export", name, runs / "s4" / "ada")
    assert (done.exception, done.return_value) == (None, 0)
    assert done.stdout == formats()[name].render(read_run(runs / "s4" / "ada" / RUN))
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "written", "code"), [("gradescope", 2, 5), ("classroom50", 2, 5), ("junit", 3, 0)]
)
def test_a_folder_of_runs_gives_a_file_each(name, written, code, runs, tmp_path) -> None:
    done = grader("export", name, runs, "--to", tmp_path / "out")
    assert done.return_value == code
    assert f"Wrote {written} files below {tmp_path / 'out'}." in done.stderr
    assert ("left out: grace: the grader or its machine failed" in done.stderr) == (code == 5)
    assert "not a grade, and marked so: joan" in done.stderr
    files = sorted((tmp_path / "out").iterdir())
    assert [one.name for one in files][:1] == [f"s4-ada.{formats()[name].file_name}"]
    assert len(files) == written
    for one in files:
        text = one.read_text("utf-8")
        assert ElementTree.fromstring(text) if name == "junit" else json.loads(text)


@pytest.mark.parametrize("kind", ["self_check", "infrastructure"])
def test_a_hostile_name_commands_nothing(kind, tmp_path, example_records, actions_runner) -> None:
    made = example_records[kind]
    found = replace(
        made.evidence, submission=replace(made.evidence.submission, name="##[error]x\n::error::y")
    )
    with RunFolder(tmp_path / "runs", "s4", "ada", RUN) as folder:
        folder.publish({"result.json": formats()["json"].render(replace(made, evidence=found))})
    done = grader("export", "gradescope", tmp_path / "runs", "--to", tmp_path / "out.json")
    assert "## [error]x" in done.stderr
    assert actions_runner().read(done.stderr).obeyed == []


def test_where_it_belongs_in_classroom_50(runs) -> None:
    done = grader(
        "export", "classroom50", runs / "s4" / "ada", "--classroom", "dl", "--submission", "submit-3"
    )
    made = json.loads(done.stdout)
    assert (made["classroom"], made["submission"], made["assignment"]) == ("dl", "submit-3", "s4")


def test_a_fault_gives_no_file_and_its_exit_code(runs, tmp_path) -> None:
    target = tmp_path / "results.json"
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader",
            "export",
            "gradescope",
            str(runs / "s4" / "grace"),
            "--to",
            str(target),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (found.returncode, found.stdout) == (5, "")
    assert found.stderr.startswith("left out: grace: ")
    assert not target.exists()


def test_a_step_of_github_actions(runs, tmp_path, actions_runner) -> None:
    summary, out = tmp_path / "summary.md", tmp_path / "out"
    done = grader(
        "export", "actions", runs / "s4" / "joan", GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(out)
    )
    assert (done.exception, done.return_value, done.stderr) == (None, 0, "")
    read = actions_runner().read(done.stdout)
    assert {one.name for one in read.obeyed} == {"group", "stop-commands", "endgroup", "warning", "notice"}
    assert "Needs a person" in summary.read_text("utf-8")
    assert "needs_review" in out.read_text("utf-8")


def test_outside_of_a_step_it_says_so(runs) -> None:
    done = grader("export", "actions", runs / "s4" / "ada")
    assert "no step of GitHub Actions" in done.stderr
    assert "::notice title=s4%3A Complete" in done.stdout


def test_histories_lie_below_run_and_seed(runs, tmp_path) -> None:
    done = grader("export", "tensorboard", runs, "--to", tmp_path / "tb")
    assert done.return_value == 0
    found = [str(one.relative_to(tmp_path / "tb")) for one in (tmp_path / "tb").rglob("*tfevents*")]
    assert f"s4-ada/{RUN}/seed-11/events.out.tfevents.1793696400.grader" in found
    assert f"{len(found)} histories of 3 runs below" in done.stderr
    nothing = grader("export", "tensorboard", runs / "s4" / "grace", "--to", tmp_path / "none")
    assert "Nothing was trained" in nothing.stderr
    assert not (tmp_path / "none").exists()


def test_reports_are_rendered_again(runs) -> None:
    page = runs / "s4" / "ada" / RUN / "report.html"
    page.write_text("old")
    done = grader("report", runs)
    assert (done.exception, done.return_value) == (None, 0)
    assert "Wrote 9 files" in done.stderr
    assert page.read_text("utf-8") == formats()["html"].render(read_run(page.parent))


def test_a_report_is_printed_or_written_elsewhere(runs, tmp_path) -> None:
    done = grader("report", runs / "s4" / "ada", "--format", "terminal")
    assert "Complete: 250 of 250" in done.stdout
    done = grader("report", runs / "s4" / "ada", "--format", "markdown", "--to", tmp_path / "ada.md")
    assert (tmp_path / "ada.md").read_text("utf-8").startswith("# MNIST in one epoch")
    assert done.stdout == ""


def test_several_formats_with_commas_go_into_the_runs_folder(runs) -> None:
    folder = runs / "s4" / "ada" / RUN
    before = (folder / "result.json").read_bytes()
    done = grader("report", folder, "--format", "html, md,json,junit", "--format", "md")
    assert (done.exception, done.return_value) == (None, 0)
    assert "result.json is the run itself and stays as it is" in done.stderr
    assert "Wrote 3 files" in done.stderr
    assert (folder / "result.json").read_bytes() == before
    for name in ("html", "markdown", "junit"):
        one = formats()[name]
        assert (folder / one.file_name).read_text("utf-8") == one.render(read_run(folder))


def test_several_formats_elsewhere_are_a_file_each(runs, tmp_path) -> None:
    done = grader("report", runs / "s4" / "ada", "--format", "html,md,json,junit", "--to", tmp_path / "out")
    assert (done.exception, done.return_value) == (None, 0)
    ends = ["README.md", "junit.xml", "report.html", "result.json"]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [f"s4-ada.{end}" for end in ends]
    copied = (tmp_path / "out" / "s4-ada.result.json").read_text("utf-8")
    assert json.loads(copied) == json.loads((runs / "s4" / "ada" / RUN / "result.json").read_text("utf-8"))
    grader("report", runs, "--format", "md,junit", "--to", tmp_path / "all")
    assert len(list((tmp_path / "all").iterdir())) == 6


def test_a_file_is_no_place_for_several_formats(runs, tmp_path) -> None:
    (tmp_path / "x").write_text("kept")
    done = grader("report", runs / "s4" / "ada", "--format", "html,md", "--to", tmp_path / "x")
    assert isinstance(done.exception, UsageError)
    assert "is a file, and there are several formats" in str(done.exception)
    assert (tmp_path / "x").read_text() == "kept"


def test_a_wrong_format_is_found_before_anything_is_written_and_the_right_ones_are_listed(runs) -> None:
    folder = runs / "s4" / "ada" / RUN
    done = grader("report", folder, "--format", "terminal,html,pdf")
    assert isinstance(done.exception, UsageError)
    assert done.stdout == ""
    assert not (folder / "staff.html").exists()
    assert all(name in done.exception.hint for name in (*formats(), "markdown (md)"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "pdf"), 'no report format "pdf"'),
        (("--format", "html,pdf,md,docx"), 'no report format "pdf", "docx"'),
        (("--format", "html,"), 'no report format ""'),
        (("--format", "json"), "stays as it is"),
        (("--to", "x.html"), "what to write"),
        (("--batch", "--format", "html"), "a place of its own"),
    ],
)
def test_what_cannot_be_asked_for(words, said, runs, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = grader("report", runs / "s4" / "ada", *words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_a_place_without_runs_is_said(tmp_path) -> None:
    done = grader("export", "junit", tmp_path)
    assert isinstance(done.exception, UsageError)
    assert "holds no run" in str(done.exception)
