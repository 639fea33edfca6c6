"""The one doorway to git: GitPython starts it, and this module decides with what environment, flags and end.

Nothing that a repository holds is trusted: git never checks out, never runs a hook, a filter or a submodule
command, never asks a person for a password, and never works inside of a folder that somebody else wrote.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, cast

from grader.errors import GraderFault
from grader.fetch.access import Token
from grader.fetch.askpass import handed
from grader.fetch.environment import dying_with_us, env_command, flags, settings, withheld, without_names
from grader.fetch.errand import Errand
from grader.fetch.staging import megabytes

_MEMORY_BYTES = 8 << 30
_CHUNK_BYTES = 1 << 16
_STDERR_KEPT = 1 << 16
_TICK_SECONDS = 0.1

Watch = Callable[[], None]


class GitFailed(Exception):
    """Git ended with an error. What it means to whom is for `grader.fetch.complaints` to say."""

    def __init__(self, verb: str, returncode: int, stderr: str) -> None:
        super().__init__(f"git {verb} ended with {returncode}")
        self.verb = verb
        self.returncode = returncode
        self.stderr = stderr


@dataclass(frozen=True)
class Call:
    """One call of git: the command and its arguments, and what is special about it."""

    arguments: tuple[str, ...]
    git_dir: Path | None = None  # a repository of our own; git never looks for one itself
    work_tree: Path | None = None
    stdin: bytes = b""
    protocols: str = "none"  # which transport may be used: "https", "ssh", "file"; by default none
    fine: tuple[int, ...] = (0,)  # exit codes that are no failure
    url: str = ""  # the address that it talks to: a token for that host is handed to it
    watch: Watch | None = None  # called several times a second; it stops the call by raising

    def words(self) -> list[str]:
        places = {"--git-dir": self.git_dir, "--work-tree": self.work_tree}
        return [*(f"{option}={place}" for option, place in places.items() if place), *self.arguments]


class Git:
    """Git for one fetch, with a home of its own. One deadline holds for all calls together."""

    def __init__(self, errand: Errand) -> None:
        self._deadline = errand.deadline
        self._seconds = errand.caps.seconds
        self._file_bytes = errand.caps.clone_bytes
        self._access = errand.access
        self._home = errand.holder / "home"
        self._home.mkdir(exist_ok=True)
        self._env = env_command()

    def output(self, call: Call, limit_bytes: int = 1 << 20) -> bytes:
        """Everything that the call prints; GraderFault if that is more than `limit_bytes`."""
        whole = bytearray()
        with closing(self.stream(call)) as chunks:
            for chunk in chunks:
                whole += chunk
                if len(whole) > limit_bytes:
                    raise GraderFault(
                        f"git {call.arguments[0]} printed more than {megabytes(limit_bytes)}.",
                        "A person must look at this repository.",
                    )
        return bytes(whole)

    def stream(self, call: Call) -> Generator[bytes, None, None]:
        """What the call prints, as it comes. Close it (`contextlib.closing`) and no process is left.

        Raises:
            GitFailed: git ended with an error.
            GraderFault: the deadline has passed, or git cannot be started.
        """
        token = self._access.token_for(call.url)
        with tempfile.TemporaryFile(dir=self._home) as stdin:
            stdin.write(call.stdin)
            stdin.seek(0)
            process = self._start(call, cast(BinaryIO, stdin), token)
        stderr = bytearray()
        try:
            yield from self._chunks(process, call, stderr)
            returncode = process.wait(timeout=max(self._left(), 0.1))
        except subprocess.TimeoutExpired:
            raise self._too_slow() from None
        finally:
            _end(process)
        if returncode not in call.fine:
            said = stderr.decode("utf-8", "replace")
            raise GitFailed(call.arguments[0], returncode, token.hidden_in(said) if token else said)

    def _start(self, call: Call, stdin: BinaryIO, token: Token | None) -> subprocess.Popen[bytes]:
        """GitPython adds the whole of `os.environ` to what it is given, so tokens of the person who grades, and
        any GIT_* setting, would reach git. Therefore each name that is not on our list is emptied, and `env` is
        told to take it away; names are no secrets, values never stand on a command line."""
        git = _gitpython()
        doorway = git.Git(str(call.work_tree or self._home))
        with handed(token, self._home) as way:
            ours = {**settings(self._home, call.protocols), **way.settings}
            command = [*dying_with_us(), *without_names(self._env, ours), "git", *flags(), *call.words()]
            try:
                running = doorway.execute(
                    command,
                    istream=stdin,
                    as_process=True,
                    env={**dict.fromkeys(withheld(ours), ""), **ours},
                    start_new_session=True,
                    pass_fds=way.descriptors,
                )
            except (git.GitCommandNotFound, OSError) as error:
                raise _not_started() from error
        process: subprocess.Popen[bytes] = running.proc
        running.proc = None  # GitPython would end it in its own, gentler way, and leave its children
        _limit(process.pid, self._file_bytes)
        return process

    def _chunks(self, process: subprocess.Popen[bytes], call: Call, stderr: bytearray) -> Iterator[bytes]:
        """Standard output as it comes, until both pipes are closed; the end of stderr is kept beside it."""
        assert process.stdout is not None
        assert process.stderr is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            waiting.register(process.stderr, selectors.EVENT_READ)
            while waiting.get_map():
                self._look(call)
                for key, _ in waiting.select(_TICK_SECONDS):
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    if not chunk:
                        waiting.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        yield chunk
                    else:
                        stderr += chunk
                        del stderr[:-_STDERR_KEPT]

    def _look(self, call: Call) -> None:
        if self._left() <= 0:
            raise self._too_slow()
        if call.watch:
            call.watch()

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _too_slow(self) -> GraderFault:
        return GraderFault(
            f"The repository did not arrive within {self._seconds:g} s.",
            "Try again later; if it is the repository's size, hand it in as a folder.",
        )


def _gitpython() -> ModuleType:
    """GitPython looks for git when it is imported, and raises ImportError where it finds none that runs."""
    try:
        import git
    except ImportError as error:
        raise _not_started() from error
    return git


def _not_started() -> GraderFault:
    return GraderFault("Git could not be started.", "Run git --version; install git 2.30 or later.")


def _limit(pid: int, file_bytes: int) -> None:
    """The kernel's own limits, from outside: a preexec function is not safe beside threads."""
    if not hasattr(resource, "prlimit"):
        return
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: file_bytes, resource.RLIMIT_AS: _MEMORY_BYTES}
    with suppress(ProcessLookupError):  # it has ended already
        for kind, value in wanted.items():
            _, hard = resource.prlimit(pid, kind)
            ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, kind, (ceiling, ceiling))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, then reap. Before reaping the group's number cannot belong to anybody else."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def size_below(folder: Path) -> int:
    """Bytes below `folder`; files may come and go while this counts."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - many, and often
    return total
