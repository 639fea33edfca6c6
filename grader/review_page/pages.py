"""What a request is answered with: the way in, an item with its evidence, the whole report, and a decision."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlencode

from grader.course.stored.results import read_run
from grader.course.stored.review import DecidedMeanwhile, Wish, decide
from grader.decisions import mark
from grader.errors import StoreError, UsageError
from grader.records import RunRecord
from grader.report import review_page, staff
from grader.report.review_page import Form
from grader.review_page import guard
from grader.review_page.desk import Desk, Entry
from grader.review_page.guard import Refused
from grader.review_page.queue import VIEWS, Queue
from grader.review_page.sessions import COOKIE, Session, Sessions

ENTRANCE = "/enter"
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Pages:
    """Every page of one desk, for those who came in with a link."""

    def __init__(self, desk: Desk, sessions: Sessions, hosts: tuple[str, ...]) -> None:
        self.desk, self.sessions, self.hosts = desk, sessions, hosts

    def answer(self, method: str, target: str, headers: Message, body: bytes) -> Answer:
        """The answer to one request. Who has no session, or is refused otherwise, learns nothing of what is stored."""
        try:
            return self._routed(method, target, headers, body)
        except Refused as error:
            return Answer(error.status, f"{error.reason}\n", {"Content-Type": "text/plain; charset=utf-8"})
        except StoreError as error:
            shown = f"{error.message} {error.hint}\n".encode("utf-8", "backslashreplace").decode()
            return Answer(503, shown, {"Content-Type": "text/plain; charset=utf-8"})

    def _routed(self, method: str, target: str, headers: Message, body: bytes) -> Answer:
        host = guard.check_host(headers, self.hosts)
        path, query = guard.split_target(target)
        if path == ENTRANCE and method == "GET":
            guard.check_entrance(headers)
            return self._entered(query.get("token", ""))
        guard.check_source(headers, host, writes=method == "POST")
        session, name = self._session(path, headers)
        if method == "POST":
            fields = guard.form(headers, body)
            guard.check_form(session, name, fields)
            return self._decided(session, fields)
        ways = {"": self._home, "item": self._item, "report": self._report}
        if name not in ways:
            raise Refused(404, "There is no such page.")
        return ways[name](session, query)

    def _session(self, path: str, headers: Message) -> tuple[Session, str]:
        first, _, name = path.removeprefix("/").partition("/")
        session = self.sessions.of(first, guard.cookie(headers))
        if session is None:
            raise Refused(403, "Come in with a link: press Enter where grader review runs for a new one.")
        return session, name

    # --- pages ------------------------------------------------------------------------------------------------

    def _entered(self, token: str) -> Answer:
        session = self.sessions.enter(token)
        if session is None:
            raise Refused(
                403, "This link was used, or is none. Press Enter where grader review runs for a new one."
            )
        nonce = secrets.token_urlsafe(16)
        page = review_page.notice(
            nonce,
            title=f"Welcome, {session.who}",
            lines=("The link has done its work.",),
            onward=f"/{session.path}/",
        )
        cookie = f"{COOKIE}={session.secret}; Path=/{session.path}/; HttpOnly; SameSite=Strict"
        return _page(200, page, nonce, {"Set-Cookie": cookie})

    def _home(self, session: Session, query: Mapping[str, str]) -> Answer:
        view = query.get("view", "open")
        queue = Queue(self.desk.entries(), view if view in VIEWS else "open", session.path)
        first = next(iter(queue.listed), None)
        if first is not None:
            return _see_other(queue.address(first))
        nonce = secrets.token_urlsafe(16)
        said = {
            "open": "Nothing is open.",
            "decided": "Nobody has decided anything yet.",
            "all": "There is nothing to decide.",
        }
        lines = filter(None, (self.sessions.said(session), *self.desk.faults()))
        return _page(
            200,
            review_page.notice(nonce, title=said[queue.view], lines=tuple(lines), views=queue.views()),
            nonce,
        )

    def _item(self, session: Session, query: Mapping[str, str]) -> Answer:
        queue, entry = self._entry(session, query)
        return self._shown(session, queue, entry, None, 200)

    def _report(self, session: Session, query: Mapping[str, str]) -> Answer:
        del session  # each one may see each report
        folder = self.desk.folder(query.get("run", ""))
        if folder is None:
            raise Refused(404, "There is no such run.")
        rules = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
        )
        return Answer(200, staff.render_alone(read_run(folder)), {"Content-Security-Policy": rules})

    def _shown(self, session: Session, queue: Queue, entry: Entry, form: Form | None, status: int) -> Answer:
        record = self._record(entry)
        before, after = queue.around(entry)
        nonce = secrets.token_urlsafe(16)
        page = review_page.item(
            record,
            entry.id,
            review_page.Around(
                nonce=nonce,
                who=session.who,
                said=self.sessions.said(session),
                views=queue.views(),
                rows=queue.rows(entry),
                left_out=queue.left_out(entry),
                others=queue.others(entry),
                before=queue.address(before) if before else "",
                after=queue.address(after) if after else "",
                report=f"/{session.path}/report?{urlencode({'run': entry.run})}",
                faults=self.desk.faults(),
            ),
            form or self._empty_form(session, record, queue, entry),
        )
        return _page(status, page, nonce)

    def _empty_form(self, session: Session, record: RunRecord, queue: Queue, entry: Entry) -> Form:
        return Form(
            action=f"/{session.path}/decide",
            hidden=(
                ("form", session.form),
                ("run", entry.run),
                ("id", entry.id),
                ("view", queue.view),
                ("seen", mark(record, entry.id)),
            ),
        )

    def _entry(self, session: Session, query: Mapping[str, str]) -> tuple[Queue, Entry]:
        view = query.get("view", "open")
        queue = Queue(self.desk.entries(), view if view in VIEWS else "open", session.path)
        entry = queue.find(query.get("run", ""), query.get("id", ""))
        if entry is None:
            raise Refused(404, "There is nothing of that name to decide. It may have been graded anew since.")
        return queue, entry

    def _record(self, entry: Entry) -> RunRecord:
        folder = self.desk.folder(entry.run)
        if folder is None:
            raise Refused(404, "This run is gone.")
        return read_run(folder)

    # --- deciding ---------------------------------------------------------------------------------------------

    def _decided(self, session: Session, fields: Mapping[str, str]) -> Answer:
        queue, entry = self._entry(session, fields)
        folder = self.desk.folder(entry.run)
        if folder is None:
            raise Refused(404, "This run is gone.")
        try:
            wish = _wish(entry, fields)
            seen = {entry.id: fields.get("seen", "")}
            record = decide(folder, [wish], reason=fields.get("reason", ""), who=session.who, expecting=seen)
        except UsageError as error:
            return self._again(session, queue, entry, fields, error)
        grade = record.grade
        kept = f"Kept: {entry.id} of {entry.submission}. {grade.points:g} of {grade.max_points:g} points now."
        self.sessions.say(session, kept)
        onward = queue.next_open(entry) if queue.view == "open" else entry
        return _see_other(queue.address(onward) if onward else f"/{session.path}/")

    def _again(
        self, session: Session, queue: Queue, entry: Entry, fields: Mapping[str, str], error: UsageError
    ) -> Answer:
        """The same form with what was typed, and what was wrong with it."""
        fresh = self._empty_form(session, self._record(entry), queue, entry)
        conflict = isinstance(error, DecidedMeanwhile)
        form = Form(
            action=fresh.action,
            hidden=fresh.hidden,
            points=fields.get("points", ""),
            counts=fields.get("counts", ""),
            reason=fields.get("reason", ""),
            beyond="beyond" in fields,
            problem=f"{error.message} {error.hint}",
            conflict=conflict,
        )
        return self._shown(session, queue, entry, form, 409 if conflict else 422)


def _wish(entry: Entry, fields: Mapping[str, str]) -> Wish:
    """What the form asks for.

    Raises:
        UsageError: it asks for nothing.
    """
    if fields.get("counts", "") in _YES_NO:
        return Wish(entry.id, counts=_YES_NO[fields["counts"]])
    given = fields.get("points", "").strip().replace(",", ".")
    try:
        return Wish(entry.id, points=float(given[:40]), beyond=fields.get("beyond", "") == "yes")
    except ValueError:
        raise UsageError("Nothing was chosen.", f"Choose {entry.span}.") from None


def _see_other(place: str) -> Answer:
    return Answer(303, "", {"Location": place})


def _page(status: int, body: str, nonce: str, more: Mapping[str, str] | None = None) -> Answer:
    rules = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; script-src 'nonce-{nonce}'; "
        "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return Answer(status, body, {"Content-Security-Policy": rules, **(more or {})})
