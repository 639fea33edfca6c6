"""Open a URL within a time that holds as a whole: name look-up, connect, handshake and the answer's headers.

A socket's timeout bounds each step and each address of a host by itself, and the name look-up not at all, so
the attempt runs in a thread of its own that is left behind when its time is over.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import Future

from grader import __version__


class NoConnection(Exception):
    """The host does not answer."""


class Refused(Exception):
    """The host answers, but not with the file."""


def open_url(url: str, seconds: float, stall_seconds: float, first_byte: int = 0) -> http.client.HTTPResponse:
    """The response to a GET, its headers read.

    Args:
        seconds: for the whole attempt.
        stall_seconds: for each later read of the body; a read that takes longer raises TimeoutError.
        first_byte: the server is asked to leave out what comes before it; it need not do so.

    Raises:
        NoConnection: no answer in time, or none at all.
        Refused: an HTTP error status, or something that is not HTTP.
    """
    answer: Future[http.client.HTTPResponse] = Future()
    threading.Thread(target=_attempt, args=(url, stall_seconds, first_byte, answer), daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError as error:
        answer.add_done_callback(_close_late)
        raise NoConnection(f"no answer within {seconds:.0f} s") from error


def host_of(url: str) -> str:
    """The host's name, for messages."""
    return urllib.parse.urlsplit(url).hostname or url


def _attempt(
    url: str, stall_seconds: float, first_byte: int, answer: Future[http.client.HTTPResponse]
) -> None:
    headers = {"User-Agent": f"grader/{__version__}"}
    if first_byte:
        headers["Range"] = f"bytes={first_byte}-"
    request = urllib.request.Request(url, headers=headers)
    try:
        # an opener of its own: the shared one keeps the proxies and certificates that it found first
        answer.set_result(urllib.request.build_opener().open(request, timeout=stall_seconds))
    except urllib.error.HTTPError as error:
        error.close()
        answer.set_exception(Refused(f"HTTP status {error.code}"))
    except http.client.HTTPException as error:
        answer.set_exception(Refused(f"not an HTTP answer ({type(error).__name__})"))
    except OSError as error:
        reason = getattr(error, "reason", error)
        answer.set_exception(NoConnection(getattr(reason, "strerror", None) or str(reason)))


def _close_late(answer: Future[http.client.HTTPResponse]) -> None:
    if answer.exception() is None:
        answer.result().close()
