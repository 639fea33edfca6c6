"""The list at the side of the page: what is open, what was decided, or all of it, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from grader.report.review_page import Link
from grader.review_page.desk import Entry

VIEWS = {"open": "Open", "decided": "Decided", "all": "All"}
ROWS = 200
"""Lines of the list that one page shows; the others come with the next page."""


class Queue:
    """What can be decided, as one view shows it.

    Args:
        entries: all that can be decided, in the order of `Desk.entries`.
        view: one of `VIEWS`.
        path: the session's.
    """

    def __init__(self, entries: Sequence[Entry], view: str, path: str) -> None:
        self.view = view
        self._path = path
        self._entries = tuple(entries)
        if view == "all":
            self.listed = tuple(
                sorted(entries, key=lambda one: (one.spec_id, one.submission, one.run, one.order))
            )
        else:
            self.listed = tuple(one for one in entries if one.state == view)

    def find(self, run: str, name: str) -> Entry | None:
        return next((one for one in self._entries if (one.run, one.id) == (run, name)), None)

    def address(self, entry: Entry) -> str:
        return self._address(entry, self.view)

    def around(self, entry: Entry) -> tuple[Entry | None, Entry | None]:
        """(what comes before this one in the list, what comes after it), also where it is not in the list any more."""
        order = self._places()
        here = order[entry]
        before = [one for one in self.listed if order[one] < here]
        after = [one for one in self.listed if order[one] > here]
        return (before[-1] if before else None, after[0] if after else None)

    def next_open(self, entry: Entry) -> Entry | None:
        """What is open after this one, from the start again at the end; None where nothing else is."""
        _, after = self.around(entry)
        first = next((one for one in self.listed if one != entry), None)
        return after or first

    def views(self) -> tuple[Link, ...]:
        counts = {
            "open": sum(one.state == "open" for one in self._entries),
            "decided": sum(one.state == "decided" for one in self._entries),
            "all": len(self._entries),
        }
        return tuple(
            Link(f"/{self._path}/?view={view}", name, f"{counts[view]:,}", current=view == self.view)
            for view, name in VIEWS.items()
        )

    def rows(self, entry: Entry) -> tuple[Link, ...]:
        """The lines of the list around this entry."""
        start, end = self._window(entry)
        return tuple(self._rows(self._lines(entry)[start:end], entry))

    def left_out(self, entry: Entry) -> str:
        """How many lines are not shown, as a sentence; "" where all are."""
        start, end = self._window(entry)
        after = len(self._lines(entry)) - end
        return f"{start:,} before these, {after:,} after them." if start or after else ""

    def others(self, entry: Entry) -> tuple[Link, ...]:
        """All that can be decided about the same run."""
        return tuple(
            Link(self.address(one), one.id, one.standing, current=one == entry)
            for one in self._entries
            if one.run == entry.run
        )

    def _lines(self, here: Entry) -> tuple[Entry, ...]:
        """What the list shows; where it is about all submissions, of another one only its first entry."""
        if self.view != "all":
            return self.listed
        first = {one.run: one for one in reversed(self.listed)}
        return tuple(one for one in self.listed if one.run == here.run or one is first[one.run])

    def _rows(self, entries: Sequence[Entry], here: Entry) -> Iterator[Link]:
        heading = ""
        for one in entries:
            group, name, detail = f"{one.spec_id}: {one.id}", one.submission, one.standing
            if self.view == "all":
                own = one.run == here.run
                group = f"{one.submission}, {one.spec_id}" if own else one.spec_id
                name, detail = (one.id, one.standing) if own else (one.submission, self._left(one.run))
            new = group if group != heading else ""
            yield Link(self.address(one), name, detail, current=one == here, heading=new)
            heading = group

    def _left(self, run: str) -> str:
        count = sum(one.run == run and one.state == "open" for one in self._entries)
        return f"{count} open" if count else ""

    def _window(self, entry: Entry) -> tuple[int, int]:
        order, lines = self._places(), self._lines(entry)
        here = sum(order[one] < order[entry] for one in lines)
        start = max(0, min(here - ROWS // 2, len(lines) - ROWS))
        return start, min(len(lines), start + ROWS)

    def _places(self) -> dict[Entry, int]:
        """Where each entry would stand in the list, if all of them did."""
        whole = self.listed if self.view == "all" else self._entries
        return {one: place for place, one in enumerate(whole)}

    def _address(self, entry: Entry, view: str) -> str:
        return f"/{self._path}/item?{urlencode({'view': view, 'run': entry.run, 'id': entry.id})}"
