"""`read_roster`: who hands in, and where. Nothing in the file is dropped in silence.

Each row below the titles becomes a row of the roster, or is named as passed over. What is wrong with a row stands
beside it as a problem; it does not take the row away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course.rosters.columns import Columns, columns_of, normal, without_titles
from grader.course.rosters.doubles import keys_of, same_person, same_work
from grader.course.rosters.links import NoSource, Source, read_pattern
from grader.course.rosters.records import PassedOver, Problem, Roster, RosterRow, State
from grader.course.rosters.rows import Draft, Rows
from grader.course.rosters.second import Pattern, SecondFile
from grader.course.rosters.table import LONG_CELL_LINES, Decoded, Table, read_text, table_of
from grader.text import clean, clean_path

__all__ = ["Roster", "RosterRow", "read_roster"]

MAX_UNKNOWN = 20
"""Unknown columns that are named one by one."""


def read_roster(
    path: Path, *, pattern: str = "", links: Path | None = None, folders: Path | None = None
) -> Roster:
    """Read a roster; its format, encoding and separator are found out. See docs/roster.md.

    Args:
        pattern: makes the link of each row that has none: `https://github.com/org/{username}-s4`.
        links: a second table that brings them, found by id, user name or e-mail address.
        folders: a cell that is no link is a path below this folder; the roster's own if it is not given.

    Raises:
        UsageError: a file is no table at all, or the pattern does not fit the roster's columns.
    """
    below = (folders or path.parent).resolve()
    second = SecondFile.of(read_roster(links, folders=below), below) if links else None
    file = read_text(path)
    table = table_of(file.text, clean_path(str(path)))
    made = _pattern(pattern, table) if pattern else None
    columns = columns_of(table, guess_links=not (pattern or links))
    rows = Rows(columns, table.titles, below)
    passed, drafts = [], []
    for record in table.rows:
        if what := rows.passed_over(record):
            passed.append(PassedOver(record.line, what))
            continue
        draft = rows.read(record)
        draft = second.completed(draft) if second else draft
        drafts.append(made.completed(draft) if made else draft)
    problems = [*_of_the_file(file, table), *_of_the_titles(table, columns, bool(pattern or links))]
    problems += [*rows.problems, *(made.problems if made else ()), *(second.problems if second else ())]
    problems += [*same_person(drafts), *same_work(drafts).values(), *(second.left() if second else ())]
    return Roster(
        file=clean(path.name, 120),
        format=columns.format,
        encoding=file.encoding,
        separator=table.separator,
        titles=tuple(clean(title) for title in table.titles),
        rows=tuple(_rows(drafts)),
        passed_over=tuple(passed),
        problems=tuple(sorted(problems, key=lambda one: (one.file, one.line))),
    )


def _pattern(text: str, table: Table) -> Pattern:
    titles = tuple(normal(title) for title in table.titles)
    return Pattern(text, {name: titles.index(name) for name in read_pattern(text, titles)})


def _rows(drafts: Sequence[Draft]) -> Iterator[RosterRow]:
    twice = same_work(drafts)
    for draft, key in zip(drafts, keys_of(drafts), strict=True):
        yield RosterRow(
            line=draft.line,
            key=key,
            id=draft.id,
            ids=draft.ids,
            name=draft.name,
            email=draft.email,
            members=draft.members,
            repository=draft.source.given if isinstance(draft.source, Source) else "",
            folder=draft.folder,
            models_repository=draft.models_repository,
            extension=draft.extension,
            state=_state(draft, twice),
            cells=draft.cells,
        )


def _state(draft: Draft, twice: dict[int, Problem]) -> State:
    if isinstance(draft.source, NoSource):
        return "bad link"
    if not draft.source.given:
        return "empty"
    return "duplicate" if draft.line in twice else "ready"


def _of_the_file(file: Decoded, table: Table) -> Iterator[Problem]:
    if file.guessed:
        fault = f"the file is no UTF-8; it was read as {file.encoding}, and names may be wrong."
        yield Problem(1, "", fault, "Save it as CSV UTF-8.", "warning")
    if "\0" in file.text:
        line = file.text.count("\n", 0, file.text.index("\0")) + 1
        yield Problem(line, "", "there are zero bytes in the file.", "Export it again.", "warning")
    for first, last in table.wide_cells:
        fault = f"one cell runs from here to line {last}: a quotation mark may be missing."
        step = "Look at the row; rows that it swallowed are not in the roster."
        yield Problem(first, "", fault, step, "mistake" if last - first >= LONG_CELL_LINES else "warning")


def _of_the_titles(table: Table, columns: Columns, can_link: bool) -> Iterator[Problem]:
    line, titles = table.header.line, table.titles
    if without_titles(table):
        fault = "the first row should hold titles, and holds a link or an e-mail address: it is not read."
        yield Problem(line, "", fault, "Add a row of titles above it: student,id,repository.")
    for at in columns.unknown[:MAX_UNKNOWN]:
        again = normal(titles[at]) in map(normal, titles[:at])
        what = "stands there a second time" if again else "is not one that the grader knows"
        fault = f"the column {what}, and is not read."
        yield Problem(line, clean(titles[at], 60), fault, "See docs/roster.md.", "warning")
    if len(columns.unknown) > MAX_UNKNOWN:
        fault = f"{len(columns.unknown) - MAX_UNKNOWN:,} more columns are not read."
        yield Problem(line, "", fault, "See docs/roster.md.", "warning")
    if columns.format == "unknown":
        step = "Give the columns titles such as student, id, repository."
        yield Problem(line, "", "no column says who somebody is.", step)
    at = columns.roles.get("repository", -1)
    if at < 0 and not can_link:
        step = "Add a column repository, or give --repository-pattern or --links."
        yield Problem(line, "", "no column says where the work is.", step)
    elif columns.found_by_links and columns.format != "Moodle worksheet":
        fault = "the column holds links and was taken for the repositories."
        yield Problem(line, clean(titles[at], 60), fault, "Call it repository if that is right.", "warning")
