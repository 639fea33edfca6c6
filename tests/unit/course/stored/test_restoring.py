"""Many runs stored at once: all of them or none. What is killed is really killed, at each step of the way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course.stored import restoring
from grader.course.stored.folder import locked
from grader.course.stored.restoring import FOLDER, MOVES, Move, new_run_ids, settle, store_all
from grader.course.stored.runs import folders_of, run_folders
from grader.errors import StoreError

OLD, NEW = "20261101-100000-aaaa", "20261122-100000-bbbb"
NAMES = ("ada", "grace", "linus")


@pytest.fixture
def assignment(tmp_path) -> Path:
    for name in NAMES:
        folder = tmp_path / "runs" / "s4" / name / OLD
        folder.mkdir(parents=True)
        (folder / "result.json").write_text("old")
    return tmp_path / "runs" / "s4"


def store(assignment: Path, unchanged: Callable[[], None] = lambda: None) -> tuple[Path, ...]:
    moves = [Move(str(index), name, NEW, OLD) for index, name in enumerate(NAMES)]

    def write(folder: Path) -> None:
        for move in moves:
            (folder / move.waiting / "result.json").write_text(f"new of {move.submission}")

    sources = tuple(assignment / name / OLD for name in NAMES)
    return store_all(assignment, moves, write, unchanged, sources)


def new(assignment: Path) -> list[str]:
    """Whose new run is there, whole, as whoever lists runs finds it."""
    found = [folder for folder in run_folders(assignment.parent) if folder.name == NEW]
    assert all((one / "result.json").read_text() == f"new of {one.parent.name}" for one in found)
    return [one.parent.name for one in found]


def killed(work: Callable[[], object]) -> bool:
    """Do this in a process of its own; whether it was killed in the middle."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def dying(patch: pytest.MonkeyPatch, at: int, before: bool) -> None:
    """From now on the process kills itself at the `at`-th change of the disk, before it is made or after."""
    left = [at]

    def counting(change: Callable[..., object]) -> Callable[..., object]:
        def changed(*given: object, **options: object) -> object:
            left[0] -= 1
            if left[0] == 0 and before:
                os.kill(os.getpid(), signal.SIGKILL)
            made = change(*given, **options)
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return made

        return changed

    for name in ("mkdir", "rename", "replace", "unlink", "write_text", "rmdir"):
        patch.setattr(Path, name, counting(getattr(Path, name)))
    patch.setattr(restoring.shutil, "rmtree", counting(restoring.shutil.rmtree))


def test_all_are_stored_and_nothing_is_left(assignment):
    assert [folder.parent.name for folder in store(assignment)] == list(NAMES)
    assert new(assignment) == list(NAMES)
    assert not (assignment / FOLDER).exists()
    assert len(run_folders(assignment.parent)) == 6


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_change_of_the_disk_it_is_all_or_nothing(assignment, before):
    """The same folder, killed at the first change, then at the second, ...: until it gets through."""
    seen: set[int] = set()
    for at in range(1, 60):

        def die(at: int = at) -> None:
            with pytest.MonkeyPatch.context() as patch:
                dying(patch, at, before)
                store(assignment)

        was_killed = killed(die)
        found = new(assignment)  # whoever looks next finishes it, or undoes it
        assert found in ([], list(NAMES))
        assert not (assignment / FOLDER).exists()
        assert all((assignment / name / OLD / "result.json").read_text() == "old" for name in NAMES)
        seen.add(len(found))
        if not was_killed:
            break
        for name in found:
            os.rename(assignment / name / NEW, assignment.parent / f"{name}-{at}-{before}")
    else:
        pytest.fail("it never got through")
    assert seen == {0, 3}
    assert at > 12  # it was killed at each of a dozen places, among them between two of the moves


@pytest.mark.parametrize("place", ["", "s4", "s4/grace", f"s4/grace/{OLD}"])
def test_whoever_looks_finishes_what_was_left(assignment, place):
    def die() -> None:
        with pytest.MonkeyPatch.context() as patch:
            moved = Path.rename

            def rename(self: Path, target: Path) -> Path:
                os.kill(os.getpid(), signal.SIGKILL)
                return moved(self, target)

            patch.setattr(Path, "rename", rename)
            store(assignment)

    assert killed(die)
    assert (assignment / FOLDER / MOVES).exists()
    assert folders_of(assignment.parent / place)
    assert not (assignment / FOLDER).exists()
    assert new(assignment) == list(NAMES)


def test_what_somebody_is_at_work_on_is_left_alone(assignment):
    (assignment / FOLDER / "0").mkdir(parents=True)
    with locked(assignment):
        settle(assignment)
        assert (assignment / FOLDER / "0").exists()
    settle(assignment)
    assert not (assignment / FOLDER).exists()


def test_a_change_at_the_last_moment_stores_nothing(assignment):
    def unchanged() -> None:
        for name in NAMES:  # nobody else can write to them now
            assert killed(lambda name=name: _held(assignment / name / OLD)) is False
        raise StoreError("ada was decided on in the meantime.", "Nothing was stored.")

    with pytest.raises(StoreError, match="in the meantime"):
        store(assignment, unchanged)
    assert new(assignment) == []
    assert not (assignment / FOLDER).exists()


def _held(folder: Path) -> None:
    import fcntl

    fd = os.open(folder, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    "text", ["{", "[1]", '[{"waiting": "../x", "submission": "a", "run_id": "b", "instead_of": ""}]']
)
def test_a_list_that_cannot_be_read_moves_nothing(assignment, text):
    (assignment / FOLDER).mkdir()
    (assignment / FOLDER / MOVES).write_text(text)
    with pytest.raises(StoreError, match="cannot be read") as found:
        settle(assignment)
    assert "Move" in found.value.hint


def test_a_folder_that_cannot_be_written_is_said(assignment):
    (assignment / FOLDER).write_text("a file in the way")
    with pytest.raises(StoreError, match="could not be written"):
        store(assignment)
    assert new(assignment) == []


def test_names_of_runs_are_in_order():
    found = new_run_ids(200)
    assert found == sorted(set(found))
    assert new_run_ids(3, after=found[-1])[0] > found[-1]  # also in the same second
    assert len(found) == 200
