"""Real requests to servers on this machine: what is answered, what is cut, what is refused, and whose fault it is."""

from __future__ import annotations

import json
import socket
import ssl
import time
import zlib

import pytest
import trustme

from grader.records import WebAnswer
from grader.web.ask import MAX_REDIRECTS, Patience, ask
from grader.web.connect import PUBLIC
from grader.web.request import LIMIT_BYTES

ONCE = Patience(try_seconds=2.0, pauses_seconds=())
HASTY = Patience(try_seconds=2.0, pauses_seconds=(0.01, 0.01))
BRIEF = Patience(try_seconds=0.4, pauses_seconds=())


def page(body: bytes, status: str = "200 OK", kind: str = "text/html", *more: str):
    """A whole answer."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Type: {kind}", *more))
    return sends(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def redirect(location: str, status: int = 302):
    return page(b"", f"{status} Moved", "text/html", f"Location: {location}")


def sends(*pieces: bytes, pause_seconds: float = 0.0, times: int = 1):
    """All of the pieces, again and again."""

    def answer(connected: socket.socket, _: bytes) -> None:
        for _ in range(times):
            for piece in pieces:
                connected.sendall(piece)
                time.sleep(pause_seconds)

    return answer


def asked(url: str, reach, patience: Patience = ONCE, seconds: float = 20.0) -> WebAnswer:
    return ask(url, "README.md:1", time.monotonic() + seconds, reach=reach, patience=patience).answer


# --- what is refused ----------------------------------------------------------------------------------------

FORMS = (
    "127.0.0.1",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "100.64.0.1",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[fd00::1]",
    "[fe80::1%25lo]",
    "[2002:7f00:1::]",
    "①②⑦.0.0.1",
)


@pytest.mark.parametrize("host", FORMS, ids=[f"form-{number}" for number in range(len(FORMS))])
def test_no_form_of_a_private_address_is_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is graded with; a connection would be an error here."""
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it connected"))
    for scheme in ("http", "https"):
        found = asked(f"{scheme}://{host}/latest/meta-data", PUBLIC)
        assert found.whose == "submission"
        assert "public address" in found.fault or "IPv6" in found.fault


def test_one_private_address_among_public_ones_is_enough(serve, reach) -> None:
    server = serve(page(b"in"))
    found = asked(server.url, reach(resolve=lambda host, port: ("127.0.0.1", "10.0.0.1")))
    assert (found.fault, found.whose) == ("it leads to 10.0.0.1, which is no public address", "submission")
    assert server.requests == []


def test_a_redirect_to_a_private_address_is_refused(serve, reach) -> None:
    def resolve(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.1",) if host == "app.run.app" else (host.strip("[]"),)

    inner = serve(page(b"secret"))
    for location in (
        f"http://127.0.0.2:{inner.port}/",
        f"http://[::1]:{inner.port}/",
        "http://169.254.169.254/x?k=v",
    ):
        found = asked(serve(redirect(location)).url, reach(resolve=resolve))
        assert found.fault.startswith(
            f"it redirects to {location.partition('?')[0]}, which is no public address"
        )
        assert (found.whose, found.tries) == ("submission", 1)
    assert inner.requests == []


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://ada@app.run.app/", "http://app.run.app:22/"]
)
def test_a_redirect_to_what_is_no_plain_address_is_refused(serve, reach, location: str) -> None:
    server = serve(redirect(location))
    found = asked(server.url, reach(ports=frozenset({server.port})))
    assert found.fault.startswith("it redirects to ")
    assert (found.whose, len(server.requests)) == ("submission", 1)


def test_a_name_that_changes_its_address_is_asked_for_once_only(serve, reach) -> None:
    """The second answer of its name server would be private: nobody asks for it on one way, and the next is checked."""
    answers = iter([("127.0.0.1",), ("10.0.0.1",)])
    server = serve(redirect("/again"))
    found = asked(server.url, reach(resolve=lambda host, port: next(answers)))
    assert len(server.requests) == 1
    assert "which leads to 10.0.0.1" in found.fault
    once = iter([("127.0.0.1",)])
    assert asked(serve(page(b"in")).url, reach(resolve=lambda host, port: next(once))).fault == ""


# --- what is answered ---------------------------------------------------------------------------------------


