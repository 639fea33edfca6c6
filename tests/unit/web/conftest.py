"""Servers of our own on this machine, each answering by a function, and what lets a request reach them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from grader.web.connect import Reach

Answer = Callable[[socket.socket, bytes], None]


@dataclass
class Server:
    """One listening socket. `requests` are the heads of all requests that came."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://app.run.app:{self.port}/"


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(answer, ...)`: one answer for each request in turn, the last one from then on."""
    stop = threading.Event()
    listening: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(*answers: Answer, tls: ssl.SSLContext | None = None) -> Server:
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)
        server = Server(listener.getsockname()[1], scheme="https" if tls else "http")
        thread = threading.Thread(target=_listen, args=(listener, server, answers, tls, stop), daemon=True)
        threads.append(thread)
        thread.start()
        return server

    yield start
    stop.set()
    for listener in listening:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


def _listen(
    listener: socket.socket,
    server: Server,
    answers: tuple[Answer, ...],
    tls: ssl.SSLContext | None,
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        with accepted, contextlib.suppress(OSError):  # whoever asks may hang up
            accepted.settimeout(5)
            connected = tls.wrap_socket(accepted, server_side=True) if tls else accepted
            with connected:
                head = connected.recv(65536)
                server.requests.append(head)
                answers[min(len(server.requests), len(answers)) - 1](connected, head)


def local(**changed: object) -> Reach:
    """Every name leads to this machine, which counts as public, on any port."""
    known: dict[str, object] = {
        "resolve": lambda host, port: ("127.0.0.1",),
        "is_public": lambda address: address == "127.0.0.1",
        "ports": None,
    }
    return Reach(**{**known, **changed})  # type: ignore[arg-type]


@pytest.fixture
def reach() -> Callable[..., Reach]:
    return local
