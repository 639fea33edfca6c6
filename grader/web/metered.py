"""What a server sends, under one deadline and one cap, however slowly or endlessly it sends it.

A socket's own timeout begins anew with every byte. Here each read gets what is left of the whole time.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from typing import Any


class TooSlow(Exception):
    """The time is over."""


class TooMuch(Exception):
    """The cap is reached."""


class Metered(io.RawIOBase):
    """The receiving side of a socket. It is what `http.client` reads from, headers included."""

    def __init__(self, connected: socket.socket, deadline: float, limit_bytes: int) -> None:
        self._socket = connected
        self._deadline = deadline
        self._left = limit_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TooSlow
        if self._left <= 0:
            raise TooMuch
        self._socket.settimeout(seconds)
        try:
            count = self._socket.recv_into(memoryview(buffer)[: self._left])
        except TimeoutError as error:
            raise TooSlow from error
        except ssl.SSLEOFError:
            return 0  # closed without TLS's own goodbye: common, and no more than an end
        self._left -= count
        return count


class Line:
    """As much of a socket as `http.client` uses."""

    def __init__(self, connected: socket.socket, deadline: float, limit_bytes: int) -> None:
        self._socket = connected
        self._stream = Metered(connected, deadline, limit_bytes)
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(max(self._deadline - time.monotonic(), 0.001))
        self._socket.sendall(data)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(self._stream)

    def close(self) -> None:
        """`http.client` calls it before the body is read; whoever made the socket closes it."""
