"""Exactly so many steps, one file each, with their texts."""

from __future__ import annotations

import pytest

from grader.checks.interface import run
from grader.checks.steps import Rule
from grader.records import Outcome

BLOCK = "Target: fewer parameters {0}\nResult: 99.1 %\nAnalysis: it overfits\n"
NET = "import torch.nn as nn\nclass Net{0}(nn.Module):\n    def forward(self, x): return x\n"


def script(number: int, block: str = BLOCK) -> str:
    return f'"""\n{block.format(number)}"""\n{NET.format(number)}'


def notebook(number: int) -> list[object]:
    return [NET.format(number), {"cell_type": "markdown", "source": BLOCK.format(number)}]


def judged(evidence, **keys: object) -> Outcome:
    rule = Rule.model_validate({"id": "a", "check": "steps", "points": 40.0, "exactly": 3} | keys)
    return run(rule, evidence)


@pytest.mark.parametrize("kind", ["scripts", "notebooks"])
def test_three_steps_with_their_texts(handed_in, kind):
    files = {
        f"{n}_step.{'py' if kind == 'scripts' else 'ipynb'}": script(n) if kind == "scripts" else notebook(n)
        for n in (1, 2, 3)
    }
    outcome = judged(handed_in(files))
    assert (outcome.status, outcome.points) == ("passed", 40)
    assert [part.name for part in outcome.parts] == ["3 step files", "step 1", "step 2", "step 3"]
    place = "1_step.py:2" if kind == "scripts" else "1_step.ipynb, cell 2 of 2"
    assert outcome.parts[1].finding.measured == f"all three, {place}; model: Net1"


def test_four_files_are_not_three(handed_in):
    outcome = judged(handed_in({f"step{n}.py": script(n) for n in (1, 2, 3, 4)}))
    assert (outcome.status, outcome.points) == ("partial", 30)
    assert outcome.parts[0].finding.measured.startswith("4 step files: step1.py")


def test_two_files_lose_the_number_and_the_third_step(handed_in):
    outcome = judged(handed_in({f"step{n}.py": script(n) for n in (1, 2)}))
    assert (outcome.status, outcome.points) == ("partial", 20)
    assert outcome.parts[3].finding.measured == "no file"


def test_a_part_that_is_missing_costs_its_step(handed_in):
    files = {
        "step1.py": script(1),
        "step2.py": script(2, "Target: a {0}\nResult: b\n"),
        "step3.py": script(3),
    }
    outcome = judged(handed_in(files))
    assert outcome.points == 30
    assert outcome.parts[2].finding.measured == "no analysis; model: Net2"


def test_a_sibling_without_a_block_is_a_step_without_its_text(handed_in):
    outcome = judged(handed_in({"step1.py": script(1), "step2.py": script(2), "step3.py": NET.format(3)}))
    assert outcome.points == 30
    assert outcome.parts[3].finding.measured == "no block; model: Net3"


def test_steps_in_the_readme_alone_go_to_a_person(handed_in):
    text = "# T\n\n" + "\n\n".join(f"## Step {n}\n\n{BLOCK.format(n)}" for n in (1, 2, 3))
    outcome = judged(handed_in({"README.md": text, "step1.py": NET.format(1)}))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 40)
    assert "The README describes 3 steps" in outcome.parts[0].finding.rationale


def test_no_step_at_all(handed_in):
    outcome = judged(handed_in({"model.py": NET.format("")}), by_a_person="25 %")
    assert (outcome.status, outcome.points, outcome.open_points) == ("failed", 0, 0)


def test_what_cannot_be_read_may_be_a_step(handed_in):
    assert judged(handed_in({"step1.ipynb": '{"cells": ['})).status == "review"


def test_the_texts_side_by_side_for_a_person(handed_in):
    outcome = judged(handed_in({f"step{n}.py": script(n) for n in (1, 2, 3)}), by_a_person="25 %")
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 30, 10)
    said = outcome.parts[-1].finding.rationale
    assert "step1.py: target: fewer parameters 1 | result: 99.1 % | analysis: it overfits ||" in said
    assert "step3.py: target: fewer parameters 3" in said


def test_all_of_it_by_a_person(handed_in):
    outcome = judged(handed_in({f"step{n}.py": script(n) for n in (1, 2, 3)}), by_a_person="100 %")
    assert (outcome.status, outcome.open_points, len(outcome.parts)) == ("review", 40, 1)


def test_a_long_text_is_cut(handed_in):
    files = {
        f"step{n}.py": script(n, "Target: " + "x" * 1_500 + "{0}\nResult: b\nAnalysis: c\n")
        for n in (1, 2, 3)
    }
    assert len(judged(handed_in(files), by_a_person="25 %").parts[-1].finding.rationale) < 2_000


def test_a_step_whose_model_is_not_known_has_a_note(handed_in):
    block = f'"""\n{BLOCK.format(1)}"""\n'
    outcome = judged(handed_in({"step1.py": block, "step2.py": script(2), "step3.py": script(3)}))
    assert outcome.notes == ("Which model belongs to the step could not be told for step1.py.",)
