"""The one doorway to git: GitPython starts it, and this module decides with what environment, flags and end.

Nothing that a repository holds is trusted: git never checks out, never runs a hook, a filter or a submodule
command, never asks for a password, and never works inside of a folder that somebody else wrote.
"""

from __future__ import annotations

import os
import resource
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import GraderFault
from grader.fetch.interface import Errand
from grader.fetch.staging import megabytes

_FLAGS = (
    "core.hooksPath=/dev/null",
    "core.symlinks=false",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.askPass=false",
    "credential.helper=",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",  # always one pack: checked as a whole, and one file to watch
    "transfer.fsckObjects=true",
    "fetch.fsckObjects=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "pack.threads=1",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
_HARMLESS = (
    "zeroPaddedFilemode",
    "zeroPaddedDate",
    "badTimezone",
    "badDate",
    "badDateOverflow",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingNameBeforeEmail",
    "missingEmail",
    "badEmail",
    "missingTaggerEntry",
    "badTagName",
    "badFilemode",
    "emptyName",
    "fullPathname",
    "hasDot",
    "hasDotdot",
    "hasDotgit",
    "gitmodulesMissing",
    "gitmodulesBlob",
    "gitmodulesParse",
    "gitmodulesName",
    "gitmodulesSymlink",
    "gitmodulesUrl",
    "gitmodulesPath",
    "gitmodulesUpdate",
    "gitattributesSymlink",
    "gitignoreSymlink",
    "mailmapSymlink",
)
"""Faults that git's check of incoming objects may overlook. Old tools made the first in honest repositories; the
names with dots and the .gitmodules matter only to a checkout and to submodules, and there are neither here."""

_PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH", "SSH_AUTH_SOCK", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=20 -oForwardAgent=no -oClearAllForwardings=yes -oPermitLocalCommand=no"
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
    protocols: str = "none"  # which transports may be used: "https:ssh", "file"; by default not one
    fine: tuple[int, ...] = (0,)  # exit codes that are no failure
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
        self._home = errand.holder / "home"
        self._home.mkdir(exist_ok=True)
        self._env = _env_command()

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

    def stream(self, call: Call) -> Iterator[bytes]:
        """What the call prints, as it comes. Close it (`contextlib.closing`) and no process is left.

        Raises:
            GitFailed: git ended with an error.
            GraderFault: the deadline has passed, or git cannot be started.
        """
        with tempfile.TemporaryFile(dir=self._home) as stdin:
            stdin.write(call.stdin)
            stdin.seek(0)
            process = self._start(call, stdin)
        stderr = bytearray()
        try:
            yield from self._chunks(process, call, stderr)
            returncode = process.wait(timeout=max(self._left(), 0.1))
        except subprocess.TimeoutExpired:
            raise self._too_slow() from None
        finally:
            _end(process)
        if returncode not in call.fine:
            raise GitFailed(call.arguments[0], returncode, stderr.decode("utf-8", "replace"))

    def _start(self, call: Call, stdin: IO[bytes]) -> subprocess.Popen[bytes]:
        """GitPython adds the whole of `os.environ` to what it is given, so tokens of the person who grades, and
        any GIT_* setting, would reach git. Therefore it starts `env`, told to take each name away that is not on
        our list; names are no secrets, values never stand on a command line."""
        import git

        doorway = git.Git(str(call.work_tree or self._home))
        environment = self._environment(call)
        flags = [word for flag in _all_flags() for word in ("-c", flag)]
        command = [*_without_names(self._env, environment), "git", *flags, *call.words()]
        try:
            running = doorway.execute(
                command, as_process=True, istream=stdin, env=environment, start_new_session=True
            )
        except (git.GitCommandNotFound, OSError) as error:
            raise GraderFault("Git could not be started.", "Install git 2.30 or later.") from error
        process = running.proc
        assert process is not None  # it has just been started
        running.proc = None  # GitPython would end it in its own, gentler way, and leave its children
        _limit(process.pid, self._file_bytes)
        return process

    def _environment(self, call: Call) -> dict[str, str]:
        """What git gets besides the names that are passed on."""
        return {
            "HOME": str(self._home),
            "TMPDIR": str(self._home),
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "false",
            "SSH_ASKPASS": "false",
            "SSH_ASKPASS_REQUIRE": "never",
            "GIT_SSH_COMMAND": _SSH,
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CEILING_DIRECTORIES": str(self._home.parent),
            "GIT_ALLOW_PROTOCOL": call.protocols,
            **_certificates(),
        }

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


def _all_flags() -> tuple[str, ...]:
    return (*_FLAGS, *(f"fetch.fsck.{name}=ignore" for name in _HARMLESS))


def _env_command() -> str:
    """Where `env` is; GraderFault where git is not."""
    missing = GraderFault("Git is not installed here.", "Install git 2.30 or later, and see that it is in PATH.")
    try:
        import git  # noqa: F401 - it looks for git at import, and says so by ImportError
    except ImportError as error:
        raise missing from error
    env = shutil.which("env")
    if env is None or shutil.which("git") is None:
        raise missing
    return env


def _without_names(env: str, ours: dict[str, str]) -> list[str]:
    """`env -u NAME…` for every name of the environment that is neither passed on nor set by us."""
    kept = {*_PASSED_ON, *ours, "LANGUAGE"}
    return [env, *(word for name in sorted(os.environ) if name not in kept for word in ("-u", name))]


def _certificates() -> dict[str, str]:
    """Git reads its own name for the file of trusted certificates; the common one counts where it is not set."""
    common = os.environ.get("SSL_CERT_FILE")
    return {"GIT_SSL_CAINFO": common} if common and "GIT_SSL_CAINFO" not in os.environ else {}


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
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 - many, and often
    return total

