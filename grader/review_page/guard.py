"""Which requests are heard: from this machine's own address, from our own page, small and well-formed.

A browser sends what any page asks it to send, and any program of this machine can connect. So the host's name is held
against our own (a foreign name may be made to point here), a request must come from our own page, and a form must carry
what only our page knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.message import Message
from urllib.parse import parse_qsl

from grader.review_page.sessions import COOKIE, Session, same

MAX_BODY = 16 * 1024
MAX_TARGET = 2048
MAX_FIELDS = 12
_FORM = "application/x-www-form-urlencoded"


class Refused(Exception):
    """A request that is answered with this status and one sentence, and with nothing of what is stored."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check_host(headers: Message, hosts: Sequence[str]) -> str:
    """The host that was asked for.

    Raises:
        Refused: it is not ours.
    """
    given = headers.get_all("Host") or []
    if len(given) != 1 or given[0].strip().lower() not in hosts:
        raise Refused(421, f"This page is at http://{hosts[0]} alone.")
    return given[0].strip().lower()


def check_source(headers: Message, host: str, *, writes: bool) -> None:
    """The request comes from our own page or from the address bar, and one that writes from our own page.

    Raises:
        Refused: another page has sent it.
    """
    site = headers.get("Sec-Fetch-Site", "same-origin" if writes else "none").lower()
    origin = headers.get("Origin")
    own = origin == f"http://{host}"
    if site not in (("same-origin",) if writes else ("same-origin", "none")):
        raise Refused(403, "Another page has sent this request.")
    if not own and (writes or origin is not None):
        raise Refused(403, "Another page has sent this request.")


def check_entrance(headers: Message) -> None:
    """A link is followed in a window of its own, wherever it stood.

    Raises:
        Refused: a page asks for it as a part of itself.
    """
    if headers.get("Sec-Fetch-Dest", "document").lower() != "document":
        raise Refused(403, "Open this link in a window.")


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """(path, query) of a request.

    Raises:
        Refused: it is too long, or no such thing.
    """
    if len(target) > MAX_TARGET or not target.isascii():
        raise Refused(414, "This address is too long.")
    path, _, query = target.partition("?")
    return path, _fields(query)


def body_length(headers: Message) -> int:
    """Bytes of the form that follows.

    Raises:
        Refused: it is no form of a known and small size.
    """
    given = headers.get_all("Content-Length") or []
    if headers.get("Transfer-Encoding") or len(given) != 1 or not re.fullmatch(r"[0-9]{1,9}", given[0]):
        raise Refused(411, "A form says how long it is.")
    if int(given[0]) > MAX_BODY:
        raise Refused(413, f"A form has at most {MAX_BODY} bytes.")
    return int(given[0])


def form(headers: Message, body: bytes) -> dict[str, str]:
    """The fields of a form.

    Raises:
        Refused: it is none.
    """
    if headers.get_content_type() != _FORM or not body.isascii():
        raise Refused(415, f"A form is sent as {_FORM}.")
    return _fields(body.decode("ascii"))


def check_form(session: Session, name: str, fields: Mapping[str, str]) -> None:
    """The form is one that this session's own page has made.

    Raises:
        Refused: it does not carry the word that only these pages know, or is sent to a page that takes none.
    """
    if name != "decide" or not same(session.form, fields.get("form", "")):
        raise Refused(403, "This form is not one of ours.")


def cookie(headers: Message) -> str:
    """The secret in the request's cookie; "" without one."""
    for pair in ";".join(headers.get_all("Cookie") or []).split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _fields(text: str) -> dict[str, str]:
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:  # too many of them, or no UTF-8
        raise Refused(400, "This request cannot be read.") from None
    fields = dict(found)
    if len(fields) != len(found):
        raise Refused(400, "A field stands twice in this request.")
    return fields
