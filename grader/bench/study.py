"""The study: every trial that is wanted, each in an attempt of its own, as grading runs them; what is there is reused.

A trial is done when its file is there. Killed in whatever way, the same command goes on: an attempt that had finished is
taken up by the answer that it left.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import grader
from grader.bench.assigned import Assigned
from grader.bench.energy import ON_A_GPU, SHARED, Meter
from grader.bench.jobs import job_of
from grader.bench.plan import Cell, cells
from grader.bench.records import BENCH_SCHEMA, Bench, Missing, Series, StoredTrial
from grader.bench.trials import FILE_NAME, from_run, read_trial, under, with_energy, write
from grader.bench.wanted import Wanted, work_folder
from grader.course.again.again import is_reusable
from grader.course.batch.clones import Clones
from grader.course.batch.copies import begin
from grader.course.batch.ending import answer_of
from grader.course.batch.executors.interface import Executor
from grader.course.batch.job import ANSWER, Answer, read_answer
from grader.course.stored.database import now
from grader.course.stored.results import read_run
from grader.errors import StoreError
from grader.records import MEASURING_VERSION, Absent, RunRecord
from grader.text import clean

MAX_ATTEMPTS = 3
PAUSE_SECONDS = 5.0
"""Before the second attempt; twice as long before the third."""

State = Literal["waiting", "training", "measured", "reused", "retry", "stuck", "stopped"]


@dataclass
class Row:
    """How a trial stands, for whoever shows it."""

    cell: Cell
    state: State = "waiting"
    stage: str = ""
    share: float = 0.0
    text: str = ""
    began: float = 0.0
    seconds: float = 0.0
    stored: StoredTrial | None = None


@dataclass
class Study:
    """One go at a benchmark. `changed` is told of every change, from any thread."""

    wanted: Wanted
    executor: Executor
    changed: Callable[[Row], None] = lambda _: None
    finish: threading.Event = field(default_factory=threading.Event)  # nothing new is begun
    stop: threading.Event = field(default_factory=threading.Event)  # what runs is ended
    pause_seconds: float = PAUSE_SECONDS
    rows: list[Row] = field(default_factory=list)
    specs: tuple[Assigned, ...] = ()

    def plan(self, specs: tuple[Assigned, ...]) -> None:
        """Fetch the models, and find what was measured before.

        Args:
            specs: as `assigned` prepared them.

        Raises:
            GraderError: a model cannot be had.
        """
        self.specs = specs
        found = cells(self.wanted, self.specs, Clones(self._work / "clones"))
        self.rows = [Row(cell) for cell in found]
        for row in self.rows:
            self._reuse(row)

    def run(self) -> Bench:
        """Measure what is missing, and write the result.

        Raises:
            StoreError: the disk fails, or another process is at work in this folder. What was finished stays so.
        """
        left = {row.cell.key: row for row in reversed(self.rows) if row.stored is None}
        with ThreadPoolExecutor(self.executor.slots) as pool:
            list(pool.map(self._guarded, reversed(left.values())))
        for row in self.rows:  # two models with the same files are measured once
            if row.stored is None and row is not left[row.cell.key]:
                self._reuse(row)
        made = self.result()
        write(self.wanted.out / FILE_NAME, made)
        return made

    def result(self) -> Bench:
        """What is there so far."""
        by_name: dict[tuple[str, str], list[StoredTrial]] = {}
        for row in self.rows:
            if row.stored is not None:
                by_name.setdefault(_names(row.cell), []).append(row.stored)
        return Bench(
            schema=BENCH_SCHEMA,
            grader_version=grader.__version__,
            measuring_version=MEASURING_VERSION,
            command=self.wanted.command,
            made_at=now(),
            conditions=self.specs[0].conditions,
            reference_steps=tuple(sorted(dict(one.step for one in self.specs).items())),
            series=tuple(_series(by_name[names]) for names in self._order() if names in by_name),
            missing=tuple(self._missing()),
        )

    @property
    def _work(self) -> Path:
        return work_folder(self.wanted)

    def _order(self) -> Iterator[tuple[str, str]]:
        """Spec by spec as they were asked for, and in each the models as they were given."""
        seen = dict.fromkeys(_names(row.cell) for row in self.rows)
        for one in self.specs:
            yield from (names for names in seen if names[0] == one.loaded.spec.id)

    def _missing(self) -> Iterator[Missing]:
        for row in self.rows:
            if row.stored is None:
                yield Missing(*_names(row.cell), row.cell.seed, row.text or "It was not begun.")

    # --- one trial ----------------------------------------------------------------------------------------

    def _recalled(self, cell: Cell) -> StoredTrial | None:
        """The trial as it is kept, or from the answer of an attempt whose benchmark was killed before it took it."""
        stored = read_trial(self._place(cell))
        if stored is not None and stored.key == cell.key:
            return under(stored, cell.assigned.loaded, cell.assigned.lines, cell.submission)
        try:
            answer = read_answer(self._folder(cell) / ANSWER)
            return self._taken(cell, answer, None) if answer and answer.kind == "graded" else None
        except StoreError:
            return None

    def _reuse(self, row: Row) -> None:
        stored = self._recalled(row.cell)
        if stored is not None:
            self._set(row, "reused", stored=stored)

    def _guarded(self, row: Row) -> None:
        """A fault of the store ends the benchmark: nothing new is begun, what runs is finished."""
        try:
            self._measure(row)
        except OSError as error:
            self.finish.set()
            raise StoreError(f"{self._work}: {error.strerror or error}.", "Free some space.") from error
        except BaseException:
            self.finish.set()
            raise

    def _measure(self, row: Row) -> None:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if self.finish.is_set():
                return
            row.began = time.monotonic()
            self._set(row, "training")
            meter = Meter()
            answer = self._attempt(row, meter, anew=attempt > 1)
            row.seconds = time.monotonic() - row.began
            if self._settled(row, answer, meter, last=attempt == MAX_ATTEMPTS):
                return
            self.finish.wait(self.pause_seconds * 2 ** (attempt - 1))

    def _settled(self, row: Row, answer: Answer | None, meter: Meter, *, last: bool) -> bool:
        """Take the answer of an attempt; whether this trial is over for this go."""
        if answer is None:
            self._set(row, "stopped", "It was stopped, and begins again.")
            return True
        if answer.kind == "graded" and (stored := self._taken(row.cell, answer, meter)) is not None:
            self._set(row, "measured", stored=stored)
            return True
        said = f"{answer.message} {answer.hint}".strip() or "The machine failed while it was measured."
        over = last or answer.kind not in ("machine", "graded")
        self._set(row, "stuck" if over else "retry", said)
        return over

    def _attempt(self, row: Row, meter: Meter, *, anew: bool) -> Answer | None:
        """The answer of one attempt; None where it left none because it was asked to end."""
        folder = self._folder(row.cell)
        begin(folder, job_of(self.wanted, row.cell, self.wanted.out / "runs"), anew=anew)

        def hear(event: dict[str, Any]) -> None:
            meter.hear(event)
            self._hear(row, event)

        return answer_of(folder, self.executor.attempt(folder, hear, self.stop))

    def _taken(self, cell: Cell, answer: Answer, meter: Meter | None) -> StoredTrial | None:
        """Keep what a run measured; None where the machine failed in it."""
        folder = Path(answer.folder)
        record = read_run(folder)
        if not is_reusable(record, stand_in=self.wanted.stand_in) or _machine_failed(record):
            return None
        run = folder.resolve().relative_to(self.wanted.out.resolve()).as_posix()
        on_gpu = cell.assigned.on_gpu
        stored = from_run(record, cell.key, cell.assigned.lines, on_gpu=on_gpu, run=run)
        stored = with_energy(stored, self._energy(meter, on_gpu=on_gpu))
        write(self._place(cell), stored)
        shutil.rmtree(self._folder(cell), ignore_errors=True)
        return stored

    def _energy(self, meter: Meter | None, *, on_gpu: bool) -> float | Absent:
        if on_gpu:
            return ON_A_GPU
        if self.executor.slots > 1:
            return SHARED
        return Meter(Path()).joules if meter is None else meter.joules

    def _hear(self, row: Row, event: dict[str, Any]) -> None:
        stage, text, share = event.get("stage"), event.get("text"), event.get("share")
        if isinstance(stage, str) and isinstance(text, str) and isinstance(share, int | float):
            row.stage, row.share = clean(stage, 20), float(share)
            self.changed(row)

    def _set(self, row: Row, state: State, text: str = "", stored: StoredTrial | None = None) -> None:
        row.state, row.text, row.stored = state, clean(text, 600), stored
        row.stage, row.share = "", 0.0
        self.changed(row)

    def _place(self, cell: Cell) -> Path:
        return self.wanted.out / "trials" / f"{cell.key}.json"

    def _folder(self, cell: Cell) -> Path:
        return self._work / "attempts" / cell.key


def _names(cell: Cell) -> tuple[str, str]:
    return cell.assigned.loaded.spec.id, cell.submission.name


def _series(stored: Sequence[StoredTrial]) -> Series:
    ranked = sorted(stored, key=lambda one: one.trial.seed)
    return Series(ranked[0].assignment, ranked[0].subject, tuple(one.trial for one in ranked))


def _machine_failed(record: RunRecord) -> bool:
    return record.grade.status == "infrastructure"
