"""150 students' reports rendered: how long does a course wait for its pages?

    python benchmarks/reports.py [--students 150] [--repeats 3]

The records are those of reports/reference/, which real trainings left, in turn; each gets another name, another model
and other words, so that nothing can be taken from the one before. Timed is what a run's folder holds (result.json,
report.html, README.md, staff.html), and the page of the batch, in CPU seconds of one core; the goal is under 10 s
together, with no import of torch. The formats of one run are made one after the other, as a run makes them: what they
share is made once.
Also timed: `grader report`, which reads all of them from a folder and writes their pages again, from the shell and back.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from grader.errors import StoreError
from grader.records import Absent, ModelFacts, RunRecord
from grader.report.batch_page import BatchPage
from grader.report.batch_page import render as render_batch
from grader.report.batch_rows import row_of_run
from grader.report.interface import STORED, formats
from grader.report.json import from_json, render

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 10.0


def patterns() -> list[RunRecord]:
    """The stored runs of the reference models that this version can read."""
    found = []
    for place in sorted((ROOT / "reports" / "reference").glob("*.json")):
        try:
            found.append(from_json(place.read_text("utf-8")))
        except StoreError as error:
            print(f"{place.name} is left out: {error}", file=sys.stderr)
    return found


def student(pattern: RunRecord, index: int) -> RunRecord:
    """A run of another student."""
    name = f"student-{index:04}"
    evidence = replace(pattern.evidence, submission=replace(pattern.evidence.submission, name=name))
    if isinstance(evidence.model, ModelFacts):
        evidence = replace(evidence, model=replace(evidence.model, parameters=6_000 + index))
    outcomes = tuple(
        replace(one, finding=replace(one.finding, measured=f"{one.finding.measured} ({index})"))
        for one in pattern.outcomes
    )
    return replace(pattern, run_id=f"20260301-{index:06}-abcd", evidence=evidence, outcomes=outcomes)


def course(students: int) -> list[RunRecord]:
    several = itertools.cycle(patterns())
    return [student(next(several), index) for index in range(students)]


def seconds_of(records: list[RunRecord]) -> dict[str, tuple[float, int]]:
    """CPU seconds and bytes of all reports, by format, and of the batch's page."""
    seconds, sizes = dict.fromkeys(STORED, 0.0), dict.fromkeys(STORED, 0)
    for record in records:
        for name in STORED:
            begin = time.process_time()
            sizes[name] += len(formats()[name].render(record).encode("utf-8"))
            seconds[name] += time.process_time() - begin
    begin = time.process_time()
    nobody = Absent("skipped", "Nobody has compared them.")
    rows = tuple(row_of_run(record, "") for record in records)
    page = render_batch(BatchPage("A course", "", "s4", "2026-03-01T12:00:00+00:00", rows, nobody))
    seconds["batch page"], sizes["batch page"] = time.process_time() - begin, len(page.encode("utf-8"))
    return {name: (seconds[name], sizes[name]) for name in seconds}


def command_seconds(records: list[RunRecord]) -> tuple[float, float]:
    """`grader report` over a folder of these runs: seconds on the clock, CPU seconds."""
    with tempfile.TemporaryDirectory() as kept:
        for record in records:
            folder = Path(kept, record.provenance.spec_id, record.evidence.submission.name, record.run_id)
            folder.mkdir(parents=True)
            (folder / "result.json").write_text(render(record), "utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "grader", "report", kept],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        clock = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    records = course(asked.students)
    whole = 0.0
    print(f"{asked.students} students, {os.cpu_count()} cores\n")
    print("| format | CPU, median | range | a report | size of one |")
    print("| --- | ---: | ---: | ---: | ---: |")
    seconds_of(records[:1])  # templates are compiled once
    tried = [seconds_of(records) for _ in range(asked.repeats)]
    for name, (_, size) in tried[0].items():
        seconds = [one[name][0] for one in tried]
        usual, many = statistics.median(seconds), asked.students if name in STORED else 1
        whole += usual
        print(
            f"| {name} | {usual:.2f} s | {min(seconds):.2f} to {max(seconds):.2f} s "
            f"| {1000 * usual / many:.0f} ms | {size / many / 1000:.0f} kB |"
        )
    print(
        f"\ntogether: {whole:.1f} s; goal of {GOAL_SECONDS:g} s: {'met' if whole < GOAL_SECONDS else 'MISSED'}"
    )
    print(f"torch was imported: {'yes' if 'torch' in sys.modules else 'no'}")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    clock, cpu = command_seconds(records)
    print(f"`grader report`, reading and writing all of them: {clock:.1f} s, CPU {cpu:.1f} s")


if __name__ == "__main__":
    main()
