"""The wheel that is made of what is installed: whole, and as the format wants it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import grader
from grader.errors import UsageError
from grader.platforms.wheel import built_wheel

PACKAGE = Path(grader.__file__).parent


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(built_wheel()[1]))


def test_every_file_of_the_package_is_in_it(wheel: zipfile.ZipFile) -> None:
    ours = {
        f"grader/{path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= set(wheel.namelist())
    assert {"grader/specs/s4.yaml", "grader/specs/spec.schema.json"} <= set(wheel.namelist())
    assert any(name.startswith("grader/specs/courses/") for name in wheel.namelist())
    assert wheel.read("grader/judge.py") == (PACKAGE / "judge.py").read_bytes()


def test_the_record_names_every_file_with_its_digest(wheel: zipfile.ZipFile) -> None:
    (place,) = (name for name in wheel.namelist() if name.endswith("/RECORD"))
    rows = {name: digest for name, digest, _ in csv.reader(wheel.read(place).decode().splitlines())}
    assert set(rows) == set(wheel.namelist())
    for name, digest in rows.items():
        if name != place:
            made = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).rstrip(b"=")
            assert digest == f"sha256={made.decode()}"


def test_the_command_and_what_it_needs_come_along(wheel: zipfile.ZipFile) -> None:
    folder = f"grader-{grader.__version__}.dist-info"
    assert b"grader = grader.cli:main" in wheel.read(f"{folder}/entry_points.txt")
    about = wheel.read(f"{folder}/METADATA").decode()
    assert f"Version: {grader.__version__}" in about
    assert "Requires-Dist: torch" in about


def test_another_version_than_the_installed_one_is_not_packed_under_its_name(monkeypatch) -> None:
    monkeypatch.setattr(grader, "__version__", "99.0")
    with pytest.raises(UsageError, match=r"This is grader 99\.0, and what is installed says"):
        built_wheel()


def test_without_an_installation_it_says_what_to_do(monkeypatch) -> None:
    def gone(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", gone)
    with pytest.raises(UsageError, match="--wheel FILE"):
        built_wheel()
