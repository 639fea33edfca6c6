"""Who may come in: a link that works once, and the session that it is exchanged for.

A session has a path of its own, and its cookie is sent to that path alone: cookies do not tell ports apart, and another
program's page on this machine must not be handed it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

COOKIE = "grader_review"
_BYTES = 32


@dataclass(frozen=True)
class Session:
    """One person in one browser."""

    path: str  # the first part of every address of this session
    secret: str  # in the cookie
    form: str  # in each form: a request that another page sends does not have it
    who: str


class Sessions:
    """The links that nobody has followed yet, and the sessions that began with one. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._links: dict[str, str] = {}
        self._sessions: dict[str, Session] = {}
        self._said: dict[str, str] = {}

    def link(self, who: str) -> str:
        """A new token for this person; one that was not used yet is worth nothing from now on."""
        token = _secret()
        with self._lock:
            self._links = {key: name for key, name in self._links.items() if name != who}
            self._links[_digest(token)] = who
        return token

    def enter(self, token: str) -> Session | None:
        """The session that this token is exchanged for, once."""
        with self._lock:
            who = self._links.pop(_digest(token), None)
            if who is None:
                return None
            made = Session(_secret(), _secret(), _secret(), who)
            self._sessions[made.path] = made
            return made

    def of(self, path: str, secret: str) -> Session | None:
        """The session of this path, for who knows its secret."""
        with self._lock:
            known = self._sessions.get(path)
        return known if known is not None and same(known.secret, secret) else None

    def say(self, session: Session, text: str) -> None:
        """A sentence for the next page of this session."""
        with self._lock:
            self._said[session.path] = text

    def said(self, session: Session) -> str:
        """That sentence, once."""
        with self._lock:
            return self._said.pop(session.path, "")


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _secret() -> str:
    return secrets.token_urlsafe(_BYTES)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
