"""The frame protocol between supervisor and worker: bytes with a checked shape, never pickle.

One message is `>IQ` (header length, payload length), a JSON header, and the raw little-endian bytes of the
arrays that the header lists. Both sides refuse a length before they allocate for it. This module runs on both
sides of the wall, so it imports nothing of ours.
"""

from __future__ import annotations

import json
import math
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HEADER_LIMIT_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
LOOK_EVERY_SECONDS = 0.25
DTYPES = frozenset({"uint8", "int32", "int64", "float32", "float64"})
MAX_DIMENSIONS = 8

Array = npt.NDArray[Any]


class ProtocolError(Exception):
    """The other side sent something that no honest peer sends. `what` is short: `size`, `header`, `op`, ..."""

    def __init__(self, what: str) -> None:
        super().__init__(f"protocol: {what}")
        self.what = what


class PeerGone(Exception):
    """The other side closed the connection."""


class DeadlineExceeded(Exception):
    """The time for this exchange is over."""


@dataclass(frozen=True)
class Message:
    header: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def op(self) -> str:
        op = self.header.get("op")
        if not isinstance(op, str):
            raise ProtocolError("op")
        return op

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number within limits, else `ProtocolError`."""
        value = self.header.get(key)
        if type(value) is not int or not low <= value <= high:
            raise ProtocolError(key)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        value = self.header.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ProtocolError(key)
        return float(value)

    def text(self, key: str, limit: int) -> str:
        value = self.header.get(key)
        if not isinstance(value, str) or len(value) > limit:
            raise ProtocolError(key)
        return value

    def array(self, key: str, dtype: str, shape: tuple[int | None, ...]) -> Array:
        """An array of exactly this dtype and shape (`None`: any length), else `ProtocolError`."""
        found = self.arrays.get(key)
        if found is None or found.dtype.name != dtype or found.ndim != len(shape):
            raise ProtocolError(f"{key} shape")
        if any(want is not None and want != have for want, have in zip(shape, found.shape, strict=True)):
            raise ProtocolError(f"{key} shape")
        return found


def strict_json(data: bytes) -> Any:
    """JSON from a hostile peer: no constants, no duplicate keys, no endless nesting, no huge integers."""

    def refuse(_: str) -> Any:
        raise ProtocolError("number")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ProtocolError("duplicate key")
        return found

    try:
        return json.loads(data.decode("ascii"), parse_constant=refuse, object_pairs_hook=unique)
    except ProtocolError:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProtocolError("header") from error


def encode(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> tuple[bytes, list[memoryview]]:
    """Header bytes with their prefix, and the payload's pieces in order."""
    pieces, listed = [], []
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise ProtocolError(f"dtype {array.dtype.name}")
        plain = np.ascontiguousarray(array)
        listed.append([name, plain.dtype.name, list(array.shape)])
        pieces.append(plain.reshape(-1).view(np.uint8).data)
    text = json.dumps({**header, "arrays": listed}, allow_nan=False).encode("ascii")
    if len(text) > HEADER_LIMIT_BYTES:
        raise ProtocolError("header size")
    return struct.pack(">IQ", len(text), sum(len(piece) for piece in pieces)) + text, pieces


