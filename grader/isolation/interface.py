"""What a sandbox is: it starts one worker process and says how well it holds it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from grader.isolation.cards import Card

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one worker may use. Wall-clock deadlines are per request and belong to the supervisor."""

    memory_bytes: int = 4096 * MIB
    data_bytes: int = 6144 * MIB  # RLIMIT_DATA: gives student code a readable error before the kill
    tmp_bytes: int = 256 * MIB
    file_bytes: int = 64 * MIB
    processes: int = 64  # threads count too; what the libraries' own pools need comes on top
    open_files: int = 256
    cpu_seconds: int = 4 * 3600
    output_bytes: int = 256 * MIB
    kept_output_bytes: int = 64 * 1024
    threads: int = 1  # of torch and BLAS; the supervisor divides the cores


@dataclass(frozen=True)
class Workplace:
    """What a worker gets to see, all of it read-only: the staged submission, the harness, the packages.

    With a `card` it also sees the device nodes of that one, and of no other.
    """

    submission: Path
    role: Literal["model", "canary"] = "model"
    harness: tuple[tuple[Path, str], ...] = field(default_factory=tuple)
    packages: tuple[Path, ...] = field(default_factory=tuple)
    python_prefix: Path = Path("/usr")
    python_name: str = "python3"
    card: Card | None = None


MemoryLimit = Literal["cgroup", "polling", "none"]


class Process(Protocol):
    """A started worker, as the host sees it: a `subprocess.Popen`, or one that a zygote forked.

    `wait` raises `subprocess.TimeoutExpired`. `returncode` is -N after signal N, and None while it runs.
    """

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def returncode(self) -> int | Any: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Held:
    """A worker that was started, and how it is ended.

    Killing `process` must leave none of its children, once `end` was called: it is called first, may ask the
    process to end by itself, and may be called twice. `scratch` is the private folder of a worker that has no file
    system of its own: its size is watched, and it is gone after `end`.
    """

    process: Process
    scratch: Path | None = None
    end: Callable[[], None] = lambda: None


class Sandbox(Protocol):
    """One isolation level. `level` and `name` go into every result."""

    level: str
    name: str
    own_memory_limit: MemoryLimit | None
    """What limits memory, where the sandbox does that itself; None: the supervisor does."""

    def unavailable(self) -> str:
        """Why this level cannot run here, with what to install or set; "" if it can be tried."""

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        """Start the worker's Python with `connection` as its end of the channel.

        Its output goes to `stdout` of the process (stderr joined). `enter` are the `cgroup.procs` files of the
        control groups that it must be in before any student code runs.
        """
