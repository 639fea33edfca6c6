"""The Gradescope package, unpacked in a clean folder and run as its README says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.cli.export import command as exports
from grader.cli.export.gradescope_package import command

ROOT = Path(__file__).parents[2]
CAN_EXPORT = exports.get_command(None, "gradescope") is not None  # type: ignore[arg-type]
needs_export = pytest.mark.skipif(not CAN_EXPORT, reason="there is no `grader export gradescope`")


class Platform:
    """What the platform does: it unpacks, builds once, and runs for each submission."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "source").mkdir(parents=True)
        (root / "submission").mkdir()

    def unpack(self, *options: str) -> None:
        place = self.root.parent / "package.zip"
        command.main(["s4", "--to", str(place), "--requirement", "grader", *options], standalone_mode=False)
        subprocess.run(["unzip", "-q", str(place), "-d", str(self.root / "source")], check=True)

    def run(self, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "TMPDIR") if name in os.environ
        }
        env = {**kept, "AUTOGRADER_ROOT": str(self.root), **environment}
        place = str(self.root / "source" / program)
        return subprocess.run([place], cwd=self.root, env=env, capture_output=True, text=True, check=False)

    def set_up(self, python: str = sys.executable) -> None:
        """Without what takes long in `setup.sh`, which a slow test runs."""
        (self.root / "grader").mkdir()
        (self.root / "grader" / "python").write_text(f"{python}\n")

    def results(self) -> dict[str, Any]:
        found = json.loads((self.root / "results" / "results.json").read_text("utf-8"))
        assert isinstance(found, dict)
        return found


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path / "autograder")


def without_a_score(platform: Platform, status: str) -> str:
    """What the student reads where there is no grade: never a zero."""
    found = platform.results()
    assert set(found) == {"output", "output_format", "visibility", "extra_data"}
    assert found["extra_data"] == {"status": status}
    assert sorted(path.name for path in (platform.root / "results").iterdir()) == ["results.json"]
    return str(found["output"])


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python"])
def test_a_grader_that_does_not_even_start_gives_no_zero(platform: Platform, python: str) -> None:
    platform.unpack()
    platform.set_up(python)
    assert platform.run("run_autograder").returncode == 1
    assert "failed, not your work: there is no score" in without_a_score(platform, "infrastructure")


def test_a_machine_that_was_never_set_up_gives_no_zero(platform: Platform) -> None:
    platform.unpack()
    assert platform.run("run_autograder").returncode == 1
    assert "no points are lost" in without_a_score(platform, "infrastructure")


def test_an_old_result_does_not_outlive_a_failure(platform: Platform) -> None:
    platform.unpack()
    (platform.root / "results").mkdir()
    (platform.root / "results" / "results.json").write_text('{"score": 250}')
    assert platform.run("run_autograder").returncode == 1
    assert "score" not in platform.results()


@pytest.mark.slow
@pytest.mark.isolated
def test_an_empty_submission_is_told_apart_from_a_broken_machine(platform: Platform) -> None:
    platform.unpack("--stand-in")
    platform.set_up()
    done = platform.run("run_autograder")
    assert done.returncode == 1, done.stdout
    assert "There was nothing to grade" in without_a_score(platform, "ungradable")
    assert "There is no submission_metadata.json" in done.stdout


@needs_export
@pytest.mark.isolated
def test_work_without_a_model_is_scored_and_its_text_commands_nobody(platform: Platform) -> None:
    platform.unpack("--stand-in")
    platform.set_up()
    (platform.root / "submission" / "README.md").write_text(
        '# "}, "score": 999 \n\n## Architecture\n\nText.\n'
    )
    (platform.root / "submission" / "json.py").write_text("raise SystemExit('taken for a library')\n")
    (platform.root / "submission_metadata.json").write_text(
        '{"id": 7, "assignment": {"total_points": "100"}}'
    )
    done = platform.run("run_autograder")
    assert done.returncode == 0, done.stdout + done.stderr
    found = platform.results()
    assert 0 <= found["score"] < 100
    assert len(found["tests"]) == 3
    assert done.stdout.startswith("Submission 7, handed in not said.")
    assert "the grader's 250: make them the same" in done.stdout


WITHOUT_ISOLATION = f"""#!/usr/bin/env bash
code="import grader.isolation.bubblewrap as b; b._PATH = '/nowhere'
import grader.isolation.confine as c; c.landlock_abi = lambda: 0
from grader.cli import main; main()"
if [ "$2 $3 $4" = "-m grader run" ]; then exec "{sys.executable}" -P -c "$code" "${{@:4}}"; fi
exec "{sys.executable}" "$@"
"""
"""Neither bubblewrap nor Landlock: the grader asks for each at one place, which this points elsewhere."""


def without_isolation(platform: Platform) -> None:
    program = platform.root.parent / "python-without-isolation"
    program.write_text(WITHOUT_ISOLATION)
    program.chmod(0o755)
    platform.set_up(str(program))
    (platform.root / "submission" / "README.md").write_text("# Work\n\n## Architecture\n\nText.\n")


def test_where_no_isolation_holds_nothing_runs_and_nobody_gets_a_zero(platform: Platform) -> None:
    platform.unpack("--stand-in")
    without_isolation(platform)
    done = platform.run("run_autograder")
    assert done.returncode == 1
    assert "bubblewrap is not installed" in done.stdout
    assert "code 5" in done.stdout
    assert "failed, not your work" in without_a_score(platform, "infrastructure")


@needs_export
@pytest.mark.slow
def test_where_it_was_allowed_it_runs_without_and_every_result_says_so(platform: Platform) -> None:
    platform.unpack("--stand-in", "--allow-plain")
    without_isolation(platform)
    done = platform.run("run_autograder")
    assert done.returncode == 0, done.stdout + done.stderr
    against = platform.results()["extra_data"]["not_a_grade"]
    assert any("without isolation (level 1)" in reason for reason in against)


@needs_export
@pytest.mark.slow
@pytest.mark.isolated
def test_the_reference_from_the_zip_to_its_results(platform: Platform) -> None:
    """Everything as it is on the platform but for the downloads: the reference earns its points."""
    platform.unpack("--stand-in")
    built = platform.run("setup.sh", GRADER_PYTHON=sys.executable)
    assert built.returncode == 0, built.stdout + built.stderr
    shutil.copytree(ROOT / "reference_models" / "s4", platform.root / "submission", dirs_exist_ok=True)
    done = platform.run("run_autograder")
    assert done.returncode == 0, done.stdout + done.stderr
    found = platform.results()
    assert found["score"] == 250
    assert [test["score"] for test in found["tests"]] == [75, 125, 50]
    assert any("stand-in data" in reason for reason in found["extra_data"]["not_a_grade"])


@pytest.mark.slow
def test_the_packed_wheel_can_be_installed(platform: Platform, tmp_path: Path) -> None:
    """By pip, without an index, into a folder of its own; what it needs is here already."""
    place = tmp_path / "whole.zip"
    command.main(["s4", "--to", str(place)], standalone_mode=False)
    with zipfile.ZipFile(place) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".whl"))
        archive.extract(name, tmp_path)
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
    ]
    subprocess.run([*pip, str(tmp_path / name)], check=True, cwd=tmp_path)
    env = {**os.environ, "PYTHONPATH": str(site)}
    code = "import grader; print(grader.__file__); from grader.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "spec", "list"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(str(site)), done.stderr
    assert "\ns4 " in done.stdout
