"""Control groups: where they may be made, what is written into them, and what is read back.

The trees are written here in the kernel's shape; real groups are made in tests/integration/test_levels.py.
"""

from __future__ import annotations

import os

import pytest

from grader.isolation import cgroups
from grader.isolation.interface import Limits

LIMITS = Limits(memory_bytes=5_000_000, processes=10, threads=2)


def delegated(root, procs="", subtree="", controllers="cpu memory pids"):
    group = root / "user.slice" / "grader.scope"
    group.mkdir(parents=True)
    (group / "cgroup.controllers").write_text(controllers)
    (group / "cgroup.subtree_control").write_text(subtree)
    (group / "cgroup.procs").write_text(procs)
    return group


OWN = "0::/user.slice/grader.scope\n"


def test_a_group_that_hands_memory_on_is_used_as_it_is(tmp_path):
    group = delegated(tmp_path, subtree="memory pids")
    assert cgroups.find_home(tmp_path, OWN) == cgroups.Home(2, group, group)


def test_a_group_of_our_own_is_divided(tmp_path):
    group = delegated(tmp_path, procs=f"{os.getpid()}\n")
    assert cgroups.find_home(tmp_path, OWN) == cgroups.Home(2, group, group)
    assert (group / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (group / "grader-supervisor" / "cgroup.procs").read_text() == str(os.getpid())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"procs": "1\n2\n"}, "holds other processes"),
        ({"controllers": "cpu pids"}, "not delegated"),
    ],
    ids=["shared", "no-memory"],
)
def test_what_is_not_ours_is_left_alone(tmp_path, change, said):
    group = delegated(tmp_path, **change)
    before = sorted(path.name for path in group.iterdir())
    found = cgroups.find_home(tmp_path, OWN)
    assert isinstance(found, str)
    assert said in found
    assert sorted(path.name for path in group.iterdir()) == before


def test_a_system_without_groups(tmp_path):
    assert cgroups.find_home(tmp_path, "") == "This system has no control groups for memory."


def test_version_two_gets_its_limits(tmp_path):
    cell = cgroups.Cell(2, (tmp_path,))
    for name in ("memory.swap.max", "pids.max"):
        (tmp_path / name).write_text("max")
    cgroups._limit(cell, LIMITS)
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {
        "memory.max": "5000000",
        "memory.oom.group": "1",
        "memory.swap.max": "0",
        "pids.max": "18",
    }


def test_version_one_has_a_folder_per_controller(tmp_path):
    memory, pids = tmp_path / "memory", tmp_path / "pids"
    memory.mkdir()
    pids.mkdir()
    (memory / "memory.memsw.limit_in_bytes").write_text("-1")
    cell = cgroups.Cell(1, (memory, pids))
    cgroups._limit(cell, LIMITS)
    assert (memory / "memory.limit_in_bytes").read_text() == "5000000"
    assert (memory / "memory.memsw.limit_in_bytes").read_text() == "5000000"
    assert (pids / "pids.max").read_text() == "18"
    assert cell.enter == (str(memory / "cgroup.procs"), str(pids / "cgroup.procs"))


@pytest.mark.parametrize(
    ("version", "file", "content", "over"),
    [
        (2, "memory.events", "low 0\noom 1\noom_kill 1\n", True),
        (2, "memory.events", "oom 3\noom_kill 0\noom_group_kill 0\n", False),
        (1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", True),
        (1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", False),
        (2, "memory.events", "oom_kill many\n", False),
        (2, "other", "", False),
    ],
)
def test_the_kernels_word_on_memory(tmp_path, version, file, content, over):
    (tmp_path / file).write_text(content)
    assert cgroups.Cell(version, (tmp_path,)).ran_out() is over


def test_groups_of_dead_graders_are_swept(tmp_path):
    dead, alive, other = (
        tmp_path / "grader-4194999-0",
        tmp_path / f"grader-{os.getpid()}-0",
        tmp_path / "x-1-2",
    )
    for folder in (dead, alive, other):
        folder.mkdir()
    cgroups.sweep(cgroups.Home(2, tmp_path, tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted([alive, other])


def test_a_cell_that_is_gone_may_be_removed_again(tmp_path):
    cell = cgroups.Cell(2, (tmp_path / "gone",))
    cell.remove()
    assert cell.peak_bytes() == 0
