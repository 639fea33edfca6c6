"""A batch as a total sees it: how it left each row of its roster, and whose row of the course's roster that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.course.batch.setup import rows_of
from grader.course.grades.own_runs import Claim, KnownRuns, claim_of
from grader.course.grades.subject import Part
from grader.course.rosters.extension import Extension
from grader.course.rosters.records import Roster, RosterRow
from grader.course.stored.codes import FILE_NAME as CODES
from grader.course.stored.database import Database
from grader.course.stored.folder import folder_name

NEAR = 5
"""Batches of the same assignment that are named where the one that was looked for is not there."""


@dataclass(frozen=True)
class Table:
    """`claims` and `extensions` are by the key of the course's roster, whatever roster the batch had."""

    part: Part
    batch: str
    file: str
    known: bool  # whether the batch was ever started
    near: tuple[str, ...]  # other batches of this assignment
    claims: Mapping[str, Claim]
    extensions: Mapping[str, Extension]
    runs: KnownRuns  # of the assignment, of whichever batch or command


def table_of_batch(part: Part, stem: str, roster: Roster, database: Database, *, whose: Roster) -> Table:
    """The batch of this assignment and this roster, told by the rows of the course's roster `whose`."""
    batch = folder_name(f"{part.id}-{stem}")
    standings = database.standing(batch)
    plain = rows_of(roster, "")
    coded = (
        rows_of(roster, "", coded=database.base) if (database.base / CODES).is_file() else [None] * len(plain)
    )
    claims: dict[str, Claim] = {}
    names: set[str] = set()
    for row, one, code in zip(roster.rows, plain, coded, strict=True):
        claims[row.key] = claim = claim_of(one.entry, code.entry if code else None, standings)
        names.update(claim.names)
    same = {row.key: row for row in whose.rows} if roster is whose else rows_by_id(whose.rows, roster.rows)
    known = database.batches()
    return Table(
        part,
        batch,
        roster.file,
        batch in known,
        tuple(one for one in known if one.startswith(f"{part.id}-") and one != batch)[:NEAR],
        {key: claims[row.key] for key, row in same.items()},
        {key: row.extension for key, row in same.items() if row.extension is not None},
        KnownRuns(database.runs_under(part.id), frozenset(names)),
    )


def rows_by_id(whose: Sequence[RosterRow], rows: Sequence[RosterRow]) -> dict[str, RosterRow]:
    """Key → the one row of another roster that has an id of this row, itself or through a member of its group."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for at, row in enumerate(rows):
        for word in (*row.ids, *(member.id for member in row.members)):
            found[word.casefold()].add(at)
    same = {row.key: {at for word in row.ids for at in found.get(word.casefold(), ())} for row in whose}
    return {key: rows[min(hits)] for key, hits in same.items() if len(hits) == 1}
