"""The attack table (docs/threat-model.md): each row is handed in to a real grader, which must come to the defended
result, live on, and have nothing left of it. `make attacks` runs all and prints a table.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.report.json import from_json

HERE = Path(__file__).parent
PR_SET_CHILD_SUBREAPER = 36

pytestmark = [pytest.mark.isolated, pytest.mark.timeout(600)]


def _suite() -> Any:
    name = "grader_test_attacks"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "fixtures" / "attacks.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


suite: Any = _suite()


def rows() -> list[Any]:
    """Every attack; those that `make test` leaves out are slow."""
    found = []
    for one in suite.ATTACKS:
        marks = [] if one.first else [pytest.mark.slow]
        found.append(pytest.param(one, id=one.id, marks=marks))
    return found


@pytest.fixture(scope="module")
def graders() -> Iterator[list[Any]]:
    """One grader for all rows of this process; it is replaced only where an attack killed it."""
    running: list[Any] = []
    yield running
    for grader in running:
        grader.close()
        left = grader.leftovers()
        shutil.rmtree(grader.grounds.root)
        assert left == []


@pytest.fixture
def grader(graders: list[Any]) -> Any:
    if not graders or not graders[-1].is_alive:
        graders.append(suite.Supervisor(suite.open_folder()))
    return graders[-1]


def test_every_row_of_the_table_is_there() -> None:
    assert {one.row for one in suite.ATTACKS} == set(range(1, suite.ROWS + 1))
    assert len({one.id for one in suite.ATTACKS}) == len(suite.ATTACKS)


def test_make_test_tries_one_of_each_class() -> None:
    assert sorted(one.family for one in suite.ATTACKS if one.first) == sorted(suite.attack.CLASSES)


@pytest.mark.parametrize("attack", rows())
def test_an_attack_comes_to_nothing(attack: Any, grader: Any, tmp_path: Path, record_property: Any) -> None:
    tried(
        (attack.row, attack.name, attack.family, attack.expected),
        attack.build(tmp_path),
        grader,
        tmp_path,
        record_property,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", suite.ODDITIES)
def test_an_honest_oddity_keeps_its_points(
    name: str, grader: Any, tmp_path: Path, record_property: Any
) -> None:
    expected = suite.ODDITIES[name]
    source = suite.oddity(name, tmp_path)
    tried(("-", name, "honest", expected), source, grader, tmp_path, record_property)


def tried(row: tuple[Any, ...], source: Path, grader: Any, handed_in: Path, record_property: Any) -> None:
    """Hand in `source`, note the row of the table, and hold the result against the expected one, the row's last."""
    before = suite.watch.contents(handed_in), suite.watch.contents(grader.grounds.home)
    begin = time.monotonic()
    try:
        answer = grader.grade(source)
    except suite.GraderIsGone as error:
        record_property("attack_row", table_row(row, f"{error}", begin, "FAULT"))
        raise
    faults = suite.faults(row[-1], answer)
    record_property("attack_row", table_row(row, suite.seen(answer), begin, "FAULT" if faults else "ok"))
    assert_nothing_happened(grader, handed_in, before, answer)
    assert faults == []


def table_row(row: tuple[Any, ...], seen: str, begin: float, verdict: str) -> str:
    cells = [
        str(cell).replace("|", "/") for cell in (*row, seen, f"{time.monotonic() - begin:.0f} s", verdict)
    ]
    return f"| {' | '.join(cells)} |"


def assert_nothing_happened(grader: Any, handed_in: Path, before: object, answer: Any) -> None:
    """The grader lives, nothing of the run is left, nothing was written outside of it, and the report is inert."""
    assert grader.is_alive
    assert grader.leftovers() == []
    assert (suite.watch.contents(handed_in), suite.watch.contents(grader.grounds.home)) == before
    if answer.folder is not None:
        assert_inert(answer.folder)


def assert_inert(folder: Path) -> None:
    """What is stored can be shown in a terminal and in a page."""
    assert {path.name for path in folder.iterdir()} == {
        "result.json",
        "report.html",
        "staff.html",
        "README.md",
        "events.jsonl",
    }
    for path in folder.iterdir():
        text = path.read_text("utf-8")
        assert not any(ord(c) < 32 and c not in "\n\t" for c in text), path.name
        assert "\u202e" not in text, path.name
    page = (folder / "report.html").read_text("utf-8").lower()
    assert "<script" not in page
    assert "<img src=x" not in page


# --- many submissions, one grader -------------------------------------------------------------------------------

BATCH = ("plain", "tied_weights", "fixed_filters")
DISTURBERS = ("02-os-exit", "32-endless-length", "13-patched-parameters")


PLAIN = {"plain": {}, "halved": {"end": "scores = scores / 2"}, "too_wide": {"wide": True}}
"""The model of the attacks as it is, and two others that are as honest; the last one has too many parameters."""


