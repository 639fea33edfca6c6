"""Attempts on a Ray cluster (experimental): a task for each, which starts the command line that every engine launches.

Whoever reaches the ports of a Ray cluster may run anything on it, unless it asks for a token: so a cluster that does not
is refused. Student code reaches no port: its sandbox has no network. Ray keeps no jobs: when the batch is gone, so are
its tasks, and the same command begins them again; what had an answer has it. Ray is imported here and nowhere else.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from grader.course.batch.copies import COPIES
from grader.course.batch.executors.interface import Ended
from grader.course.batch.executors.shared import EXPORTED, Seen, Task
from grader.errors import GraderFault, UsageError
from grader.text import clean, clean_block

RETRIES = 2
"""So often Ray itself starts a task again whose node was lost."""
END_SECONDS = 20.0
"""An attempt that is told to end has so long for it."""
STRANGER_SECONDS = 30.0
NOT_STARTED = (126, 127)
"""Exit codes of `setpriv` where the command itself cannot be started."""
ROUNDING = 1e-6
"""A third of a GPU fits three times."""

_REFUSED = 3  # exit code of a stranger whom the cluster does not let in


@dataclass(frozen=True)
class Needs:
    """What a cluster sets aside for one attempt."""

    cpus: float = 1
    gpus: float = 0  # a share of one, or whole ones

    def __str__(self) -> str:
        return f"{self.cpus:g} CPU" + (f" and {self.gpus:g} GPU" if self.gpus else "")


@dataclass
class Ray:
    """An engine. Use `connected`."""

    needs: Needs
    slots: int  # attempts that its nodes hold at once
    start: Any  # the remote function of `_on_a_node`
    environment: Mapping[str, str]
    _tasks: dict[str, tuple[Any, Path]] = field(default_factory=dict)  # handle → its result to be, its folder
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def launch(self, task: Task) -> str | None:
        """A task; none is under way from before: tasks end with the batch that launched them."""
        made = self.start.options(name=f"grader-{task.name[0]}").remote(
            [*task.words], str(Path.cwd()), dict(self.environment), str(task.errors), END_SECONDS
        )
        with self._lock:
            handle = f"{task.name[0]}/{next(self._numbers)}"
            self._tasks[handle] = (made, task.folder)
        return handle

    def seen(self, handle: str) -> Seen:
        import ray

        made, folder = self._tasks[handle]
        if not ray.wait([made], timeout=0)[0]:
            return Seen(text="" if (folder / COPIES).exists() else f"Waits for a node with {self.needs} free")
        return Seen(_how(lambda: ray.get(made)))

    def cancel(self, handle: str) -> None:
        """What polls is told to end, and ends what it started; what waits never begins."""
        import ray

        with suppress(ray.exceptions.RayError):
            ray.cancel(self._tasks[handle][0], force=False)

    def release(self, handle: str) -> None:
        """A copy that Ray would still start elsewhere need not begin."""
        self.cancel(handle)
        with self._lock:
            del self._tasks[handle]


def _on_a_node() -> Callable[[Sequence[str], str, Mapping[str, str], str, float], int]:
    """What a node runs. A function in a function goes there by value: the node's Ray needs no module of ours."""

    def attempt(
        words: Sequence[str], place: str, environment: Mapping[str, str], errors: str, end_seconds: float
    ) -> int:
        import os
        import shutil
        import signal
        import subprocess
        import time

        if (
            signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        ):  # of a cluster that was started in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)  # Ray cancels by it
        bound = shutil.which("setpriv")  # Ray kills its workers, and not what these have started
        granted = {name: os.environ[name] for name in ("CUDA_VISIBLE_DEVICES",) if name in os.environ}
        with open(errors, "ab") as said:  # noqa: PTH123
            process = subprocess.Popen(
                [*([bound, "--pdeathsig", "TERM", "--"] if bound else []), *words],
                cwd=place,
                env={**environment, **granted},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            while process.poll() is None:  # a cancel is heard between two looks; in a wait it never would be
                time.sleep(0.2)
            return process.returncode
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(end_seconds)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    return attempt


def _remote(needs: Needs) -> Any:
    import ray

    options = {
        "num_cpus": needs.cpus,
        "num_gpus": needs.gpus,
        "max_retries": RETRIES,
        "retry_exceptions": False,
        "max_calls": 0,
        "scheduling_strategy": "SPREAD",
    }
    return ray.remote(**options)(_on_a_node())


def _how(result: Callable[[], int]) -> Ended:
    """How a task ended, from what asking for its result comes to."""
    from ray import exceptions as of_ray

    try:
        code = int(result())
        return Ended(code, why="set-up" if code in NOT_STARTED else "")
    except of_ray.TaskCancelledError:
        return Ended(-15, why="cancelled")
    except (of_ray.NodeDiedError, of_ray.OwnerDiedError):
        return Ended(-9, why="node lost")
    except of_ray.OutOfMemoryError as error:
        return Ended(-9, tail=_short(error), why="limit")
    except of_ray.RayTaskError as error:  # nothing of the task itself raises but its start
        return Ended(1, tail=_short(error.cause or error), why="set-up")
    except of_ray.RayError as error:  # a worker of Ray's died, or Ray failed
        return Ended(-9, tail=_short(error))


def _short(error: BaseException) -> str:
    return clean_block(f"{type(error).__name__}: {error}", 400)


# --- the cluster ------------------------------------------------------------------------------------------------------


@contextmanager
def connected(address: str, needs: Needs) -> Iterator[Ray]:
    """The engine of a cluster, as long as the context lasts.

    Args:
        address: HOST:PORT of the cluster's head.

    Raises:
        UsageError: Ray is not installed here, the cluster asks for no token or for another one, or no node of it could
            ever hold one attempt.
        GraderFault: nobody answers there.
    """
    if not address or "://" in address:
        raise UsageError(
            f'"{clean(address, 80)}" is no address of a Ray cluster.',
            "Give --ray-address HOST:PORT of its head, or set RAY_ADDRESS.",
        )
    os.environ["RAY_AUTH_MODE"] = "token"  # read when Ray is imported
    os.environ["RAY_DEDUP_LOGS"] = "0"  # else it prints what it held back later, from any thread
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("Ray is not installed here.", 'Install it: pip install "grader[ray]"') from None
    _lets_no_stranger_in(address)
    with redirect_stdout(OwnLines(sys.stdout)):
        _joined(address)
        try:
            slots = room([node["Resources"] for node in ray.nodes() if node["Alive"]], needs)
            passed_on = {name: os.environ[name] for name in EXPORTED if name in os.environ}
            yield Ray(needs, slots, _remote(needs), passed_on)
        finally:
            with redirect_stdout(sys.stderr):
                ray.shutdown()


class OwnLines(io.TextIOBase):
    """Standard output for the batch alone. What a thread of Ray prints there, such as that a node was lost, goes to
    standard error: `--json` promises that each line is one of the batch."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        is_rays = threading.current_thread().name.startswith("ray_")
        return (sys.stderr if is_rays else self._out).write(text)

    def flush(self) -> None:
        self._out.flush()

    def isatty(self) -> bool:
        return self._out.isatty()

    def fileno(self) -> int:
        return self._out.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._out.encoding


def _joined(address: str) -> None:
    import ray

    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except ray.exceptions.AuthenticationError as error:
        raise UsageError(
            f"The Ray cluster at {clean(address, 80)} does not take your token: {clean(str(error), 200)}",
            "Set RAY_AUTH_TOKEN_PATH to a file with the cluster's token.",
        ) from None
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise GraderFault(
            f"The Ray cluster at {clean(address, 80)} cannot be joined: {clean(str(error), 200)}",
            "Start the batch on a node of the cluster, with the token of the cluster (RAY_AUTH_TOKEN_PATH).",
        ) from None


def _lets_no_stranger_in(address: str) -> None:
    """
    Raises:
        UsageError: who has no token is let in, or it cannot be told.
        GraderFault: nobody answers there.
    """
    hidden = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, address],
            capture_output=True,
            text=True,
            timeout=STRANGER_SECONDS,
            check=False,
            env=environment | {"RAY_AUTH_MODE": "disabled"},
        )
    except subprocess.TimeoutExpired:
        raise GraderFault(
            f"Nobody answers at {clean(address, 80)}.", "Look whether the Ray cluster is up, and its address."
        ) from None
    if done.returncode == _REFUSED:
        return
    said = "" if done.returncode == 0 else f" ({clean_block(done.stderr, 4000).strip()[-200:]})"
    raise UsageError(
        f"The Ray cluster at {clean(address, 80)} was not seen to refuse somebody without a token{said}: whoever "
        "reaches it could run anything on it.",
        "Start all of its nodes with RAY_AUTH_MODE=token and the same token: see docs/scaling.md.",
    )


def room(nodes: Sequence[Mapping[str, float]], needs: Needs) -> int:
    """How many attempts these nodes hold at once.

    Args:
        nodes: what each has, by Ray's names.

    Raises:
        UsageError: none: an attempt would wait for ever.
    """
    held = 0
    for node in nodes:
        of_each = [(node.get(name, 0), needed) for name, needed in (("CPU", needs.cpus), ("GPU", needs.gpus))]
        held += min(math.floor(there / needed + ROUNDING) for there, needed in of_each if needed)
    if held:
        return held
    seen = "; ".join(f"{node.get('CPU', 0):g} CPU and {node.get('GPU', 0):g} GPU" for node in nodes)
    raise UsageError(
        f"No node of the Ray cluster can hold an attempt, which needs {needs}. Nodes: {seen or 'none'}.",
        "Ask for less, or start the nodes with --num-cpus and --num-gpus.",
    )


def _as_a_stranger(address: str) -> int:
    """Ask the cluster for its name without a token; the exit code says whether it told it."""
    from ray._raylet import GcsClient
    from ray.exceptions import AuthenticationError

    try:
        print(GcsClient(address=address).cluster_id)
    except AuthenticationError:
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_as_a_stranger(sys.argv[1]))
