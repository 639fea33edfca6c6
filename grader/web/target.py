"""A student's URL taken apart, and refused where it could mean one host to us and another to the network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from grader.text import clean, without_credentials

MAX_URL = 2_000
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_IPV6 = re.compile(r"[0-9a-f:.]{2,45}")
_HIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "/%:@!$&'()*+,;=~?-._[]|"


class Refused(Exception):
    """No request is sent there. The text says why, as words behind the address."""


@dataclass(frozen=True)
class Target:
    """Where one request goes."""

    scheme: str  # "http" or "https"
    host: str  # in ASCII, lower case, without brackets
    port: int
    path: str  # with its query, as it is sent

    @property
    def place(self) -> str:
        """Host and port as the Host header writes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """As it may be shown and stored: without the query, where a secret may stand."""
        return clean(f"{self.scheme}://{self.place}{self.path.partition('?')[0]}", 300)


def target(url: str, *, ports: frozenset[int] | None = frozenset(PORTS.values())) -> Target:
    """The target of a URL.

    Args:
        ports: that may be asked; None for every one, in tests against local servers.

    Raises:
        Refused: it is no plain web address.
    """
    if len(url) > MAX_URL:
        raise Refused(f"is longer than {MAX_URL:,} characters")
    if _HIDDEN.search(url):
        raise Refused("holds a backslash, a space or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("is no valid address") from error
    if parts.scheme not in PORTS:
        raise Refused("is neither http nor https")
    if "@" in parts.netloc:
        raise Refused("holds a user name: take it out")
    number = port if port is not None else PORTS[parts.scheme]
    if ports is not None and number not in ports:
        raise Refused(f"names port {number}; only 80 and 443 are asked")
    return Target(parts.scheme, _host(parts), number, _path(parts))


def shown(url: str) -> str:
    """A URL that may be none, as it may be shown and stored."""
    return clean(without_credentials(url[:MAX_URL]), 200)


def redirected(base: Target, location: str, *, ports: frozenset[int] | None) -> Target:
    """Where a redirect leads: checked like every other address.

    Raises:
        Refused: it leads to no plain web address.
    """
    try:
        joined = urljoin(f"{base.scheme}://{base.place}{base.path}", location[: MAX_URL + 1])
    except ValueError as error:
        raise Refused("is no valid address") from error
    return target(joined, ports=ports)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if "[" in parts.netloc:
        if not _IPV6.fullmatch(host):
            raise Refused("holds no valid IPv6 address")
        return host
    if len(host) > 253:
        raise Refused("has a host name that is too long")
    try:
        written = host.encode("idna").decode("ascii").lower() if not host.isascii() else host
    except UnicodeError as error:
        raise Refused("has no valid host name") from error
    if not _HOST.fullmatch(written):
        raise Refused("has no valid host name")
    return written


def _path(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return quote(f"{parts.path or '/'}{query}", safe=_KEPT)
