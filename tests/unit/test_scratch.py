"""`grader.scratch`: whatever ends the process that made a folder, the folder is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.scratch import private_folder

MAKER = """
import sys, time
from grader.scratch import private_folder
with private_folder() as folder:
    deep = folder / "deep" / "deeper"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (folder / "link").symlink_to(sys.argv[1])
    print(folder, flush=True)
    time.sleep(60)
"""


def test_it_is_private_and_gone_afterwards() -> None:
    with private_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x")
    assert not folder.exists()


def test_it_is_gone_after_an_error() -> None:
    with pytest.raises(ValueError), private_folder() as folder:
        raise ValueError
    assert not folder.exists()


def test_no_process_is_left() -> None:
    before = set(Path("/proc").glob("[0-9]*/cmdline"))
    with private_folder() as folder:
        name = str(folder)
    for place in set(Path("/proc").glob("[0-9]*/cmdline")) - before:
        try:
            assert name not in place.read_text()
        except OSError:
            continue


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_it_is_gone_when_its_maker_is_killed(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as maker:
        assert maker.stdout is not None
        folder = Path(maker.stdout.readline().strip())
        assert (folder / "deep" / "deeper" / "file").exists()
        os.kill(maker.pid, number)
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    assert (tmp_path / "kept").exists()
