"""A forked worker in the shape of a Popen: its host number, its ending, and who tells of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from grader.isolation.zygote_process import ForkedProcess

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no pidfd here")


@pytest.fixture
def sleeper():
    """A child of ours stands in for the zygote's; it is ended after the test."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def held(sleeper):
    """The forked process, and where a zygote would write its exit code."""
    output, printed = os.pipe()
    exits, told = os.pipe()
    with os.fdopen(output, "rb", buffering=0) as stream, os.fdopen(told, "wb", buffering=0) as tell:
        os.close(printed)
        process = ForkedProcess(os.pidfd_open(sleeper.pid), stream, exits)
        yield process, tell
        if process.returncode is None:
            tell.close()
            process.wait(5)


def test_its_number_is_the_hosts(held, sleeper):
    assert held[0].pid == sleeper.pid


def test_while_it_runs_there_is_no_code(held):
    process, _ = held
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    assert process.returncode is None


@pytest.mark.parametrize(("told", "code"), [(b"0", 0), (b"3", 3), (b"-11", -11)])
def test_the_zygote_tells_how_it_ended(held, told, code):
    process, tell = held
    tell.write(told)
    assert process.wait(5) == code
    assert (process.poll(), process.returncode) == (code, code)


def test_a_zygote_that_is_gone_took_its_workers_along(held):
    process, tell = held
    tell.close()
    assert process.wait(5) == -signal.SIGKILL


def test_killing_goes_by_the_descriptor(held, sleeper):
    process, tell = held
    process.kill()
    assert sleeper.wait(5) == -signal.SIGKILL
    process.kill()  # it is gone already
    tell.write(b"-9")
    assert process.wait(5) == -9
    process.kill()  # and its descriptor is closed
    assert process.poll() == -9


def test_a_process_that_has_ended_is_not_taken(sleeper):
    pidfd = os.pidfd_open(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    output, printed = os.pipe()
    exits, told = os.pipe()
    deadline = time.monotonic() + 5
    with os.fdopen(output, "rb") as stream:
        with pytest.raises(ProcessLookupError):
            while time.monotonic() < deadline:
                ForkedProcess(pidfd, stream, exits)
        for fd in (printed, exits, told, pidfd):
            os.close(fd)
