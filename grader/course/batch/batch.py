"""A whole roster graded under one spec: everything is fetched, then looked at, then trained on an executor's slots.

What is finished is a stored run, and is never done again: a row is graded when a run of its files under this spec is
there. So a batch that was stopped, in whatever way, is simply started again. Only what was the machine's fault is tried
anew, with growing pauses; what is the student's is a state of the row with its reason.
"""

from __future__ import annotations

import shlex
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor as Pool
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from grader.course.again.again import is_reusable, judged_again, store, was_killed
from grader.course.batch.clones import Clones, shown_as
from grader.course.batch.copies import begin, begin_look
from grader.course.batch.ending import answer_of
from grader.course.batch.entries import Changed, Entry, Plan, Row, State
from grader.course.batch.executors.interface import Executor
from grader.course.batch.job import ANSWER, FINISH, Answer, Job, read_answer
from grader.course.batch.secret import row_secret, secret_of
from grader.course.batch.silent_hosts import SilentHosts, host_of
from grader.course.batch.threads import Threads
from grader.course.stored.database import Database, EvidenceKey, Standing
from grader.course.stored.folder import new_run_id
from grader.course.stored.results import read_run
from grader.errors import FetchError, GraderError, GraderFault, StoreError, UsageError
from grader.fetch.interface import Fetched, fetch
from grader.records import RunRecord, Submission
from grader.text import clean, without_credentials

FETCHES_AT_ONCE = 6
MAX_ATTEMPTS = 3
PAUSE_SECONDS = 5.0
"""Before the second attempt; twice as long before each further one."""
LOOKS_AT_ONCE = 25
"""Rows of which one process takes the first look: it starts slowly, and what it dies of costs the others theirs."""


