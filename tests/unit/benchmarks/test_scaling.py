"""Replays of a few submissions, held against what comes out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.report.json import render

LOOK, GAP, LOOK_START = 1.0, 2.0, 4.0


@pytest.fixture(scope="module")
def scaling(script):
    return script("scaling_replay")


@pytest.fixture(scope="module")
def measured(script):
    return script("scaling_times")


@pytest.fixture
def run(tmp_path, example_records):
    """Stores a run that began in this second and took so long; without a trial where `trained` is false."""

    def made(name: str, began: int, seconds: float, *, trained: bool = True) -> Path:
        record = example_records["full_marks"]
        evidence = replace(record.evidence, submission=replace(record.evidence.submission, name=name))
        evidence = evidence if trained else replace(evidence, trials=())
        at = f"2026-03-01T10:{began // 60:02d}:{began % 60:02d}+00:00"
        provenance = replace(record.provenance, spec_id="s4", started_at=at, wall_seconds=seconds)
        folder = tmp_path / "runs" / "s4" / name / f"20260301-{began:06d}-abcd"
        folder.mkdir(parents=True)
        stored = replace(record, evidence=evidence, provenance=provenance, run_id=folder.name)
        (folder / "result.json").write_text(render(stored), "utf-8")
        events = [("start", "inspect", 2.5), ("end", "inspect", 2.75), ("start", "train", 3.5)]
        lines = [json.dumps({"kind": kind, "stage": stage, "seconds": at}) for kind, stage, at in events]
        (folder / "events.jsonl").write_text("\n".join(lines), "utf-8")
        return folder

    return made


def test_times_are_read_from_the_runs(run, tmp_path, measured):
    """Two slots: a works 0-30 and c 32-52; b works 0-50 and d 52-62. Between them 2 s each."""
    for name, began, seconds in (("a", 60, 30.0), ("b", 60, 50.0), ("c", 92, 20.0), ("d", 112, 10.0)):
        run(name, began, seconds)
    run("e", 50, 0.5, trained=False)
    times = measured.read_times(tmp_path / "runs")
    assert (times.gap_seconds, times.look_start_seconds, times.span_seconds) == (2, 4.5, 72)
    assert [(row.look_seconds, row.attempt_seconds) for row in times.rows] == [
        (1, 32),
        (1, 52),
        (1, 22),
        (1, 12),
        (0.5, 0),
    ]


def test_gaps_that_are_something_else_do_not_count(measured):
    attempts = [(0.0, 10.0), (12.0, 10.0), (24.0, 10.0), (300.0, 10.0), (313.0, 5.0)]
    assert measured.gap_seconds(attempts) == pytest.approx(7 / 3)
    assert measured.gap_seconds([(0.0, 10.0)]) == 0


@pytest.fixture
def rows(run, measured):
    """Rows of these seconds of an attempt; 0: the look grades it."""

    def made(*seconds: float):
        folders = [run("trained", 0, 1.0), run("looked", 0, 1.0, trained=False)]
        return [measured.RowTimes(folders[not one], 0.0, one, LOOK, one) for one in seconds]

    return made


@pytest.fixture
def times(measured):
    return lambda rows: measured.Times(tuple(rows), LOOK_START, GAP)


def test_by_hand(scaling, rows, times):
    """Looks: 0-6 at two submissions and 0-5 at one. Then 5-35 on one device; 6-16 and 16-36 on the other."""
    some = rows(10, 20, 30)
    found = scaling.replay(some, times(some), 2)
    assert (found.makespan_seconds, found.busy_seconds, found.attempts, found.lost) == (36, 71, 3, 0)
    assert found.span_seconds == 36 - (5 + GAP)
    assert found.states == {"graded": 3}
    assert found.utilisation == 71 / 72
    assert found.device_minutes == 2 * 36 / 60 / 3


def test_no_looks_where_there_is_a_device_for_each(scaling, rows, times):
    some = rows(10, 30)
    assert scaling.replay(some, times(some), 2).makespan_seconds == 30


def test_what_the_look_grades_needs_no_attempt(scaling, rows, times):
    some = rows(10, 0, 0)
    found = scaling.replay(some, times(some), 1)
    assert (found.makespan_seconds, found.attempts) == (LOOK_START + 3 * LOOK + 10, 1)


def test_never_below_the_bound_and_the_same_each_time(scaling, rows, times):
    some = rows(*(5 + 7 * number % 40 for number in range(10)))
    for devices in (1, 3):
        found = scaling.replay(some, times(some), devices)
        again = scaling.replay(some, times(some), devices)
        assert found.makespan_seconds >= found.busy_seconds / devices
        assert replace(found, own_seconds=0) == replace(again, own_seconds=0)


def test_lost_devices_cost_time_and_attempts_and_nobody_a_grade(scaling, rows, times):
    some = rows(*[60.0] * 10)
    whole = scaling.replay(some, times(some), 4)
    losses = scaling.Losses(per_hour=40, repair_seconds=30, seed=3)
    found = scaling.replay(some, times(some), 4, losses)
    assert found.lost > 0
    assert found.makespan_seconds > whole.makespan_seconds
    assert found.attempts > whole.attempts == 10
    assert set(found.states) <= {"graded", "stuck"}
    assert sum(found.states.values()) == 10
