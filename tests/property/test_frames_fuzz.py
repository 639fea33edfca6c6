"""The frame reader and a hostile peer: whatever arrives, nothing but the protocol's own exceptions comes out, and no
memory is taken beyond the caps.

`make test` does this for seconds. By hand for longer: GRADER_FUZZ_MINUTES=10 pytest tests/property/test_frames_fuzz.py
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from grader.isolation.frames import (
    DTYPES,
    HEADER_LIMIT_BYTES,
    Channel,
    DeadlineExceeded,
    Message,
    PeerGone,
    ProtocolError,
    encode,
    strict_json,
)

ESCAPES = (ProtocolError, PeerGone, DeadlineExceeded)
PAYLOAD_LIMIT_BYTES = 4096
ALLOWED_BYTES = 64 * HEADER_LIMIT_BYTES + 4 * PAYLOAD_LIMIT_BYTES
"""A header of 64 KiB is at most so large once it is read: an empty list takes three bytes of it, and 56 in memory."""
MINUTES = float(os.environ.get("GRADER_FUZZ_MINUTES", "0"))
EXAMPLES = 300

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
sizes = st.sampled_from([0, 1, 2, 7, 2**31, 2**39, 2**40 - 1, 2**40, 2**63, -1]) | st.integers(-3, 70)
dtypes = st.sampled_from([*sorted(DTYPES), "object", "O", "float16", "S8"]) | values
arrays = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]) | values, dtypes, st.lists(sizes | values, max_size=10) | values
    ).map(list)
    | values,
    max_size=5,
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["build", "progress"]) | values,
        "arrays": arrays | values,
        "steps": values,
    },
)
texts = (
    headers.map(lambda header: json.dumps(header).encode())
    | st.binary(max_size=200)
    | st.integers(1, HEADER_LIMIT_BYTES).map(lambda n: b"[" * n)
    | st.integers(1, HEADER_LIMIT_BYTES // 3).map(lambda n: b'{"arrays": [' + b"[]," * n + b"[]]}")
    | st.integers(1, 8_000).map(lambda n: b'{"steps": ' + b"9" * n + b', "arrays": []}')
    | st.sampled_from(
        [b'{"arrays": [], "x": NaN}', b'{"arrays": [], "arrays": []}', b'{"op": "\\ud800", "arrays": []}']
    )
)
lengths = st.none() | st.sampled_from([0, 1, 2**16, 2**16 + 1, 2**31, 2**32 - 1])
payloads = st.binary(max_size=PAYLOAD_LIMIT_BYTES) | st.just(bytes(PAYLOAD_LIMIT_BYTES + 1))


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Something like a frame: each of its parts may be right or wrong, and it may be cut."""
    text, payload = draw(texts), draw(payloads)
    header_bytes, payload_bytes = draw(lengths), draw(lengths)
    frame = struct.pack(
        ">IQ",
        len(text) if header_bytes is None else header_bytes,
        len(payload) if payload_bytes is None else payload_bytes,
    )
    whole = frame + text + payload
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 4)) == 0 else whole


@st.composite
def changed_frames(draw: st.DrawFn) -> bytes:
    """An honest frame with a few bytes changed."""
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    prefix, pieces = encode({"op": "build", "steps": 3}, {"a": np.zeros(shape, np.float32)})
    whole = bytearray(prefix + b"".join(pieces))
    for place in draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        whole[place] = draw(st.integers(0, 255))
    return bytes(whole)


def received(data: bytes) -> Message | None:
    """What a reader makes of these bytes, their sender gone afterwards; None where it refused them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender = threading.Thread(target=_send, args=(theirs, data))
        sender.start()
        try:
            return Channel(ours).receive(time.monotonic() + 20, PAYLOAD_LIMIT_BYTES)
        except ESCAPES:
            return None
        finally:
            ours.close()
            sender.join()


def _send(theirs: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        theirs.sendall(data)
    with contextlib.suppress(OSError):
        theirs.shutdown(socket.SHUT_WR)


def look_at(message: Message | None) -> None:
    """Ask for every kind of field, as callers do."""
    if message is None:
        return
    asked: list[Callable[[], Any]] = [
        lambda: message.op,
        lambda: message.integer("steps", 0, 10),
        lambda: message.number("steps", 0, 10),
        lambda: message.text("op", 10),
        lambda: message.array("a", "float32", (None,)),
        lambda: message.array("a", "float32", (None, 2)),
    ]
    for ask in asked:
        with contextlib.suppress(ProtocolError):
            ask()
    assert sum(array.nbytes for array in message.arrays.values()) <= PAYLOAD_LIMIT_BYTES


def nothing_escapes(data: bytes) -> None:
    look_at(received(data))


def json_stays_inside(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        strict_json(data)


def takes_no_more_than_allowed(data: bytes) -> None:
    tracemalloc.start()
    try:
        received(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - 2 * len(data) <= ALLOWED_BYTES


PROPERTIES = [
    pytest.param(nothing_escapes, frames(), 1, id="frames"),
    pytest.param(nothing_escapes, changed_frames(), 1, id="changed frames"),
    pytest.param(nothing_escapes, st.binary(max_size=300), 1, id="bytes"),
    pytest.param(json_stays_inside, texts, 1, id="json"),
    pytest.param(takes_no_more_than_allowed, frames(), 4, id="memory"),
]


@pytest.mark.parametrize(("holds", "strategy", "share"), PROPERTIES)
def test_a_hostile_peer(
    holds: Callable[[bytes], None], strategy: st.SearchStrategy[bytes], share: int
) -> None:
    _try(holds, strategy, EXAMPLES // share)


@pytest.mark.skipif(not MINUTES, reason="set GRADER_FUZZ_MINUTES")
@pytest.mark.timeout(60 * MINUTES + 120)
def test_a_hostile_peer_for_long() -> None:
    end = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        for parameters in PROPERTIES:
            holds, strategy, share = parameters.values
            _try(holds, strategy, 1_000 // share, random.randrange(2**63))  # type: ignore[operator,call-overload]


def _try(
    holds: Callable[[bytes], None], strategy: st.SearchStrategy[bytes], examples: int, new: int | None = None
) -> None:
    """`new` is the seed of examples that nobody looked at before."""
    given_data = given(data=strategy)(lambda data: holds(data))
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    tried = settings(max_examples=examples, deadline=None, suppress_health_check=quiet)(given_data)
    (tried if new is None else seed(new)(tried))()


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param([["a", [], [1]]], id="type is a list"),
        pytest.param([["a", {}, [1]]], id="type is a map"),
        pytest.param([["a", "float32", [0, 2**39, 2**39]]], id="empty and long"),
        pytest.param([["a", "float32", [0, 2**40 - 1, 2**40 - 1, 2**40 - 1]]], id="longer"),
        pytest.param([["a", "float64", [2**40 - 1] * 8]], id="huge"),
        pytest.param([["a", "float32", [0]], ["a", "float32", [0]]], id="twice"),
    ],
)
def test_a_list_of_arrays_that_no_peer_sends(listed: list[Any]) -> None:
    text = json.dumps({"op": "build", "arrays": listed}).encode()
    look_at(received(struct.pack(">IQ", len(text), 0) + text))
