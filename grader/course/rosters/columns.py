"""Which column of a roster holds what: known by its title, or, where titles are in any language, by its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.course.rosters.records import Format
from grader.course.rosters.table import Record, Table
from grader.fetch.url import looks_like_link

OWN = {
    "group": "name",
    "student": "name",
    "name": "name",
    "id": "id",
    "members": "members",
    "repository": "repository",
    "repo": "repository",
    "folder": "folder",
    "models_repository": "models_repository",
    "extension": "extension",
    "email": "email",
}
"""Titles of our own, and what each holds. The first of two that hold the same is taken."""

_APPENDED = frozenset({"members", "repository", "folder", "models_repository", "extension"})
"""What a teacher may add as a column to a file of any system."""
_CLASSROOM = {"username": "id", "email": "email"}
_CLASSROOM_KNOWN = frozenset({"username", "first_name", "last_name", "email", "section", "github_id"})
_CANVAS_IDS = ("id", "sis_user_id", "sis_login_id")
_LOOKED_AT = 200
"""Rows by whose cells a column is known."""
_EMAIL = re.compile(r"[^@\s,;<>]{1,80}@[^@\s,;<>]{1,120}\.[^@\s,;<>]{2,20}")
_IDENTIFIER = re.compile(r"(\D{1,60}?)\s*\d{1,12}")
_LINK = re.compile(r"<a\s|(?:https?|ssh)://|^git@", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """Positions, counted from 0. What is not there is not in `roles`."""

    format: Format
    roles: Mapping[str, int]
    names: tuple[int, ...]  # read one after the other, with a blank between
    ids: tuple[int, ...] = ()  # further columns that identify somebody
    unknown: tuple[int, ...] = ()
    found_by_links: bool = False  # the column with the repositories has another title


def normal(title: str) -> str:
    """A title as it is compared: lower case, with one underscore for blanks and dashes."""
    return re.sub(r"[\s_-]+", "_", title.strip()).lower()


def columns_of(table: Table, *, guess_links: bool = True) -> Columns:
    """What kind of file it is, and where in it things are.

    `guess_links`: where no column is called `repository`, a column full of links is taken. A Moodle worksheet's
    answers always are.
    """
    titles = tuple(normal(cell.value) for cell in table.header.cells)
    found = (
        _canvas(titles)
        or _classroom(titles)
        or _worksheet(titles, table.rows)
        or _own(titles)
        or _participants(titles, table.rows)
        or _rest(titles)
    )
    guess = found.format == "Moodle worksheet" or (guess_links and found.format != "Canvas")
    return _with_links(found, titles, table.rows) if guess else found


def without_titles(table: Table) -> bool:
    """Whether the first row is somebody's: a title is never a link or an e-mail address."""
    cells = [cell.value.strip() for cell in table.header.cells]
    return any(_EMAIL.fullmatch(text[:400]) or _LINK.match(text) for text in cells)


def _first(titles: Sequence[str], known: Mapping[str, str]) -> dict[str, int]:
    """Role → position; by the order of `known` where several titles hold the same."""
    roles: dict[str, int] = {}
    for title, role in known.items():
        if title in titles:
            roles.setdefault(role, titles.index(title))
    return roles


def _appended(titles: Sequence[str]) -> dict[str, int]:
    return _first(titles, {title: role for title, role in OWN.items() if role in _APPENDED})


def _unknown(titles: Sequence[str], used: Sequence[int], known: frozenset[str]) -> tuple[int, ...]:
    return tuple(
        at
        for at, title in enumerate(titles)
        if title and at not in used and titles.index(title) == at and title not in known
    ) + tuple(at for at, title in enumerate(titles) if title and titles.index(title) != at)


def _canvas(titles: Sequence[str]) -> Columns | None:
    """`Student` first, and `ID`, with at least one of the columns that only an export of Canvas has beside them."""
    if titles[0] != "student" or "id" not in titles:
        return None
    if not {"sis_user_id", "sis_login_id", "section"} & set(titles):
        return None
    roles = {"id": titles.index("id"), **_appended(titles)}
    ids = tuple(titles.index(title) for title in _CANVAS_IDS if title in titles)
    return Columns("Canvas", roles, (0,), ids)


