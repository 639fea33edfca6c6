"""What is judged with is what was measured, and changes only together with the measuring version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.evaluation.calibration.honest_ranges import HONEST
from grader.evaluation.calibration.noise_table import TABLE
from grader.evaluation.clock import REFERENCE_STEPS
from grader.evaluation.probes import LIMITS
from grader.records import MEASURING_VERSION

DOCS = Path(__file__).parents[3] / "docs" / "verdicts.md"
NAMES = {"mnist": "MNIST", "cifar10": "CIFAR-10"}

ALL = {"model", "test_accuracy", "train_accuracy"}
ACCURACY = {"test_accuracy", "train_accuracy"}
FIGURES = {
    4: {
        "noise": {
            "mnist": [
                (0.964, 0.0057, "measured"),
                (0.983, 0.0046, "measured"),
                (0.99, 0.0016, "measured"),
                (0.994, 0.0006, "measured"),
            ],
            "cifar10": [(0.85, 0.0027, "derived"), (0.94, 0.0015, "published")],
        },
        "steps": {("mnist", "epyc-core"): 0.0361},
        "limits": {
            "state size": ("flag", ALL, 0),
            "buffers": ("flag", {"model"}, 1000),
            "finite scores": ("note", ACCURACY, 0),
            "scrambled state": ("void", ALL, 0.05),
            "two orders": ("note", ACCURACY, 0.01),
            "state while predicting": ("note", ACCURACY, 0),
            "learning while predicting": ("flag", ACCURACY, 0.01),
            "batch sizes": ("note", ACCURACY, 0),
            "perturbed images": ("flag", ACCURACY, 0.05),
            "start and seed": ("flag", ACCURACY, 0.1),
            "untrained accuracy": ("flag", ACCURACY, 0.5),
            "hidden values": ("flag", ALL, 1000),
            "tensors outside of the state": ("note", ALL, 1_048_576),
            "steps": ("note", ACCURACY, 4),
            "repository": ("flag", ACCURACY, 0),
            "files in passing": ("note", set(), 0),
            "all probes": ("flag", ACCURACY, 0),
        },
    },
}
"""Measuring version → every figure of the calibration that decides a grade. A change adds a version."""


def test_figures_that_decide_change_only_with_the_measuring_version():
    wanted = FIGURES[MEASURING_VERSION]
    noise = {task: [(one.near, one.sd, one.source) for one in known] for task, known in TABLE.items()}
    assert noise == wanted["noise"]
    assert dict(REFERENCE_STEPS) == wanted["steps"]
    assert {name: (one.weight, set(one.concerns), one.threshold) for name, one in LIMITS.items()} == wanted[
        "limits"
    ]


def test_every_probe_has_a_range_and_no_other_name_has():
    assert set(HONEST) == set(LIMITS)
    assert all(LIMITS[name].honest == one.text for name, one in HONEST.items())


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_no_honest_model_is_beyond_a_threshold(name):
    assert HONEST[name].most <= LIMITS[name].threshold


def test_most_ranges_were_measured_with_many_models():
    stated = {name for name, one in HONEST.items() if not one.models}
    assert stated == {"buffers", "files in passing"}
    assert min(one.models for name, one in HONEST.items() if name not in stated) >= 9


def test_the_documentation_has_the_noise_table():
    """Row by row: who measures anew sees here what has to be written anew."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCS.read_text("utf-8").splitlines()
        if re.match(r"\| (MNIST|CIFAR-10) \|", line)
    ]
    written = [(task, near.removesuffix(" and below"), sd) for task, near, sd, _ in rows]
    assert written == [
        (NAMES[task], f"{100 * one.near:.4g} %", f"{100 * one.sd:.2f} points")
        for task, known in TABLE.items()
        for one in known
    ]
