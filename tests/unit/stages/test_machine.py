"""A machine that is prepared while something else is done: waited for by who needs it, its faults told to them alone."""

from __future__ import annotations

import threading
import time

import pytest

from grader.errors import DataMissing
from grader.events import Event, Events
from grader.isolation.plain import Plain
from grader.records import Isolation
from grader.stages import machine
from grader.stages.devices import Device
from grader.stages.machine import Machine, Preparing, Waiting

FOUND = Machine(Plain(), Isolation("1", "plain", "none", ()), Device(Plain(), "cpu"), None)


def test_it_is_prepared_meanwhile_and_waited_for():
    go = threading.Event()

    def prepare() -> Machine:
        go.wait(10)
        return FOUND

    preparing = Preparing(prepare)
    go.set()
    assert preparing.machine() is FOUND
    assert preparing.machine() is FOUND


def test_nobody_waits_who_does_not_ask():
    release = threading.Event()
    start = time.monotonic()

    def prepare() -> Machine:
        release.wait(10)
        return FOUND

    Preparing(prepare)
    assert time.monotonic() - start < 5
    release.set()


def test_a_fault_comes_to_who_asks_each_time():
    def prepare() -> Machine:
        raise DataMissing("no data", "Fetch it.")

    preparing = Preparing(prepare)
    for _ in range(2):
        with pytest.raises(DataMissing, match="no data"):
            preparing.machine()


def test_waiting_is_told_in_a_line_each_minute_and_in_the_bar_all_the_time(monkeypatch):
    told: list[Event] = []
    now = [0.0]
    monkeypatch.setattr(machine.time, "monotonic", lambda: now[0])
    waiting = Waiting(Events([told.append]))
    for now[0] in (0.0, 0.5, 59.0, 60.5, 61.0):
        waiting("All 2 cores are in use by another run of the grader")
    assert [event.kind for event in told].count("progress") == 5
    notes = [event.text for event in told if event.kind == "note"]
    assert len(notes) == 2
    assert notes[0].startswith("All 2 cores are in use by another run of the grader: waiting for a free one.")
