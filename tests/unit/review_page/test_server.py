"""The page over real sockets: who gets in, what is refused, and what a decision leaves in the store."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from grader.course.stored.results import read_run
from grader.course.stored.review import Wish, decide
from grader.errors import UsageError
from grader.review_page import server as module
from grader.review_page.desk import Desk, run_key
from grader.review_page.server import CONNECTIONS, Server
from grader.review_page.sessions import Sessions


@pytest.fixture
def server(runs: Path) -> Iterator[Server]:
    with Server(Desk(runs), Sessions()) as made:
        yield made


@dataclass
class Got:
    status: int
    body: str
    headers: dict[str, str]


@dataclass
class Visitor:
    """A browser as far as it matters here: it keeps a cookie, and says where a form comes from."""

    server: Server
    cookie: str = ""
    base: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Got:
        connection = http.client.HTTPConnection(*self.server.server_address[:2], timeout=30)
        given = {"Cookie": self.cookie} if self.cookie else {}
        if body is not None:
            given |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://{self.server.address}",
            }
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        answer = connection.getresponse()
        got = Got(answer.status, answer.read().decode(), dict(answer.getheaders()))
        connection.close()
        return got

    def come_in(self, who: str = "Ada") -> Visitor:
        where = urlsplit(self.server.link(who))
        got = self.ask("GET", f"{where.path}?{where.query}")
        assert got.status == 200
        self.cookie = got.headers["Set-Cookie"].partition(";")[0]
        self.base = re.search(r'href="(/[^"]+/)"', got.body).group(1)  # type: ignore[union-attr]
        return self

    def item(self, run: Path, name: str, view: str = "open") -> Got:
        return self.ask(
            "GET", f"{self.base}item?{urlencode({'view': view, 'run': run_key(run), 'id': name})}"
        )

    def send(self, page: Got, **fields: str) -> Got:
        return self.ask("POST", f"{self.base}decide", urlencode(hidden(page) | fields))


def hidden(page: Got) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.body)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return Visitor(server).come_in()


def test_the_way_in(server: Server) -> None:
    link = urlsplit(server.link("Ada"))
    assert (link.hostname, server.server_address[0]) == ("127.0.0.1", "127.0.0.1")
    visitor = Visitor(server)
    got = visitor.ask(
        "GET", f"{link.path}?{link.query}", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document"
    )
    assert got.status == 200
    assert re.fullmatch(
        r"grader_review=[\w-]{43}; Path=/[\w-]{43}/; HttpOnly; SameSite=Strict", got.headers["Set-Cookie"]
    )
    again = visitor.ask("GET", f"{link.path}?{link.query}")
    assert (again.status, "Set-Cookie" in again.headers) == (403, False)
    assert "This link was used" in again.body


def test_the_queue_and_an_item(visitor: Visitor, ada: Path) -> None:
    first = visitor.ask("GET", visitor.base)
    assert first.status == 303
    page = visitor.ask("GET", first.headers["Location"])
    assert page.status == 200
    for said in (
        "The log in the screenshot shows two answers of the model.",
        "Two answers, at 10:00 and 10:03.",
        "Points, 0 to 50",
        "Decided by <b>Ada</b>",
        'Open <span class="count">3</span>',
        "data:image/png;base64,",
        "75 points by the grader",
    ):
        assert said in page.body
    assert 'name="counts" value="yes"' in visitor.item(ada, "misrepresented").body
    assert "The grader gave 75 of 75" in visitor.item(ada, "small").body


def test_nothing_of_a_page_is_kept_framed_or_loaded(visitor: Visitor, ada: Path) -> None:
    pages = [visitor.item(ada, "answers") for _ in range(2)]
    rules = [page.headers["Content-Security-Policy"] for page in pages]
    assert rules[0] != rules[1]  # a nonce of its own each time
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", rules[0]).group(1)  # type: ignore[union-attr]
    assert "default-src 'none'" in rules[0]
    assert "frame-ancestors 'none'" in rules[0]
    assert re.findall(r"<script[^>]*>", pages[0].body) == [f'<script nonce="{nonce}">']
    assert pages[0].headers["Cache-Control"] == "no-store"
    assert not re.search(r'(?:src|href|action)="(?!/|#|data:)', pages[0].body)
    report = visitor.ask("GET", f"{visitor.base}report?run={run_key(ada)}")
    assert report.headers["Content-Security-Policy"].endswith("sandbox")
    assert "How the points add up" in report.body


def nothing_said(got: Got, status: int) -> None:
    """A refusal holds no student's name, no requirement and no token."""
    assert got.status == status
    assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert len(got.body) < 120
    assert not re.search(r"ada|grace|s4|screenshot|[\w-]{43}", got.body, re.IGNORECASE)


