"""Fixtures for all tests. A module of `tests/fixtures` is loaded by its path: `tests` is no package."""

from __future__ import annotations

import gzip
import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from hypothesis import HealthCheck, settings

from grader.records import RunRecord

# Two test processes with as many threads each as there are cores wait for each other many times as long as they compute.
# Before torch is imported anywhere.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# `make test` looks at the same examples each time, whatever else the machine does; `make test-all` looks for new ones.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, **_PATIENT)
settings.register_profile("searching", **_PATIENT)
settings.load_profile(os.environ.get("GRADER_EXAMPLES_FROM", "steady"))


def load_fixture(name: str) -> ModuleType:
    """The module `tests/fixtures/<name>.py`."""
    known = f"grader_test_{name}"
    if known not in sys.modules:
        place = Path(__file__).parent / "fixtures" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(known, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


EXAMPLE_RECORDS: dict[str, RunRecord] = load_fixture("records").examples()


@pytest.fixture(scope="session", autouse=True)
def _own_cores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A core budget of the tests' own: they wait for no grader that somebody runs beside them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_CORES_DIR", str(tmp_path_factory.mktemp("budget") / "cores"))
        yield


@pytest.fixture(scope="session")
def batches() -> ModuleType:
    """Courses for `grader batch`: `tests/fixtures/batches.py`."""
    return load_fixture("batches")


@pytest.fixture(scope="session")
def slurm_cluster() -> ModuleType:
    """A real Slurm: `tests/fixtures/slurm_cluster.py`."""
    return load_fixture("slurm_cluster")


@pytest.fixture(scope="session")
def git_server() -> ModuleType:
    """A real git server: `tests/fixtures/git_server.py`."""
    return load_fixture("git_server")


@pytest.fixture(scope="session")
def stored() -> ModuleType:
    """The module `tests/fixtures/stored.py`: stored runs as a batch leaves them."""
    return load_fixture("stored")


@pytest.fixture(scope="session")
def endings() -> ModuleType:
    """The module `tests/fixtures/endings.py`: a record for each way in which a run can end."""
    return load_fixture("endings")


@pytest.fixture
def example_records() -> dict[str, RunRecord]:
    """One whole run record for each kind of ending, by name."""
    return dict(EXAMPLE_RECORDS)


@pytest.fixture(scope="session")
def actions_runner() -> type:
    """`tests/fixtures/actions_runner.py`: what GitHub's runner obeys of what a step prints."""
    found: type = load_fixture("actions_runner").Runner
    return found


@pytest.fixture(scope="session")
def unpacked_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real MNIST with its files unpacked, which torchvision's own data set wants: GRADER_DATA may hold them packed."""
    from grader.data.mnist import STEMS

    if not mnist_folder():
        pytest.skip("no real MNIST: set GRADER_DATA")
    place = tmp_path_factory.mktemp("mnist")
    raw = place / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in STEMS:
        found = min(Path(mnist_folder()).glob(f"**/{stem}*"), key=lambda path: len(path.name))
        content = found.read_bytes()
        (raw / stem).write_bytes(gzip.decompress(content) if found.suffix == ".gz" else content)
    return place


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `example_record` runs once for each of them."""
    if "example_record" in metafunc.fixturenames:
        metafunc.parametrize("example_record", EXAMPLE_RECORDS.values(), ids=list(EXAMPLE_RECORDS))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, and say what it lacks."""
    if item.get_closest_marker("sandbox") and (reason := no_sandbox("3")):
        pytest.skip(f"no full sandbox: {reason}")
    if item.get_closest_marker("isolated") and (reason := no_sandbox("auto")):
        pytest.skip(f"no isolation: {reason}")
    if item.get_closest_marker("mnist") and not mnist_folder():
        pytest.skip("no real MNIST: set GRADER_DATA")


@cache
def no_sandbox(level: Literal["auto", "3"]) -> str:
    """Why this isolation level cannot run here, or none at all with "auto"; "" if it can."""
    from grader.errors import SandboxUnavailable
    from grader.isolation.choose import best_sandbox

    try:
        best_sandbox(level)
    except SandboxUnavailable as error:
        return error.message.splitlines()[0]
    return ""


@cache
def mnist_folder() -> str:
    """GRADER_DATA where it holds MNIST, else ""."""
    folder = os.environ.get("GRADER_DATA", "")
    return folder if folder and list(Path(folder).glob("**/train-images-idx3-ubyte*")) else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of all variants that really ran, ready to be committed under reports/reference/."""
    reports = [
        report
        for listed in terminalreporter.stats.values()
        for report in listed
        if hasattr(report, "user_properties")
    ]
    rows = sorted(
        str(value) for report in reports for key, value in report.user_properties if key == "table_row"
    )
    if rows:
        terminalreporter.section("every variant and attack")
        terminalreporter.line(
            "| variant | small | learns-fast | explained | status | exit code | test accuracy |"
        )
        terminalreporter.line("| --- | ---: | ---: | ---: | --- | ---: | ---: |")
        for row in rows:
            terminalreporter.line(row)
