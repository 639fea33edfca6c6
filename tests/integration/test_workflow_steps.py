"""The scripts of the workflow, run as GitHub's runner runs them, on work that tries to command the runner."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from grader.cli.export import command as exports
from grader.platforms.workflow import workflow_text
from grader.spec.load import load_spec

ROOT = Path(__file__).parents[2]
CAN_TELL = exports.get_command(None, "actions") is not None  # type: ignore[arg-type]
FILES = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
PLANTED = " ".join(
    f"{word} {'x' * (number % 17)}"
    for number, word in enumerate(
        ["::error::planted", "::add-mask::planted", "::set-env name=PLANTED::1"] * 12
    )
)
HOSTILE = f'''"""::error::planted"""
import torch.nn as nn

print("::error::planted")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        print("::set-env name=PLANTED::1", flush=True)
        raise ValueError("""no
::error::planted
{PLANTED}""")

    def forward(self, x):
        return x
'''


class Runner:
    """A step's surroundings: its files, its folders, and programs in place of those that install."""

    def __init__(self, place: Path) -> None:
        self.place, self.work, self.temp = place, place / "work", place / "temp"
        for folder in (self.work, self.temp, place / "bin"):
            folder.mkdir()
        for name in FILES:
            (place / name).touch()
        self.program("grader", f'exec "{sys.executable}" -P -m grader "$@"')
        self.program("sudo", f'echo "$@" >> "{place}/as-root"')
        self.program(
            "python",
            f'[ "$1 $2" != "-m pip" ] || {{ echo "$@" > "{place}/pip"; exit; }}\nexec "{sys.executable}" "$@"',
        )

    def program(self, name: str, text: str) -> None:
        (self.place / "bin" / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
        (self.place / "bin" / name).chmod(0o755)

    def step(self, name: str, *, training: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the script of one step of the file."""
        found = YAML(typ="safe", pure=True).load(workflow_text(load_spec("s4"), "s4", training=training))
        (script,) = (one["run"] for one in found["jobs"]["check"]["steps"] if one["name"] == name)
        env = {
            **os.environ,
            **{name: str(self.place / name) for name in FILES},
            "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_WORKSPACE": str(self.work),
            "GITHUB_ACTIONS": "true",
            "GRADER_SPEC": "s4",
            "GRADER_INSTALL": "grader",
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(shell, cwd=self.work, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def obeyed(output: str) -> Iterator[str]:
    """The lines that the runner would take for commands: all but those between a stop and its own word."""
    word = ""
    for line in re.split(r"\r\n|\r|\n", output):
        text = line.lstrip()
        if word:
            word = "" if text == f"::{word}::" else word
        elif text.startswith("::stop-commands::"):
            word = text.removeprefix("::stop-commands::").rstrip()
        elif text.startswith("::") or "##[" in text:
            yield text
    assert not word, "the runner is left deaf for the steps after this one"


@pytest.mark.isolated
def test_what_work_prints_commands_nobody(runner: Runner) -> None:
    (runner.work / "model.py").write_text(HOSTILE)
    (runner.work / "README.md").write_text(
        "# ::error::planted\n\n::add-mask::planted\n\n## Architecture\n\nText.\n"
    )
    (runner.work / "::error::planted.py").write_text("x = (\n")
    (runner.work / "click.py").write_text("raise SystemExit('taken for a library')\n")
    done = runner.step("Check the work")
    assert done.returncode == 4, done.stdout + done.stderr
    assert re.search(r"^\s*::(error|add-mask|set-env)", done.stdout, re.MULTILINE), "else this shows nothing"
    assert list(obeyed(done.stdout)) == []
    assert done.stderr == ""
    assert all((runner.place / name).read_text() == "" for name in FILES)
    assert list((runner.temp / "grader-check").glob("s4/*/*/report.html"))


def test_the_word_is_another_one_each_time_and_comes_back_where_the_grader_dies(runner: Runner) -> None:
    runner.program("grader", "echo '::error::planted'; kill -9 $$")
    words = set()
    for _ in range(2):
        done = runner.step("Check the work")
        assert done.returncode == 137
        assert list(obeyed(done.stdout)) == []
        words |= set(re.findall(r"::stop-commands::([0-9a-f]{64})\n", done.stdout))
    assert len(words) == 2


def test_the_grader_cannot_reach_the_files_that_set_the_job_up(runner: Runner) -> None:
    runner.program("grader", "env | grep ^GITHUB_ | cut -d= -f1 | sort | tr '\\n' ' '; exit 5")
    done = runner.step("Check the work")
    assert done.returncode == 5
    assert not re.search("|".join(FILES), done.stdout)
    assert "The grader or this machine failed, not the work" in done.stdout


def test_it_installs_what_it_was_told_and_bubblewrap(runner: Runner) -> None:
    (runner.work / "pip.py").write_text("raise SystemExit('taken for pip')\n")
    done = runner.step("Install the grader")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (runner.place / "pip").read_text() == "-m pip install --quiet -- grader\n"
    assert "install -y -qq bubblewrap" in (runner.place / "as-root").read_text()


def test_without_a_result_there_is_nothing_to_tell(runner: Runner) -> None:
    done = runner.step("Tell what came out")
    assert (done.returncode, done.stdout) == (0, "There is no result to tell about.\n")


@pytest.mark.slow
@pytest.mark.isolated
@pytest.mark.skipif(not CAN_TELL, reason="there is no `grader export actions`")
def test_the_reference_passes_every_step_and_is_told_about(runner: Runner) -> None:
    shutil.copytree(ROOT / "reference_models" / "s4", runner.work, dirs_exist_ok=True)
    for name in ("Install the grader", "Look at this machine", "Check the work", "Tell what came out"):
        done = runner.step(name)
        assert done.returncode == 0, (name, done.stdout, done.stderr)
        assert ("The chance of passing" in done.stdout) is name.startswith(("Check", "Tell"))
    summary = (runner.place / "GITHUB_STEP_SUMMARY").read_text()
    assert "MNIST in one epoch" in summary
    assert "Not a grade" in summary
