"""`grader regrade`: what a teaching assistant sees, and what the exit code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.regrade import command
from grader.spec.load import load_spec


@pytest.fixture
def base(tmp_path, stored):
    s4 = load_spec("s4")
    for name, parameters in (("ada", 6338), ("grace", 24_000)):
        stored.publish(tmp_path / "runs", stored.measured(s4, name, parameters=parameters))
    return tmp_path / "runs"


@pytest.fixture
def corrected(tmp_path) -> Path:
    """The spec file with another limit."""
    from grader.spec.shipped import shipped_specs

    text = shipped_specs()["s4"].read_text("utf-8")
    place = tmp_path / "s4.yaml"
    place.write_text(text.replace("fewer_than: 25000", "fewer_than: 20000"))
    return place


def regrade(*words: object, width: int = 100):
    return CliRunner().invoke(
        command,
        list(map(str, words)),
        standalone_mode=False,
        catch_exceptions=False,
        env={"COLUMNS": str(width)},
    )


def said(result) -> str:
    return " ".join(result.output.split())


def runs(base: Path) -> int:
    return len(list(base.rglob("result.json")))


def test_who_changes_and_why_and_nothing_is_stored(base, corrected):
    found = regrade(corrected, base)
    assert found.return_value == 0
    shown = said(found)
    assert "small: passed 75 of 75 → not met 0 of 75" in shown
    assert "24,000 parameters" in shown
    assert (
        "2 submissions: 1 unchanged, 0 up, 1 down, 0 with the same points and another state; -75 points"
        in shown
    )
    assert "Nothing was changed. --apply stores 2 new runs and keeps the earlier ones." in shown
    assert "ada" not in found.output  # who does not change is in no row
    assert runs(base) == 2


def test_applied_and_then_there_is_nothing_to_do(base, corrected):
    found = regrade(corrected, base, "--apply")
    assert (found.return_value, runs(base)) == (0, 4)
    assert "Stored: 2 new runs. The earlier ones are kept." in said(found)
    found = regrade(corrected, base, "--apply")
    assert (found.return_value, runs(base)) == (0, 4)
    assert "there is nothing to store" in said(found)


def test_as_json(base, corrected):
    found = json.loads(regrade(corrected, base, "--json").output)
    assert (found["schema"], found["spec_id"], found["stored"]) == ("grader/regrade/1", "s4", 0)
    assert {one["submission"]: (one["state"], one["points"]) for one in found["runs"]} == {
        "ada": ("unchanged", 0),
        "grace": ("down", -75),
    }
    grace = next(one for one in found["runs"] if one["submission"] == "grace")
    assert (grace["changes"][0]["before"]["status"], grace["changes"][0]["after"]["status"]) == (
        "passed",
        "failed",
    )
    assert found["sums"]["down"] == 1
    assert json.loads(regrade(corrected, base, "--json", "--apply").output)["stored"] == 2


def test_what_needs_a_new_run_is_named_and_the_exit_code_says_so(base, stored, corrected):
    stored.publish(base, stored.measured(load_spec("s4"), "mary", like="infrastructure"))
    found = regrade(corrected, base)
    assert found.return_value == 5
    assert (
        "mary: needs a new run: grader batch, or grader run. The grader or its machine failed in it"
        in said(found)
    )


def test_a_course_that_was_left_out_is_noticed(tmp_path, stored, corrected):
    from grader.spec.course import load_course, with_course

    with_penalties = with_course(load_spec("s4"), load_course("eva8"))
    stored.publish(tmp_path / "runs", stored.measured(with_penalties))
    shown = said(regrade("s4", tmp_path / "runs"))
    assert "1 penalty was judged that this spec does not have (misrepresented)" in shown
    assert "give --course" in shown
    shown = said(regrade("s4", tmp_path / "runs", "--course", "eva8"))
    assert "give --course" not in shown
    assert "there is nothing to store" in shown


def test_hostile_text_moves_no_terminal(tmp_path, stored, corrected):
    from dataclasses import replace

    record = stored.measured(load_spec("s4"), "x\x1b[2J\u202e[red]", parameters=24_000)
    worst = [replace(one, finding=replace(one.finding, rationale="\x1b]0;x\x07")) for one in record.outcomes]
    stored.publish(tmp_path / "runs", replace(record, outcomes=tuple(worst)))
    found = regrade(corrected, tmp_path / "runs")
    assert found.return_value == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(found.output)
    assert "\\x1b[2J\\u202e[red]" in found.output.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(base, corrected, width):
    lines = regrade(corrected, base, width=width).output.splitlines()
    table = [line for line in lines if "→" in line or line.startswith(("Submission", "  "))]
    assert table
    assert all(len(line) <= width for line in table)
