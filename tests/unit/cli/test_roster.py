"""`grader roster`: what it prints and what it ends with."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from grader.cli import cli
from grader.errors import UsageError

TEXT = (
    "student,id,repository,extension\n"
    "Ada,a1,https://u@github.com/ada/s4?token=hush,2 days\n"
    "Bo,b1,,\n"
    "Cy\x1b[31m,c1,htp:/x,\n"
    "Di,d1,https://github.com/ada/s4,\n"
    ",,,\n"
)


def grader(*words: str) -> Result:
    return CliRunner().invoke(cli, ["roster", *words], standalone_mode=False)


@pytest.fixture
def file(tmp_path) -> str:
    (tmp_path / "course.csv").write_text(TEXT)
    return str(tmp_path / "course.csv")


def test_it_counts_the_rows_and_names_every_problem(file):
    result = grader(file)
    assert result.return_value == 0
    lines = result.output.splitlines()
    assert lines[0] == "course.csv: own columns, utf-8, separated by ,"
    assert [line.split(maxsplit=1) for line in lines[1:6]] == [
        ["4", "rows"],
        ["2", "ready, and the same as in another row"],
        ["1", "without a repository: nothing was handed in"],
        ["1", "with a repository that cannot be read"],
        ["1", "with an extension"],
    ]
    assert lines[6] == "passed over: line 6, an empty row"
    assert [line.partition(": ")[2].partition(":")[2].split()[0] for line in lines[7:10]] == ["2", "4", "5"]
    assert lines[-1] == "1 mistake, 2 warnings."
    assert "\x1b[31m" not in result.output


def test_with_check_a_mistake_ends_it_with_2(file, tmp_path):
    assert grader(file, "--check").return_value == 2
    (tmp_path / "good.csv").write_text("student,repository\nAda,https://github.com/ada/s4\nBo,\n")
    assert grader(str(tmp_path / "good.csv"), "--check").return_value == 0


def test_json_holds_every_row_and_no_secret(file):
    result = grader(file, "--json", "--check")
    assert result.return_value == 2
    shown = json.loads(result.output)
    assert shown["schema"] == "grader/roster/1"
    assert shown["counts"] == {"ready": 0, "duplicate": 2, "empty": 1, "bad link": 1}
    assert [row["line"] for row in shown["rows"]] == [2, 3, 4, 5]
    assert shown["rows"][0]["repository"] == "https://github.com/ada/s4"
    assert shown["rows"][0]["extension"] == "48 h longer"
    assert shown["passed_over"] == [{"line": 6, "what": "an empty row"}]
    assert {one["file"] for one in shown["problems"]} == {"course.csv"}
    assert "hush" not in result.output


def test_a_pattern_and_a_second_file(tmp_path):
    (tmp_path / "students.csv").write_text("username,first_name,github_id\nada,Ada,1\nbo,Bo,2\n")
    (tmp_path / "links.csv").write_text("id,repository\nbo,https://github.com/bo/other\n")
    result = grader(
        str(tmp_path / "students.csv"),
        "--repository-pattern=https://github.com/org/{username}-s4",
        "--links",
        str(tmp_path / "links.csv"),
        "--json",
    )
    assert [row["repository"] for row in json.loads(result.output)["rows"]] == [
        "https://github.com/org/ada-s4",
        "https://github.com/bo/other",
    ]


def test_what_is_no_table_is_a_usage_error(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"")
    assert isinstance(grader(str(tmp_path / "x.csv")).exception, UsageError)
    assert isinstance(grader(str(tmp_path / "none.csv")).exception, UsageError)
