"""Energy from the processor's counters, as the kernel's files show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.bench.energy import Meter
from grader.records import Absent

START = {"stage": "train", "kind": "start"}
PROGRESS = {"stage": "train", "kind": "progress"}


def count(folder: Path, value: int, package: str = "intel-rapl:0") -> None:
    place = folder / package
    place.mkdir(exist_ok=True)
    (place / "energy_uj").write_text(f"{value}\n")
    (place / "max_energy_range_uj").write_text("1000000000\n")


def test_what_is_used_between_start_and_the_last_report_counts(tmp_path):
    count(tmp_path, 5_000_000)
    count(tmp_path, 1, "intel-rapl:0:0")  # a part of the package is in it already
    meter = Meter(tmp_path)
    meter.hear({"stage": "fetch", "kind": "progress"})
    for value, event in ((6_000_000, START), (8_000_000, PROGRESS), (9_500_000, PROGRESS)):
        count(tmp_path, value)
        meter.hear(event)
    count(tmp_path, 99_000_000)
    meter.hear({"stage": "train", "kind": "end"})
    assert meter.joules == 3.5


def test_a_counter_that_begins_anew_goes_on(tmp_path):
    count(tmp_path, 999_000_000)
    meter = Meter(tmp_path)
    meter.hear(START)
    count(tmp_path, 2_000_000)
    meter.hear(PROGRESS)
    assert meter.joules == pytest.approx(3.0)


def test_packages_add_up(tmp_path):
    for package in ("intel-rapl:0", "intel-rapl:1"):
        count(tmp_path, 0, package)
    meter = Meter(tmp_path)
    meter.hear(START)
    for package in ("intel-rapl:0", "intel-rapl:1"):
        count(tmp_path, 1_500_000, package)
    meter.hear(PROGRESS)
    assert meter.joules == 3.0


def test_without_a_counter_it_is_absent(tmp_path):
    meter = Meter(tmp_path)
    meter.hear(START)
    meter.hear(PROGRESS)
    assert isinstance(meter.joules, Absent)