def test_a_page(serve, reach) -> None:
    server = serve(page(b"<h1>Hello\x1b[31m</h1>\n", kind="text/html; charset=utf-8"))
    found = asked(f"{server.url}x?prompt=a%20b", reach())
    assert (found.status, found.fault, found.size_bytes, found.tries) == (200, "", 20, 1)
    assert found.text == "<h1>Hello\\x1b[31m</h1>"
    assert found.content_type == "text/html; charset=utf-8"
    assert found.url == f"http://app.run.app:{server.port}/x"
    head = server.requests[0].decode()
    assert head.startswith("GET /x?prompt=a%20b HTTP/1.1\r\n")
    assert f"Host: app.run.app:{server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head
    assert not {"Cookie", "Authorization", "Referer"} & set(head.replace(":", " ").split())


def test_the_keys_of_json(serve, reach) -> None:
    body = json.dumps({"model": "m", "prompt": "p", "response": "\u202er"}).encode()
    found = asked(serve(page(body, kind="application/json")).url, reach())
    assert (found.is_json, found.json_keys) == (True, ("model", "prompt", "response"))


@pytest.mark.parametrize(
    "body",
    [b"[1]", b'{"a": ', b"{" * 100_000, b'{"a": ' * 50_000, b'{"a": ' + b"9" * 50_000 + b"}", b'{"\xff": 1}'],
)
def test_what_is_no_json_object_has_no_keys(serve, reach, body: bytes) -> None:
    found = asked(serve(page(body)).url, reach())
    assert (found.fault, found.is_json, found.json_keys) == ("", False, ())


@pytest.mark.parametrize(
    ("status", "whose"),
    [
        ("404 Not Found", "submission"),
        ("500 Oops", "submission"),
        ("403 No", "unclear"),
        ("405 No", "unclear"),
        ("503 Later", "unclear"),
    ],
)
def test_a_status_that_is_no_success(serve, reach, status: str, whose: str) -> None:
    server = serve(page(b"sorry", status))
    found = asked(server.url, reach(), HASTY)
    assert found.fault == f"it answers with HTTP status {status[:3]}"
    assert (found.whose, found.tries, len(server.requests)) == (whose, 3, 3)


def test_a_failure_that_passes_is_forgiven(serve, reach) -> None:
    found = asked(serve(page(b"", "502 Bad Gateway"), page(b"here")).url, reach(), HASTY)
    assert (found.status, found.fault, found.tries) == (200, "", 2)


def test_the_first_answer_may_be_a_slow_start(serve, reach) -> None:
    def slow(connected: socket.socket, head: bytes) -> None:
        time.sleep(0.3)
        page(b"at last")(connected, head)

    patience = Patience(try_seconds=2.0, pauses_seconds=(0.01, 0.01), quick_seconds=0.2)
    found = asked(serve(slow, page(b"quick")).url, reach(), patience)
    assert (found.text, found.tries) == ("quick", 2)
    assert found.seconds < 0.3


def test_a_body_ends_with_the_connection_where_its_length_is_not_said(serve, reach) -> None:
    server = serve(sends(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"to the ", b"end"))
    assert asked(server.url, reach()).text == "to the end"


@pytest.mark.parametrize("body", [b"", b" \r\n "])
def test_nothing_in_it(serve, reach, body: bytes) -> None:
    found = asked(serve(page(body)).url, reach())
    assert (found.fault, found.whose) == ("it answers with nothing in it", "submission")


def test_redirects_are_followed_up_to_a_number(serve, reach) -> None:
    found = asked(serve(*[redirect(f"/{n}") for n in range(MAX_REDIRECTS)], page(b"in")).url, reach())
    assert (found.fault, len(found.redirects)) == ("", MAX_REDIRECTS)
    found = asked(serve(redirect("/again")).url, reach())
    assert (found.fault, found.whose) == ("it redirects more than 3 times", "submission")


# --- what is cut --------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"


def timed(url: str, reach, patience: Patience = BRIEF) -> WebAnswer:
    began = time.monotonic()
    found = asked(url, reach, patience)
    assert time.monotonic() - began < patience.try_seconds + 0.6
    return found


def test_an_endless_body_is_cut_at_the_cap(serve, reach) -> None:
    found = asked(serve(sends(HEAD + b"\r\n", b"x" * 65536, times=1000)).url, reach())
    assert (found.fault, found.size_bytes) == ("", LIMIT_BYTES)
    assert found.notes == ("Only the first 1,000,000 bytes were read.",)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((HEAD + b"Content-Length: 10000\r\n\r\n", *[b"x"] * 60), id="body"),
        pytest.param((HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 60), id="chunks"),
        pytest.param((HEAD, *[b"X: y\r\n"] * 60), id="headers"),
        pytest.param((*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 60,), id="continues"),
        pytest.param((b"H", *[b"T"] * 60), id="status line"),
    ],
)
def test_what_drips_is_cut_in_time(serve, reach, pieces: tuple[bytes, ...]) -> None:
    found = timed(serve(sends(*pieces, pause_seconds=0.05)).url, reach())
    assert (found.fault, found.whose) == ("it did not answer in time", "submission")


