"""A process that has imported everything, and forks workers: `zygote.py FD`, run with `python -I -S` in its own jail.

It runs no student code and computes nothing: a thread or a drawn number of its own would be in every worker. It holds
nothing that a worker must not know, for whatever it ever held can be read in each of them: it is told the neutral name
of a staged submission and the limits, and nothing else. The requests go to the worker directly.

Per worker the supervisor sends one message and four descriptors: the worker's connection, its log, a gate at which it
waits until the supervisor has put it into its control group, and where its exit code is to be written.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

_IMPORTS = (
    "numpy.random",
    "torch.utils.data",
    "torchvision.transforms",
    "grader.worker.capture.run",
    "grader.worker.main",
    "grader.worker.zygote_probes",
    "grader.worker.zygote_walls",
)
MESSAGE_BYTES = 64 * 1024
_DESCRIPTORS = 4
_CONNECTION, _GATE = 3, 4  # their numbers in the worker
_FAILED = 70


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    sys.argv[:] = ["worker"]
    control.set_inheritable(False)
    plan = json.loads(control.recv(MESSAGE_BYTES))
    sys.path[:0] = [plan["harness"]]
    sys.path.extend(plan["sites"])
    try:
        _refuse_root()
        _prepare()
        namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    except Exception as error:
        control.send(_said(error=f"{type(error).__name__}: {error}"))
        return
    control.send(_said(ready=True))
    _Zygote(control, namespace, bytes.fromhex(plan["filter"])).serve()


def _refuse_root() -> None:
    """In its user namespace the uid is the same whoever started the jail; the map tells who it was."""
    with open("/proc/self/uid_map") as file:  # noqa: PTH123
        inside, outside, length = (int(word) for word in file.read().split())
    if outside == 0 or length != 1 or inside == 0 or os.getuid() == 0:
        raise PermissionError("a zygote does not run as root")


def _prepare() -> None:
    """Import what a worker uses, and compute nothing. After it there must be one thread: a fork has no other."""
    from grader.worker import trim

    trim.install()
    for name in _IMPORTS:
        importlib.import_module(name)
    with contextlib.suppress(ImportError):
        import torchinfo  # noqa: F401
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads != 1:
        raise RuntimeError(f"{threads} threads run after the imports")
    gc.collect()
    gc.freeze()


def _said(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


class _Zygote:
    def __init__(self, control: socket.socket, namespace: int, program: bytes) -> None:
        self._control = control
        self._namespace = namespace
        self._program = program
        self._exits: dict[int, int] = {}  # worker → where its exit code goes
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Fork until the supervisor closes the connection; the end of this process is the end of all workers."""
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._woken], [], [])
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            self._bury()
            if control in ready:
                message, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, _DESCRIPTORS)
                if not message:
                    return
                self._start(json.loads(message), descriptors)

    def _start(self, request: dict[str, Any], descriptors: list[int]) -> None:
        from grader.worker.zygote_walls import NEW_PID, enter_process_namespace, unshare

        connection, log, gate, exits = descriptors
        worker, problem = 0, ""
        try:
            unshare(NEW_PID)
            worker = os.fork()
            if worker == 0:
                self._become(request, connection, log, gate)
        except OSError as error:
            problem = str(error)
        # Without this step the next worker would be born into the same namespace: if it fails, nothing goes on.
        enter_process_namespace(self._namespace)
        for fd in (connection, log, gate):
            os.close(fd)
        if problem:
            os.close(exits)
            self._control.send(_said(error=problem))
            return
        self._exits[worker] = exits
        pidfd = os.pidfd_open(worker)  # it cannot have become another's: only we bury it
        socket.send_fds(self._control, [_said(started=True)], [pidfd])
        os.close(pidfd)

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                worker, status = os.waitpid(-1, os.WNOHANG)
                if worker == 0:
                    return
                if os.WIFSTOPPED(status):  # only what is traced is told of so, and no wall lets it
                    os.kill(worker, signal.SIGKILL)
                    continue
                fd = self._exits.pop(worker)
                with contextlib.suppress(OSError):
                    os.write(fd, str(os.waitstatus_to_exitcode(status)).encode())
                os.close(fd)

    def _become(self, request: dict[str, Any], connection: int, log: int, gate: int) -> NoReturn:
        """The worker's side of the fork."""
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.detach()
            _arrange(connection, log, gate)
            os.setsid()
        except BaseException:
            os._exit(_FAILED)
        _work(request, self._program)


def _arrange(connection: int, log: int, gate: int) -> None:
    """Descriptors 0 to 2 and the two sockets; nothing else stays open."""
    import fcntl

    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in (log, connection, gate)]
    null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.dup2(kept[0], 1)
    os.dup2(kept[0], 2)
    os.dup2(kept[1], _CONNECTION, inheritable=False)
    os.dup2(kept[2], _GATE, inheritable=False)
    os.closerange(_GATE + 1, 1 << 20)


def _work(request: Mapping[str, Any], program: bytes) -> NoReturn:
    """Wait at the gate, wall this process in, tell that it is, and be a worker."""
    from grader.worker.zygote_walls import Walls, enclose

    gate = socket.socket(fileno=_GATE)
    try:
        if gate.recv(16) != b"go":
            os._exit(_FAILED)
        repository = f"{request['stage']}/{request['name']}"
        enclose(Walls(repository, request["tmp_bytes"], request["limits"], program))
        _renew(request["environment"])
        gate.send(b"ready")
        gate.close()
    except BaseException as error:
        with contextlib.suppress(OSError):
            gate.send(str(error).encode()[:500])
        os._exit(_FAILED)
    from grader.isolation.frames import PeerGone

    code = 0
    try:
        _serve(request["role"])
    except PeerGone:
        pass  # the supervisor wants nothing more
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code & 0xFF)


def _renew(environment: Mapping[str, str]) -> None:
    """What a started process finds fresh. torch's generator is not among it: it starts alike in every process."""
    import numpy as np

    os.environ.clear()
    os.environ.update(environment)
    os.umask(0o022)
    np.random.seed()


def _serve(role: str) -> None:
    connection = socket.socket(fileno=_CONNECTION)
    if role == "canary":
        from grader.worker.zygote_probes import serve as serve_canary

        serve_canary(connection)
    else:
        from grader.worker.main import serve

        serve(connection, "/repo")


if __name__ == "__main__":
    main()
