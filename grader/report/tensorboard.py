"""The histories of a run as TensorBoard's event files, one folder per seed.

The format is written here, without TensorBoard: a file is a row of records (length, masked CRC-32C of the length, data,
masked CRC-32C of the data), each with an `Event` as protocol buffers write it. Fields as in tensorflow's `event.proto`
and `summary.proto`: wall_time 1, step 2, file_version 3, summary 5; value 1; tag 1, simple_value 2.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from grader.records import Absent, RunRecord, Trial

VERSION = "brain.Event:2"
"""What the first event of each file says."""

_POLYNOMIAL = 0x82F63B78
"""Castagnoli's, with its bits reversed (RFC 3720, B.4)."""
_MASK = 0xA282EAD8

Point = tuple[str, int, float]
"""Tag, step, value."""


def event_files(record: RunRecord) -> dict[str, bytes]:
    """Path below the folder of the run, and content. Nothing where nothing was trained."""
    moment = _moment(record.provenance.started_at)
    name = f"events.out.tfevents.{int(moment)}.grader"
    return {
        f"seed-{trial.seed}/{name}": event_file(moment, points(trial)) for trial in record.evidence.trials
    }


def points(trial: Trial) -> Iterator[Point]:
    """What was measured while it trained. Steps of the loss and the rate are samples, all others epochs."""
    for one in trial.curve:
        yield "loss/training by samples", one.samples, one.loss
        if one.rate >= 0:
            yield "learning rate by samples", one.samples, one.rate
    yield from (("loss/training by epoch", *pair) for pair in _loss_by_epoch(trial))
    for epoch in trial.epochs:
        if epoch.accuracy >= 0:
            yield "accuracy/test by epoch", epoch.epoch, epoch.accuracy
    if not isinstance(trial.accuracy, Absent):
        yield "accuracy/test at the end by samples", trial.samples, trial.accuracy.value
    if not isinstance(trial.train_accuracy, Absent):
        yield "accuracy/training at the end by samples", trial.samples, trial.train_accuracy.value


def _loss_by_epoch(trial: Trial) -> Iterator[tuple[int, float]]:
    """The mean of the points that end in each epoch, each weighted by the samples since the point before."""
    done = 0
    for epoch in trial.epochs:
        inside = [one for one in trial.curve if done < one.samples <= epoch.samples]
        starts = [done, *(one.samples for one in inside)]
        weights = [one.samples - start for one, start in zip(inside, starts, strict=False)]
        if inside:
            total = sum(one.loss * weight for one, weight in zip(inside, weights, strict=True))
            yield epoch.epoch, total / sum(weights)
        done = epoch.samples


def event_file(moment: float, listed: Iterator[Point]) -> bytes:
    """A whole event file.

    Args:
        moment: seconds since 1970 that every event gets: no clock was read while it trained.
    """
    first = _double(1, moment) + _bytes(3, VERSION.encode())
    events = (_double(1, moment) + _whole(2, step) + _scalar(tag, value) for tag, step, value in listed)
    return b"".join(map(_record, (first, *events)))


def _scalar(tag: str, value: float) -> bytes:
    return _bytes(5, _bytes(1, _bytes(1, tag.encode()) + _float(2, value)))


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked(length)) + data + struct.pack("<I", _masked(data))


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    crc, table = 0xFFFFFFFF, _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return tuple(found)


# --- protocol buffers -----------------------------------------------------------------------------------------


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*found, number))


def _whole(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number & 0xFFFFFFFFFFFFFFFF)


def _double(field: int, number: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", number)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _float(field: int, number: float) -> bytes:
    """What is too large for four bytes is infinite."""
    try:
        return _varint(field << 3 | 5) + struct.pack("<f", number)
    except OverflowError:
        return _varint(field << 3 | 5) + struct.pack("<f", math.copysign(math.inf, number))


def _moment(iso: str) -> float:
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return 0.0
    return max(0.0, (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
