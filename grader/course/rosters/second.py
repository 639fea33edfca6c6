"""Links that do not stand in a row itself: from a second file, or made by a pattern. A row's own link goes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course.rosters.links import NoSource, Source, made_link, read_source
from grader.course.rosters.records import Problem, Roster, RosterRow
from grader.course.rosters.rows import Draft


@dataclass(frozen=True)
class SecondFile:
    """The rows of a second file, found by any word that identifies somebody: never by a name."""

    roster: Roster
    folders: Path
    rows: dict[str, list[RosterRow]]
    used: set[int] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @staticmethod
    def of(roster: Roster, folders: Path) -> SecondFile:
        rows: dict[str, list[RosterRow]] = {}
        for row in roster.rows:
            for word in dict.fromkeys(map(str.casefold, row.ids)):
                rows.setdefault(word, []).append(row)
        return SecondFile(roster, folders, rows)

    def completed(self, draft: Draft) -> Draft:
        """The row with what the second file says of it."""
        found = {row.line: row for word in draft.ids for row in self.rows.get(word.casefold(), ())}
        self.used.update(found)
        if not found:
            return draft
        if len(found) > 1:
            lines = ", ".join(str(line) for line in sorted(found)[:5])
            fault = f"{self.roster.file} has several rows for it: lines {lines}."
            self.problems.append(Problem(draft.line, "", fault, "Keep one of them there."))
            return draft
        row = next(iter(found.values()))
        return replace(
            draft,
            source=self._source(draft, row),
            folder=draft.folder or row.folder,
            members=draft.members or row.members,
            models_repository=draft.models_repository or row.models_repository,
            extension=draft.extension or row.extension,
        )

    def left(self) -> Iterator[Problem]:
        """What is wrong in the second file, and its rows that are nobody's in the roster."""
        for problem in self.roster.problems:
            yield replace(problem, file=self.roster.file)
        for row in self.roster.rows:
            if row.line not in self.used:
                fault, step = "nobody in the roster has this id or e-mail address.", "Correct one of the two."
                yield Problem(row.line, "", fault, step, file=self.roster.file)

    def _source(self, draft: Draft, row: RosterRow) -> Source | NoSource:
        if isinstance(draft.source, NoSource) or draft.source.given:
            return draft.source
        if row.state == "bad link":  # the problem stands at its own line
            return NoSource("its link in the second file cannot be read.", "Correct it there.")
        return read_source(row.repository, self.folders)


@dataclass(frozen=True)
class Pattern:
    """`https://github.com/org/{username}-s4`, for the rows that have no link."""

    text: str
    columns: dict[str, int]  # placeholder → position
    problems: list[Problem] = field(default_factory=list)

    def completed(self, draft: Draft) -> Draft:
        if isinstance(draft.source, NoSource) or draft.source.given:
            return draft
        values = {name: draft.cells[at] if at < len(draft.cells) else "" for name, at in self.columns.items()}
        made = made_link(self.text, values)
        if isinstance(made, NoSource):
            self.problems.append(Problem(draft.line, ", ".join(values), made.fault, made.next_step))
        return replace(draft, source=made)
