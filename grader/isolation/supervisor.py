"""One worker under supervision: its deadlines, its memory, its output, and how it ended.

Success is a complete, valid answer; never an exit code. Every other ending is an `Ending` with a kind and a
sentence, so that a report can name it. Only the supervisor's clock counts.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from grader.errors import GraderFault
from grader.isolation.frames import (
    Array,
    Channel,
    DeadlineExceeded,
    Message,
    PeerGone,
    ProtocolError,
)
from grader.isolation.interface import Limits, Sandbox, Workplace
from grader.isolation.meters import (
    cell_for,
    cpu_seconds,
    family,
    kills_for_memory,
    memory_bytes,
    scratch_bytes,
    waited_seconds,
)
from grader.text import clean, clean_block

START_SECONDS = 120.0
"""Starting Python and importing torch may take this long on a busy machine before it is the machine's fault."""

IDLE_SHARE = 0.2
"""A worker that runs, or waits for a core, for less than this share of the time stands still."""

STREAMED = frozenset({"progress", "state"})
"""What a worker may send before its answer, to who listens: how far it is, and a state on the way."""

_MEMORY_EVERY_SECONDS = 0.5
_PAUSES_PER_LOOK = 3
_DRAIN_SECONDS = 0.2  # at a time, for output that has no end
_REFILL_SECONDS = 0.01
_PIPE_BYTES = 1 << 16
_MIB = 1024 * 1024

_OF_THE_GPU = (
    "The GPU ended it, by a fault of the card, for want of its memory, or by what the model asked of it: {} "
    "`--device cpu` tells them apart."
)

EndingKind = Literal[
    "raised",
    "recipe",
    "time",
    "exit",
    "signal",
    "killed",
    "memory",
    "disk",
    "output",
    "protocol",
    "stalled",
    "slow",
    "machine",
]


@dataclass(frozen=True)
class Ending:
    """How a worker ended without an answer.

    `raised` the student's code raised; `recipe` what was recovered of it cannot be trained by; `time` its deadline
    passed; `exit` and `signal` the process ended by itself; `memory`, `disk`, `output` a limit; `protocol` it answered
    with something that is no answer; `stalled` it neither worked nor answered; `slow` it used up its counted time;
    `killed` something killed it, and what is not known; `machine` nobody's code is to blame.
    """

    kind: EndingKind
    sentence: str
    place: str = ""
    log: str = ""


