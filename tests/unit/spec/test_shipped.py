"""Where shipped specs are looked for: in an installed package, and in a checkout."""

from __future__ import annotations

from pathlib import Path

import grader
from grader.spec.shipped import shipped_specs


def package(folder: Path, monkeypatch) -> Path:
    """A package folder named `grader` in an empty place, as an installation has it."""
    (folder / "grader").mkdir()
    monkeypatch.setattr(grader, "__file__", str(folder / "grader" / "__init__.py"))
    return folder / "grader"


def put(folder: Path, *names: str) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_text("", encoding="utf-8")


def test_an_installed_package_holds_them(tmp_path, monkeypatch):
    put(package(tmp_path, monkeypatch) / "specs", "s5.yaml", "s4.yaml", "spec.schema.json")
    assert list(shipped_specs()) == ["s4", "s5"]


def test_a_folder_beside_an_installed_package_is_somebody_elses(tmp_path, monkeypatch):
    package(tmp_path, monkeypatch)
    put(tmp_path / "specs", "other.yaml")
    assert shipped_specs() == {}


def test_in_a_checkout_they_lie_beside_the_package(tmp_path, monkeypatch):
    package(tmp_path, monkeypatch)
    put(tmp_path / "specs", "s4.yaml")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    assert shipped_specs() == {"s4": tmp_path / "specs" / "s4.yaml"}
