"""Rendering is for any machine: it needs no torch, and a course of 150 is rendered while somebody waits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
REFERENCES = sorted((ROOT / "reports" / "reference").glob("*.json"))
COURSE = 150
MOST_SECONDS = 10.0

RENDERED = """
import json, sys, time
from pathlib import Path
from grader.report.interface import STORED, formats
from grader.report.json import from_json
records = [from_json(Path(name).read_text("utf-8")) for name in sys.argv[1:]]
for module in formats().values():
    module.render(records[0])
begin = time.process_time()
for record in records:
    for name in STORED:
        formats()[name].render(record)
seconds = time.process_time() - begin
print(json.dumps({"modules": sorted({name.partition(".")[0] for name in sys.modules}), "seconds": seconds}))
"""


@pytest.fixture(scope="module")
def rendered() -> dict[str, object]:
    """Every format once, then what a run's folder holds for each reference model, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RENDERED, *map(str, REFERENCES)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_no_format_needs_torch(rendered: dict[str, object]) -> None:
    modules = rendered["modules"]
    assert isinstance(modules, list)
    assert {"grader", "jinja2", "rich"} <= set(modules)
    assert not {"torch", "torchvision", "torchinfo", "git"} & set(modules)


def test_a_course_is_rendered_in_seconds(rendered: dict[str, object]) -> None:
    """In CPU time, from the reports of the reference models. A busy core is slower: the benchmark holds the goal itself."""
    seconds = rendered["seconds"]
    assert isinstance(seconds, float)
    assert len(REFERENCES) >= 5
    assert seconds / len(REFERENCES) * COURSE < MOST_SECONDS * 1.5
