"""From a spec with a bonus and penalties to the grade that a run records, through the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from grader.cli import cli
from grader.errors import ExitCode

SPEC = """id: prose
edition: 1
title: A README
course: A course
points: 100
task: mnist
checks:
  - {id: formatted, check: readme, well_formatted: true, points: 100}
bonuses:
  - {id: log, check: readme, shows: [training log], points: 20}
multiplier:
  id: tidy
  times: 2
  where: {check: readme, well_formatted: true}
penalties:
  - {id: no-log, GROUNDS: {check: readme, shows: [training log]}, points: 50}
  - {id: messy-names, by_hand: The names are messy., percent: 50 %}
"""
README = "# Digits\n\nA net for digits.\n\n## Model\n\nTwo layers.\n\n## Result\n\nGood.\n"
LOG = "\n```\nEpoch 1: test accuracy 98.70 %\n```\n"


def checked(tmp_path, grounds: str, readme: str):
    (tmp_path / "prose.yaml").write_text(SPEC.replace("GROUNDS", grounds), encoding="utf-8")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "README.md").write_text(readme, encoding="utf-8")
    words = ["check", str(tmp_path / "prose.yaml"), str(tmp_path / "work"), "--json"]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.return_value, json.loads(result.stdout)["grade"]


@pytest.mark.sandbox
def test_a_penalty_is_taken_after_the_multiplier(tmp_path):
    code, grade = checked(tmp_path, "taken_unless", README)
    assert (grade["points"], grade["highest"], grade["at_risk"], grade["status"]) == (150, 150, 0, "complete")
    assert [step["points"] for step in grade["steps"]] == [100, 100, 0, 100, -50, 150]
    assert code == ExitCode.PASSED


@pytest.mark.sandbox
def test_a_proposed_penalty_waits_for_a_person_with_both_totals(tmp_path):
    _, grade = checked(tmp_path, "proposed_unless", README)
    assert (grade["points"], grade["highest"], grade["at_risk"]) == (200, 200, 50)
    assert (grade["status"], grade["reason"]) == ("needs_review", "A person decides about no-log.")


@pytest.mark.sandbox
def test_good_work_earns_its_bonus_and_pays_nothing(tmp_path):
    _, grade = checked(tmp_path, "proposed_unless", README + LOG)
    assert (grade["points"], grade["at_risk"], grade["max_points"]) == (240, 0, 100)
    assert {one["outcome"]["id"]: one["state"] for one in grade["adjustments"]} == {
        "log": "counts",
        "tidy": "counts",
        "no-log": "does not count",
    }
