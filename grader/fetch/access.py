"""What opens a private repository: tokens, each for one host, and the ssh agent. Only git's own process gets them.

A submission's link is written by a stranger. So a token goes to one host alone: to the one that the person who grades
named, else to the host of the first link, and then only if it is one of the large ones.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from grader.errors import FetchError, UsageError
from grader.fetch.hosts import TOKEN_USERS
from grader.fetch.url import looks_like_link, parse

TOKEN_OPTION = "--git-token-env"
SSH_OPTION = "--git-ssh"
ANY_USER = "oauth2"
MAX_TOKEN_LENGTH = 2000  # it has to fit into a pipe in one piece

_GIVEN = re.compile(r"(?:(?P<place>[^=]*)=)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_PLACE = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_NAMED = re.compile(r"\s*[A-Za-z0-9_][A-Za-z0-9_.-]*=(.+)", re.DOTALL)
_TOKEN = re.compile(r"[!-~]+")  # what a header and a line of git's own protocol can carry


@dataclass(frozen=True)
class Token:
    """A token and the one `host` or `host:port` that may get it; "" until a link says which that is."""

    secret: str = field(repr=False)
    place: str = ""

    @property
    def user(self) -> str:
        """The user name that the host wants beside a token."""
        return TOKEN_USERS.get(self.place, ANY_USER)

    def hidden_in(self, text: str) -> str:
        """`text` without the token, plain or as a header of HTTP has it: a server may repeat what it was sent."""
        header = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        return text.replace(self.secret, "…").replace(header, "…")


@dataclass(frozen=True)
class Access:
    """What git may use to open private repositories. By default nothing."""

    tokens: tuple[Token, ...] = ()
    ssh: bool = False

    def token_for(self, url: str) -> Token | None:
        """The token that the server of this address may get."""
        place = place_of(url)
        return next((token for token in self.tokens if place and token.place == place), None)

    def bound(self, sources: tuple[str, ...]) -> Access:
        """A token for no host in particular is for the host of the first link of `sources`, where that is a large one."""
        if all(token.place for token in self.tokens):
            return self
        place = next((found for source in sources if (found := _place_named(source))), "")
        place = place if place in TOKEN_USERS and not self._has(place) else ""
        return replace(
            self, tokens=tuple(token if token.place else replace(token, place=place) for token in self.tokens)
        )

    def _has(self, place: str) -> bool:
        return any(token.place == place for token in self.tokens)


NO_ACCESS = Access()


def read_access(
    given: tuple[str, ...], *, ssh: bool = False, environment: Mapping[str, str] = os.environ
) -> Access:
    """The access that `--git-token-env [HOST=]NAME` and `--git-ssh` give.

    No message repeats what was given: somebody may have pasted the token itself.

    Raises:
        UsageError: a variable is not set, or holds no token; two tokens are for one host; there is no ssh agent.
    """
    tokens = tuple(_token(words, environment) for words in given)
    places = [token.place for token in tokens]
    if len(set(places)) < len(places):
        raise UsageError(
            f"{TOKEN_OPTION} was given twice for the same host.",
            f"Give one for each: {TOKEN_OPTION} HOST=NAME.",
        )
    if ssh and not environment.get("SSH_AUTH_SOCK"):
        raise UsageError(
            f"{SSH_OPTION} uses the ssh agent, and none runs here: SSH_AUTH_SOCK is not set.",
            "Start one and add a key (eval $(ssh-agent); ssh-add), or give an https address.",
        )
    return Access(tokens, ssh)


def _token(words: str, environment: Mapping[str, str]) -> Token:
    found = _GIVEN.fullmatch(words)
    place = (found["place"] or "").lower() if found else ""
    if found is None or (found["place"] is not None and not _PLACE.fullmatch(place)):
        raise UsageError(
            f"{TOKEN_OPTION} takes the name of an environment variable, or HOST=NAME.",
            f"Give it so: {TOKEN_OPTION} COURSE_TOKEN, or {TOKEN_OPTION} git.example.edu=COURSE_TOKEN.",
        )
    secret = environment.get(found["name"], "")
    if not secret:
        raise UsageError(
            f"The environment variable that {TOKEN_OPTION} names is not set, or it is empty.",
            "Export it first; give the variable's name and never the token itself.",
        )
    if not _TOKEN.fullmatch(secret) or len(secret) > MAX_TOKEN_LENGTH:
        raise UsageError(
            f"What the environment variable of {TOKEN_OPTION} holds is no token: it is longer than "
            f"{MAX_TOKEN_LENGTH} characters, or has spaces, line breaks or characters that are not ASCII.",
            "Set it to the token alone, without quotes or a line break.",
        )
    return Token(secret, place)


def place_of(url: str) -> str:
    """The `host` or `host:port` of an https address, as git names it when it asks; "" for any other address."""
    if not url.startswith("https://"):
        return ""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _place_named(source: str) -> str:
    """The place of a link, also behind a second repository's `NAME=`; "" where it is none that can be followed."""
    named = _NAMED.fullmatch(source)
    link = named[1] if named else source
    try:
        return place_of(parse(link).url) if looks_like_link(link) else ""
    except FetchError:
        return ""
