"""A URL means the same to us and to the network, or no request is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.web.target import MAX_URL, Refused, Target, redirected, target


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://App.Run.App", "app.run.app", 443, "/"),
        ("http://app.run.app:80/a b".replace(" ", "%20"), "app.run.app", 80, "/a%20b"),
        ("https://app.run.app./x?prompt=hi#part", "app.run.app", 443, "/x?prompt=hi"),
        ("https://münchen.run.app/ü", "xn--mnchen-3ya.run.app", 443, "/%C3%BC"),
        ("http://[2606:4700::1111]/", "2606:4700::1111", 80, "/"),
        ("http://127。0。0。1/", "127.0.0.1", 80, "/"),
        ("http://①②⑦.0.0.1/", "127.0.0.1", 80, "/"),
    ],
)
def test_taken_apart(url: str, host: str, port: int, path: str) -> None:
    found = target(url)
    assert (found.host, found.port, found.path) == (host, port, path)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://app.run.app/", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("https://ada@app.run.app/", "user name"),
        ("https://app.run.app@10.0.0.1/", "user name"),
        ("https://app.run.app\\@10.0.0.1/", "backslash"),
        ("https://app.run.app/a\r\nHost: other", "control character"),
        ("https://app.run.app:8080/", "port 8080"),
        ("https://app.run.app:99999/", "no valid address"),
        ("https://app.run.app:x/", "no valid address"),
        ("https:///path", "no valid host name"),
        ("https://[fe80::1%25lo]/", "no valid IPv6"),
        ("https://[::1", "no valid address"),
        ("https://a..b/", "no valid host name"),
        ("https://-a-.%2e/", "no valid host name"),
        (f"https://{'ü' * 300}.app/", "too long"),
        (f"https://{'a' * 64}.app/", "no valid host name"),
        (f"https://app.run.app/{'a' * MAX_URL}", "longer than"),
    ],
)
def test_refused(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        target(url)


def test_what_is_shown_has_no_query() -> None:
    assert target("https://app.run.app/x?key=secret").url == "https://app.run.app/x"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/next", "https://app.run.app/next"),
        ("//other.run.app/", "https://other.run.app/"),
        ("?b", "https://app.run.app/a"),
    ],
)
def test_a_redirect_is_read_from_where_it_came(location: str, url: str) -> None:
    base = Target("https", "app.run.app", 443, "/a")
    assert redirected(base, location, ports=frozenset({443})).url == url


@pytest.mark.parametrize(
    "location", ["http://app.run.app:22/", "gopher://x/", "//a@b/", "https://[::1", "/a b"]
)
def test_a_redirect_is_checked_like_an_address(location: str) -> None:
    with pytest.raises(Refused):
        redirected(Target("https", "app.run.app", 443, "/"), location, ports=frozenset({80, 443}))


@given(st.text(max_size=200), st.sampled_from(["", "http://", "https://"]))
def test_any_text_is_a_target_or_refused(text: str, scheme: str) -> None:
    try:
        found = target(scheme + text)
    except Refused:
        return
    assert found.host.isascii()
    assert found.path.isascii()
    assert not set(found.path) & set(" \r\n")
