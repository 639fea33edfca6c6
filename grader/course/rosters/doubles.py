"""What only shows when all rows are there: the same work or the same person twice, and a name for each row's folder."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from grader.course.rosters.links import Source
from grader.course.rosters.records import Problem, Weight
from grader.course.rosters.rows import Draft

_NAMED_LINES = 5


def keys_of(drafts: Sequence[Draft]) -> Iterator[str]:
    """A key per row: from its id, else its e-mail address, else its name; a second one of the same gets a number."""
    taken: set[str] = set()
    for draft in drafts:
        base = next(filter(None, map(_plain, (draft.id, draft.email, draft.name))), f"row-{draft.line}")
        key, number = base, 1
        while key in taken:
            number += 1
            key = f"{base}-{number}"
        taken.add(key)
        yield key


def same_work(drafts: Sequence[Draft]) -> dict[int, Problem]:
    """By line: the rows that hand in what another one does. Different folders of one repository are different work."""
    found: dict[int, Problem] = {}
    fault, step = "the same repository stands", "Both are kept: is one of them wrong?"
    for group in _groups((_repository(draft), draft) for draft in drafts):
        whole = any(not _place(draft) for draft in group)
        for same in [group] if whole else _groups((_place(draft), draft) for draft in group):
            found.update(_told(same, "repository", fault, step, "warning"))
    return found


def same_person(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Rows with the same id, or with a member that another row has, too."""
    step = "Both are kept: correct one of them."
    for same in _groups((draft.id.casefold(), draft) for draft in drafts):
        yield from _told(same, "id", f'the id "{same[0].id}" stands', step).values()
    members = ((member.id.casefold(), draft) for draft in drafts for member in dict.fromkeys(draft.members))
    for same in _groups(members):
        if len({draft.line for draft in same}) > 1:
            yield from _told(same, "members", "a member of this row stands", step).values()


def _plain(text: str) -> str:
    """Text as part of a path on any system: lower case letters without accents, digits, dot, dash, underscore."""
    ascii_text = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9._-]+", "-", ascii_text.lower()).strip("-._")
    return plain[:60].rstrip("-._")


def _repository(draft: Draft) -> str:
    return draft.source.repository if isinstance(draft.source, Source) else ""


def _place(draft: Draft) -> str:
    """Branch and folder; a link to a page, such as a README, means the folder that it lies in."""
    parts = draft.source.place.split("/") if isinstance(draft.source, Source) else []
    if len(parts) > 1 and "." in parts[-1]:
        parts = parts[:-1]
    return "/".join((*parts, draft.folder)).strip("/")


def _groups(pairs: Iterable[tuple[Hashable, Draft]]) -> list[list[Draft]]:
    """The drafts that share what they are compared by, where it is not empty-handed and there are several."""
    found: defaultdict[Hashable, list[Draft]] = defaultdict(list)
    for compared, draft in pairs:
        found[compared].append(draft)
    return [drafts for compared, drafts in found.items() if len(drafts) > 1 and compared != ""]


def _told(
    same: Sequence[Draft], column: str, fault: str, step: str, weight: Weight = "mistake"
) -> dict[int, Problem]:
    lines = list(dict.fromkeys(draft.line for draft in same))
    told = {}
    for line in lines:
        others = [str(other) for other in lines[: _NAMED_LINES + 1] if other != line][:_NAMED_LINES]
        more = len(lines) - 1 - len(others)
        listed = ", ".join(others) + (f" and {more:,} more" if more else "")
        text = f"{fault} in line{'s' if len(lines) > 2 else ''} {listed}, too."
        told[line] = Problem(line, column, text, step, weight)
    return told
