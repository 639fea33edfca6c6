"""Which stored runs are a roster row's own, and which of them may count. See docs/decisions/0021.

The batch's last word on a row counts: its run names whose work it is, and work that is newer than that is none of the
row's. Pure: the index of the runs and the batch's table of rows in, a choice out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.course.batch.entries import SETTLED, Entry
from grader.course.grades.attempts import Attempt, moment
from grader.course.stored.database import IndexedRun, Standing
from grader.errors import FetchError
from grader.fetch.url import looks_like_link, parse
from grader.text import clean, without_credentials

_DOING = {
    "waiting": "it was not fetched yet",
    "fetching": "it was not fetched yet",
    "fetched": "it was fetched and not graded",
    "grading": "its grading was stopped",
    "blocked": "you have something to put right",
    "retry": "the grader's or the machine's fault, to be tried again",
    "stuck": "the grader's or the machine's fault, each time",
}


@dataclass(frozen=True)
class Claim:
    """Who a row is in one batch: under its name, and under its code where names were replaced."""

    names: tuple[str, ...]
    link: str  # as the roster has it; "" where it has none
    standing: Standing | None  # how the batch left the row; None where no batch knows it


class KnownRuns:
    """All runs of one assignment, in the order in which they were judged, found by what a row knows of them.

    Args:
        roster_names: names and codes of all rows: their runs are theirs, whatever the link.
    """

    def __init__(self, runs: Sequence[IndexedRun], roster_names: frozenset[str]) -> None:
        self.by_id = {one.run_id: one for one in runs}
        self._by_name: defaultdict[str, list[IndexedRun]] = defaultdict(list)
        self._others: defaultdict[tuple[str, ...], list[IndexedRun]] = defaultdict(list)
        for one in runs:
            self._by_name[one.submission].append(one)
            if one.submission not in roster_names:
                self._others[_plain(one.source)].append(one)

    def named(self, names: Sequence[str]) -> Iterator[IndexedRun]:
        return (one for name in names for one in self._by_name.get(name, ()))

    def of_nobody(self, link: str) -> Sequence[IndexedRun]:
        """Runs of this link under a name that no row has."""
        return self._others.get(_plain(link), ()) if link else ()


@dataclass(frozen=True)
class OwnRuns:
    """`runs` may count, the last one judged last. At most one of `nothing` and `waits` is set."""

    runs: tuple[IndexedRun, ...] = ()
    nothing: str = ""  # why nothing was handed in
    waits: str = ""  # why nothing can be said yet
    beside: int = 0  # runs of the same link that another command made, and that do not count
    before: int = 0  # runs of the row's own that do not count any more


def claim_of(entry: Entry, coded: Entry | None, standings: dict[str, Standing]) -> Claim:
    """The row in a batch, found by its key or by its code; of both, the one that was graded last."""
    names = tuple(dict.fromkeys(one.name for one in (entry, coded) if one is not None))
    known = [standings[one.key] for one in (entry, coded) if one is not None and one.key in standings]
    return Claim(names, entry.repository, max(known, key=lambda one: one.run_id, default=None))


def own_runs(claim: Claim, runs: KnownRuns, *, by_hand: bool = False) -> OwnRuns:
    """The runs of one assignment that are this row's.

    Args:
        by_hand: count runs of the same link that another command made, too.
    """
    standing = claim.standing
    last = runs.by_id.get(standing.run_id) if standing else None
    if last is not None and last.submission not in claim.names:
        name = clean(last.submission, 60)
        return OwnRuns(waits=f"the batch graded {name} in this row: start the batch with this roster again")
    link = last.source if last is not None and last.source not in claim.names else claim.link
    own = [one for one in runs.named(claim.names) if _is_of(one, link, claim.names)]
    beside = runs.of_nobody(link)
    counting = [one for one in own if last is None or not _is_later(one, last)]
    extra = tuple(beside) if by_hand else ()
    found = OwnRuns(
        runs=tuple(sorted((*counting, *extra), key=lambda one: one.run_id)),
        beside=len(beside) - len(extra),
        before=len(own) - len(counting),
    )
    return found if extra else _by_the_batch(found, standing, last)


def _by_the_batch(found: OwnRuns, standing: Standing | None, last: IndexedRun | None) -> OwnRuns:
    """What the batch says of the row comes before any run."""
    if standing is None:
        return found
    gone = len(found.runs) + found.before
    said = clean(standing.reason, 160)
    if standing.state in ("missing", "unreachable"):
        return OwnRuns(nothing=said or standing.state, beside=found.beside, before=gone)
    if standing.state not in SETTLED:
        waits = _DOING.get(standing.state, standing.state)
        return OwnRuns(waits=f"{waits}{f' ({said})' if said else ''}", beside=found.beside, before=gone)
    if last is None:
        waits = "its run is gone or cannot be read: grade it again"
        return OwnRuns(waits=waits, beside=found.beside, before=gone)
    return found


def attempt(run: IndexedRun) -> Attempt:
    """A run as an attempt, out of the index alone: right for every run of which nothing is open."""
    return Attempt(
        run_id=run.run_id,
        work=run.commit or run.tree_digest,
        handed_in_seconds=moment(run.committed_at),
        graded_at="",  # ids of runs sort by the moment at which they were judged
        points=run.points,
        lowest=run.points,
        highest=run.highest,
        usable=run.status != "infrastructure" and run.is_grade,
    )


def same_link(one: str, other: str) -> bool:
    """Whether two links lead to the same place, however they are written; nothing is like nothing."""
    return bool(one and other) and _plain(one) == _plain(other)


def _is_of(run: IndexedRun, link: str, names: Sequence[str]) -> bool:
    """A run with codes in place of names has one for its link, too: the code says whose it is."""
    return same_link(run.source, link) or run.source == run.submission in names


def _is_later(run: IndexedRun, last: IndexedRun) -> bool:
    """Whether a run is of work that is newer than the one that the batch took: it came after the deadline."""
    if attempt(run).work == attempt(last).work:
        return False
    handed_in, taken = moment(run.committed_at), moment(last.committed_at)
    if handed_in is None or taken is None:  # work without a time is as new as its run
        return run.run_id > last.run_id
    return handed_in > taken


def _plain(link: str) -> tuple[str, ...]:
    text = without_credentials(link.strip())
    if not looks_like_link(text):
        return (text,)
    try:
        read = parse(text)
    except FetchError:
        return (text,)
    return (read.url.casefold().rstrip("/").removesuffix(".git"), *read.tail, read.path)
