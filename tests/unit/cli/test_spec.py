"""`grader spec`: what it prints and what it ends with."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner, Result

from grader.cli import cli
from grader.spec.load import load_spec, shipped_specs


def grader(*words: str) -> Result:
    return CliRunner().invoke(cli, ["spec", *words], standalone_mode=False)


def test_list_shows_every_shipped_spec():
    lines = grader("list").output.splitlines()
    assert len(lines) == len(shipped_specs())
    s4 = next(line for line in lines if line.startswith("s4 "))
    for text in ("edition 1", "250 points", "MNIST in one epoch with fewer than 25,000 parameters"):
        assert text in s4


def test_show_gives_each_requirement_with_its_points():
    shown = grader("show", "s4").output
    loaded = load_spec("s4")
    for rule in loaded.spec.checks:
        assert any(f"{rule.points:g}" in line and rule.requirement() in line for line in shown.splitlines())
    assert loaded.digest in shown
    assert (
        "exactly 1 epoch, the student's own recipe, else the default; 600 s a trial on t4; 1 to 5 trials."
        in shown
    )


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        ("{at_most: 15}", "at most 15 epochs"),
        ("{at_most: student, cap: 60}", "the student's own number, up to 60 epochs"),
    ],
)
def test_show_says_how_many_epochs(tmp_path, epochs, words):
    file = tmp_path / "x.yaml"
    file.write_text(
        shipped_specs()["s4"].read_text(encoding="utf-8").replace("{exactly: 1}", epochs), encoding="utf-8"
    )
    assert words in grader("show", str(file)).output


def test_validate_says_ok_and_ends_with_0():
    result = grader("validate", "s4", str(shipped_specs()["s4"]))
    assert result.return_value == 0
    assert result.output.splitlines()[0] == "specs/s4.yaml: ok (s4, edition 1)"
    assert len(result.output.splitlines()) == 2


def test_validate_prints_every_problem_of_every_file_and_ends_with_2(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        shipped_specs()["s4"].read_text(encoding="utf-8").replace("points: 75", "points: 76"),
        encoding="utf-8",
    )
    result = grader("validate", str(bad), "s4", "nothing", str(tmp_path / "gone.yaml"))
    lines = result.output.splitlines()
    assert result.return_value == 2
    assert (
        f"{bad}:9:9 points: is 250, and the points of the checks add up to 251. Make the two agree." in lines
    )
    assert lines[1] == "specs/s4.yaml: ok (s4, edition 1)"
    assert lines[2].startswith('there is no spec "nothing".')
    assert "there is no such file" in lines[3]


def test_validate_without_a_file_is_a_mistake_in_the_command():
    assert isinstance(grader("validate").exception, click.MissingParameter)


def test_schema_prints_the_exported_file():
    printed = grader("schema").output
    assert json.loads(printed)["$schema"].endswith("2020-12/schema")
    assert printed == shipped_specs()["s4"].with_name("spec.schema.json").read_text(encoding="utf-8")
