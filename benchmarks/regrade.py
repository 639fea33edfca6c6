"""150 stored runs judged again under a corrected spec: how long does a teaching assistant wait for the table?

    python benchmarks/regrade.py [--runs 150] [--repeats 5]

The runs are made from the stored run of the reference of s4, each with another size of the model and other words in its
README, so that no judgement can be taken from another one. Timed is the whole command, from the shell and back, with
the start of Python; the goal is under 2 seconds. `--apply`, which writes three reports for each run, is timed once.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from grader.records import MEASURING_VERSION, Absent, Readme, RunRecord
from grader.report.json import from_json, render
from grader.spec.load import Loaded, evidence_plan_digest, load_spec
from grader.spec.shipped import shipped_specs
from grader.stages.judgement import judgement

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "reports" / "reference" / "s4.json"
GOAL_SECONDS = 2.0
SEED = 10
WORDS = ("first", "second", "wider", "deeper", "small", "plain", "strided", "narrow", "later", "early")


def run_like(pattern: RunRecord, loaded: Loaded, index: int, rng: random.Random) -> RunRecord:
    """A run of another student: the same pictures and curves, another model and other words."""
    evidence, name = pattern.evidence, f"student-{index:03}"
    readme, model = evidence.reading.readme, evidence.model
    assert isinstance(readme, Readme)
    assert not isinstance(model, Absent)
    sections = tuple(
        replace(
            section,
            prose=tuple(f"{text} It is the {rng.choice(WORDS)} of {index}." for text in section.prose),
        )
        for section in readme.sections
    )
    evidence = replace(
        evidence,
        submission=replace(evidence.submission, name=name, tree_digest=f"sha256:{index:064x}"),
        reading=replace(evidence.reading, readme=replace(readme, sections=sections)),
        model=replace(model, parameters=rng.randrange(6_000, 40_000)),
    )
    made = replace(
        pattern.provenance,
        measuring_version=MEASURING_VERSION,
        spec_digest=loaded.digest,
        evidence_plan_digest=evidence_plan_digest(loaded.spec),
    )
    return judgement(
        loaded.spec, evidence, made, f"20261101-{10 + index // 60:02}{index % 60:02}00-{index:04x}"
    )


def make(base: Path, count: int) -> int:
    """Store the runs below `base`; returns the bytes of their results."""
    loaded, rng = load_spec("s4"), random.Random(SEED)
    pattern, size = from_json(REFERENCE.read_text("utf-8")), 0
    for index in range(count):
        record = run_like(pattern, loaded, index, rng)
        folder = base / "s4" / record.evidence.submission.name / record.run_id
        folder.mkdir(parents=True)
        size += (folder / "result.json").write_text(render(record))
    return size


def timed(*words: str) -> tuple[float, str]:
    """(seconds of the whole command, its last two lines)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once
    command = [sys.executable, "-m", "grader", "regrade", *words]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return time.perf_counter() - begin, "\n".join(done.stdout.splitlines()[-2:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=150)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as kept:
        base, spec = Path(kept, "runs"), Path(kept, "s4.yaml")
        size = make(base, asked.runs)
        text = shipped_specs()["s4"].read_text("utf-8")
        spec.write_text(text.replace("fewer_than: 25000", "fewer_than: 20000"), "utf-8")
        timed(str(spec), str(base))  # compiles the package where that was not done yet
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        dry = [timed(str(spec), str(base)) for _ in range(asked.repeats)]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / asked.repeats
        stored, _ = timed(str(spec), str(base), "--apply")
    seconds = [one for one, _ in dry]
    print(dry[0][1])
    print(f"{asked.runs} runs, {size / 1e6:.1f} MB of results, {os.cpu_count()} cores")
    print(
        f"table: median {statistics.median(seconds):.2f} s, {min(seconds):.2f} to {max(seconds):.2f} s; CPU {cpu:.2f} s"
    )
    print(
        f"goal of {GOAL_SECONDS:g} s: {'reached' if statistics.median(seconds) < GOAL_SECONDS else 'MISSED'}"
    )
    print(f"most memory of one process: {after.ru_maxrss / 1024:.0f} MB")
    print(f"--apply: {stored:.1f} s")


if __name__ == "__main__":
    main()