def _layout(header: Any, payload_bytes: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """The arrays that a header lists, after checking that they fill the payload exactly."""
    if not isinstance(header, dict) or not isinstance(header.get("arrays"), list):
        raise ProtocolError("header")
    listed, total = [], 0
    for item in header["arrays"]:
        if not isinstance(item, list) or len(item) != 3:
            raise ProtocolError("arrays")
        name, dtype, shape = item
        if not isinstance(name, str) or not isinstance(dtype, str) or not isinstance(shape, list):
            raise ProtocolError("arrays")
        if dtype not in DTYPES:
            raise ProtocolError("arrays")
        if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
            raise ProtocolError("arrays")
        if (
            not math.prod(shape) and math.prod(max(n, 1) for n in shape) >= 2**40
        ):  # too large for numpy, though empty
            raise ProtocolError("arrays")
        total += math.prod(shape) * np.dtype(dtype).itemsize
        listed.append((name, dtype, tuple(shape)))
    if total != payload_bytes or len({name for name, _, _ in listed}) != len(listed):
        raise ProtocolError("payload size")
    return listed


class Channel:
    """One end of the connection. Every call has a deadline (`time.monotonic` seconds) or waits for ever.

    `idle` is called about every quarter of a second, while waiting and while bytes come in without end: the
    supervisor drains the log and watches memory there, and raises to give up.
    """

    def __init__(self, sock: socket.socket, idle: Callable[[], None] | None = None) -> None:
        self._sock = sock
        self._idle = idle
        self._next_look = 0.0
        sock.setblocking(False)

    def close(self) -> None:
        self._sock.close()

    def has_waiting(self) -> bool:
        """Whether the peer has sent something that was not taken yet."""
        return bool(select.select([self._sock], [], [], 0)[0])

    def send(
        self,
        header: Mapping[str, Any],
        arrays: Mapping[str, Array] | None = None,
        deadline: float | None = None,
        descriptor: int | None = None,
    ) -> None:
        """Send a message. With `descriptor`, one more byte goes after it, and that descriptor with the byte."""
        prefix, pieces = encode(header, arrays or {})
        for piece in (memoryview(prefix), *pieces):
            self._send_bytes(piece, deadline)
        if descriptor is not None:
            self._send_descriptor(descriptor, deadline)

    def receive(self, deadline: float | None = None, payload_limit: int = 0) -> Message:
        """The next message; its payload may have at most `payload_limit` bytes."""
        header_bytes, payload_bytes = struct.unpack(">IQ", self._receive_bytes(12, deadline))
        if header_bytes > HEADER_LIMIT_BYTES or payload_bytes > payload_limit:
            raise ProtocolError("size")
        header = strict_json(bytes(self._receive_bytes(header_bytes, deadline)))
        listed = _layout(header, payload_bytes)
        payload = self._receive_bytes(payload_bytes, deadline)
        arrays, start = {}, 0
        for name, dtype, shape in listed:
            count = math.prod(shape)
            arrays[name] = np.frombuffer(payload, dtype=dtype, count=count, offset=start).reshape(shape)
            start += arrays[name].nbytes
        return Message(header, arrays)

    def receive_descriptor(self) -> int | None:
        """The descriptor that comes after a message; None where it was lost on the way.

        Only a worker asks for one. The supervisor never does: what it takes bytes from, it takes no descriptor from,
        and the kernel closes what a worker sends.
        """
        while True:
            try:
                byte, found, _, _ = socket.recv_fds(self._sock, 1, 1)
            except BlockingIOError:
                self._wait(None, write=False)
                continue
            except ConnectionResetError as error:
                raise PeerGone from error
            if not byte:
                raise PeerGone
            for fd in found:
                os.set_inheritable(fd, False)
            return found[0] if found else None

    def _look_up(self, deadline: float | None) -> None:
        """Mind the deadline, and give the supervisor its turn: a peer that never pauses changes neither."""
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            raise DeadlineExceeded
        if self._idle and now >= self._next_look:
            self._next_look = now + LOOK_EVERY_SECONDS
            self._idle()

    def _wait(self, deadline: float | None, *, write: bool) -> None:
        left = LOOK_EVERY_SECONDS if deadline is None else deadline - time.monotonic()
        left = min(max(left, 0.0), LOOK_EVERY_SECONDS)
        select.select([] if write else [self._sock], [self._sock] if write else [], [], left)

    def _send_bytes(self, data: memoryview, deadline: float | None) -> None:
        while data:
            self._look_up(deadline)
            try:
                data = data[self._sock.send(data[:CHUNK_BYTES]) :]
            except BlockingIOError:
                self._wait(deadline, write=True)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise PeerGone from error

    def _send_descriptor(self, descriptor: int, deadline: float | None) -> None:
        """One byte with the descriptor; without it where the system passes none on just now."""
        while True:
            self._look_up(deadline)
            try:
                socket.send_fds(self._sock, [b"\0"], [descriptor])
                return
            except BlockingIOError:
                self._wait(deadline, write=True)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise PeerGone from error
            except OSError:  # too many of this user's descriptors are on their way
                self._send_bytes(memoryview(b"\0"), deadline)
                return

    def _receive_bytes(self, count: int, deadline: float | None) -> bytearray:
        """Exactly `count` bytes; memory grows with what really arrives, not with what was announced."""
        found = bytearray()
        while len(found) < count:
            self._look_up(deadline)
            try:
                piece = self._sock.recv(min(CHUNK_BYTES, count - len(found)))
            except BlockingIOError:
                self._wait(deadline, write=False)
                continue
            except ConnectionResetError as error:
                raise PeerGone from error
            if not piece:
                raise PeerGone
            found += piece
        return found
