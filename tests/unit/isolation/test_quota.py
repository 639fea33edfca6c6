"""Cores that may be used: those of the affinity, as many as the narrowest quota above this process leaves."""

from __future__ import annotations

import os

import pytest

from grader.isolation.quota import usable_cores

AFFINITY = [2, 3, 5, 7]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A machine with these four cores, and files of its kernel to be written."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(AFFINITY), raising=False)

    def make(group: str, **files: str):
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(group)
        for name, content in files.items():
            file = tmp_path / "sys/fs/cgroup" / name.replace("__", "/").replace("cpu_max", "cpu.max")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return tmp_path

    return make


def test_the_affinity_is_taken_where_there_is_no_quota(root):
    assert usable_cores(root("0::/user\n", user__cpu_max="max 100000\n")) == (2, 3, 5, 7)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("200000 100000", (2, 3)),
        ("250000 100000", (2, 3)),
        ("50000 100000", (2,)),
        ("900000 100000", (2, 3, 5, 7)),
    ],
)
def test_a_quota_leaves_whole_cores_and_never_none(root, quota, cores):
    assert usable_cores(root("0::/user/run\n", user__run__cpu_max=quota)) == cores


def test_the_narrowest_of_the_groups_above_counts(root):
    assert usable_cores(root("0::/a/b\n", a__cpu_max="100000 100000", a__b__cpu_max="300000 100000")) == (2,)


def test_in_a_container_the_top_group_counts_whatever_its_path_is_called(root):
    assert usable_cores(root("0::/docker/1234\n", cpu_max="200000 100000")) == (2, 3)


def test_version_one_has_it_in_two_files(root):
    place = root("4:cpuset:/\n3:cpu,cpuacct:/job\n")
    folder = place / "sys/fs/cgroup/cpu/job"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text("200000")
    (folder / "cpu.cfs_period_us").write_text("100000")
    assert usable_cores(place) == (2, 3)
    (folder / "cpu.cfs_quota_us").write_text("-1")
    assert usable_cores(place) == (2, 3, 5, 7)


@pytest.mark.parametrize("content", ["", "nonsense", "5", "1 0", "a b"])
def test_what_cannot_be_read_is_no_quota(root, content):
    assert usable_cores(root("0::/x\n", x__cpu_max=content)) == (2, 3, 5, 7)


def test_this_machine_has_at_least_one():
    assert set(usable_cores()) <= set(range(os.cpu_count() or 1))
    assert usable_cores()
