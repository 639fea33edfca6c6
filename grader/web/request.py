"""One GET, without redirects: what came back, or why nothing did."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from grader import __version__
from grader.text import clean
from grader.web.connect import Reach, Unreachable, connect
from grader.web.metered import Line, TooMuch, TooSlow
from grader.web.target import Target

if TYPE_CHECKING:
    import socket

LIMIT_BYTES = 1_000_000
"""Of a body; what comes after it is not read."""
_LIMIT_RECEIVED = LIMIT_BYTES + 256 * 1024
"""Of everything that is received: headers, and what frames the body."""
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    location: str  # of a redirect, as the server wrote it
    content_type: str
    encoding: str  # "" where the body is sent as it is
    body: bytes
    cut: bool  # there is more than LIMIT_BYTES of it


def get(target: Target, reach: Reach, deadline: float) -> Answer:
    """Ask for a target, and read its answer to the end or to the cap.

    Raises:
        Refused: no request is sent there.
        Unreachable: no whole answer came in time.
    """
    connected = connect(target, reach, deadline)
    try:
        return _asked(connected, target, deadline)
    finally:
        connected.close()


def _asked(connected: socket.socket, target: Target, deadline: float) -> Answer:
    line = Line(connected, deadline, _LIMIT_RECEIVED)
    connection = http.client.HTTPConnection("unused.invalid")
    connection.sock = cast("socket.socket", line)
    try:
        connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in _headers(target).items():
            connection.putheader(name, value)
        connection.endheaders()
        return _received(connection.getresponse(), deadline)
    except (TooSlow, TimeoutError) as error:
        raise _ended("it did not answer in time", "submission") from error
    except TooMuch as error:
        raise _ended(f"it sends more than {_LIMIT_RECEIVED:,} bytes before its answer is over") from error
    except (http.client.HTTPException, ValueError) as error:
        raise _ended(f"it does not answer as a web server ({type(error).__name__})") from error
    except OSError as error:
        said = clean(error.strerror or type(error).__name__, 80)
        raise _ended(f"the connection broke off ({said})") from error


def _ended(said: str, whose: str = "unclear") -> Unreachable:
    return Unreachable(said, "submission" if whose == "submission" else "unclear", connected=True)


def _headers(target: Target) -> dict[str, str]:
    """Nothing in them tells of the machine or of a student; a body comes unpacked, or is not unpacked here."""
    return {
        "Host": target.place,
        "User-Agent": f"grader/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _received(response: http.client.HTTPResponse, deadline: float) -> Answer:
    body, cut = _body(response, deadline) if response.status // 100 == 2 else (b"", False)
    return Answer(
        status=response.status,
        location=(response.headers.get("Location") or "").strip(),
        content_type=clean(response.headers.get("Content-Type") or "", 100),
        encoding=clean((response.headers.get("Content-Encoding") or "").strip().lower(), 40).replace(
            "identity", ""
        ),
        body=body,
        cut=cut,
    )


def _body(response: http.client.HTTPResponse, deadline: float) -> tuple[bytes, bool]:
    """Only that of a success is read. It never waits for a whole chunk, so that the deadline is met."""
    parts: list[bytes] = []
    size = 0
    while size <= LIMIT_BYTES and (chunk := response.read1(_CHUNK_BYTES)):
        parts.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline:
            raise TooSlow
    return b"".join(parts)[:LIMIT_BYTES], size > LIMIT_BYTES