def honest(name: str, folder: Path) -> Path:
    """An honest submission: one of `PLAIN`, or an oddity."""
    if name in PLAIN:
        source: Path = suite.attack.model(suite.attack.net(**PLAIN[name]))(folder)
        return source
    return Path(suite.oddity(name, folder))


def result(record: Any) -> tuple[Any, ...]:
    """All of a grade, and the very bits that it came from."""
    trials = tuple((trial.state_digest, trial.correct, trial.confusion) for trial in record.evidence.trials)
    return record.grade, record.outcomes, record.evidence.integrity.probes, trials


def assert_a_batch_grades_as_alone(names: tuple[str, ...], disturbers: tuple[str, ...], folder: Path) -> None:
    """Every second submission of the batch is an attack; each honest one is also graded by a grader of its own."""
    alone, together = {}, {}
    for name in names:
        with running() as grader:
            alone[name] = result(grader.grade(honest(name, folder / "alone" / name)).record)
    with running() as grader:
        for name, disturber in zip(names, disturbers, strict=True):
            grader.grade(suite.BY_ID[disturber].build(folder / "batch" / disturber))
            together[name] = result(grader.grade(honest(name, folder / "batch" / name)).record)
        assert grader.leftovers() == []
    assert together == alone
    for name, (grade, *_) in alone.items():
        assert (grade.points == grade.spec_points) == (name != "too_wide")


@contextlib.contextmanager
def running(**settings: int) -> Iterator[Any]:
    """A grader of its own for a while."""
    grader = suite.Supervisor(suite.open_folder(), **settings)
    try:
        yield grader
    finally:
        grader.close()
        shutil.rmtree(grader.grounds.root)


@pytest.mark.slow
def test_a_batch_with_attacks_grades_as_alone(tmp_path: Path) -> None:
    assert_a_batch_grades_as_alone(BATCH, DISTURBERS, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_batch_of_thirty_grades_as_alone(tmp_path: Path) -> None:
    # What is random at the test, or costs a note for its slowness, is no less honest, but no measure of sameness.
    names = (*PLAIN, *(name for name in suite.ODDITIES if name != "dropout_always_training"))
    attacks = [one.id for one in suite.ATTACKS if not one.expected.error]
    assert len(names) == 15
    step = len(attacks) // len(names)
    assert_a_batch_grades_as_alone(names, tuple(attacks[: step * len(names) : step]), tmp_path)


# --- a grader that is killed ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Killed:
    """What graders left behind that were killed in the middle of a run."""

    running: tuple[str, ...]  # processes and mounts
    files: tuple[str, ...]
    stored: int  # runs that were complete and could be read


def kill_graders(times: int, longest_seconds: float, folder: Path) -> Killed:
    """Kill as many graders, each at a moment of its own within the first seconds of a submission."""
    moments = random.Random(times)
    source = suite.attack.model(suite.attack.net())(folder)
    running, files, stored = [], [], 0
    own = frozenset(child.pid for child in psutil.Process().children(recursive=True))
    with adopting():
        for _ in range(times):
            grader = suite.Supervisor(suite.open_folder(), train=640, test=200)
            grader.ask(source)
            time.sleep(moments.uniform(0, longest_seconds))
            grader.kill()
            left = suite.watch.leftovers(grader.grounds, os.getpid(), known=own)
            files += [line for line in left if line.startswith("temporary")]
            running += [line for line in left if not line.startswith("temporary")]
            stored += readable_runs(grader.grounds.out)
            shutil.rmtree(grader.grounds.root)
    return Killed(tuple(running), tuple(files), stored)


def readable_runs(out: Path) -> int:
    """How many complete runs a store holds; every one of them can be read, and what is partial says so."""
    found = [place for place in out.glob("attacks/*/*") if place.is_dir()]
    complete = [place for place in found if place.suffix != ".partial"]
    for place in complete:
        assert from_json((place / "result.json").read_text("utf-8")).grade.spec_points == 100
    for place in set(found) - set(complete):
        for line in (place / "events.jsonl").read_text("utf-8").splitlines():
            assert json.loads(line)
    return len(complete)


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Orphans of a dead grader become children of this process, so that none can hide."""
    control = ctypes.CDLL(None).prctl
    control(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        control(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error, ChildProcessError):
                if child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(child.pid, os.WNOHANG)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    return kill_graders(4, 6.0, tmp_path_factory.mktemp("killed"))


def test_a_killed_grader_leaves_nothing_running(killed: Killed) -> None:
    assert killed.running == ()


def test_a_killed_grader_leaves_no_files(killed: Killed) -> None:
    assert killed.files == ()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_killed_graders_leave_nothing(tmp_path: Path) -> None:
    killed = kill_graders(50, 25.0, tmp_path)
    assert killed.running == ()
    assert killed.files == ()
    assert killed.stored < 50, "none was killed before its end"