def test_without_a_session_there_is_nothing(server: Server, visitor: Visitor, ada: Path) -> None:
    stranger, other = Visitor(server), Visitor(server).come_in("Grace")
    for path in ("/", "/item", "/report", "/decide", "/favicon.ico", "/enter", "/enter?token=", visitor.base):
        nothing_said(stranger.ask("GET", path), 403)
    nothing_said(stranger.ask("GET", f"{visitor.base}report?run={run_key(ada)}"), 403)
    mixed = Visitor(server, cookie=other.cookie, base=visitor.base)
    nothing_said(mixed.item(ada, "answers"), 403)
    nothing_said(mixed.send(visitor.item(ada, "answers"), points="50", reason="Mine."), 403)
    assert read_run(ada).decisions == ()


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (421, {"Host": "attacker.example"}),
        (421, {"Host": "127.0.0.1"}),
        (403, {"Origin": "http://attacker.example"}),
        (403, {"Origin": "null"}),
        (403, {"Origin": ""}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        (403, {"Sec_Fetch_Site": "same-site"}),
        (415, {"Content_Type": "text/plain"}),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    visitor: Visitor, ada: Path, status: int, headers: dict[str, str]
) -> None:
    fields = hidden(visitor.item(ada, "answers")) | {"points": "50", "reason": "Forged."}
    nothing_said(visitor.ask("POST", f"{visitor.base}decide", urlencode(fields), **headers), status)
    assert read_run(ada).decisions == ()


@pytest.mark.parametrize("word", [None, "", "x" * 43])
def test_a_forged_form_changes_nothing(visitor: Visitor, ada: Path, word: str | None) -> None:
    fields = hidden(visitor.item(ada, "answers")) | {"points": "50", "reason": "Forged."}
    fields = {name: value for name, value in fields.items() if name != "form"}
    if word is not None:
        fields["form"] = word
    nothing_said(visitor.ask("POST", f"{visitor.base}decide", urlencode(fields)), 403)
    assert read_run(ada).decisions == ()


def test_another_page_cannot_read(visitor: Visitor, ada: Path) -> None:
    path = f"{visitor.base}item?{urlencode({'run': run_key(ada), 'id': 'answers'})}"
    for site in ("cross-site", "same-site"):
        nothing_said(visitor.ask("GET", path, Sec_Fetch_Site=site), 403)
    nothing_said(visitor.ask("GET", path, Host="attacker.example"), 421)
    assert visitor.ask("GET", path, Sec_Fetch_Site="same-origin").status == 200


@pytest.mark.parametrize("run", ["", "../../etc", "/etc/passwd", "%2e%2e", "s4/ada", "0" * 20])
def test_a_run_that_is_not_known_is_no_file(visitor: Visitor, run: str) -> None:
    nothing_said(visitor.ask("GET", f"{visitor.base}report?{urlencode({'run': run})}"), 404)
    nothing_said(visitor.ask("GET", f"{visitor.base}item?{urlencode({'run': run, 'id': 'small'})}"), 404)
    nothing_said(visitor.ask("GET", f"{visitor.base}{run or 'x'}"), 404)


