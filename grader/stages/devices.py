"""On which device a submission is trained and predicts: chosen and started before its code is touched.

A GPU that was named and cannot be used is the machine's fault: the run ends, and costs no student a point. Nothing
goes on on the CPU by itself unless that was asked for (`auto`), and then the report says so.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from grader.errors import GraderFault, SandboxUnavailable, UsageError
from grader.isolation import choose
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.cards import Card, NoCards, Usage, cards, usage
from grader.isolation.interface import Limits, Sandbox
from grader.isolation.supervisor import Worker
from grader.isolation.workplace import workplace
from grader.isolation.zygote import Zygote
from grader.records import Isolation, Probe
from grader.scratch import private_folder
from grader.text import clean, counted

PATTERN = re.compile(r"auto|cpu|cuda(:[0-9]{1,2})?")
LEFT_OVER_BYTES = 256 * 1024**2
"""Of a card's memory, more than was taken before: below it drivers come and go by themselves."""
_BACK_SECONDS = 20.0
_MIB = 1024 * 1024
_NEXT = "`grader doctor` lists the GPUs of this machine; `--device cpu` trains without one."


@dataclass(frozen=True)
class Device:
    """Where training and predicting workers run. `card` is None for the CPU."""

    sandbox: Sandbox
    text: str  # for reports
    card: Card | None = None
    before: Usage | None = None  # what of the card was taken before the first worker

    def left_over(self, wait_seconds: float = _BACK_SECONDS) -> tuple[Probe, ...]:
        """A note where the card's memory is not back after the last worker ended; the driver gets some time."""
        if self.card is None or self.before is None:
            return ()
        deadline = time.monotonic() + wait_seconds
        while said := _more_than(self.before, self.card):
            if time.monotonic() >= deadline:
                return (Probe("GPU memory", "note", said),)
            time.sleep(0.5)
        return ()


def settle(wanted: str, sandbox: Sandbox, isolation: Isolation) -> Device:
    """The device that was asked for: `cpu`, `cuda`, `cuda:N`, or `auto`.

    Args:
        sandbox: the one that workers on the CPU run in, and what is known of its `isolation`.

    Raises:
        UsageError: there is no such word.
        GraderFault: a GPU was named, and cannot be used or is not free.
    """
    if not PATTERN.fullmatch(wanted):
        raise UsageError(f"--device: expected cpu, cuda, cuda:N or auto, got {clean(wanted, 40)}.")
    if wanted == "cpu":
        return Device(sandbox, "cpu")
    try:
        return _on_a_card(wanted, sandbox, isolation)
    except (NoCards, GraderFault) as error:
        reason = error.message if isinstance(error, GraderFault) else str(error)
        if wanted == "auto":
            return Device(sandbox, f"cpu (no GPU is used: {clean(reason.splitlines()[0], 300)})")
        raise GraderFault(f"The device {wanted} cannot be used: {reason}", _NEXT) from error


FAR_ABOVE = 32
"""Times a training's time limit that its worker may compute. The supervisor ends a training at its limit, scaled to this
machine; the kernel's, which kills without a word, has to come after it on the slowest of machines."""


def limits(threads: int, card: Card | None = None, training_seconds: float = 0.0) -> Limits:
    """What a worker may use. CUDA's libraries and the data on its way take memory of the host, too.

    With a card there is no limit on private memory by `RLIMIT_DATA`: what CUDA maps is no measure of what it uses.

    Args:
        training_seconds: the spec's time limit, of a worker that trains.
    """
    usual = Limits()
    cpu_seconds = max(usual.cpu_seconds, math.ceil(FAR_ABOVE * training_seconds * threads))
    if card is None:
        return Limits(threads=threads, cpu_seconds=cpu_seconds)
    return Limits(
        threads=threads,
        cpu_seconds=cpu_seconds,
        memory_bytes=2 * usual.memory_bytes,
        data_bytes=1 << 46,
        open_files=1024,
    )


def _on_a_card(wanted: str, sandbox: Sandbox, isolation: Isolation) -> Device:
    card = _card(wanted)
    before = _free(card)
    if not card.nodes:
        raise NoCards(
            f"{card.text} has no node in /dev. Load the driver's modules: `nvidia-modprobe -u -c=0`."
        )
    own = _started(sandbox)
    said = _try(own, card, isolation)
    return Device(own, f"{card.text}{said}", card, before)


def _card(wanted: str) -> Card:
    """The card of that number; for `auto` the first that is free."""
    found = cards()
    if wanted == "auto":
        return next((card for card in found if not _taken(card)), found[0])
    number = int(wanted.partition(":")[2] or 0)
    chosen = [card for card in found if card.number == number]
    if not chosen:
        raise NoCards(f"this machine has {counted(len(found), 'GPU', 'GPUs')}, counted from 0.")
    return chosen[0]


def _free(card: Card) -> Usage:
    """One student per card at a time: what another left there would be this one's loss."""
    if why := _taken(card):
        raise NoCards(why)
    return usage(card)


def _taken(card: Card) -> str:
    found = usage(card)
    if found.processes:
        pids = ", ".join(str(pid) for pid, _ in found.processes[:5])
        return f"{card.text} is in use by another process (pid {pids})."
    if found.used_bytes > card.memory_bytes // 10 > 0:
        return f"{card.text} holds {found.used_bytes // _MIB:,} MiB that no process owns; reset the card."
    return ""


def _started(sandbox: Sandbox) -> Sandbox:
    """CUDA does not survive a fork: with a GPU each worker is started by itself."""
    return Bubblewrap() if isinstance(sandbox, Zygote) else sandbox


def _try(sandbox: Sandbox, card: Card, isolation: Isolation) -> str:
    """The walls must hold with the card's nodes in them, and a worker must be able to compute on it.

    Returns: what the worker says of its driver, for the report.
    """
    if isolation.level != "1":
        broken = choose.broken_promises(isolation.level, choose.canary(sandbox, card))
        if broken:
            raise SandboxUnavailable(f"with a GPU the sandbox does not hold: {'; '.join(broken)}.")
    with private_folder() as empty:
        empty.chmod(0o755)
        with Worker(sandbox, workplace(empty, card=card), limits(1, card)) as worker:
            said = worker.wait_until_ready().header.get("device")
    return f", {clean(said, 100)}" if isinstance(said, str) and said else ""


def _more_than(before: Usage, card: Card) -> str:
    """What is left on the card, as a sentence; "" where it is as it was."""
    try:
        now = usage(card)
    except NoCards as error:
        return f"Whether the GPU's memory is free again cannot be told: {error}"
    known = {pid for pid, _ in before.processes}
    if left := [pid for pid, _ in now.processes if pid not in known]:
        shown = ", ".join(map(str, left[:5]))
        return f"A process (pid {shown}) is still on {card.text}: no other submission is graded there before it is gone."
    more = now.used_bytes - before.used_bytes
    if more > LEFT_OVER_BYTES:
        return f"{more // _MIB:,} MiB of {card.text} are still taken after all workers ended."
    return ""
