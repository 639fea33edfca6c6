"""The pages over a socket of the loopback address: few connections at a time, each for a short while."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from grader.errors import UsageError
from grader.review_page import guard
from grader.review_page.desk import Desk
from grader.review_page.pages import ENTRANCE, Answer, Pages
from grader.review_page.sessions import Sessions

HOST = "127.0.0.1"
CONNECTIONS = 24
SILENCE_SECONDS = 10.0
"""Between two pieces of one request."""
WHOLE_SECONDS = 60.0
"""For a request and its answer; longer than a decision may wait for its run."""
_ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser would not say where a form comes from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Server(socketserver.ThreadingMixIn, HTTPServer):
    """A server of the loopback address; a context manager that answers as long as it is entered.

    Raises:
        UsageError: somebody has the port already.
    """

    daemon_threads = False  # a decision that is being written is written to its end
    request_queue_size = CONNECTIONS

    def __init__(self, desk: Desk, sessions: Sessions, port: int = 0) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"Port {port} cannot be had: {reason}.", "Give another --port, or leave it out."
            ) from error
        self.sessions = sessions
        self.address = f"{HOST}:{self.server_address[1]}"
        self.pages = Pages(desk, sessions, (self.address, f"localhost:{self.server_address[1]}"))
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        self._waiting: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1})

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        for one in tuple(self._waiting):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RD)  # who has not asked yet is not waited for
        self.server_close()

    def link(self, who: str) -> str:
        """A new address for this person, which works once."""
        return f"http://{self.address}{ENTRANCE}?token={self.sessions.link(who)}"

    def server_bind(self) -> None:
        """As of a plain TCP server: nobody's name is looked up."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._waiting.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        end = threading.Timer(WHOLE_SECONDS, _hang_up, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._waiting.discard(request)
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up early is nobody's mistake; all else is ours, and is shown where the grader runs."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = SILENCE_SECONDS
    server_version, sys_version = "grader", ""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        try:
            body = self.rfile.read(guard.body_length(self.headers))
        except guard.Refused as error:
            self.send_error(error.status, error.reason)
            return
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        try:
            answer = self.server.pages.answer(self.command, self.path, self.headers, body)
        except (
            Exception
        ):  # the border of the server: said here and there, and the next request is answered again
            self.server.handle_error(self.request, self.client_address)
            said = "This is a mistake in the grader. It is shown where grader review runs.\n"
            answer = Answer(500, said, {"Content-Type": "text/plain; charset=utf-8"})
        self._reply(answer)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A plain line: nothing of the request is repeated."""
        del explain
        said = (
            message if isinstance(message, str) and code in (411, 413) else "This request is not understood."
        )
        self._reply(Answer(code, f"{said}\n", {"Content-Type": "text/plain; charset=utf-8"}))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: an address may hold a token."""

    def _reply(self, answer: Answer) -> None:
        body = answer.body.encode("utf-8", "backslashreplace")
        self.send_response(answer.status)
        for name, value in {**_ALWAYS, **answer.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _hang_up(request: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)