def test_a_decision_is_kept_and_the_next_item_comes(visitor: Visitor, ada: Path) -> None:
    got = visitor.send(visitor.item(ada, "answers"), points="40", reason="The second is cut off.")
    assert got.status == 303
    (one,) = read_run(ada).decisions
    assert (one.id, one.points, one.reason, one.who) == ("answers", 40, "The second is cut off.", "Ada")
    after = visitor.ask("GET", got.headers["Location"])
    assert "Kept: answers of ada. 148.33 of 175 points now." in after.body
    assert "Points, 33.33 to 50" in after.body
    assert "Kept:" not in visitor.ask("GET", got.headers["Location"]).body
    decided = visitor.ask("GET", f"{visitor.base}?view=decided")
    assert "The second is cut off." in visitor.item(ada, "answers", "decided").body
    assert decided.status == 303


def test_everything_is_decided_by_the_page(visitor: Visitor, ada: Path) -> None:
    visitor.send(visitor.item(ada, "answers"), points="50", reason="Both.")
    visitor.send(visitor.item(ada, "explained"), points="50,0", reason="It is there.")
    got = visitor.send(visitor.item(ada, "misrepresented"), counts="no", reason="A slip.")
    assert read_run(ada).grade.status == "complete"
    last = visitor.ask("GET", got.headers["Location"])
    assert "Nothing is open." in last.body
    assert "Kept: misrepresented of ada." in last.body


def test_an_override_and_a_penalty_by_hand(visitor: Visitor, runs: Path) -> None:
    grace = runs / "s4" / "grace" / "20261101-100000-aaaa"
    page = visitor.item(grace, "learns-fast", "all")
    assert "<h2>Override</h2>" in page.body
    assert visitor.send(page, points="100", reason="The seed was chosen.").status == 303
    page = visitor.item(grace, "messy-names", "all")
    assert "it counts only where a person says so" in page.body
    assert visitor.send(page, counts="yes", reason="No name says anything.").status == 303
    assert [(one.id, one.was) for one in read_run(grace).decisions[2:]] == [
        ("learns-fast", "passed"),
        ("messy-names", "by hand"),
    ]
    report = (grace / "report.html").read_text("utf-8")
    assert "The seed was chosen. The grader had found: Passed, 125 points." in report
    assert "No name says anything." in report