@dataclass
class Batch:
    """One go at a roster. `rows` are in its order; `changed` is told of every change, from any thread."""

    plan: Plan
    database: Database
    executor: Executor
    rows: Sequence[Row]
    changed: Changed = lambda _: None
    finish: threading.Event = field(default_factory=threading.Event)  # nothing new is begun
    stop: threading.Event = field(default_factory=threading.Event)  # what runs is ended
    pause_seconds: float = PAUSE_SECONDS
    threads: Threads = field(default_factory=Threads)  # in which it is graded

    def __post_init__(self) -> None:
        self._clones = Clones(self.plan.work / "clones")
        self._known: dict[str, Standing] = {}
        self._secret = secret_of(self.plan.work)
        self._silent = SilentHosts()

    def run(self, *, fetch_only: bool = False) -> None:
        """Fetch everything, then grade everything; returns when nothing is left, or when asked to finish.

        Args:
            fetch_only: grade nothing. What was graded before is shown as it is.

        Raises:
            StoreError: the store or the disk fails: what was finished stays so.
        """
        self._recall()
        self._fetch_all()
        self._grade_all(measure=not fetch_only)

    # --- where it left off --------------------------------------------------------------------------------

    def _recall(self) -> None:
        """How each row stood when the batch was last at work. What was half done begins again."""
        known = self._known = self.database.standing(self.plan.name)
        for row in self.rows:
            was = known.get(row.entry.key)
            if row.state == "blocked":
                self._set(row, "blocked", row.text)
            elif not row.entry.repository:
                self._set(row, "missing", "Nothing was handed in.")
            elif was is not None and was.state == "unreachable":
                row.attempts, row.text = 0, was.reason  # the link may have been mended: it is tried again
            found = self._clones.get(row.entry.key) if row.state == "waiting" else None
            if found is not None and self._is_what_was_asked(row, found):
                row.submission = found.submission
                self._set(row, "fetched", "")

    def _is_what_was_asked(self, row: Row, found: Fetched) -> bool:
        """A kept clone is of the same link and deadline. A local folder may have changed: it is read again."""
        return found.submission.kind == "git" and self._asked(row) == self._clones.asked(row.entry.key)

    def _asked(self, row: Row) -> str:
        entry, plan = row.entry, self.plan
        return "\n".join((entry.repository, *entry.also, entry.before or plan.before, plan.ref))

    # --- fetching -----------------------------------------------------------------------------------------

    def _fetch_all(self) -> None:
        left = [row for row in self.rows if row.state == "waiting"]
        self._each(self._fetch, left, FETCHES_AT_ONCE)

    def _each(self, work: Callable[[Row], None], rows: Sequence[Row], at_once: int) -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(partial(self._guarded, work), rows))

    def _guarded(self, work: Callable[..., None], *given: Any) -> None:
        """A fault of the store ends the batch: nothing new is begun, what runs is finished."""
        try:
            work(*given)
        except OSError as error:
            self.finish.set()
            raise StoreError(f"{self.plan.work}: {error.strerror or error}.", "Free some space.") from error
        except BaseException:
            self.finish.set()
            raise

    def _fetch(self, row: Row) -> None:
        if self.finish.is_set():
            return
        self._set(row, "fetching", row.entry.shown or row.entry.repository)
        entry, plan = row.entry, self.plan
        host = host_of(entry.repository)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if self._silent.is_silent(host):
                self._set(row, "stuck", _gave_up(entry, host))
                return
            try:
                with fetch(
                    entry.repository,
                    ref=plan.ref,
                    before=entry.before or plan.before,
                    also=entry.also,
                    access=plan.access,
                ) as fetched:
                    self._clones.put(entry.key, fetched, self._asked(row))
                    row.submission = fetched.submission
                self._silent.answered(host)
                self._set(row, "fetched", "")
                return
            except FetchError as error:
                self._set(row, "unreachable", _told(error, entry))
                return
            except UsageError as error:
                self._set(row, "blocked", _told(error, entry))
                return
            except StoreError:
                raise
            except GraderFault as error:
                self._set(row, "fetching", f"attempt {attempt}: {_told(error, entry)}")
                if attempt == MAX_ATTEMPTS:
                    self._silent.failed(host)
                    self._set(row, "stuck", _told(error, entry))
                elif self._waited(attempt):
                    self._set(row, "waiting", _told(error, entry))
                    return

    def _waited(self, attempt: int) -> bool:
        """Pause before another attempt; whether the batch is to finish instead."""
        return self.finish.wait(self.pause_seconds * 2 ** (attempt - 1))

    # --- grading ------------------------------------------------------------------------------------------

    def _grade_all(self, *, measure: bool) -> None:
        left = [row for row in self.rows if row.state == "fetched" and not self._recalled(row)]
        if not measure:
            return
        with self.threads.pool(self.executor.slots) as pool:
            begun = [pool.submit(self._guarded, self._grade, row) for row in self._looked_at(left, pool)]
            for one in begun:
                one.result()

    # --- a first look -------------------------------------------------------------------------------------

    def _looked_at(self, rows: Sequence[Row], pool: Pool) -> Iterator[Row]:
        """The rows that are still to be graded, once everything but training was done for them, where that pays.

        Looks come first, so that whoever grades knows soon what cannot be run, and how much is left; a slot that finds
        none begins with the trainings. A look that fails costs nothing: the row's own attempt follows.
        """
        if len(rows) <= self.executor.slots:
            yield from rows
            return
        size = min(LOOKS_AT_ONCE, -(-len(rows) // self.executor.slots))
        parts = [rows[at : at + size] for at in range(0, len(rows), size)]
        looks = {
            pool.submit(self._guarded, self._look, number, part): part for number, part in enumerate(parts)
        }
        for look in self.threads.as_completed(looks):
            look.result()
            yield from (row for row in looks[look] if row.state != "graded")

    def _look(self, number: int, rows: Sequence[Row]) -> None:
        """Launch one process for these rows and take each answer as it comes."""
        if self.finish.is_set():
            return
        folder = self.plan.work / "looks" / f"{number}"
        begin_look(folder, {row.entry.key: self._job(row) for row in rows})
        left = {row.entry.key: row for row in rows}

        def hear(event: dict[str, Any]) -> None:
            if self.finish.is_set():
                (folder / FINISH).touch()
            row = left.get(str(event.get("key")))
            if row is not None and self._looked(row, folder):
                del left[row.entry.key]
            elif row is not None:
                self._hear(row, event)

        for row in rows:
            self._set(row, "looking", "")
        self.executor.attempt(folder, hear, self.stop)
        for row in left.values():
            if not self._looked(row, folder):
                self._set(row, "fetched", "")
        shutil.rmtree(folder, ignore_errors=True)

    def _looked(self, row: Row, folder: Path) -> bool:
        """Take the answer of a look, where it left one that is of use; whether it did."""
        try:
            answer = read_answer(folder / row.entry.key / ANSWER)
            if answer is None or answer.kind not in ("graded", "trains"):
                return False
            if answer.kind == "trains":
                self._set(row, "looked", answer.message)
                return True
            record = read_run(Path(answer.folder))
        except StoreError:
            return False
        if record.grade.status == "infrastructure" or was_killed(record):
            return False
        self._graded(row, record, Path(answer.folder))
        return True

    def _recalled(self, row: Row) -> bool:
        """Whether what this row needs was measured already: then it is judged, and nothing is run."""
        assert row.submission is not None
        submission = shown_as(row.submission, row.entry.name, row.entry.shown)
        key = self._key(submission)
        for folder in self._candidates(row, key):
            try:
                record = read_run(folder)
            except StoreError:
                continue
            if not is_reusable(record, stand_in=self.plan.job.stand_in):
                continue
            if _is_this(record, submission, self.plan.loaded.digest):
                self._graded(row, record, folder, reused=True)
            else:
                again = judged_again(record, self.plan.loaded, new_run_id(), submission=submission)
                self._graded(row, again, store(self.plan.base, again), reused=True)
            return True
        return False

    def _candidates(self, row: Row, key: EvidenceKey) -> Iterator[Path]:
        """Runs that may have measured what this row needs: its own last one, then any of the same files.

        Its own may have a digest of its own: an older commit of a second repository may have been taken for it.
        """
        was = self._known.get(row.entry.key)
        if was is not None and was.run_id and was.tree_digest == key.tree_digest:
            yield from self.database.with_run_id(was.run_id, key)
        yield from self.database.with_evidence(key)

    def _key(self, submission: Submission) -> EvidenceKey:
        from grader.records import MEASURING_VERSION
        from grader.spec.load import evidence_plan_digest

        plan = self.plan
        return EvidenceKey(
            submission.tree_digest,
            evidence_plan_digest(plan.loaded.spec),
            MEASURING_VERSION,
            plan.data_digest,
            plan.device_class,
        )

    def _grade(self, row: Row) -> None:
        while not self.finish.is_set():
            if self._recalled(row):  # the same files were handed in by two, and the other one came first
                return
            row.attempts += 1
            row.began = self.threads.now()
            self._set(row, "grading", "")
            answer = self._attempt(row)
            row.seconds = self.threads.now() - row.began
            if self._settled(row, answer):
                return

    def _attempt(self, row: Row) -> Answer | None:
        """The answer of one attempt; None where it left none because it was asked to end."""
        folder = self.plan.work / "attempts" / row.entry.key
        begin(folder, self._job(row), anew=row.attempts > 1)
        ended = self.executor.attempt(folder, lambda event: self._hear(row, event), self.stop)
        answer = answer_of(folder, ended)
        if ended.stopped or (folder / ANSWER).is_file():
            shutil.rmtree(folder, ignore_errors=True)
        return answer

    def _job(self, row: Row) -> Job:
        entry = row.entry
        return replace(
            self.plan.job,
            clone=str(self._clones.place(entry.key)),
            name=entry.name,
            source=entry.shown,
            command=self._again(entry),
            secret=row_secret(self._secret, entry.key, row.submission),
        )

    def _again(self, entry: Entry) -> str:
        """The command that grades this row alone, as `grader run` takes it; the report adds seeds and secret."""
        link = without_credentials(entry.shown or entry.repository)
        words = [*shlex.split(self.plan.job.command), "--repo", link]
        for name, value in (("ref", self.plan.ref), ("before", entry.before or self.plan.before)):
            words += [f"--{name}", value] if value else []
        for second in entry.also:
            words += ["--also", without_credentials(entry.shown or second)]
        return shlex.join(words)

    def _hear(self, row: Row, event: dict[str, Any]) -> None:
        """An event of an attempt, which is for the table alone."""
        stage, text, share = event.get("stage"), event.get("text"), event.get("share")
        if isinstance(stage, str) and isinstance(text, str) and isinstance(share, int | float):
            row.stage, row.share = clean(stage, 20), float(share)
            row.text = clean(text, 200) or row.text
            self.changed(row)

    def _settled(self, row: Row, answer: Answer | None) -> bool:
        """Take the answer; whether this row is over for this go."""
        if answer is None:
            self._set(row, "fetched", "Stopped; it begins again.")
            return True
        if answer.kind == "graded":
            folder = Path(answer.folder)
            record = read_run(folder)
            again = was_killed(record) and row.attempts < MAX_ATTEMPTS
            if record.grade.status != "infrastructure" and not again:
                self._graded(row, record, folder)
                return True
            answer = Answer("machine", "", record.grade.reason)
        said = f"{answer.message} {answer.hint}".strip()
        if answer.kind == "student":
            self._set(row, "unreachable", said)
            return True
        if answer.kind == "usage":  # the same for every row: it is of no use to go on
            self.finish.set()
            self._set(row, "blocked", said)
            return True
        if answer.kind == "person" or row.attempts >= MAX_ATTEMPTS:
            self._set(row, "stuck", said)
            return True
        self._set(row, "retry", said)
        return self._waited(row.attempts)

    def _graded(self, row: Row, record: RunRecord, folder: Path, *, reused: bool = False) -> None:
        if not reused or record.provenance.evidence_of:
            self.database.add(folder, record)
        row.record, row.folder, row.reused = record, folder, reused
        self._set(row, "graded", record.grade.reason)

    def _set(self, row: Row, state: State, text: str) -> None:
        row.state, row.text, row.stage, row.share = state, clean(text, 600), "", 0.0
        was = self._known.get(row.entry.key)
        run_id, tree = "", row.submission.tree_digest if row.submission else ""
        if row.record:
            run_id = row.record.run_id
        elif was is not None and was.run_id:  # until there is a new run, the last one may still be its own
            run_id, tree = was.run_id, was.tree_digest
        self.database.stand(
            self.plan.name, row.entry.key, Standing(state, row.attempts, run_id, row.text, tree)
        )
        self.changed(row)


def _gave_up(entry: Entry, host: str) -> str:
    """Why a row was not asked for at all."""
    said = "Its host" if entry.shown else clean(host, 80)
    return f"{said} failed the rows before this one, each time. Start the batch again when it answers."


def _told(error: GraderError, entry: Entry) -> str:
    """What went wrong with a row; messages name its link, so of a coded row only the kind is told."""
    if not entry.shown:
        return str(error)
    kinds = {
        FetchError: "what was handed in cannot be had",
        UsageError: "its link cannot be followed as it is",
    }
    return f"{entry.shown}: {kinds.get(type(error), 'the network or this machine failed')}."


def _is_this(record: RunRecord, submission: Submission, spec_digest: str) -> bool:
    """Whether a run is of this very submission under this very spec: then it is the row's grade as it is."""
    was = record.evidence.submission
    return record.provenance.spec_digest == spec_digest and (was.name, was.commit, was.source) == (
        submission.name,
        submission.commit,
        submission.source,
    )
