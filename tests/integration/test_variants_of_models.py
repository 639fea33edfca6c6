"""An argument that chooses, as students write it: found in the source, built in the real sandbox, judged by what it built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.checks.interface import Rule, rule_types, run
from grader.fetch.interface import fetch
from grader.reading.read import read_submission
from grader.records import Absent, Outcome, Variants
from grader.spec.load import load_spec
from grader.stages.model import find_model
from grader.stages.variants import Shape, variants
from grader.stages.workers import OpenWorker, choose_sandbox, opener

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

NORMS = ("group norm", "layer norm", "batch norm")
EACH = [{"uses": [one], "not": [other for other in NORMS if other != one]} for one in NORMS]
PASSED = dict.fromkeys(NORMS, "passed")
TRAINING = Absent("skipped", "Nothing was run.")

NET = """
from enum import Enum
import torch
from torch import nn
{before}

class {name}(nn.Module):
    def __init__(self{argument}):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        {choice}
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x)))
        return self.fc(x.mean((2, 3)))
{after}
"""
GROUP, LAYER, BATCH = "nn.GroupNorm(4, 8)", "nn.LayerNorm([8, 26, 26])", "nn.BatchNorm2d(8)"


def net(argument: str, choice: str, *, before: str = "", after: str = "", name: str = "Net") -> str:
    return NET.format(argument=argument, choice=choice, before=before, after=after, name=name)


def chain(*tests: str) -> str:
    """`if` a: group, `elif` b: layer, `else`: batch."""
    first, second = tests
    return (
        f"if {first}:\n            self.norm = {GROUP}\n        elif {second}:\n            self.norm = {LAYER}\n"
        f"        else:\n            self.norm = {BATCH}"
    )


def rule() -> Rule:
    return rule_types()["variants"].model_validate(
        {"id": "choose", "check": "variants", "each": EACH, "points": 90}
    )


@pytest.fixture(scope="module")
def sandbox():
    return choose_sandbox(plain_allowed=False, zygote=True)[0]


@pytest.fixture
def judged(sandbox, tmp_path: Path, example_records):
    def judge(*files: str, name: str = "model{n}.py") -> tuple[Variants | Absent, Outcome]:
        for n, text in enumerate(files):
            (tmp_path / name.format(n=n)).write_text(text, "utf-8")
        asking = load_spec("s4").spec.model_copy(update={"checks": (rule(),)})
        with fetch(str(tmp_path)) as fetched:
            reading = read_submission(fetched.root, fetched.submission)
            workers: OpenWorker = opener(sandbox, fetched.root, 1)
            model = find_model(workers, reading, (1, 28, 28), 10).model
            shape = Shape((1, 28, 28), 10)
            found = variants(asking, fetched, reading, model, TRAINING, workers, shape)
        evidence = replace(example_records["full_marks"].evidence, model=model, variants=found)
        return found, run(rule(), evidence)

    return judge


def states(outcome: Outcome) -> dict[str, str]:
    return {part.name: part.status for part in outcome.parts}


WAYS = {
    "text": net(", norm='bn'", chain("norm == 'gn'", "norm.lower() == 'ln'")),
    "number": net(", kind=0", chain("kind == 1", "kind == 2")),
    "enumeration": net(
        ", norm: 'Norm'",
        chain("norm is Norm.GROUP", "norm == Norm.LAYER"),
        before="class Norm(Enum):\n    GROUP = 'g'\n    LAYER = 'l'\n    BATCH = 'b'\n",
    ),
    "table": net(
        ", norm", f"self.norm = {{'g': lambda: {GROUP}, 'l': lambda: {LAYER}, 'b': lambda: {BATCH}}}[norm]()"
    ),
    "function": net("", f"self.norm = {BATCH}", name="BatchNet")
    + net("", f"self.norm = {GROUP}", name="GroupNet")
    + net("", f"self.norm = {LAYER}", name="LayerNet")
    + "\ndef make(which):\n    nets = {'a': BatchNet, 'b': GroupNet, 'c': LayerNet}\n    if which == 'a':\n"
    "        return BatchNet()\n    elif which == 'b':\n        return GroupNet()\n    return LayerNet()\n",
    "one group": net(
        ", norm='bn'", chain("norm == 'gn'", "norm == 'ln'").replace(LAYER, "nn.GroupNorm(1, 8)")
    ),
    "called in a loop": net(", norm", chain("norm[0] == 'g'", "norm[0] == 'l'"))
    + "\nif __name__ == '__main__':\n    for norm in ('gn', 'ln', 'bn'):\n        print(Net(norm))\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_an_argument_chooses_however_it_is_written(way: str, judged) -> None:
    found, outcome = judged(WAYS[way])
    assert states(outcome) == PASSED, (found, outcome)
    if way == "one group":
        assert "counted as one" in outcome.parts[1].finding.rationale


LOST = {
    "ignored": (
        net(", norm='bn'", f"assert norm in ('gn', 'ln', 'bn')\n        self.norm = {BATCH}"),
        "failed",
    ),
    "no argument": (net("", f"self.norm = {BATCH}"), "failed"),
    "only two": (net(", norm='bn'", chain("norm == 'gn'", "norm == 'xx'").replace(LAYER, BATCH)), "partial"),
    "one group is no group": (
        net(", norm='bn'", chain("norm == 'gn'", "norm == 'ln'").replace(GROUP, "nn.GroupNorm(1, 8)")),
        "partial",
    ),
    "layers that never run": (
        net(
            ", norm='bn'",
            chain("norm == 'gn'", "norm == 'ln'") + f"\n        self.norm, self.other = {BATCH}, self.norm",
        ),
        "failed",
    ),
    "read from elsewhere": (
        net(", **options", chain("options.get('n') == KIND", "options.get('n') == 2"), before="KIND = 1"),
        "review",
    ),
    "separate classes": (
        net("", f"self.norm = {BATCH}", name="BatchNet")
        + net("", f"self.norm = {GROUP}", name="GroupNet")
        + net("", f"self.norm = {LAYER}", name="LayerNet"),
        "review",
    ),
    "one of them does not run": (
        net(", norm='bn'", chain("norm == 'gn'", "norm == 'ln'").replace("[8, 26, 26]", "[8, 5, 5]"))
        + "\nif __name__ == '__main__':\n    Net('gn'), Net('ln'), Net('bn')\n",
        "review",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_is_missing_is_lost_with_proof_alone(case: str, judged) -> None:
    source, status = LOST[case]
    found, outcome = judged(source)
    assert outcome.status == status, (found, outcome)


def test_a_value_that_ends_the_worker_costs_only_itself(judged) -> None:
    text = net(
        ", norm='bn'",
        "if norm == 'boom':\n            import os; os._exit(3)\n        "
        + chain("norm == 'gn'", "norm == 'ln'"),
    )
    found, outcome = judged(text)
    assert isinstance(found, Variants)
    assert [one.value for one in found.builds if "ended early" in one.fault] == ["boom"]
    assert states(outcome) == PASSED


def test_without_a_check_that_asks_no_worker_is_started(tmp_path: Path) -> None:
    def never() -> None:
        raise AssertionError("a worker was started")

    (tmp_path / "model.py").write_text(WAYS["text"], "utf-8")
    with fetch(str(tmp_path)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        absent = Absent("errored", "The machine failed.")
        shape = Shape((1, 28, 28), 10)
        spec = load_spec("s4").spec
        found = variants(spec, fetched, reading, absent, TRAINING, never, shape)
        asking = spec.model_copy(update={"checks": (rule(),)})
        assert variants(asking, fetched, reading, absent, TRAINING, never, shape) == absent
    assert isinstance(found, Absent)
    assert found.cause == "skipped"
