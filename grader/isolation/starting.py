"""What the sandboxes share when they start a worker: its environment, descriptors, and what is hidden from it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.isolation.cards import Card
from grader.isolation.interface import Limits, Workplace


def as_file(content: bytes) -> int:
    """A readable descriptor with this content and no name in the file system."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        fd = os.dup(file.fileno())
    os.lseek(fd, 0, os.SEEK_SET)
    os.set_inheritable(fd, True)
    return fd


def stage() -> str:
    """The mount point that launchers of root cover, each in a mount namespace of its own.

    A folder that every system has: nothing is made on the host, so nothing is left there, however we end.
    """
    return next(folder for folder in ("/mnt", "/media", "/srv", "/opt", "/home") if Path(folder).is_dir())


def python_environment(
    limits: Limits, tmp: str, libraries: str = "", card: Card | None = None
) -> dict[str, str]:
    """All that the worker finds in its environment.

    Args:
        tmp: the only folder that it may write to.
        libraries: where an interpreter that lies elsewhere than it was installed has its shared library; without
            this it would take the system's, of another version.
        card: the GPU that it sees.
    """
    threads = str(limits.threads)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": f"{tmp}/home",
        "TMPDIR": tmp,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait must not take the cores of another worker
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{tmp}/home",
        **(card.environment if card else {}),
    }
    return {**environment, "LD_LIBRARY_PATH": libraries} if libraries else environment


def hidden_in(source: Path, place: Workplace) -> list[str]:
    """What of a folder the worker must not read, relative to it: an installed grader, with the specs in it."""
    installed = (folder / "grader" for folder in place.packages if (folder / "grader").is_dir())
    return [str(folder.relative_to(source)) for folder in installed if folder.is_relative_to(source)]
