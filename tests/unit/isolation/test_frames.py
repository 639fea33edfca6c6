"""The frame protocol: what an honest peer sends arrives, and nothing else does."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.isolation.frames import (
    HEADER_LIMIT_BYTES,
    Channel,
    DeadlineExceeded,
    Message,
    PeerGone,
    ProtocolError,
    encode,
    strict_json,
)


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    yield Channel(one), other
    one.close()
    other.close()


def soon() -> float:
    return time.monotonic() + 5


def raw(
    header: bytes, payload: bytes = b"", *, header_bytes: int | None = None, payload_bytes: int | None = None
) -> bytes:
    sizes = (
        len(header) if header_bytes is None else header_bytes,
        len(payload) if payload_bytes is None else payload_bytes,
    )
    return struct.pack(">IQ", *sizes) + header + payload


def test_a_message_arrives_as_it_was_sent(ends):
    channel, other = ends
    images = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    Channel(other).send({"op": "data", "n": 3}, {"images": images, "labels": np.array([1, 2, 3])}, soon())
    message = channel.receive(soon(), 1000)
    assert message.op == "data"
    assert message.integer("n", 0, 10) == 3
    assert np.array_equal(message.array("images", "uint8", (3, 2, 2)), images)
    assert message.array("labels", "int64", (None,)).tolist() == [1, 2, 3]


@given(
    hnp.arrays(
        st.sampled_from(["uint8", "int32", "int64", "float32", "float64"]),
        hnp.array_shapes(min_dims=0, max_dims=4, max_side=5),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_array_survives_bit_for_bit(array):
    one, other = socket.socketpair()
    with one, other:
        Channel(one).send({"op": "x"}, {"a": array}, soon())
        found = Channel(other).receive(soon(), 10**6).arrays["a"]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


def test_a_large_message_crosses_while_the_other_side_reads_slowly(ends):
    channel, other = ends
    blob = np.zeros(8_000_000, np.uint8)
    sender = threading.Thread(target=lambda: Channel(other).send({"op": "x"}, {"blob": blob}, soon()))
    sender.start()
    assert channel.receive(soon(), 8_000_000).arrays["blob"].nbytes == 8_000_000
    sender.join()


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        (raw(b"{}", header_bytes=0xFFFFFFFF), "size"),
        (raw(b"{}", payload_bytes=2**40), "size"),
        (raw(b"not json"), "header"),
        (raw(b"[" * 30_000), "header"),
        (raw(b'{"op": ' + b"9" * 6000 + b', "arrays": []}'), "header"),
        (raw(b'{"op": NaN, "arrays": []}'), "number"),
        (raw(b'{"op": Infinity, "arrays": []}'), "number"),
        (raw(b'{"op": "a", "op": "b", "arrays": []}'), "duplicate key"),
        (raw(b'{"op": "a"}'), "header"),
        (raw(b'["op"]'), "header"),
        (raw(b'{"op": "a", "arrays": [["x", "object", [1]]]}', b"12345678"), "arrays"),
        (raw(b'{"op": "a", "arrays": [["x", "uint8", [-1]]]}'), "arrays"),
        (raw(b'{"op": "a", "arrays": [["x", "uint8", [true]]]}', b"1"), "arrays"),
        (raw(b'{"op": "a", "arrays": [["x", "uint8", [9]]]}', b"1234"), "payload size"),
        (raw(b'{"op": "a", "arrays": [["x", "uint8", [1]], ["x", "uint8", [1]]]}', b"12"), "payload size"),
        (
            raw(b'{"op": "a", "arrays": [["x", "float64", [1099511627775, 1099511627775]]]}', b"1"),
            "payload size",
        ),
        (raw('{"op": "ü", "arrays": []}'.encode()), "header"),
    ],
)
def test_what_no_honest_peer_sends_is_refused_by_name(ends, sent, what):
    channel, other = ends
    other.sendall(sent)
    with pytest.raises(ProtocolError) as error:
        channel.receive(soon(), 1000)
    assert error.value.what == what


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_get_further_than_a_protocol_error(data):
    one, other = socket.socketpair()
    with one, other:
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        with pytest.raises((ProtocolError, PeerGone)):
            Channel(other).receive(soon(), 1000)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_strict_json_reads_what_json_writes(value):
    assert strict_json(json.dumps(value).encode()) == value


def test_a_peer_that_is_silent_runs_into_the_deadline(ends):
    channel, _ = ends
    with pytest.raises(DeadlineExceeded):
        channel.receive(time.monotonic() + 0.05)


def test_a_peer_that_does_not_read_runs_into_the_deadline(ends):
    channel, _ = ends
    with pytest.raises(DeadlineExceeded):
        channel.send({"op": "x"}, {"blob": np.zeros(4_000_000, np.uint8)}, time.monotonic() + 0.05)


def test_a_peer_that_left_is_gone(ends):
    channel, other = ends
    other.close()
    with pytest.raises(PeerGone):
        channel.receive(soon())


def test_waiting_gives_the_supervisor_its_turn():
    one, other = socket.socketpair()
    turns = []
    with one, other, pytest.raises(DeadlineExceeded):
        Channel(one, lambda: turns.append(1)).receive(time.monotonic() + 0.6)
    assert len(turns) >= 2


def test_fields_are_type_checked():
    message = Message({"op": 1, "n": True, "text": 5, "x": "1"}, {"a": np.zeros((2, 3), np.float32)})
    for wrong in (
        lambda: message.op,
        lambda: message.integer("n", 0, 10),
        lambda: message.integer("missing", 0, 10),
        lambda: message.text("text", 10),
        lambda: message.number("x", 0, 2),
        lambda: message.array("a", "float64", (2, 3)),
        lambda: message.array("a", "float32", (3, 2)),
        lambda: message.array("a", "float32", (None,)),
        lambda: message.array("b", "float32", (None,)),
    ):
        with pytest.raises(ProtocolError):
            wrong()


def test_our_own_side_refuses_to_send_what_it_would_refuse_to_take():
    with pytest.raises(ProtocolError):
        encode({"op": "x"}, {"a": np.zeros(1, np.complex64)})
    with pytest.raises(ProtocolError):
        encode({"op": "x", "text": "x" * HEADER_LIMIT_BYTES}, {})


# --- descriptors ------------------------------------------------------------------------------------------------


@pytest.fixture
def both(ends):
    """A channel at both ends."""
    return ends[0], Channel(ends[1])


def test_a_descriptor_comes_after_its_message(both, tmp_path):
    left, right = both
    file = tmp_path / "file"
    file.write_text("what it holds")
    with file.open() as opened:
        left.send({"op": "data"}, {"labels": np.arange(3)}, soon(), opened.fileno())
    left.send({"op": "next"})
    assert right.receive(soon(), 100).array("labels", "int64", (3,)).tolist() == [0, 1, 2]
    found = right.receive_descriptor()
    assert os.get_inheritable(found) is False
    with os.fdopen(found) as passed:
        assert passed.read() == "what it holds"
    assert right.receive(soon()).op == "next"


def test_a_descriptor_that_cannot_be_passed_leaves_the_messages_whole(both):
    left, right = both
    left.send({"op": "data"}, None, soon(), 9_999_999)
    left.send({"op": "next"})
    assert right.receive(soon()).op == "data"
    assert right.receive_descriptor() is None
    assert right.receive(soon()).op == "next"


def test_waiting_for_a_descriptor_of_a_peer_that_left_ends(both):
    left, right = both
    left.close()
    with pytest.raises(PeerGone):
        right.receive_descriptor()


def test_a_descriptor_waits_until_the_peer_reads(both):
    """A full buffer: the descriptor goes when there is room, and not without the deadline being minded."""
    left, right = both
    large = {"labels": np.zeros(1 << 20)}
    reader = threading.Thread(target=lambda: (time.sleep(0.2), right.receive(soon(), 1 << 24)))
    reader.start()
    with open(os.devnull) as null:
        left.send({"op": "data"}, large, soon(), null.fileno())
        reader.join()
        found = right.receive_descriptor()
        assert found is not None
        os.close(found)
        left._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        with pytest.raises(DeadlineExceeded):
            while True:
                left.send({"op": "data"}, None, time.monotonic() + 0.05, null.fileno())


def test_who_only_reads_bytes_is_given_no_descriptor(both):
    left, right = both
    before = len(os.listdir("/proc/self/fd"))
    with open(os.devnull) as null:
        for byte in raw(b'{"op":"ready","arrays":[]}'):
            socket.send_fds(left._sock, [bytes([byte])], [null.fileno()] * 3)
    assert right.receive(soon()).op == "ready"
    assert len(os.listdir("/proc/self/fd")) == before
