"""Which requests are heard: our own host, our own page, small and well-formed."""

from __future__ import annotations

from email.message import Message

import pytest

from grader.review_page import guard
from grader.review_page.guard import Refused
from grader.review_page.sessions import COOKIE, Sessions

OURS = ("127.0.0.1:8000", "localhost:8000")
FORM = "application/x-www-form-urlencoded"


def headers(*pairs: tuple[str, str]) -> Message:
    made = Message()
    for name, value in pairs:
        made[name] = value
    return made


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000"])
def test_our_own_host_is_heard(host: str) -> None:
    assert guard.check_host(headers(("Host", host)), OURS) == host.lower()


@pytest.mark.parametrize(
    "given",
    [
        (),
        (("Host", "attacker.example:8000"),),
        (("Host", "127.0.0.1"),),
        (("Host", "127.0.0.1:8001"),),
        (("Host", "127.0.0.1:8000.attacker.example"),),
        (("Host", "127.0.0.1:8000"), ("Host", "attacker.example")),
    ],
)
def test_another_host_is_refused(given: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refused, match=r"at http://127\.0\.0\.1:8000 alone"):
        guard.check_host(headers(*given), OURS)


OWN = ("Origin", "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("given", "reads", "writes"),
    [
        ((), True, False),  # a browser says where a form comes from
        ((("Sec-Fetch-Site", "none"),), True, False),
        ((OWN,), True, True),
        ((OWN, ("Sec-Fetch-Site", "same-origin")), True, True),
        ((OWN, ("Sec-Fetch-Site", "same-site")), False, False),  # another port of this machine
        ((OWN, ("Sec-Fetch-Site", "cross-site")), False, False),
        ((("Origin", "null"),), False, False),
        ((("Origin", "http://127.0.0.1:8001"),), False, False),
        ((("Origin", "https://127.0.0.1:8000"),), False, False),
        ((("Origin", "http://127.0.0.1:8000.attacker.example"),), False, False),
    ],
)
def test_only_our_own_page_asks(given: tuple[tuple[str, str], ...], reads: bool, writes: bool) -> None:
    for wanted, expected in ((False, reads), (True, writes)):
        heard = True
        try:
            guard.check_source(headers(*given), "127.0.0.1:8000", writes=wanted)
        except Refused as error:
            heard = False
            assert error.status == 403
        assert heard == expected


@pytest.mark.parametrize("kind", ["iframe", "image", "script", "empty"])
def test_the_entrance_is_no_part_of_a_page(kind: str) -> None:
    guard.check_entrance(headers())
    guard.check_entrance(headers(("Sec-Fetch-Dest", "document")))
    with pytest.raises(Refused):
        guard.check_entrance(headers(("Sec-Fetch-Dest", kind)))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ((), 411),
        ((("Content-Length", "-1"),), 411),
        ((("Content-Length", "1e9"),), 411),
        ((("Content-Length", "٣"),), 411),
        ((("Content-Length", "5"), ("Content-Length", "6")), 411),
        ((("Content-Length", "5"), ("Transfer-Encoding", "chunked")), 411),
        ((("Content-Length", str(guard.MAX_BODY + 1)),), 413),
    ],
)
def test_a_form_is_small_and_says_so(given: tuple[tuple[str, str], ...], status: int) -> None:
    with pytest.raises(Refused) as error:
        guard.body_length(headers(*given))
    assert error.value.status == status
    assert guard.body_length(headers(("Content-Length", str(guard.MAX_BODY)))) == guard.MAX_BODY


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"a=1", 415),
        ("text/plain", b"a=1", 415),
        (FORM, b"a=\xff", 415),
        (FORM, b"a=%ff", 400),
        (FORM, b"a=1&a=2", 400),
        (FORM, b"&".join(b"f%d=1" % n for n in range(guard.MAX_FIELDS + 1)), 400),
    ],
)
def test_what_is_no_form(kind: str, body: bytes, status: int) -> None:
    with pytest.raises(Refused) as error:
        guard.form(headers(("Content-Type", kind)), body)
    assert error.value.status == status


def test_a_form_and_an_address() -> None:
    assert guard.form(headers(("Content-Type", FORM)), b"a=1&b=%C3%A4+%26") == {"a": "1", "b": "ä &"}
    assert guard.split_target("/p/item?run=a&id=") == ("/p/item", {"run": "a", "id": ""})
    for target in (f"/{'x' * guard.MAX_TARGET}", "/\xe4"):
        with pytest.raises(Refused):
            guard.split_target(target)


def test_a_form_carries_the_word_of_its_own_session() -> None:
    sessions = Sessions()
    ada, grace = sessions.enter(sessions.link("Ada")), sessions.enter(sessions.link("Grace"))
    assert ada is not None
    assert grace is not None
    guard.check_form(ada, "decide", {"form": ada.form})
    for name, fields in (
        ("decide", {}),
        ("decide", {"form": grace.form}),
        ("decide", {"form": ada.secret}),
        ("item", {"form": ada.form}),
    ):
        with pytest.raises(Refused, match="not one of ours"):
            guard.check_form(ada, name, fields)


def test_the_cookie_is_found_among_others() -> None:
    assert guard.cookie(headers(("Cookie", f"a=b; {COOKIE}=c; d"))) == "c"
    assert guard.cookie(headers(("Cookie", f"x{COOKIE}=c"))) == ""
    assert guard.cookie(headers()) == ""
