"""The workflow file: what a security review would ask of it, read by a YAML reader."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from grader.cli.new_workflow import PLACE, command
from grader.errors import UsageError
from grader.platforms.workflow import workflow_text
from grader.spec.load import load_spec


def text(spec: str = "s4", **options: Any) -> str:
    return workflow_text(load_spec(spec), spec, training=options.pop("training", False), **options)


def parsed(spec: str = "s4", **options: Any) -> dict[str, Any]:
    found = YAML(typ="safe", pure=True).load(text(spec, **options))
    assert isinstance(found, dict)
    return found


def job(found: dict[str, Any]) -> dict[str, Any]:
    (only,) = found["jobs"].values()
    assert isinstance(only, dict)
    return only


BOTH = pytest.mark.parametrize("training", [False, True])


@BOTH
def test_it_may_read_the_repository_and_nothing_else(training: bool) -> None:
    found = parsed(training=training)
    assert found["permissions"] == {"contents": "read"}
    assert "permissions" not in job(found)
    assert set(found["on"]) == {"push", "workflow_dispatch"}
    assert "secrets" not in re.sub(r"Secrets and variables|import secrets|secrets\.token_hex", "", text())
    assert "pull_request_target" not in text()


@BOTH
def test_actions_are_pinned_and_the_token_does_not_stay_in_the_checkout(training: bool) -> None:
    steps = job(parsed(training=training))["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", one) for one in used)
    (checkout,) = (step for step in steps if step.get("uses", "").startswith("actions/checkout"))
    assert checkout["with"]["persist-credentials"] is False


@BOTH
def test_no_step_takes_text_of_the_event_into_its_script(training: bool) -> None:
    """`${{ … }}` in a script is filled in before the shell reads it: whoever names a branch could write code."""
    found = parsed(training=training)
    assert not [step for step in job(found)["steps"] if "${{" in step.get("run", "")]
    assert set(re.findall(r"\$\{\{ ([^}]+) \}\}", text(training=training))) == {
        "github.ref",
        "vars.GRADER_INSTALL",
        "!cancelled()",
        "runner.temp",
    }


@BOTH
def test_every_script_leaves_the_folder_of_the_work_first(training: bool) -> None:
    scripts = [step["run"] for step in job(parsed(training=training))["steps"] if "run" in step]
    assert len(scripts) == 4
    assert all(script.startswith('cd "$RUNNER_TEMP"\n') for script in scripts)


def test_one_at_a_time_and_not_for_ever() -> None:
    found = parsed()
    assert found["concurrency"]["cancel-in-progress"] is True
    assert job(found)["timeout-minutes"] == 15
    assert job(parsed(training=True))["timeout-minutes"] == 65  # 5 trials of 10 min, and 15 min for the rest
    assert job(parsed("eva8_s6", training=True))["timeout-minutes"] <= 360


def test_only_a_training_keeps_the_data_set() -> None:
    names = [step["name"] for step in job(parsed())["steps"]]
    trained = parsed(training=True)
    assert "Keep the data set" not in names
    assert [step["name"] for step in job(trained)["steps"]] == [*names[:4], "Keep the data set", *names[4:]]
    assert 'GITHUB_WORKSPACE" --train --out' in text(training=True)
    assert "--train" not in text()
    assert ">>>" not in text() + text(training=True)


def test_where_the_grader_comes_from_is_said_or_asked_for() -> None:
    assert job(parsed())["env"]["GRADER_INSTALL"] == "${{ vars.GRADER_INSTALL }}"
    there = "git+https://git.example.edu/course/grader@v1"
    assert job(parsed(install=there))["env"]["GRADER_INSTALL"] == there


@pytest.mark.parametrize(
    "install", ['x" ; rm -rf / #', "${{ github.head_ref }}", "--index-url=x", "a\nb", "$(id)"]
)
def test_nothing_but_a_requirement_is_written_into_it(install: str) -> None:
    with pytest.raises(UsageError, match="cannot stand in a workflow"):
        text(install=install)


def test_a_spec_of_the_repository_is_named_by_its_place_in_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    content = (Path(__file__).parents[3] / "specs" / "s4.yaml").read_text()
    (tmp_path / "specs" / "s4.yaml").write_text(content)
    found = parsed("specs/s4.yaml")
    assert job(found)["env"]["GRADER_SPEC"] == "${{ github.workspace }}/specs/s4.yaml"
    for outside in (str(tmp_path / "specs" / "s4.yaml"), "specs/../specs/s4.yaml"):
        with pytest.raises(UsageError, match="cannot name the spec"):
            text(outside)


def test_a_title_cannot_leave_its_comment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = (Path(__file__).parents[3] / "specs" / "s4.yaml").read_text()
    hostile = content.replace("title: MNIST", 'title: "{install} ${{ x }} MNIST').replace(
        "parameters\ncourse", 'parameters"\ncourse'
    )
    (tmp_path / "s4.yaml").write_text(hostile)
    (first, second, *_) = workflow_text(load_spec("./s4.yaml"), "./s4.yaml", training=False).splitlines()
    assert first.split() == [
        "#",
        "install",
        "x",
        *"MNIST in one epoch with fewer than 25,000 parameters".split(),
    ]
    assert second == "#"


def test_a_file_that_is_there_stays(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    command.main(["s4"], standalone_mode=False)
    assert "Set the repository's variable GRADER_INSTALL" in capsys.readouterr().out
    PLACE.write_text("mine")
    with pytest.raises(UsageError, match=r"grader\.yml is there already"):
        command.main(["s4"], standalone_mode=False)
    assert PLACE.read_text() == "mine"
