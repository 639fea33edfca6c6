"""Event files, read back by a reader of its own: framing, checksums, protocol buffers and what they say."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.records import CurvePoint, EpochPoint, RunRecord
from grader.report.tensorboard import crc32c, event_file, event_files, points


def checksum(data: bytes) -> int:
    """CRC-32C bit by bit, as RFC 3720 defines it, and then masked as TFRecord does."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            low = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (0x82F63B78 if low else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def frames(content: bytes) -> Iterator[bytes]:
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        data = content[12 : 12 + length]
        assert struct.unpack("<I", content[8:12]) == (checksum(content[:8]),)
        assert struct.unpack("<I", content[12 + length : 16 + length]) == (checksum(data),)
        yield data
        content = content[16 + length :]


def varint(data: bytes) -> tuple[int, bytes]:
    number = 0
    for place, byte in enumerate(data):
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, data[place + 1 :]
    raise AssertionError("a number without an end")


def fields(data: bytes) -> dict[int, Any]:
    """Of a message: field number and value, each once."""
    found: dict[int, Any] = {}
    while data:
        key, data = varint(data)
        number, kind = key >> 3, key & 7
        assert number not in found
        if kind == 0:
            found[number], data = varint(data)
        elif kind == 2:
            length, data = varint(data)
            found[number], data = data[:length], data[length:]
        else:
            code, size = {1: ("<d", 8), 5: ("<f", 4)}[kind]
            (found[number],), data = struct.unpack(code, data[:size]), data[size:]
    return found


def scalars(content: bytes) -> list[tuple[str, int, float]]:
    first, *events = (fields(frame) for frame in frames(content))
    assert first[3] == b"brain.Event:2"
    values = [(event.get(2, 0), fields(fields(event[5])[1])) for event in events]
    return [(value[1].decode(), step, value[2]) for step, value in values]


def test_the_checksum_is_the_known_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"\x00" * 32) == 0x8A9136AA


def test_a_run_has_a_folder_per_seed(example_records: dict[str, RunRecord]) -> None:
    files = event_files(example_records["full_marks"])
    assert sorted(files) == [f"seed-{seed}/events.out.tfevents.1793696400.grader" for seed in (11, 12, 13)]
    assert event_files(example_records["no_model"]) == {}


def test_what_was_measured_is_read_back(example_records: dict[str, RunRecord]) -> None:
    made = example_records["full_marks"]
    trial = made.evidence.trials[0]
    found = scalars(next(iter(event_files(made).values())))
    loss = [(step, value) for tag, step, value in found if tag == "loss/training by samples"]
    assert [step for step, _ in loss] == [one.samples for one in trial.curve]
    assert [value for _, value in loss] == pytest.approx([one.loss for one in trial.curve], rel=1e-6)
    rate = [value for tag, _, value in found if tag == "learning rate by samples"]
    assert rate == pytest.approx([one.rate for one in trial.curve], rel=1e-6)
    (end,) = [one for one in found if one[0] == "accuracy/test at the end by samples"]
    assert end[1:] == (60_000, pytest.approx(trial.correct / 10_000))


def test_epochs_are_steps_of_their_own(example_records: dict[str, RunRecord]) -> None:
    found = scalars(next(iter(event_files(example_records["own_recipe"]).values())))
    accuracy = [one[1:] for one in found if one[0] == "accuracy/test by epoch"]
    assert accuracy == [(1, pytest.approx(0.9812)), (3, pytest.approx(0.9907))]  # the second was not measured


def test_the_loss_of_an_epoch_is_weighted_by_its_samples(example_records: dict[str, RunRecord]) -> None:
    trial = replace(
        example_records["full_marks"].evidence.trials[0],
        curve=(CurvePoint(10, 4.0), CurvePoint(40, 2.0), CurvePoint(80, 1.0)),
        epochs=(EpochPoint(1, 40, 0.5), EpochPoint(2, 80, 0.6), EpochPoint(3, 120, 0.7)),
    )
    found = [one[1:] for one in points(trial) if one[0] == "loss/training by epoch"]
    assert found == [(1, 2.5), (2, 1.0)]


def test_a_loss_that_is_no_number_stays_none(example_records: dict[str, RunRecord]) -> None:
    files = event_files(example_records["diverged"])
    values = [value for _, _, value in scalars(list(files.values())[1])]
    assert math.isnan(values[1])
    assert values[2] == math.inf


def test_the_same_run_gives_the_same_bytes(example_record: RunRecord) -> None:
    assert event_files(example_record) == event_files(example_record)
    for content in event_files(example_record).values():
        scalars(content)


@pytest.mark.parametrize("moment", ["", "soon"])
def test_a_moment_that_is_none_is_the_first_one(moment: str, example_records: dict[str, RunRecord]) -> None:
    made = example_records["full_marks"]
    files = event_files(replace(made, provenance=replace(made.provenance, started_at=moment)))
    assert all(name.endswith("/events.out.tfevents.0.grader") for name in files)


numbers = st.floats(allow_nan=False)
listed = st.lists(
    st.tuples(st.text(max_size=10).filter(str.isprintable), st.integers(0, 2**40), numbers), max_size=5
)


@settings(max_examples=50)
@given(listed)
def test_whatever_is_written_is_read_back(made: list[tuple[str, int, float]]) -> None:
    found = scalars(event_file(1.5, iter(made)))
    assert [one[:2] for one in found] == [one[:2] for one in made]
    for (_, _, read), (_, _, written) in zip(found, made, strict=True):
        assert read == pytest.approx(written, rel=1e-6, abs=1e-37) or abs(written) > 3.4e38


def test_tensorboard_itself_reads_it(example_records: dict[str, RunRecord], tmp_path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    place = tmp_path / "events.out.tfevents.1.grader"
    place.write_bytes(next(iter(event_files(example_records["own_recipe"]).values())))
    events = list(loader.LegacyEventFileLoader(str(place)).Load())
    found = [(one.step, value.tag) for one in events for value in one.summary.value]
    assert found == [(step, tag) for tag, step, _ in scalars(place.read_bytes())]
