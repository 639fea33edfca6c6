"""The NVIDIA cards of this machine, as `nvidia-smi` and the kernel tell of them. Nothing here needs torch.

Not yet run on a machine with a GPU: what the driver's documents say is written down here (docs/gpu.md).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from grader.text import clean

_PATH = "/usr/bin:/bin:/usr/local/bin:/usr/local/nvidia/bin:/usr/lib/wsl/lib"
_QUERY_SECONDS = 30.0
_MIB = 1024 * 1024
_CARD_FIELDS = "index,uuid,pci.bus_id,memory.total,memory.used,name"
_PROCESS_FIELDS = "gpu_uuid,pid,used_memory"
_UUID = re.compile(r"(GPU|MIG)-[0-9a-fA-F-]{8,60}")
_SHARED_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
_SYSTEM_FOLDERS = ("sys/devices/system/cpu", "sys/devices/system/node", "sys/bus/pci")


class NoCards(Exception):
    """There is no card to be had, or nothing that tells of them; why, as a sentence."""


@dataclass(frozen=True)
class Card:
    """One GPU, and what a worker has to see of the machine to use it, and no other."""

    number: int  # as nvidia-smi counts them
    name: str
    uuid: str
    bus: str  # its address as the kernel writes it: 0000:65:00.0
    memory_bytes: int
    nodes: tuple[str, ...]  # of devices, to read and write
    folders: tuple[str, ...] = ()  # of /sys, to read

    @property
    def environment(self) -> dict[str, str]:
        """What the worker finds in its environment. By its uuid no other card can be meant."""
        return {"CUDA_VISIBLE_DEVICES": self.uuid, "GRADER_DEVICE": "cuda"}

    @property
    def text(self) -> str:
        return f"cuda:{self.number} ({self.name})"


@dataclass(frozen=True)
class Usage:
    """What of a card's memory is taken, and by which processes."""

    used_bytes: int
    processes: tuple[tuple[int, int], ...]  # pid, bytes; -1 where the driver does not tell


def cards(root: Path = Path("/")) -> tuple[Card, ...]:
    """All cards, in the order of nvidia-smi.

    Raises:
        NoCards: there is none.
    """
    rows = parse_cards(_asked(f"--query-gpu={_CARD_FIELDS}"))
    found = tuple(_card(row, root) for row in rows)
    if not found:
        raise NoCards("nvidia-smi lists no GPU.")
    return found


def usage(card: Card) -> Usage:
    """What is taken of the card's memory now.

    Raises:
        NoCards: nothing tells.
    """
    for row in parse_cards(_asked(f"--query-gpu={_CARD_FIELDS}")):
        if row.uuid == card.uuid:
            processes = parse_processes(_asked(f"--query-compute-apps={_PROCESS_FIELDS}"))
            return Usage(row.used_bytes, processes.get(card.uuid, ()))
    raise NoCards(f"nvidia-smi no longer lists {card.text}.")


@dataclass(frozen=True)
class Row:
    """One line of what nvidia-smi says of the cards."""

    number: int
    uuid: str
    bus: str
    memory_bytes: int
    used_bytes: int
    name: str


def parse_cards(text: str) -> tuple[Row, ...]:
    """`nvidia-smi --query-gpu=index,uuid,pci.bus_id,memory.total,memory.used,name --format=csv,noheader,nounits`.

    Raises:
        NoCards: a line has another shape.
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words = [word.strip() for word in line.split(",", 5)]
        if len(words) != 6 or not words[0].isdigit() or not _UUID.fullmatch(words[1]):
            raise NoCards(f"nvidia-smi says what is not understood here: {clean(line, 120)}")
        number, uuid, bus, total, used, name = words
        row = Row(int(number), uuid, _as_kernel(bus), _mib(total), _mib(used), clean(name, 80))
        found.append(row)
    return tuple(found)


def parse_processes(text: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """`nvidia-smi --query-compute-apps=gpu_uuid,pid,used_memory --format=csv,noheader,nounits` by card."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        words = [word.strip() for word in line.split(",")]
        if len(words) == 3 and words[1].isdigit():
            found[words[0]] = (*found.get(words[0], ()), (int(words[1]), _mib(words[2])))
    return found


def _mib(word: str) -> int:
    """Bytes; -1 for "[N/A]" and the like."""
    return int(word) * _MIB if word.isdigit() else -1


def _as_kernel(bus: str) -> str:
    """00000000:65:00.0 → 0000:65:00.0"""
    domain, _, rest = bus.lower().partition(":")
    return f"{domain[-4:]}:{rest}"


def _card(row: Row, root: Path) -> Card:
    nodes = (f"nvidia{_minor(row, root)}", *_SHARED_NODES)
    folders = [root / name for name in _SYSTEM_FOLDERS]
    own = root / "sys/bus/pci/devices" / row.bus
    folders += [own.resolve()] if own.exists() else []
    folders += sorted((root / "sys/module").glob("nvidia*"))
    return Card(
        number=row.number,
        name=row.name,
        uuid=row.uuid,
        bus=row.bus,
        memory_bytes=row.memory_bytes,
        nodes=tuple(str(node) for name in nodes if (node := root / "dev" / name).exists()),
        folders=tuple(str(folder) for folder in folders if folder.is_dir()),
    )


def _minor(row: Row, root: Path) -> int:
    """The number in the name of its node, which may be another than nvidia-smi's."""
    information = root / "proc/driver/nvidia/gpus" / row.bus / "information"
    try:
        found = re.search(r"^Device Minor:\s*(\d+)", information.read_text("utf-8", "replace"), re.MULTILINE)
    except OSError:
        found = None
    return int(found[1]) if found else row.number


def _asked(query: str) -> str:
    """What nvidia-smi prints."""
    program = shutil.which("nvidia-smi", path=_PATH)
    if not program:
        raise NoCards("There is no nvidia-smi, so no NVIDIA driver or none that can be asked.")
    try:
        done = subprocess.run(
            [program, query, "--format=csv,noheader,nounits"],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=_QUERY_SECONDS,
            env={"PATH": _PATH, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCards(f"nvidia-smi does not answer: {clean(str(error), 200)}") from error
    if done.returncode != 0:
        said = clean((done.stdout + done.stderr).strip(), 200)
        raise NoCards(f"nvidia-smi ended with {done.returncode}: {said}")
    return done.stdout
