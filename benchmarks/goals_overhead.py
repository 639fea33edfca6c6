"""Goals: what a submission costs beyond fetching and training, in one process with a zygote that is warm."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from goals_rows import REFERENCE, SECRET, SEED, Row, Setting

from grader.events import Event, Events
from grader.pipeline import Request, check_submission, grade_submission
from grader.records import Absent
from grader.spec.load import load_spec
from grader.stages import explain, trial

MOST_TURNS = 3  # each trains a whole epoch
TRAINING, SCORING, EXPLAINING, PROBING = "training", "scoring", "explaining", "probing"
PARTS = {
    "prepare": "prepare: the sandbox proven, the data decoded and verified",
    "fetch": "fetch (not counted)",
    "read": "read: README, code and notebooks",
    "inspect": "inspect: the model built and measured",
    "recipe": "recipe: the training captured",
    TRAINING: "training (not counted)",
    SCORING: "scoring of all test images",
    EXPLAINING: "explaining",
    PROBING: "probing",
    "train": "the rest of the trial: workers, models built, data and states handed over",
    "judge": "judge",
    "store": "store: the reports written",
}
NOT_COUNTED = ("fetch", TRAINING)


@dataclass
class Clock:
    """Wall seconds by what they went to: the run's stages, and the parts of its training stage."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            begin = time.monotonic()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[name] += time.monotonic() - begin

        return run

    @contextmanager
    def over(self, parts: dict[str, tuple[Any, str]]) -> Iterator[None]:
        with ExitStack() as stack:
            for name, (home, attribute) in parts.items():
                timed = self.timed(name, getattr(home, attribute))
                stack.enter_context(mock.patch.object(home, attribute, timed))
            yield


def overhead(setting: Setting) -> list[Row]:
    """The same submission again and again in one process, one thread, the task's whole data."""
    runs = []
    with tempfile.TemporaryDirectory() as out:
        request = Request(
            load_spec("s4"),
            str(REFERENCE),
            "benchmarks/goals.py",
            stand_in=setting.data.facts.stand_in,
            seeds=(SEED,),
            secret=SECRET,
            out=Path(out),
        )
        check_submission(replace(request, full=False), Events())  # warms up: the zygote starts
        for _ in range(min(MOST_TURNS, setting.turns)):
            runs.append(_one_run(request))
    setting.details += _table(runs)
    beyond = [sum(run.values()) - sum(run[name] for name in NOT_COUNTED) for run in runs]
    return [Row("a submission beyond fetching and training, warm", beyond, 1.0, unit=" s")]


def _one_run(request: Request) -> dict[str, float]:
    """Wall seconds by stage, the training stage by its parts. They add up to the whole."""
    clock = Clock()
    starts: list[tuple[str, float]] = []

    def listen(event: Event) -> None:
        if event.kind == "start":
            starts.append((event.stage, time.monotonic()))

    with clock.over(
        {SCORING: (trial, "_predict"), EXPLAINING: (explain, "explain"), PROBING: (trial, "probe")}
    ):
        evidence = grade_submission(request, Events([listen])).record.evidence
        starts.append(("", time.monotonic()))
    if isinstance(evidence.test_accuracy, Absent):
        raise SystemExit(f"The reference was not scored: {evidence.test_accuracy.reason}")
    found = {stage: after - at for (stage, at), (_, after) in pairwise(starts)}
    inside = {TRAINING: sum(one.wall_seconds for one in evidence.trials), **clock.seconds}
    inside[SCORING] -= inside[EXPLAINING]  # it is done in between
    return found | inside | {"train": found["train"] - sum(inside.values())}


def _table(runs: list[dict[str, float]]) -> list[str]:
    lines = ["", "| where a warm run's time goes | median, s | lowest-highest |", "| --- | ---: | ---: |"]
    for name, words in PARTS.items():
        found = [run[name] for run in runs]
        lines.append(f"| {words} | {statistics.median(found):.2f} | {min(found):.2f}-{max(found):.2f} |")
    return lines
