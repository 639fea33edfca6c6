"""`grader compare`: two runs side by side, two batches by their differences."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace

import pytest
from click.testing import CliRunner

from grader.cli.compare import command
from grader.spec.load import load_spec


@pytest.fixture(scope="module")
def s4():
    return load_spec("s4")


def compare(*words: object):
    return CliRunner().invoke(
        command, list(map(str, words)), standalone_mode=False, catch_exceptions=False, env={"COLUMNS": "120"}
    )


def said(result) -> str:
    return " ".join(result.output.split())


def scored(record, *values):
    one = record.evidence.test_accuracy
    measured = replace(one, value=statistics.fmean(values), values=values, spread=0.0016)
    return replace(record, evidence=replace(record.evidence, test_accuracy=measured))


def test_two_runs_side_by_side(tmp_path, stored, s4):
    a = stored.publish(tmp_path, scored(stored.measured(s4, "ada"), 0.9883))
    b = stored.publish(tmp_path, scored(stored.measured(s4, "grace", parameters=30_000), 0.9899))
    found = compare(a, b)
    shown = said(found)
    assert found.return_value == 3
    table = {line.split("  ")[0]: line for line in found.output.splitlines()}
    assert "Within noise. +0.16" in table["test accuracy"]
    assert "parameters 6,338 30,000" in shown
    assert "The same in both: model, trainable parameters" in shown
    assert "small: passed 75 of 75 → not met 0 of 75 (6,338 parameters → 30,000 parameters)" in shown
    assert "-75 points" in shown
    assert compare(a, a / "result.json").return_value == 0
    assert "batch size" in said(compare(a, b, "--all"))


def test_two_batches(tmp_path, stored, s4):
    for folder, accuracy in (("a", 0.9883), ("b", 0.9700)):
        for name in ("ada", "grace"):
            record = stored.measured(s4, name)
            stored.publish(tmp_path / folder, scored(record, accuracy if name == "ada" else 0.9883))
    found = compare(tmp_path / "a", tmp_path / "b")
    shown = said(found)
    assert found.return_value == 0
    assert (
        "ada: accuracy 98.83 %, 98.52 to 99.14 % (1 seed) → 97.00 %, 96.69 to 97.31 % (1 seed). Beyond noise."
        in shown
    )
    assert "Accuracies: 1 beyond noise, 1 same." in shown
    assert "The grades are equal." in shown
    stored.publish(tmp_path / "b", stored.measured(s4, "mary"))
    found = compare(tmp_path / "a", tmp_path / "b")
    assert found.return_value == 3
    assert "(1): mary." in said(found)
    plain = json.loads(compare(tmp_path / "a", tmp_path / "b", "--json").output)
    assert (plain["schema"], plain["only_second"]) == (
        "grader/comparison/1",
        [{"spec_id": "s4", "submission": "mary"}],
    )
    assert [one["accuracies"]["verdict"] for one in plain["pairs"]] == ["beyond noise", "same"]


def test_a_pair_as_json(tmp_path, stored, s4):
    a = stored.publish(tmp_path, stored.measured(s4, "ada"))
    b = stored.publish(tmp_path, stored.measured(s4, "grace", parameters=30_000))
    plain = json.loads(compare(a, b, "--json").output)
    assert (plain["state"], plain["points"], plain["second"]["submission"]) == ("down", -75, "grace")
    lines = {one["what"]: one for one in plain["lines"]}
    assert (lines["parameters"]["second"], lines["test accuracy"]["verdict"]) == ("30,000", "same")


def test_a_run_that_cannot_be_read(tmp_path, stored, s4):
    stored.publish(tmp_path / "a", stored.measured(s4, "ada"))
    broken = stored.publish(tmp_path / "a", stored.measured(s4, "grace"))
    (broken / "result.json").write_text("{")
    found = compare(tmp_path / "a", tmp_path / "a")
    assert found.return_value == 5
    assert "cannot be read as JSON" in said(found)


def test_hostile_records_move_no_terminal(tmp_path, example_records):
    from grader.report.json import render

    for name in ("hostile", "full_marks", "minimal"):
        (tmp_path / f"{name}.json").write_text(render(example_records[name]))
    for words in ([tmp_path, tmp_path], [tmp_path / "hostile.json", tmp_path / "full_marks.json", "--all"]):
        found = compare(*words)
        assert found.return_value in (0, 3)
        assert not {"\x1b", "\x07", "\x00", "\u202e"} & set(found.output)