class _GiveUp(Exception):
    def __init__(self, kind: EndingKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


@dataclass(frozen=True)
class Patience:
    """How long a request may take.

    `cpu_seconds` of the worker's CPU time are what is allowed; using them up is the ending `overrun`. `seconds`
    of wall clock are a back-stop: passing only that is the machine's fault, as long as the worker worked or waited
    for a core. A worker that did neither for `stall_seconds` stands still by its own doing.
    """

    seconds: float
    cpu_seconds: float
    stall_seconds: float = 60.0
    overrun: Literal["time", "slow"] = "time"


class Worker:
    """An isolated process that imports student code and answers requests."""

    def __init__(self, sandbox: Sandbox, place: Workplace, limits: Limits) -> None:
        self._limits = limits
        self.on_gpu = place.card is not None
        self._output = bytearray()
        self._output_bytes = 0
        self._next_memory_check = 0.0
        self._watch: Callable[[], None] = lambda: None
        self._memory_kills = kills_for_memory()
        self._cell = cell_for(sandbox, limits)
        ours, theirs = socket.socketpair()
        try:
            self._held = sandbox.start(place, limits, theirs, self._cell.enter if self._cell else ())
        except OSError as error:
            ours.close()
            if self._cell:
                self._cell.remove()
            raise GraderFault(f"The worker could not be started: {error}.", "Run it again.") from error
        finally:
            theirs.close()
        self._process = self._held.process
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._channel = Channel(ours, self._idle)

    def wait_until_ready(self) -> Message:
        """The worker's greeting: the harness is imported, no student code has run.

        Raises:
            GraderFault: whatever goes wrong so far is ours or the machine's.
        """
        try:
            greeting = self._channel.receive(time.monotonic() + START_SECONDS)
            if greeting.op != "ready":
                raise ProtocolError("op")
        except (PeerGone, ProtocolError, DeadlineExceeded, _GiveUp) as error:
            self._collect_ending()
            ending = f"{type(error).__name__}, exit {self._process.returncode}"
            raise GraderFault(
                f"The isolated worker did not start ({ending}).\n{self.log()[-2000:]}".rstrip(),
                "See docs/threat-model.md, section Levels, for what a machine has to allow.",
            ) from error
        return greeting

    def request(
        self,
        op: str,
        fields: Mapping[str, Any] | None = None,
        arrays: Mapping[str, Array] | None = None,
        *,
        patience: Patience,
        payload_limit: int = 0,
        on_progress: Callable[[Message], None] | None = None,
        descriptor: int | None = None,
    ) -> Message | Ending:
        """Ask the worker for one thing. The answer's `op` is `op`; anything else is an `Ending`.

        `descriptor` goes to the worker after the request; it stays the caller's to close.

        After an `Ending` of any kind but `raised` and `recipe` the worker is gone.
        """
        deadline = time.monotonic() + patience.seconds
        self._watch = self._work_watch(patience)
        try:
            self._channel.send({**(fields or {}), "op": op}, arrays, deadline, descriptor)
            while True:
                message = self._channel.receive(deadline, payload_limit)
                if message.op in STREAMED and message.op != op and on_progress:
                    on_progress(message)
                elif message.op == "raised":
                    return self._raised(message)
                elif message.op == op:
                    return message
                else:
                    raise ProtocolError("op")
        except DeadlineExceeded:
            return self._end(
                "machine", f"The machine was too busy: {patience.seconds:.0f} s passed, and it was not done."
            )
        except PeerGone:
            return self._gone()
        except _GiveUp as error:
            return self._end(error.kind, error.sentence)
        except ProtocolError as error:
            return self.refuse(error)
        finally:
            self._watch = lambda: None

    def refuse(self, error: ProtocolError) -> Ending:
        """End the worker because its answer is not one (callers check contents with `Message`'s methods)."""
        return self._end("protocol", f"The answer was not a valid one ({error}).")

    def log(self) -> str:
        """What the worker printed, its first part, safe to show."""
        return clean_block(self._output.decode("utf-8", "replace"))

    def cpu_seconds(self) -> float:
        """CPU time of the worker and all its processes so far."""
        return sum(cpu_seconds(process) for process in self._tree())

    def stop(self) -> None:
        """End the worker and everything it started. Safe to call twice."""
        self._channel.close()
        self._held.end()
        if self._cell:
            self._cell.empty()
        if self._process.poll() is None:
            # A plain process has no namespace that takes its children along, and a child may leave its group.
            for process in list(family(self._process.pid, thorough=True)):
                with contextlib.suppress(psutil.Error):
                    process.kill()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._drain()
        if self._process.stdout:
            self._process.stdout.close()
        if self._cell:
            self._cell.remove()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- while waiting ----------------------------------------------------------------------------------------

    def _idle(self) -> None:
        self._drain()
        if self._output_bytes > self._limits.output_bytes:
            raise _GiveUp("output", f"It printed more than {self._limits.output_bytes // _MIB} MiB.")
        begin = time.monotonic()
        if begin >= self._next_memory_check:
            self._check_memory()
            self._check_scratch()
            self._watch()
            end = time.monotonic()
            # To add up the memory of many processes takes long: it must not become all that we do.
            self._next_memory_check = end + max(_MEMORY_EVERY_SECONDS, _PAUSES_PER_LOOK * (end - begin))

    def _check_memory(self) -> None:
        """The kernel holds a control group to its limit, and says so; without one we look and add up."""
        if self._cell:
            if self._cell.ran_out():
                raise _GiveUp("memory", self._memory_sentence())
        elif sum(memory_bytes(process) for process in self._tree()) > self._limits.memory_bytes:
            raise _GiveUp("memory", self._memory_sentence())

    def _memory_sentence(self) -> str:
        return f"It used more than {self._limits.memory_bytes // _MIB:,} MiB of memory."

    def _check_scratch(self) -> None:
        limit = self._limits.tmp_bytes
        if self._held.scratch and scratch_bytes(self._held.scratch, self._tree(), limit) > limit:
            raise _GiveUp(
                "disk",
                f"It keeps more than {limit // _MIB:,} MiB, or too many files, in its folder for tmp files.",
            )

    def _drain(self) -> None:
        """Take what the worker printed; keep its start, count the rest.

        One that prints without end is waited for a moment after each piece, so that it fills the pipe again: else it
        would get through one pipe's content in each of our looks, and seem to stand still.
        """
        stream = self._process.stdout
        assert stream is not None
        moment, until = 0.0, time.monotonic() + _DRAIN_SECONDS
        with contextlib.suppress(BlockingIOError, ValueError):
            while not stream.closed and select.select([stream], [], [], moment)[0]:
                piece = os.read(stream.fileno(), _PIPE_BYTES)
                if not piece:
                    return
                self._output_bytes += len(piece)
                self._output += piece[: max(0, self._limits.kept_output_bytes - len(self._output))]
                if self._output_bytes > self._limits.output_bytes or time.monotonic() > until:
                    return
                moment = _REFILL_SECONDS

    def _work_watch(self, patience: Patience) -> Callable[[], None]:
        """Counts the worker's own work. A busy machine fails nobody: waiting for a core is no standing still."""
        start = self.cpu_seconds()
        seen = [self._active_seconds(), time.monotonic()]

        def watch() -> None:
            used = self.cpu_seconds() - start
            if used > patience.cpu_seconds:
                raise _GiveUp(
                    patience.overrun, f"It used {patience.cpu_seconds:.0f} s of CPU time and was not done."
                )
            now, active = time.monotonic(), self._active_seconds()
            if now - seen[1] < patience.stall_seconds:
                return
            if self._channel.has_waiting():  # it waits for us: this machine is too busy to listen
                seen[:] = [active, now]
                return
            if active - seen[0] < IDLE_SHARE * (now - seen[1]):
                raise _GiveUp(
                    "stalled", f"It did next to nothing for {now - seen[1]:.0f} s: it sleeps or waits."
                )
            seen[:] = [active, now]

        return watch

    def _active_seconds(self) -> float:
        """CPU time, and time in which the worker could have run and had to wait for a core."""
        return sum(cpu_seconds(process) + waited_seconds(process) for process in self._tree())

    def _tree(self) -> Iterator[psutil.Process]:
        return family(self._process.pid)

    # --- endings ----------------------------------------------------------------------------------------------

    def _raised(self, message: Message) -> Ending:
        try:
            error, place = message.text("error", 2000), message.text("place", 400)
            trace = message.text("trace", 8000)
        except ProtocolError as problem:
            return self.refuse(problem)
        if self.on_gpu and message.header.get("gpu") is True:
            return self._end("machine", _OF_THE_GPU.format(clean(error, 300)))
        kind: EndingKind = "recipe" if message.header.get("recipe") is True else "raised"
        return Ending(kind, clean(error, 400), clean(place), clean_block(trace, 6000))

    def _gone(self) -> Ending:
        """The connection is closed: how did the process end, if it did?"""
        ended = self._wait_for_end()
        if not ended:
            return self._end("exit", "It closed its connection to the grader without an answer.")
        code = self._process.returncode
        # bubblewrap reports a signal of its child as 128 + number, Popen one of its own child as -number.
        number = -code if code < 0 else code - 128 if 128 < code < 128 + signal.NSIG else 0
        if self._cell and self._cell.ran_out():
            return self._end("memory", self._memory_sentence())
        if number == signal.SIGKILL and kills_for_memory() > self._memory_kills:
            return self._end("machine", "Its process was killed because this machine ran out of memory.")
        if number == signal.SIGKILL:
            return self._end(
                "killed", "Its process was killed, though not by the grader and not for want of memory."
            )
        if number:
            return self._end("signal", f"Its process crashed with {_signal_name(number)}.")
        return self._end("exit", f"Its process ended by itself (exit code {code}) without an answer.")

    def _wait_for_end(self) -> bool:
        """Whether the process ends by itself, within a moment."""
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _collect_ending(self) -> None:
        self._wait_for_end()
        self.stop()

    def _end(self, kind: EndingKind, sentence: str) -> Ending:
        self.stop()
        return Ending(kind, sentence, "", self.log())


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