def test_what_is_certain_is_overridden_with_the_box_alone(visitor: Visitor, ada: Path) -> None:
    page = visitor.item(ada, "explained")
    assert "Override what is certain: 0 to 50" in page.body
    refused = visitor.send(page, points="10", reason="Copied.")
    assert "33.33 of them are certain already. Give 33.33 to 50; as an override, 0 to 50." in refused.body
    assert read_run(ada).decisions == ()
    assert visitor.send(page, points="10", reason="Copied.", beyond="yes").status == 303
    said = "10 of 50 points by Ada"
    report = (ada / "report.html").read_text("utf-8")
    assert said in report
    assert "Copied. The grader had found: 33.33 to 50 points." in report


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"points": "51", "reason": "x"}, "can get 0 to 50 points, and not 51"),
        ({"points": "nan", "reason": "x"}, "and not nan"),
        ({"points": "<b>", "reason": "<i>typed</i>"}, "Nothing was chosen. Choose 0 to 50 points."),
        ({"points": "40", "reason": " "}, "A decision needs a reason"),
        ({"counts": "yes", "reason": "x"}, "is a check: it gets points"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(
    visitor: Visitor, ada: Path, fields: dict[str, str], says: str
) -> None:
    got = visitor.send(visitor.item(ada, "answers"), **fields)
    assert got.status == 422
    assert says in got.body
    assert "<b>Not kept</b>" in got.body
    assert "<i>typed" not in got.body
    if "typed" in fields["reason"]:
        assert "&lt;i&gt;typed&lt;/i&gt;</textarea>" in got.body
    assert read_run(ada).decisions == ()


def test_what_somebody_decided_meanwhile_is_shown_and_stays(visitor: Visitor, ada: Path) -> None:
    page = visitor.item(ada, "answers")
    decide(ada, [Wish("answers", points=50)], reason="Both are there.", who="Grace")
    got = visitor.send(page, points="40", reason="Cut off.")
    assert got.status == 409
    assert (
        "<b>Decided meanwhile</b> Grace has decided answers meanwhile: 50 points. Both are there." in got.body
    )
    assert 'value="40"' in got.body
    assert "Cut off.</textarea>" in got.body
    assert [one.who for one in read_run(ada).decisions] == ["Grace"]
    assert visitor.send(got, points="40", reason="Cut off.").status == 303
    assert [one.who for one in read_run(ada).decisions] == ["Grace", "Ada"]


TERMINAL = """
import sys
from pathlib import Path
from grader.course.stored.review import Wish, decide
for n in range(2):
    decide(Path(sys.argv[1]), [Wish("misrepresented", counts=n % 2 == 0)], reason=f"round {n}", who="Terminal")
"""


def test_two_reviewers_and_a_terminal_at_once_lose_nothing(server: Server, ada: Path) -> None:
    """Each insists until it is kept; two ask about the same check, and who is late is told so."""
    told: list[int] = []

    def insist(who: str, name: str) -> None:
        visitor = Visitor(server).come_in(who)
        for n in range(2):
            page = visitor.item(ada, name)
            while (got := visitor.send(page, points=str(40 + n), reason=f"round {n}")).status != 303:
                told.append(got.status)
                page = got

    terminal = subprocess.Popen([sys.executable, "-c", TERMINAL, str(ada)])
    people = [
        threading.Thread(target=insist, args=given)
        for given in (("Ada", "answers"), ("Grace", "answers"), ("Alan", "explained"))
    ]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    assert terminal.wait(60) == 0
    assert set(told) <= {409}
    decisions = read_run(ada).decisions
    for who in ("Ada", "Grace", "Alan", "Terminal"):
        assert [one.reason for one in decisions if one.who == who] == ["round 0", "round 1"]
    last = {one.id: one.points for one in decisions if one.id in ("answers", "explained")}
    assert {one.id: one.points for one in read_run(ada).outcomes} == {"small": 75, **last}


def raw(server: Server, sent: bytes) -> bytes:
    with socket.create_connection(server.server_address[:2], 10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                got += piece
        return got


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"<script>alert(1)</script> / HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(13),
)
def test_what_is_no_request_gets_nothing_and_breaks_nothing(
    visitor: Visitor, ada: Path, sent: bytes, capfd
) -> None:  # type: ignore[no-untyped-def]
    got = raw(visitor.server, sent)
    assert b"script" not in got
    assert b" 200 " not in got.split(b"\r\n")[0]
    assert visitor.item(ada, "answers").status == 200
    assert capfd.readouterr() == ("", "")


def test_no_more_than_so_many_connections(visitor: Visitor, ada: Path) -> None:
    held = [socket.create_connection(visitor.server.server_address[:2], 10) for _ in range(CONNECTIONS)]
    try:
        time.sleep(0.3)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
            visitor.item(ada, "answers")
    finally:
        for one in held:
            one.close()
    time.sleep(0.3)
    assert visitor.item(ada, "answers").status == 200


def test_a_request_that_drips_is_hung_up_on(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.5)
    with Server(Desk(runs), Sessions()) as server:
        begin = time.monotonic()
        with (
            socket.create_connection(server.server_address[:2], 10) as connection,
            contextlib.suppress(OSError),
        ):
            while time.monotonic() - begin < 8:
                connection.sendall(b"G")
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    if connection.recv(10) == b"":
                        break
        assert time.monotonic() - begin < 5


def test_who_has_not_asked_yet_is_not_waited_for(runs: Path) -> None:
    begin = time.monotonic()
    with Server(Desk(runs), Sessions()) as server:
        idle = socket.create_connection(server.server_address[:2], 10)
        time.sleep(0.2)
    idle.close()
    assert time.monotonic() - begin < 5


def test_a_port_that_is_taken_is_said(server: Server, runs: Path) -> None:
    with pytest.raises(UsageError, match=r"Port \d+ cannot be had: Address already in use"):
        Server(Desk(runs), Sessions(), server.server_address[1])


def test_a_mistake_of_ours_is_said_in_both_places(
    visitor: Visitor, ada: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(visitor.server.pages, "desk", None)
        got = visitor.item(ada, "answers")
    nothing_said(got, 500)
    assert "AttributeError" in capfd.readouterr().err
    assert visitor.item(ada, "answers").status == 200
