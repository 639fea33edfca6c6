"""A whole roster graded under one spec: everything is fetched first, then attempts run on an executor's slots.

What is finished is a stored run, and is never done again: a row is graded when a run of its files under this spec is
there. So a batch that was stopped, in whatever way, is simply started again. Only what was the machine's fault is tried
anew, with growing pauses; what is the student's is a state of the row with its reason.
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grader.course.again import is_reusable, judged_again, store
from grader.course.clones import Clones, shown_as
from grader.course.database import Database, EvidenceKey, Standing
from grader.course.executors.interface import Executor
from grader.course.job import ANSWER, JOB, Answer, Job, read_answer, write
from grader.course.runs import read_run
from grader.course.store import new_run_id
from grader.errors import FetchError, GraderError, GraderFault, StoreError, UsageError
from grader.fetch.access import NO_ACCESS, Access
from grader.fetch.interface import Fetched, fetch
from grader.records import RunRecord, Submission
from grader.text import clean, without_credentials

if TYPE_CHECKING:
    from grader.spec.load import Loaded

State = Literal[
    "waiting",  # nothing was done yet
    "fetching",
    "fetched",
    "grading",
    "graded",
    "missing",  # no repository was handed in
    "unreachable",  # what was handed in cannot be had: the student's doing
    "blocked",  # something that whoever grades has to put right: a token, a path, an option
    "retry",  # the machine's fault; another attempt is due
    "stuck",  # the machine's fault each time
]
SETTLED: tuple[State, ...] = ("graded", "missing", "unreachable")
"""A row in one of these is accounted for; any other is tried when the batch is started again."""

FETCHES_AT_ONCE = 6
MAX_ATTEMPTS = 3
PAUSE_SECONDS = 5.0
"""Before the second attempt; twice as long before each further one."""
SECRET_BITS = 62


@dataclass(frozen=True)
class Entry:
    """A row of the roster, as the batch needs it."""

    key: str  # unique among the rows, and a file name
    name: str  # as tables and reports call it
    repository: str  # "" where nothing was handed in
    also: tuple[str, ...] = ()
    before: str = ""  # its own deadline, where it has one
    shown: str = ""  # in place of the repository, wherever it is shown; "" for the repository itself


@dataclass
class Row:
    """How an entry stands, for whoever shows it."""

    entry: Entry
    state: State = "waiting"
    stage: str = ""  # of its attempt: "train"
    share: float = 0.0  # of that stage
    text: str = ""  # what happens, or why it stands as it does
    attempts: int = 0
    began: float = 0.0
    seconds: float = 0.0  # of its attempt
    reused: bool = False
    submission: Submission | None = None
    record: RunRecord | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Plan:
    """What all attempts of a batch have in common."""

    loaded: Loaded
    base: Path  # folder of all runs
    work: Path  # folder of this batch, below the base
    name: str  # of this batch in the store
    job: Job  # a pattern: clone, name and secret are each row's own
    data_digest: str  # of the task's data; "" where there is none
    device_class: str
    before: str = ""
    ref: str = ""
    access: Access = NO_ACCESS  # to private repositories, for fetching alone


Changed = Callable[[Row], None]


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

    def __post_init__(self) -> None:
        self._clones = Clones(self.plan.work / "clones")
        self._known: dict[str, Standing] = {}
        self._secret = _secret_of(self.plan.work)

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
            if row.state == "waiting" and (found := self._clones.get(row.entry.key)) is not None:
                if self._is_what_was_asked(row, found):
                    row.submission = found.submission
                    self._set(row, "fetched", "")
                else:
                    self._clones.drop(row.entry.key)

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
        """Do this for all rows. A fault of the store ends the batch: nothing new is begun, what runs is finished."""

        def guarded(row: Row) -> None:
            try:
                work(row)
            except OSError as error:
                self.finish.set()
                raise StoreError(
                    f"{self.plan.work}: {error.strerror or error}.", "Free some space."
                ) from error
            except BaseException:
                self.finish.set()
                raise

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(guarded, rows))

    def _fetch(self, row: Row) -> None:
        if self.finish.is_set():
            return
        self._set(row, "fetching", row.entry.shown or row.entry.repository)
        entry, plan = row.entry, self.plan
        for attempt in range(1, MAX_ATTEMPTS + 1):
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
                if attempt == MAX_ATTEMPTS or self._waited(attempt):
                    self._set(row, "stuck" if attempt == MAX_ATTEMPTS else "waiting", _told(error, entry))
                    return

    def _waited(self, attempt: int) -> bool:
        """Pause before another attempt; whether the batch is to finish instead."""
        return self.finish.wait(self.pause_seconds * 2 ** (attempt - 1))

    # --- grading ------------------------------------------------------------------------------------------

    def _grade_all(self, *, measure: bool) -> None:
        left = [row for row in self.rows if row.state == "fetched" and not self._recalled(row)]
        if not measure:
            return
        self._each(self._grade, left, self.executor.slots)

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
            row.began = time.monotonic()
            self._set(row, "grading", "")
            answer = self._attempt(row)
            row.seconds = time.monotonic() - row.began
            if self._settled(row, answer):
                return

    def _attempt(self, row: Row) -> Answer | None:
        """The answer of one attempt; None where it left none because it was asked to end."""
        folder = self.plan.work / "attempts" / row.entry.key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write(folder / JOB, self._job(row))
        ended = self.executor.attempt(folder, lambda event: self._hear(row, event), self.stop)
        try:
            answer = read_answer(folder / ANSWER)
        except StoreError as error:
            answer = Answer("machine", "", error.message, error.hint)
        if answer is not None or ended.stopped:
            shutil.rmtree(folder, ignore_errors=True)
            return answer
        said = f" It said: {ended.tail[-400:]}" if ended.tail else ""
        how = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
        return Answer("machine", "", f"The attempt ended with {how} and without an answer.{said}")

    def _job(self, row: Row) -> Job:
        entry = row.entry
        return replace(
            self.plan.job,
            clone=str(self._clones.place(entry.key)),
            name=entry.name,
            source=entry.shown,
            command=self._again(entry),
            secret=_row_secret(self._secret, entry.key, row.submission),
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
            if record.grade.status != "infrastructure":
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
        if row.attempts >= MAX_ATTEMPTS:
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


def _secret_of(work: Path) -> int:
    """The number from which all seeds of a batch follow; drawn once, and for the grader's eyes only."""
    place = work / "secret"
    try:
        work.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            new = work / "secret.new"
            new.touch(mode=0o600)
            new.write_text(str(secrets.randbits(SECRET_BITS)), "ascii")
            new.replace(place)
        return int(place.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{place}: {error}.", "Look at its permissions, or remove it.") from error


def _row_secret(secret: int, key: str, submission: Submission | None) -> int:
    """A row's own number: the same for each attempt at the same files, and for nobody to guess."""
    tree = submission.tree_digest if submission else ""
    text = f"{secret}\n{key}\n{tree}".encode()
    return int(int.from_bytes(hashlib.sha256(text).digest()[:8], "big") % 2**SECRET_BITS)
