"""A batch replayed in virtual time: the scheduler is the real one, the attempts take what they took when measured.

`replay` runs `grader.course.batch.batch.Batch` itself, with its looks, its order, its pauses and its retries, on an
executor that sleeps in place of grading and answers with a stored run. What the batch does itself (the index, the files
of the attempts, the stored results it reads) is really done, and its cost is measured; it takes no virtual time.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scaling_times import RowTimes, Times
from virtual_time import VirtualEvent, VirtualThreads, VirtualTime

from grader.course.batch.batch import Batch
from grader.course.batch.entries import Entry, Plan, Row
from grader.course.batch.executors.interface import Ended, Hear
from grader.course.batch.job import ANSWER, JOB, Answer, Job, write
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.store import opened
from grader.records import Absent, RunRecord
from grader.report.json import render
from grader.spec.load import load_spec


@dataclass(frozen=True)
class Losses:
    """How often a device is lost, and for how long. Each device is a node of its own."""

    per_hour: float = 0.0
    repair_seconds: float = 600.0
    seed: int = 1


@dataclass(frozen=True)
class Replay:
    """What a replay came to. Seconds are virtual but for `own_seconds`."""

    devices: int
    submissions: int
    makespan_seconds: float
    busy_seconds: float  # of all devices together
    span_seconds: float  # from the start of the first run to the end of the last one
    attempts: int  # looks not counted
    lost: int  # attempts and looks that a lost device ended
    states: Counter[str]
    own_seconds: float  # of processor: what the batch itself computed

    @property
    def utilisation(self) -> float:
        return self.busy_seconds / (self.devices * self.makespan_seconds)

    @property
    def device_minutes(self) -> float:
        """Paid for, for each submission: a device costs while it waits, too."""
        return self.devices * self.makespan_seconds / 60 / self.submissions


class Devices:
    """Which devices are free, and when the next loss of each comes: drawn once, and the same for each replay."""

    def __init__(self, clock: VirtualTime, count: int, losses: Losses) -> None:
        self._clock, self._losses = clock, losses
        self._chances = [random.Random(f"{losses.seed}/{number}") for number in range(count)]
        self._up_at = [0.0] * count  # from when on it is there
        self._lost_at = [self._next_loss(number) for number in range(count)]
        self._free = set(range(count))
        self.busy_seconds, self.lost = 0.0, 0

    def take(self) -> int:
        """A free device, one that is there if any is; waits until it is back otherwise."""
        for number in self._free:
            while self._lost_at[number] <= self._clock.now:
                self._lose(number)
        taken = min(self._free, key=lambda number: (max(self._up_at[number], self._clock.now), number))
        self._free.remove(taken)
        if self._up_at[taken] > self._clock.now:
            self._clock.sleep(self._up_at[taken] - self._clock.now)
        return taken

    def give_back(self, number: int) -> None:
        self._free.add(number)

    def work(self, number: int, seconds: float) -> bool:
        """Work for so long; False where the device was lost before the end."""
        left = self._lost_at[number] - self._clock.now
        self.busy_seconds += min(left, seconds)
        self._clock.sleep(min(left, seconds))
        if left > seconds:
            return True
        self._lose(number)
        self.lost += 1
        return False

    def _lose(self, number: int) -> None:
        self._up_at[number] = self._lost_at[number] + self._losses.repair_seconds
        self._lost_at[number] = self._next_loss(number)

    def _next_loss(self, number: int) -> float:
        rate = self._losses.per_hour / 3600
        return self._up_at[number] + (self._chances[number].expovariate(rate) if rate else float("inf"))


@dataclass
class Replaying:
    """An executor that takes as long as was measured. `rows`: key → its times, with the run that is the answer."""

    clock: VirtualTime
    devices: Devices
    slots: int
    rows: dict[str, RowTimes]
    times: Times
    began: list[float] = field(default_factory=list)  # of each run
    ended: list[float] = field(default_factory=list)
    attempts: int = 0

    def attempt(self, folder: Path, hear: Hear, stop: threading.Event) -> Ended:
        device = self.devices.take()
        try:
            if stop.is_set():
                return Ended(-15, stopped=True)
            if not (folder / JOB).is_file():
                return self._look(folder, hear, device)
            return self._train(folder, device)
        finally:
            self.devices.give_back(device)

    def _train(self, folder: Path, device: int) -> Ended:
        self.attempts += 1
        row, began = self.rows[folder.name], self.clock.now + self.times.gap_seconds
        if not self.devices.work(device, row.attempt_seconds or row.look_seconds + self.times.gap_seconds):
            return _lost()
        return self._graded(folder, row, began)

    def _look(self, folder: Path, hear: Hear, device: int) -> Ended:
        if not self.devices.work(device, self.times.look_start_seconds):
            return _lost()
        for place in sorted(folder.iterdir()):
            row, began = self.rows[place.name], self.clock.now
            if not self.devices.work(device, row.look_seconds):
                return _lost()
            if row.attempt_seconds:
                write(place / ANSWER, Answer("trains"))
            else:
                self._graded(place, row, began)
            hear({"key": place.name})
        return Ended(0)

    def _graded(self, place: Path, row: RowTimes, began: float) -> Ended:
        write(place / ANSWER, Answer("graded", str(row.folder)))
        self.began.append(began)
        self.ended.append(self.clock.now)
        return Ended(0)


def _lost() -> Ended:
    return Ended(-9, why="node lost")


def replay(
    rows: Sequence[RowTimes], times: Times, devices: int, losses: Losses | None = None, *, whole: bool = False
) -> Replay:
    """Grade these rows, each as a submission of its own, on so many devices.

    Args:
        times: the batch that they were measured in.
        whole: read whole records, as a batch does: slow, and only `own_seconds` is another.
    """
    with tempfile.TemporaryDirectory() as place:
        kept, spec = _copied(rows, Path(place), whole=whole)
        clock = VirtualTime()
        executor = Replaying(clock, Devices(clock, devices, losses or Losses()), devices, _named(kept), times)
        begun = time.process_time()
        made = _run(Path(place), spec, executor)
        return Replay(
            devices,
            len(rows),
            clock.now,
            executor.devices.busy_seconds,
            max(executor.ended) - min(executor.began),
            executor.attempts,
            executor.devices.lost,
            Counter(row.state for row in made),
            time.process_time() - begun,
        )


def _named(rows: Sequence[RowTimes]) -> dict[str, RowTimes]:
    return {f"row{number:06d}": row for number, row in enumerate(rows)}


def _copied(rows: Sequence[RowTimes], base: Path, *, whole: bool) -> tuple[list[RowTimes], str]:
    """The rows with their runs below `base`, and the spec of the runs. The store that was measured is only read."""
    spec = read_run(rows[0].folder).provenance.spec_id
    for folder in {row.folder for row in rows}:
        record = read_run(folder)
        copy = _copy_of(folder, base)
        copy.mkdir(parents=True)
        (copy / RESULT).write_text(render(record if whole else _small(record)), "utf-8")
    return [replace(row, folder=_copy_of(row.folder, base)) for row in rows], spec


def _small(record: RunRecord) -> RunRecord:
    """Without what is large and decides nothing: a batch looks at how the run was graded."""
    none = Absent("skipped", "A replay needs none.")
    return replace(record, evidence=replace(record.evidence, model=none, recipe=none), outcomes=())


def _copy_of(folder: Path, base: Path) -> Path:
    return base.joinpath(*folder.parts[-3:])


def _run(base: Path, spec: str, executor: Replaying) -> list[Row]:
    work = base / ".batches" / "replayed"
    work.mkdir(parents=True)
    loaded = load_spec(spec)
    job = Job(loaded.path_shown, "", str(base), "", "", f"grader run {spec}", 0)
    plan = Plan(loaded, base, work, "replayed", job, data_digest="", device_class="cpu")
    first = read_run(next(iter(executor.rows.values())).folder).evidence.submission
    rows = [
        Row(
            Entry(key, key, f"https://example.org/{key}"),
            "fetched",
            submission=replace(first, tree_digest=key),
        )
        for key in executor.rows
    ]
    with opened(base) as database:
        clock = executor.clock
        Batch(plan, database, executor, rows, finish=VirtualEvent(clock), threads=VirtualThreads(clock)).run()
    return rows
