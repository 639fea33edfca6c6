"""Level 3c: one container per worker, by Docker or Podman, where user namespaces are not to be had otherwise.

The engine makes the walls; this module only says which. It is used where somebody asks for it, never by itself:
an image with this Python and these packages is the course's business (docs/threat-model.md, section Levels).
No file descriptor can be handed into a container, so the worker's end of the channel is a socket in a folder of its
own, and this side passes the bytes on.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from grader.isolation.interface import Held, Limits, MemoryLimit, Workplace
from grader.isolation.starting import hidden_in, python_environment

_PATH = "/usr/bin:/bin:/usr/local/bin"
_IMAGE = "debian:stable-slim"
"""Only its C library is used: Python, packages and harness are bound from this machine."""
_CONNECT = (
    "import os,socket,sys;s=socket.socket(socket.AF_UNIX);s.connect('/channel/socket');"
    "s.set_inheritable(True);w=[str(s.fileno()) if x=='FD' else x for x in sys.argv[1:]];os.execv(w[0],w)"
)
_CONNECT_SECONDS = 60.0


class Container:
    level = "3c"
    name = "container: no network, read-only, no capabilities"
    own_memory_limit: MemoryLimit | None = "cgroup"

    def __init__(self, image: str = _IMAGE, engine: str = "") -> None:
        """`engine`: the program to call; "" for podman or docker, whichever is installed."""
        self._image = image
        self._engine = engine or next((found for name in ("podman", "docker") if (found := _find(name))), "")

    def unavailable(self) -> str:
        return "" if self._engine else "Neither Podman nor Docker is installed."

    def start(
        self, place: Workplace, limits: Limits, connection: socket.socket, enter: tuple[str, ...] = ()
    ) -> Held:
        del enter  # the engine makes the control group
        folder = Path(tempfile.mkdtemp(prefix="channel-"))
        folder.chmod(0o711)
        name = f"grader-{secrets.token_hex(8)}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o666)
        listener.listen(1)
        ours = connection.dup()
        process = subprocess.Popen(
            [self._engine, *self.arguments(place, limits, folder, name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=_pass_on, args=(listener, ours), daemon=True).start()
        return Held(process, end=lambda: self._end(name, folder))

    def arguments(self, place: Workplace, limits: Limits, channel: Path, name: str) -> list[str]:
        """The engine's command line, without the engine. Nothing of the host is writable, nor is its socket there."""
        memory = str(limits.memory_bytes)
        own_python = place.python_prefix != Path("/usr")
        words = [
            *("run", "--rm", "--init", "--name", name, "--pull", "missing"),
            *("--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *("--user", "65534:65534", "--ipc", "private", "--hostname", "box", "--workdir", "/tmp"),
            *("--memory", memory, "--memory-swap", memory, "--oom-score-adj", "500"),
            *("--pids-limit", str(limits.processes + 4 * limits.threads)),
            *("--ulimit", f"nofile={limits.open_files}", "--ulimit", "core=0"),
            *("--ulimit", f"fsize={limits.file_bytes}", "--ulimit", f"cpu={limits.cpu_seconds}"),
            *("--tmpfs", f"/tmp:rw,nosuid,nodev,mode=1777,size={limits.tmp_bytes}"),
            *("--shm-size", str(limits.tmp_bytes)),
        ]
        for source, target in _mounts(place):
            words += ["--volume", f"{source}:{target}:ro"]
            for part in hidden_in(Path(source), place):
                words += ["--tmpfs", f"{target}/{part}:ro,size=4096"]
        words += ["--volume", f"{channel}:/channel:ro"]
        if place.card:
            words += ["--device", f"nvidia.com/gpu={place.card.number}"]
        environment = python_environment(limits, "/tmp", "/opt/py/lib" if own_python else "", place.card)
        for variable, value in environment.items():
            words += ["--env", f"{variable}={value}"]
        return [*words, self._image, *_command(place)]

    def _end(self, name: str, folder: Path) -> None:
        """Ending the engine's client does not end a container."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([self._engine, "kill", name], check=False, capture_output=True, timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _find(name: str) -> str:
    return shutil.which(name, path=_PATH) or ""


def _mounts(place: Workplace) -> list[tuple[str, str]]:
    mounts = [(str(place.submission), "/repo")]
    mounts += [(str(source), f"/harness/grader/{part}") for source, part in place.harness]
    mounts += [(str(folder), f"/opt/site{index}") for index, folder in enumerate(place.packages)]
    return [*mounts, (str(place.python_prefix), "/opt/py")]


def _command(place: Workplace) -> list[str]:
    python = f"/opt/py/bin/{place.python_name}"
    sites = [f"/opt/site{index}" for index in range(len(place.packages))]
    worker = [python, "-I", "-S", "-B", "-u", "/harness/grader/worker/start.py"]
    return [python, "-I", "-S", "-c", _CONNECT, *worker, place.role, "FD", "/repo", "/harness", *sites]


def _pass_on(listener: socket.socket, ours: socket.socket) -> None:
    """Wait for the worker to connect, then carry bytes both ways until one side closes."""
    with listener, ours:
        listener.settimeout(_CONNECT_SECONDS)
        try:
            theirs, _ = listener.accept()
        except OSError:
            return
        with theirs:
            back = threading.Thread(target=_copy, args=(theirs, ours), daemon=True)
            back.start()
            _copy(ours, theirs)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
