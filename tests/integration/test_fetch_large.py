"""Repositories that are too much: bounded time and memory, and a message."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from grader.errors import FetchError
from grader.fetch.interface import fetch

ROOT = Path(__file__).parents[2]
_MEASURED = """
import re, sys
from pathlib import Path
from grader.errors import GraderError
from grader.fetch.interface import fetch
try:
    with fetch(sys.argv[1]) as fetched:
        found = fetched.submission
        print(len(found.files), *(f"{left.path}: {left.reason}" for left in found.left_out), sep="\\n")
except GraderError as error:
    print(error)
# not ru_maxrss: that one begins with what the process had that started this one
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) >> 10)
"""


def _load(name: str) -> ModuleType:
    place = ROOT / "tests" / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")


def repository(folder: Path, *changes: bytes) -> Path:
    """A bare repository whose one commit holds what the lines of `git fast-import` say."""
    folder.mkdir()
    support.git("init", "--quiet", "--bare", cwd=folder)
    head = b"commit refs/heads/main\ncommitter S <s@x.invalid> 1772280000 +0000\ndata 1\nw"
    support.git("fast-import", "--quiet", "--date-format=raw", cwd=folder, stdin=head + b"".join(changes))
    return folder


def inline(path: bytes, content: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content)


def measured(source: Path) -> tuple[list[str], int, float]:
    """Lines that a fetch in a process of its own prints, the memory that it took in MiB, and the seconds."""
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(source)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    *lines, megabytes = done.stdout.splitlines()
    return lines, int(megabytes), time.monotonic() - began


def test_eleven_thousand_files(tmp_path: Path) -> None:
    files = (inline(b"data/%d.txt" % number, b"%d" % number) for number in range(11_000))
    lines, megabytes, seconds = measured(repository(tmp_path / "many.git", *files))
    assert lines == ["There are more than 10,000 files. Take data sets and packages out of the repository."]
    assert megabytes < 200
    assert seconds < 20


def test_just_below_the_cap(tmp_path: Path) -> None:
    files = (inline(b"data/%d.txt" % number, b"%d" % number) for number in range(10_000))
    lines, megabytes, seconds = measured(repository(tmp_path / "many.git", *files))
    assert lines == ["10000"]
    assert megabytes < 200
    assert seconds < 40


def test_a_notebook_of_100_megabytes(tmp_path: Path) -> None:
    """As a student makes it who prints a data set: it is left out, and all else is graded."""
    huge = b'{"cells": [], "x": "' + b"0123456789" * (10 << 20) + b'"}'
    place = repository(tmp_path / "huge.git", inline(b"train.ipynb", huge), inline(b"model.py", b"1"))
    lines, megabytes, seconds = measured(place)
    assert lines == ["1", "train.ipynb: 100 MiB, and no file over 64 MiB is taken"]
    assert megabytes < 200
    assert seconds < 20


def test_a_path_with_a_newline(tmp_path: Path) -> None:
    place = repository(tmp_path / "odd.git", inline(b'"new\\nline.py"', b"1"), inline(b"model.py", b"1"))
    lines, _, _ = measured(place)
    assert lines == ["1", "new\\x0aline.py: its name holds control, bidirectional or unassigned characters"]


def test_a_folder_inside_of_too_many_files_is_refused_as_well(tmp_path: Path) -> None:
    """The whole repository is staged, because imports may reach outside of the folder."""
    files = [inline(b"data/%d.txt" % number, b"1") for number in range(10_001)]
    place = repository(tmp_path / "many.git", *files, inline(b"S4/model.py", b"1"))
    with pytest.raises(FetchError, match="more than 10,000 files"), fetch(str(place)):
        pass