def test_silence_is_cut_in_time(serve, reach) -> None:
    found = timed(serve(lambda connected, _: time.sleep(1.0)).url, reach())
    assert (found.fault, found.status) == ("it did not answer in time", 0)


def test_a_look_up_that_takes_for_ever_is_left_behind(reach) -> None:
    found = timed("http://app.run.app/", reach(resolve=lambda host, port: time.sleep(1.5)))
    assert (found.fault, found.whose) == ("its name was not found in time", "unclear")


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((HEAD, *[b"X: " + b"y" * 60_000 + b"\r\n"] * 40), id="long headers"),
        pytest.param((HEAD, *[b"X: y\r\n"] * 500), id="many headers"),
        pytest.param((b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000,) * 30, id="continues"),
        pytest.param((HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,), id="chunk size"),
        pytest.param((HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"), id="no chunk size"),
        pytest.param((b"SSH-2.0-OpenSSH_9.6\r\n",), id="another protocol"),
        pytest.param((b"",), id="nothing"),
    ],
)
def test_what_is_no_answer_of_a_web_server(serve, reach, pieces: tuple[bytes, ...]) -> None:
    found = asked(serve(sends(*pieces)).url, reach())
    assert found.fault
    assert found.whose == "unclear"


def test_a_packed_body_is_not_unpacked(serve, reach) -> None:
    bomb = zlib.compress(b"\0" * 10_000_000)
    found = asked(serve(page(bomb, "200 OK", "text/html", "Content-Encoding: deflate")).url, reach())
    assert (found.fault, found.text, found.size_bytes) == ("", "", len(bomb))
    assert "not unpacked" in found.notes[0]


# --- no connection ------------------------------------------------------------------------------------------


def test_a_refused_connection(reach) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = asked(f"http://app.run.app:{port}/", reach(), HASTY)
    assert (found.fault, found.whose, found.tries) == ("the connection was refused", "network", 3)


@pytest.mark.parametrize(
    ("error", "whose"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "network"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "machine"),
        (OSError("x"), "machine"),
    ],
)
def test_a_name_that_cannot_be_found(reach, error: OSError, whose: str) -> None:
    def resolve(host: str, port: int) -> tuple[str, ...]:
        raise error

    assert asked("http://app.run.app/", reach(resolve=resolve)).whose == whose


def test_the_second_address_is_tried(serve, reach) -> None:
    server = serve(page(b"in"))
    two = reach(resolve=lambda host, port: ("127.0.0.3", "127.0.0.1"), is_public=lambda address: True)
    assert asked(server.url, two).fault == ""


# --- TLS ----------------------------------------------------------------------------------------------------


def contexts(*names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's, whose certificate is for these names; that of somebody who trusts its issuer)."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names).configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_tls(serve, reach) -> None:
    server, client = contexts("app.run.app")
    found = asked(serve(page(b"in"), tls=server).url, reach(tls=lambda: client))
    assert (found.status, found.fault) == (200, "")


def test_a_certificate_for_another_name(serve, reach) -> None:
    server, client = contexts("other.run.app")
    found = asked(serve(page(b"in"), tls=server).url, reach(tls=lambda: client), HASTY)
    assert found.fault.startswith("its certificate does not hold (")
    assert (found.whose, found.tries) == ("submission", 1)


def test_an_issuer_that_is_not_known_here_may_be_this_machines_fault(serve, reach) -> None:
    server, _ = contexts("app.run.app")
    found = asked(serve(page(b"in"), tls=server).url, reach(tls=ssl.create_default_context))
    assert found.whose == "unclear"


def test_a_server_that_does_not_speak_tls(serve, reach) -> None:
    server = serve(page(b"in"))
    found = asked(server.url.replace("http:", "https:"), reach())
    assert (found.fault, found.whose) == ("it does not speak TLS", "unclear")


def test_a_step_down_to_http_is_noted(serve, reach) -> None:
    server, client = contexts("app.run.app")
    plain = serve(page(b"in"))
    found = asked(serve(redirect(plain.url), tls=server).url, reach(tls=lambda: client))
    assert found.fault == ""
    assert found.notes[0].startswith("It redirects from https to http")


def test_a_handshake_that_drips_is_cut_in_time(serve, reach) -> None:
    server = serve(sends(b"\x16\x03\x03\x40\x00", *[b"\x00"] * 60, pause_seconds=0.05))
    found = timed(server.url.replace("http:", "https:"), reach())
    assert (found.fault, found.whose) == ("it did not answer in time", "submission")
