"""`grader grades` and the exports, as a teaching assistant types them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli import cli
from grader.course.stored.database import Standing
from grader.course.stored.folder import RunFolder
from grader.course.stored.store import opened
from grader.errors import ExitCode, UsageError
from grader.report.json import to_json
from grader.spec.load import load_spec

FORMULA = '=HYPERLINK("http://x.example","Bo")'
COMMAND = "+cmd|' /C calc'!A0"


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture
def course(tmp_path, example_records, monkeypatch) -> Path:
    """Two graded rows with hostile names, one that handed in nothing, one that was never graded."""
    monkeypatch.chdir(tmp_path)
    Path("class.csv").write_text(
        f"name,id,email,repository\n{quoted(FORMULA)},s1,bo@x.edu,https://github.com/bo/s4\n"
        f"{quoted(COMMAND)},s2,cmd@x.edu,https://github.com/cmd/s4\nCy,s3,cy@x.edu,\nDi,s4,di@x.edu,\n"
    )
    runs = Path("reports")
    runs.mkdir()
    with opened(runs) as database:
        for at, (name, link) in enumerate(((FORMULA, "bo"), (COMMAND, "cmd")), 1):
            run_id = stored(runs, example_records["full_marks"], at, name, link)
            database.stand("s4-class", f"s{at}", Standing("graded", 1, run_id))
        database.stand("s4-class", "s3", Standing("missing", reason="Nothing was handed in."))
    return tmp_path


def stored(runs: Path, record, number: int, name: str, link: str) -> str:
    found = record.evidence.submission
    submission = replace(found, name=name, source=f"https://github.com/{link}/s4")
    made = replace(
        record,
        run_id=f"20260310-10000{number}-aaaa",
        evidence=replace(record.evidence, submission=submission),
        provenance=replace(record.provenance, spec_digest=load_spec("s4").digest),
    )
    with RunFolder(runs, "s4", name, made.run_id) as folder:
        folder.publish({"result.json": to_json(made) + "\n"})
    return made.run_id


def grader(*words: str) -> int:
    """The command in this process; what it raises is raised."""
    code = cli.main(list(words), standalone_mode=False)
    assert isinstance(code, int)
    return code


def grades(*words: str) -> int:
    return grader("grades", "s4", "--roster", "class.csv", *words)


def test_the_table_and_its_exit_code(course, capsys):
    assert grades() == ExitCode.NEEDS_REVIEW
    shown = capsys.readouterr().out
    assert "4 rows: 2 passed, 1 not passed, 1 open" in shown
    assert "Di: s4: not graded yet, of 250" in shown
    text = Path("class.csv").read_text()
    Path("class.csv").write_text(text.replace("Di,s4,di@x.edu,\n", ""))
    assert grades() == ExitCode.PASSED
    assert "Not settled" not in capsys.readouterr().out


def test_a_run_that_cannot_be_read_ends_with_5(course, capsys):
    next(Path("reports").rglob("result.json")).write_text("{")
    assert grades() == ExitCode.FAULT
    assert "Runs that cannot be read" in capsys.readouterr().out


def test_one_row_step_by_step(course, capsys):
    grades("--explain", "BO@x.edu")
    shown = capsys.readouterr().out
    assert shown.startswith(f"{FORMULA} (s1), line 2\n  250  s4: 250 of 250\n  ---\n  250  Assignments\n")
    assert "100 % of 250: passed. 175 points are needed to pass, without quizzes." in shown
    assert "20260310-100001-aaaa" in shown
    with pytest.raises(UsageError, match="Nobody in the roster"):
        grades("--explain", "Eve")


def test_json_holds_every_row(course, capsys):
    grades("--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema"] == "grader/grades/1"
    assert [(row["key"], row["points"], row["verdict"]) for row in shown["rows"]] == [
        ("s1", 250.0, "passed"),
        ("s2", 250.0, "passed"),
        ("s3", 0.0, "not passed"),
        ("s4", 0.0, "open"),
    ]
    assert shown["rows"][3]["not_settled"] == ["s4: not graded yet, of 250"]


def test_the_table_as_a_file_holds_no_formula(course, capsys):
    assert grades("--csv", "out.csv") == ExitCode.NEEDS_REVIEW
    assert grader("export", "csv", "s4", "--roster", "class.csv", "--to", "same.csv") == ExitCode.NEEDS_REVIEW
    assert Path("out.csv").read_bytes() == Path("same.csv").read_bytes()
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [f"'{FORMULA}", f"'{COMMAND}", "Cy", "Di"]
    assert [row["s4"] for row in rows] == ["250", "250", "0", ""]


CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,S4 (77),S5 (78)\r\n"
    "    Points Possible,,,,,250.00,10\r\n"
    f"{quoted(FORMULA)},11,s1,bo,EVA,,1\r\n{quoted(COMMAND)},12,s2,cmd,EVA,7,\r\nCy,13,s3,cy,EVA,EX,\r\nZoe,14,s9,zoe,EVA,,\r\n"
)


def canvas(*words: str) -> int:
    given = ("--roster", "class.csv", "--fill", "canvas.csv", "--column", "77")
    return grader("export", "canvas", "s4", *given, *words)


def test_the_canvas_file_changes_in_its_one_column_alone(course, capsys):
    Path("canvas.csv").write_bytes(CANVAS.encode())
    assert canvas("--to", "out.csv") == ExitCode.NEEDS_REVIEW
    expected = CANVAS.replace("bo,EVA,,1", "bo,EVA,250,1").replace("cmd,EVA,7,", "cmd,EVA,250,")
    assert Path("out.csv").read_bytes() == expected.encode()
    shown = capsys.readouterr().out
    assert f"{FORMULA} (line 3): 250" in shown
    assert "Cy (line 5): is excused in Canvas" in shown
    assert "1  left out: not settled" in shown
    assert "Zoe (line 6)" in shown


def test_no_file_is_written_over_what_was_read(course, capsys):
    Path("canvas.csv").write_bytes(CANVAS.encode())
    Path("link.csv").symlink_to("canvas.csv")
    for name in ("canvas.csv", "link.csv", "class.csv"):
        before = Path(name).read_bytes()
        with pytest.raises(UsageError, match="was given to be read"):
            canvas("--to", name)
        assert Path(name).read_bytes() == before
    with pytest.raises(UsageError, match="was given to be read"):
        grades("--csv", "class.csv")
    assert not list(Path().glob("*.new")) + list(Path().glob(".*.new"))


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade),Feedback comments\n"
    f"Participant 1,{quoted(FORMULA)},bo@x.edu,Submitted,,100.00,Yes,-,-,\n"
    f"Participant 2,{quoted(COMMAND)},cmd@x.edu,Submitted,,100.00,Yes,-,-,\n"
)


def test_the_moodle_worksheet_with_scaled_grades_and_feedback(course, capsys):
    Path("moodle.csv").write_text(MOODLE)
    given = ("export", "moodle", "s4", "--roster", "class.csv", "--fill", "moodle.csv", "--to", "out.csv")
    with pytest.raises(UsageError, match="highest grade is 100"):
        grader(*given)
    assert not Path("out.csv").exists()
    assert grader(*given, "--scale", "--feedback") == ExitCode.NEEDS_REVIEW
    expected = MOODLE.replace(",,100.00", ",100,100.00").replace("-,\n", "-,Grader: s4: 250 of 250.\n")
    assert Path("out.csv").read_text() == expected
    assert "Cy (s3, cy@x.edu): nobody has its ids" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--roster", "class.csv", "--roster", "class.csv"), "several rosters"),
        (("--roster", "s4=class.csv"), "no roster"),
        (("--roster", "class.csv", "--roster", "s5=class.csv"), 'no assignment "s5"'),
        (("--roster", "class.csv", "--out", "nowhere"), "no folder nowhere"),
        (("--roster", "nobody.csv"), "cannot be read"),
    ],
)
def test_mistakes_in_the_command_are_said(course, words, said):
    with pytest.raises(UsageError, match=said) as caught:
        grader("grades", "s4", *words)
    assert caught.value.hint


def test_a_roster_of_one_assignments_own(course, capsys):
    Path("list.csv").write_text("name,id,email\nSomebody,9,bo@x.edu\n")
    assert grader("grades", "s4", "--roster", "list.csv", "--roster", "s4=class.csv") == ExitCode.PASSED
    assert "1 row: 1 passed" in capsys.readouterr().out
