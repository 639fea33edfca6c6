"""Which disks of other machines are known."""

from __future__ import annotations

import pytest

from grader.course.stored.disk import on_network_disk


@pytest.mark.parametrize(
    ("kind", "remote"),
    [
        ("ext4", False),
        ("nfs4", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("lustre", True),
        ("tmpfs", False),
    ],
)
def test_which_disks_are_of_a_network(tmp_path, kind, remote):
    folder = tmp_path / "course runs" / "s4"
    folder.mkdir(parents=True)
    escaped = str(tmp_path / "course runs").replace(" ", "\\040")
    (tmp_path / "mounts").write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/x {escaped} {kind} rw 0 0\nserver:/y {escaped}-2 nfs rw 0 0\n"
    )
    assert on_network_disk(folder, tmp_path / "mounts") is remote
    assert on_network_disk(folder, tmp_path / "none") is False
