"""The class ladder: ten small submissions of our own, their spec, the published figures, and the command that runs them."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from grader.bench.figures import read_published
from grader.spec.load import load_spec

ROOT = Path(__file__).resolve().parents[2]
LADDER = ROOT / "reference_models" / "ladder"
PARAMETERS = {
    "01_setup": 6_379_786,
    "02_skeleton": 194_884,
    "03_lighter": 10_790,
    "04_batch_norm": 10_970,
    "05_dropout": 10_970,
    "06_average_pooling": 6_070,
    "07_capacity": 11_994,
    "08_pooling_place": 13_808,
    "09_rotation": 13_808,
    "10_step_schedule": 13_808,
}
PUBLISHED = {
    "01_setup": ("6.3M", 99.24, 99.99),
    "02_skeleton": ("194k", 99.02, 99.35),
    "03_lighter": ("10.7k", 98.98, 99.0),
    "04_batch_norm": ("10.9k", 99.3, 99.9),
    "05_dropout": ("10.9k", 99.3, 99.39),
    "06_average_pooling": ("6k", 98.13, 99.86),
    "07_capacity": ("11.9k", 99.04, 99.33),
    "08_pooling_place": ("13.8k", 99.41, 99.39),
    "09_rotation": ("13.8k", 99.5, 99.15),
    "10_step_schedule": ("13.8k", 99.48, 99.21),
}


def text(step: str, name: str) -> str:
    return (LADDER / step / name).read_text("utf-8")


def network(step: str) -> Any:
    """The step's network, without values: a network of 6.4 million parameters takes no time so."""
    import torch

    spec = importlib.util.spec_from_file_location(f"ladder_{step}", LADDER / step / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with torch.device("meta"):
        return module.Net()


def functions(step: str) -> dict[str, str]:
    """The functions of a step's training, without their docstrings."""
    found = {}
    for node in ast.parse(text(step, "train.py")).body:
        if isinstance(node, ast.FunctionDef):
            node.body = node.body[1:] if ast.get_docstring(node) else node.body
            found[node.name] = ast.unparse(node)
    return found


def test_the_ladder_has_its_ten_steps():
    assert sorted(place.name for place in LADDER.iterdir() if place.is_dir()) == list(PARAMETERS)
    for step in PARAMETERS:
        assert {place.name for place in (LADDER / step).glob("*.*")} == {"README.md", "model.py", "train.py"}


@pytest.mark.parametrize("step", PARAMETERS)
def test_each_network_has_the_published_number_of_parameters(step):
    import torch

    net = network(step)
    assert sum(one.numel() for one in net.parameters()) == PARAMETERS[step]
    assert net(torch.empty(2, 1, 28, 28, device="meta")).shape == (2, 10)
    assert f"{PARAMETERS[step]:,} parameters" in text(step, "README.md")
    number = int(step[:2])
    assert f"| [{number}]({step}) | {PARAMETERS[step]:,} |" in (LADDER / "README.md").read_text("utf-8")


def test_the_exact_numbers_round_to_what_was_printed():
    for step, (printed, _, _) in PUBLISHED.items():
        unit = {"M": 1_000_000, "k": 1_000}[printed[-1]]
        digits = len(printed.partition(".")[2]) - 1 if "." in printed else 0
        cut = int(PARAMETERS[step] / unit * 10**digits) / 10**digits  # the class cut, and did not round
        assert f"{cut:.{digits}f}{printed[-1]}" == printed


def test_the_file_of_figures_has_what_was_published():
    published = read_published(LADDER / "published.json")
    found = {
        one.model: (one.printed_parameters, one.best_test_percent, one.best_train_percent)
        for one in published.figures
    }
    assert found == PUBLISHED
    assert list(found) == list(PARAMETERS)
    assert {one.model: one.parameters for one in published.figures} == PARAMETERS
    assert {one.model: one.at_epoch for one in published.figures if one.at_epoch} == {
        "08_pooling_place": 9,
        "09_rotation": 18,
        "10_step_schedule": 20,
    }
    (slip,) = [one for one in published.figures if "slip" in one.remark]
    assert slip.model == "06_average_pooling"
    table = (LADDER / "README.md").read_text("utf-8")
    for step, (_, test, train) in PUBLISHED.items():
        assert re.search(rf"\({step}\) .* \| {test:.2f} % \| {train:.2f} % \|", table)


def test_a_step_changes_what_its_text_says_and_nothing_else():
    nets = {step: text(step, "model.py").split("\n", 1)[1] for step in PARAMETERS}
    assert nets["08_pooling_place"] == nets["09_rotation"] == nets["10_step_schedule"]
    plain = text("01_setup", "train.py")
    assert all(text(step, "train.py") == plain for step in list(PARAMETERS)[:8])
    first, ninth, tenth = (
        functions("08_pooling_place"),
        functions("09_rotation"),
        functions("10_step_schedule"),
    )
    assert {name for name in first if first[name] != ninth[name]} == {"make_loaders"}
    assert {name for name in first if ninth[name] != tenth[name]} == {"main"}
    assert "RandomRotation((-7.0, 7.0), fill=(1,))" in ninth["make_loaders"]
    assert "StepLR(optimizer, step_size=6, gamma=0.1)" in tenth["main"]
    without = [line for line in tenth["main"].splitlines() if "scheduler" not in line]
    assert without == ninth["main"].splitlines()


def test_the_spec_trains_as_long_as_the_steps_and_has_no_rule_on_parameters():
    spec = load_spec(str(LADDER / "eva8_s4_ladder.yaml")).spec
    published = json.loads((LADDER / "published.json").read_text("utf-8"))
    assert spec.id == published["spec_id"]
    assert spec.training is not None
    assert spec.training.epochs.limit == int(
        re.findall(r"^EPOCHS = (\d+)$", text("01_setup", "train.py"), re.M)[0]
    )
    assert spec.training.recipe == "student"
    assert {rule.check for rule in spec.rules} == {"test_accuracy", "training_accuracy"}


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_one_command_runs_all_of_it_the_cheap_steps_first():
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "bench-all", "LADDER_SEEDS=4"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "s4:20 eva8_s4:20" in done.stdout
    assert "reference_models/ladder/eva8_s4_ladder.yaml:4 --no-reference" in done.stdout
    models = re.findall(r"--models (\S+)=(\S+)", done.stdout)
    assert all((ROOT / place).samefile(LADDER / name) for name, place in models)
    assert [name for name, _ in models] == [*list(PARAMETERS)[2:], "02_skeleton", "01_setup"]
    assert "bench published reference_models/ladder/published.json reports/bench-ladder" in done.stdout
