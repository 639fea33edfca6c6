"""What a run may leave behind: nothing. Processes, mounts, temporary files, and files outside of the run's folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Grounds:
    """The private places of one grader: where it may write, and where it may not."""

    root: Path

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def prepare(self) -> Grounds:
        for folder in (self.temporary, self.home / ".ssh", self.out):
            folder.mkdir(parents=True)
        (self.home / ".ssh" / "id_ed25519").write_text("planted\n")
        return self

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        own = {"HOME": self.home, "TMPDIR": self.temporary, "GRADER_CORES_DIR": self.root / "cores"}
        return {**kept, **{name: str(folder) for name, folder in own.items()}, "API_TOKEN": "planted"}


def leftovers(
    grounds: Grounds, grader: int, patience_seconds: float = 5.0, known: frozenset[int] = frozenset()
) -> list[str]:
    """What is still there of the runs below `grounds`, as lines; a process that is dying gets a moment.

    Args:
        grader: the pid of the grader, which adopts what its runs leave behind; or of who adopts what a dead
            grader leaves behind.
        known: processes that were there before, and are none of its doing.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        found = [*_processes(grounds, grader, known), *_mounts(grounds), *_temporary(grounds, grader)]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder with a digest of its content, links and special files as such."""
    found = {}
    for here, folders, names in os.walk(folder):
        for name in (*folders, *names):
            place = Path(here, name)
            regular = place.is_file() and not place.is_symlink()
            known = hashlib.sha256(place.read_bytes()).hexdigest() if regular else str(place.lstat().st_mode)
            found[str(place.relative_to(folder))] = known
    return found


def _processes(grounds: Grounds, grader: int, known: frozenset[int]) -> list[str]:
    """Descendants of the grader, and every process of this machine that holds one of its places."""
    found, kept = [], _idle_zygote(grader) | known
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(grader).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.pid not in kept and process.status() != psutil.STATUS_ZOMBIE and _is_of(process.pid, grounds):
                    found.append(f"process {process.pid} {process.name()}")
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) not in (grader, os.getpid(), *kept):
            with contextlib.suppress(OSError):
                if _below(grounds, (folder / "mountinfo").read_text()):
                    found.append(f"process {folder.name} holds a mount")
    return found


def _idle_zygote(grader: int) -> set[int]:
    """A living grader may keep its zygote in its jail, as long as no worker is below."""
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(grader).children(recursive=True) if _grades(grader) else []
        for process in below:
            with contextlib.suppress(psutil.Error):
                if "/harness/grader/worker/zygote.py" in process.cmdline() and not process.children():
                    above = {parent.pid for parent in process.parents()}
                    return {process.pid, *(above & {one.pid for one in below})}
    return set()


def _is_of(pid: int, grounds: Grounds) -> bool:
    """A process of a test may have other children than a grader: those of this grader have its place, or the
    empty environment of a sandbox."""
    with contextlib.suppress(OSError):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        return not environment or str(grounds.root).encode() in environment or b"HOME=/tmp/home" in environment
    return False


def _mounts(grounds: Grounds) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [f"mount {line}" for line in lines if _below(grounds, line)]


def _below(grounds: Grounds, mounts: str) -> bool:
    return str(grounds.temporary) in mounts


def _temporary(grounds: Grounds, grader: int) -> list[str]:
    """A living grader may keep the one empty folder that its sandboxes mount on, each in its own namespace, and the
    folder of its zygote with no submission in it."""
    return [
        f"temporary {place.name}"
        for place in grounds.temporary.iterdir()
        if not (_is_empty(place) and _grades(grader))
    ]


def _is_empty(place: Path) -> bool:
    if place.name.startswith("zygote-"):
        return [one.name for one in place.iterdir()] == ["stage"] and not list((place / "stage").iterdir())
    return place.name.startswith("stage-") and not list(place.iterdir())


def _grades(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(part.endswith("supervisor.py") for part in psutil.Process(pid).cmdline())
    return False
