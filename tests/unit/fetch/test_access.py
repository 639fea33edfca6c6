"""Which token is for which host, and what is no token at all."""

from __future__ import annotations

import base64

import pytest

from grader.errors import UsageError
from grader.fetch.access import MAX_TOKEN_LENGTH, NO_ACCESS, Token, place_of, read_access

SECRET = "planted-0123456789"
ENVIRONMENT = {"COURSE": SECRET, "OTHER": "planted-other", "SSH_AUTH_SOCK": "/run/agent"}


def tokens_of(given: tuple[str, ...], *sources: str) -> dict[str, str]:
    bound = read_access(given, environment=ENVIRONMENT).bound(sources)
    return {token.place: token.secret for token in bound.tokens}


@pytest.mark.parametrize(
    ("sources", "place"),
    [
        (("https://github.com/o/r/tree/main/S4",), "github.com"),
        (("github.com/o/r", "https://gitlab.com/o/models"), "github.com"),
        (("https://colab.research.google.com/github/o/r/blob/main/x.ipynb",), "github.com"),
        (("https://www.gitlab.com/o/r",), "gitlab.com"),
        ((".", "https://github.com/o/models"), "github.com"),
        (("./work", "models=https://bitbucket.org/o/models"), "bitbucket.org"),
        (("git@github.com:o/r.git", "https://codeberg.org/o/r"), "codeberg.org"),
    ],
)
def test_a_token_without_a_host_is_for_that_of_the_first_link(sources: tuple[str, ...], place: str) -> None:
    assert tokens_of(("COURSE",), *sources) == {place: SECRET}


@pytest.mark.parametrize(
    "sources",
    [
        ("https://github.com.evil.example/o/r",),
        ("https://git.example.edu:8443/o/r",),
        ("https://git.example.edu/o/r", "https://github.com/o/r"),
        ("https://user@evil.example/github.com/o/r",),
        ("http://evil.example/o/r",),
        ("git@github.com:o/r.git",),
        ("./work",),
        (),
    ],
)
def test_and_only_where_that_is_a_large_one(sources: tuple[str, ...]) -> None:
    access = read_access(("COURSE",), environment=ENVIRONMENT).bound(sources)
    assert access.tokens[0].place == ""
    assert all(access.token_for(source) is None for source in (*sources, "https://github.com/o/r", ""))


def test_a_host_that_is_named_gets_its_own_token_wherever_it_stands() -> None:
    given = ("Git.Example.edu:8443=COURSE", "[::1]:8443=OTHER")
    access = read_access(given, environment=ENVIRONMENT).bound(("https://github.com/o/r",))
    found = {
        url: access.token_for(url)
        for url in (
            "https://git.example.edu:8443/o/r",
            "https://[::1]:8443/o/r",
            "https://git.example.edu/o/r",
            "https://github.com/o/r",
            "http://git.example.edu:8443/o/r",
            "ssh://git@git.example.edu:8443/o/r",
            "/srv/git.example.edu:8443",
        )
    }
    assert [token.secret if token else "" for token in found.values()] == [SECRET, "planted-other", *[""] * 5]


def test_one_for_the_link_and_one_by_name() -> None:
    assert tokens_of(("COURSE", "git.example.edu=OTHER"), "https://github.com/o/r") == {
        "github.com": SECRET,
        "git.example.edu": "planted-other",
    }
    assert tokens_of(("COURSE", "github.com=OTHER"), "https://github.com/o/r") == {
        "": SECRET,
        "github.com": "planted-other",
    }


@pytest.mark.parametrize(
    ("place", "user"),
    [
        ("github.com", "x-access-token"),
        ("gitlab.com", "oauth2"),
        ("bitbucket.org", "x-token-auth"),
        ("git.example.edu", "oauth2"),
    ],
)
def test_the_user_name_that_a_host_wants(place: str, user: str) -> None:
    assert Token(SECRET, place).user == user


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("",), "takes the name of an environment variable"),
        (("planted-pasted-itself",), "takes the name of an environment variable"),
        (("two words",), "takes the name of an environment variable"),
        (("=COURSE",), "takes the name of an environment variable"),
        (("https://github.com=COURSE",), "takes the name of an environment variable"),
        (("github.com/o=COURSE",), "takes the name of an environment variable"),
        (("user@github.com=COURSE",), "takes the name of an environment variable"),
        (("planted_PASTED_1",), "is not set"),
        (("EMPTY",), "is not set"),
        (("SPACE",), "holds is no token"),
        (("LINES",), "holds is no token"),
        (("RETURN",), "holds is no token"),
        (("ESCAPE",), "holds is no token"),
        (("WIDE",), "holds is no token"),
        (("NUL",), "holds is no token"),
        (("LONG",), "holds is no token"),
        (("COURSE", "COURSE"), "twice for the same host"),
        (("a.example=COURSE", "A.example=OTHER"), "twice for the same host"),
    ],
)
def test_what_is_no_token_is_told_without_it(given: tuple[str, ...], said: str) -> None:
    odd = {
        "EMPTY": "",
        "SPACE": f"{SECRET} ",
        "LINES": f"{SECRET}\nprotocol=http",
        "RETURN": f"{SECRET}\r",
        "ESCAPE": f"\x1b[31m{SECRET}",
        "WIDE": f"{SECRET}ö",
        "NUL": f"{SECRET}\0",
        "LONG": "planted" * MAX_TOKEN_LENGTH,
    }
    with pytest.raises(UsageError) as raised:
        read_access(given, environment={**ENVIRONMENT, **odd})
    assert said in raised.value.message
    assert raised.value.hint
    assert "planted" not in str(raised.value)


def test_ssh_needs_an_agent() -> None:
    assert read_access((), ssh=True, environment=ENVIRONMENT).ssh
    with pytest.raises(UsageError, match="none runs here") as raised:
        read_access((), ssh=True, environment={})
    assert "ssh-add" in raised.value.hint


def test_by_default_there_is_nothing() -> None:
    assert read_access((), environment=ENVIRONMENT) == NO_ACCESS
    assert NO_ACCESS.bound(("https://github.com/o/r",)) == NO_ACCESS


def test_a_token_does_not_show_itself() -> None:
    access = read_access(("COURSE",), environment=ENVIRONMENT).bound(("https://github.com/o/r",))
    assert SECRET not in f"{access!r} {access}"
    header = base64.b64encode(f"x-access-token:{SECRET}".encode()).decode()
    assert access.tokens[0].hidden_in(f"a {SECRET} b Basic {header} c") == "a … b Basic … c"


def test_a_place_is_what_git_names() -> None:
    assert place_of("https://GitHub.com/o/r") == "github.com"
    assert place_of("https://localhost:8443/o/r") == "localhost:8443"
    assert place_of("git@github.com:o/r") == ""
