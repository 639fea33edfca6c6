"""The built package: what it needs is in it, and it works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, built by the project's own backend and unpacked as an installer would."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def grader(installed: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(installed)}
    code = "import grader, sys; assert grader.__file__.startswith(sys.argv[1]); del sys.argv[1]; from grader.cli import main; main()"
    command = [sys.executable, "-c", code, str(installed), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)


def test_specs_templates_and_styles_are_in_the_wheel(installed):
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert {"grader/specs/s4.yaml", "grader/specs/spec.schema.json", "grader/py.typed"} <= names
    for folder, pattern in (("grader", "*.py"), ("grader/report/templates", "*")):
        ours = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob(pattern)
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert ours <= names


def test_a_shipped_spec_is_found_from_any_folder(installed, tmp_path):
    done = grader(installed, "spec", "list", cwd=tmp_path)
    assert (done.returncode, "s4" in done.stdout) == (0, True), done.stderr


@pytest.mark.sandbox
def test_an_installed_grader_checks_a_submission(installed, tmp_path):
    done = grader(installed, "check", "s4", str(ROOT / "reference_models" / "s4"), "--stand-in", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "14,642 parameters" in done.stdout