def _classroom(titles: Sequence[str]) -> Columns | None:
    if "username" not in titles or not {"github_id", "first_name"} & set(titles):
        return None
    roles = _first(titles, _CLASSROOM) | _appended(titles)
    names = tuple(titles.index(title) for title in ("first_name", "last_name") if title in titles)
    used = (*roles.values(), *names)
    return Columns("Classroom 50", roles, names, unknown=_unknown(titles, used, _CLASSROOM_KNOWN))


def _own(titles: Sequence[str]) -> Columns | None:
    roles = _first(titles, OWN)
    if not {"name", "id", "email"} & set(roles):
        return None
    names = (roles["name"],) if "name" in roles else ()
    return Columns("own columns", roles, names, unknown=_unknown(titles, tuple(roles.values()), frozenset()))


def _worksheet(titles: Sequence[str], rows: Sequence[Record]) -> Columns | None:
    """Its first column is one word, in the site's language, with a number; and the rest is not ours."""
    words = {found[1] for text in _cells(rows, 0) if (found := _IDENTIFIER.fullmatch(text.strip()))}
    if len(words) != 1 or _share(rows, 0, _IDENTIFIER) < 1:
        return None
    if sum(bool(title) and title not in OWN for title in titles[1:]) < 4:
        return None
    roles = {"identifier": 0, **_appended(titles)}
    email = _column_of(rows, range(1, len(titles)), _EMAIL)
    if email is not None:
        roles["email"] = email
    name = email != 1 and ("full_name" in titles[1:2] or _mostly_distinct(rows, 1))
    ids = (2,) if name and email == 3 else ()
    return Columns("Moodle worksheet", roles, (1,) if name else (), ids)


def _participants(titles: Sequence[str], rows: Sequence[Record]) -> Columns | None:
    """A column of e-mail addresses; what stands before it are the parts of the name."""
    email = _column_of(rows, range(len(titles)), _EMAIL)
    if email is None:
        return None
    roles = {"email": email, **_appended(titles)}
    before = [at for at in range(email) if at not in roles.values() and not _numbers(rows, at)]
    return Columns("Moodle participants", roles, tuple(before[:2]), tuple(set(range(email)) - set(before)))


def _rest(titles: Sequence[str]) -> Columns:
    roles = _appended(titles)
    return Columns("unknown", roles, (), unknown=_unknown(titles, tuple(roles.values()), frozenset()))


def _with_links(found: Columns, titles: Sequence[str], rows: Sequence[Record]) -> Columns:
    """Where no column is called `repository`: the first one of which most cells hold a link."""
    if "repository" in found.roles:
        return found
    taken = {*found.roles.values(), *found.names}
    for at in range(len(titles)):
        if at not in taken and _links(rows, at):
            roles = {**found.roles, "repository": at}
            unknown = tuple(other for other in found.unknown if other != at)
            return Columns(found.format, roles, found.names, found.ids, unknown, found_by_links=True)
    return found


# --- by what cells hold -------------------------------------------------------------------------------------


def _cells(rows: Sequence[Record], column: int) -> list[str]:
    """The cells that hold something, of the first rows."""
    return [value for row in rows[:_LOOKED_AT] if (value := row.value(column)[:400].strip())]


def _share(rows: Sequence[Record], column: int, pattern: re.Pattern[str]) -> float:
    cells = _cells(rows, column)
    return sum(bool(pattern.fullmatch(text)) for text in cells) / len(cells) if cells else 0.0


def _column_of(rows: Sequence[Record], columns: Sequence[int], pattern: re.Pattern[str]) -> int | None:
    return next((at for at in columns if _share(rows, at, pattern) >= 0.8), None)


def _numbers(rows: Sequence[Record], column: int) -> bool:
    return _share(rows, column, re.compile(r"[\d\s./-]+")) >= 0.8


def _mostly_distinct(rows: Sequence[Record], column: int) -> bool:
    """Names differ; a status is the same in most rows."""
    cells = _cells(rows, column)
    return len(cells) > 0 and 2 * len(set(cells)) > len(cells)


def _links(rows: Sequence[Record], column: int) -> bool:
    cells = _cells(rows, column)
    cells = [text for text in cells if not text.startswith("-")]  # how an export writes "nothing"
    found = sum(bool(_LINK.search(text)) or looks_like_link(text) for text in cells)
    return found > 0 and 2 * found > len(cells)
