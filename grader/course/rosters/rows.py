"""From a row of cells to a row of the roster, with everything in it that somebody should put right."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.course.rosters.columns import Columns, normal
from grader.course.rosters.extension import Extension, read_extension
from grader.course.rosters.links import NoSource, Source, read_source
from grader.course.rosters.records import Member, Problem, Weight
from grader.course.rosters.table import Record
from grader.errors import UsageError
from grader.text import clean

MAX_MEMBERS = 50
_NUMBER = re.compile(r"\D{1,60}?\s*(\d{1,12})")
_NAME_AND_ID = re.compile(r"([^<>]{0,200}?)\s*<([^<>]{1,200})>")
_POSTING = frozenset({"manual posting", "muted"})
_TEST_STUDENTS = frozenset({"student, test", "test student"})


@dataclass(frozen=True)
class Draft:
    """A row by itself; what it shares with others is not known yet."""

    line: int
    id: str
    ids: tuple[str, ...]
    name: str
    email: str
    members: tuple[Member, ...]
    source: Source | NoSource
    folder: str
    models_repository: str
    extension: Extension | None
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """Reads rows; problems are gathered as they are found."""

    columns: Columns
    titles: tuple[str, ...]
    folders: Path
    problems: list[Problem] = field(default_factory=list)

    def passed_over(self, record: Record) -> str:
        """What a row is that is nobody's; "" where it is somebody's."""
        values = [cell.value.strip() for cell in record.cells]
        if not any(values):
            return "an empty row"
        if self.columns.format != "Canvas":
            return ""
        name = values[0].lower()
        if name == "points possible":
            return "the row of possible points"
        nobody = not name and not any(record.value(at).strip() for at in self.columns.ids)
        if nobody and any(value.lower() in _POSTING for value in values):
            return "the posting row"
        sis = [at for at in self.columns.ids if normal(self.titles[at]) == "sis_user_id"]
        if name in _TEST_STUDENTS and not any(record.value(at).strip() for at in sis):
            return "Canvas's test student"
        return ""

    def read(self, record: Record) -> Draft:
        name = clean(" ".join(" ".join(record.value(at) for at in self.columns.names).split()))
        id, email = self._id(record), clean(self._cell(record, "email").strip())
        further = (clean(record.value(at).strip()) for at in self.columns.ids)
        ids = tuple(dict.fromkeys(filter(None, (id, *further, email))))
        if not (name or ids):
            self._say(record, "", "the row names nobody.", "Write a name or an id.")
        extra = [cell for cell in record.cells[len(self.titles) :] if cell.value.strip()]
        if extra:
            fault = f"the row has {len(record.cells)} cells, the titles are {len(self.titles)}."
            self._say(record, "", fault, "Look for a separator in a cell without quotation marks.", "warning")
        return Draft(
            line=record.line,
            id=id or next((one for one in ids if one != email), ""),
            ids=ids,
            name=name or (ids[0] if ids else ""),
            email=email,
            members=self._members(record),
            source=self._source(record),
            folder=self._folder(record),
            models_repository=self._models(record),
            extension=self._extension(record),
            cells=tuple(cell.value for cell in record.cells),
        )

    def _cell(self, record: Record, role: str) -> str:
        return record.value(self.columns.roles.get(role, -1))

    def _title(self, role: str) -> str:
        at = self.columns.roles.get(role, -1)
        return clean(self.titles[at], 60) if at >= 0 else ""

    def _say(self, record: Record, role: str, fault: str, next_step: str, weight: Weight = "mistake") -> None:
        self.problems.append(Problem(record.line, self._title(role), fault, next_step, weight))

    def _id(self, record: Record) -> str:
        found = _NUMBER.fullmatch(self._cell(record, "identifier").strip())
        return found[1] if found else clean(self._cell(record, "id").strip())

    def _members(self, record: Record) -> tuple[Member, ...]:
        pieces = [one.strip() for one in re.split(r"[;\r\n]", self._cell(record, "members")[:20_000])]
        pieces = [one for one in pieces if one]
        if len(pieces) > MAX_MEMBERS:
            fault = f"{len(pieces)} members; the first {MAX_MEMBERS} were taken."
            self._say(record, "members", fault, "Separate members, and nothing else, by semicolons.")
        return tuple(_member(one) for one in pieces[:MAX_MEMBERS])

    def _source(self, record: Record) -> Source | NoSource:
        read = read_source(self._cell(record, "repository"), self.folders)
        if isinstance(read, NoSource):
            self._say(record, "repository", read.fault, read.next_step)
        elif read.remark:
            self._say(record, "repository", read.remark, "Look at the cell.", "warning")
        return read

    def _folder(self, record: Record) -> str:
        given = self._cell(record, "folder").strip().strip("/")
        parts = PurePosixPath(given).parts
        if len(given) > 400 or ".." in parts or "\\" in given or any(ord(one) < 32 for one in given):
            fault = f'"{clean(given, 60)}" is no folder below the repository\'s root.'
            self._say(record, "folder", fault, "Write its path with forward slashes: course/S4.")
            return ""
        return str(PurePosixPath(*parts)) if parts else ""

    def _models(self, record: Record) -> str:
        read = read_source(self._cell(record, "models_repository"), self.folders)
        if isinstance(read, NoSource):
            self._say(record, "models_repository", read.fault, read.next_step)
            return ""
        return read.given

    def _extension(self, record: Record) -> Extension | None:
        try:
            extension = read_extension(self._cell(record, "extension"))
        except UsageError as error:
            self._say(record, "extension", error.message, error.hint)
            return None
        if extension and extension.until and extension.until.zone_assumed:
            fault = f"{extension.until.shown} was given without a time zone; UTC was taken."
            self._say(record, "extension", fault, "Write the zone: 2026-03-03T23:59:00+05:30.", "warning")
        return extension


def _member(text: str) -> Member:
    found = _NAME_AND_ID.fullmatch(text[:500])
    if found is None:
        return Member(clean(text), clean(text))
    return Member(clean(found[1] or found[2]), clean(found[2].strip()))
