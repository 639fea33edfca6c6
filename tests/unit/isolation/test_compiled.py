"""The check of compiled files: what is missing, unreadable or out of date, and what to run."""

from __future__ import annotations

import os
import py_compile
import time
from pathlib import Path

import pytest

from grader.isolation.compiled import compile_command, installed_uncompiled, uncompiled

SAMPLE = ("torch/__init__.py", "torch/nn/conv.py")


@pytest.fixture
def packages(tmp_path) -> Path:
    """A folder with a small package, compiled as an installer does it."""
    for name in SAMPLE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("known = 1\n")
        (tmp_path / name).chmod(0o644)
        compiled(tmp_path, name, py_compile.compile(str(tmp_path / name), doraise=True))
    return tmp_path


def compiled(folder: Path, name: str, found: str | None = None) -> Path:
    path = Path(found or py_compile.compile(str(folder / name), doraise=True) or "")
    path.chmod(0o644)
    return path


def faults(folder: Path) -> dict[str, str]:
    return {str(one.module.relative_to(folder)): one.fault for one in uncompiled([folder], SAMPLE)}


def test_compiled_packages_are_fine(packages):
    assert faults(packages) == {}
    assert compile_command(uncompiled([packages], SAMPLE)) == ""


def test_a_missing_file_is_named_with_what_to_run(packages):
    compiled(packages, SAMPLE[1]).unlink()
    assert faults(packages) == {SAMPLE[1]: "missing"}
    assert compile_command(uncompiled([packages], SAMPLE)) == f"python -m compileall -q {packages}/torch"


def test_a_changed_source_makes_it_out_of_date(packages):
    (packages / SAMPLE[0]).write_text("known = 22\n")
    assert faults(packages) == {SAMPLE[0]: "out of date"}


def test_a_file_of_another_python_does_not_count(packages):
    path = compiled(packages, SAMPLE[0])
    path.write_bytes(b"\x00\x00\x0d\x0a" + path.read_bytes()[4:])
    assert faults(packages) == {SAMPLE[0]: "of another Python"}
    path.write_bytes(b"")
    assert faults(packages) == {SAMPLE[0]: "of another Python"}


def test_a_file_that_goes_by_its_hash_is_not_held_against_the_date(packages):
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compiled(packages, SAMPLE[0], py_compile.compile(str(packages / SAMPLE[0]), invalidation_mode=mode))
    os.utime(packages / SAMPLE[0], (1, 1))
    assert faults(packages) == {}


def test_what_a_worker_cannot_read_counts_as_not_there(packages):
    compiled(packages, SAMPLE[1]).chmod(0o600 if os.geteuid() == 0 else 0o000)
    expected = "readable for root only" if os.geteuid() == 0 else "not readable"
    assert faults(packages) == {SAMPLE[1]: expected}


def test_the_look_at_the_installed_packages_is_quick():
    begin = time.process_time()
    found = installed_uncompiled()
    assert time.process_time() - begin < 0.5
    assert all(one.module.is_file() for one in found)
