"""The reference submissions of EVA 8 by their text alone: what they claim, show and link. Nothing of them is run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"eva8_s4": 10_000, "eva8_s6": 200_000}
LOGGED = {"eva8_s4": (15, 99.4, 3), "eva8_s6": (20, 85.0, 1)}
"""Epochs, the accuracy that is asked for, and in how many epochs at the end."""

FILES = {"README.md", "model.py", "train.py", "requirements.txt"}
STEPS = {"step1_skeleton.py", "step2_batch_norm.py", "step3_augmentation.py"}


def reference(name: str) -> Path:
    return ROOT / "reference_models" / name


def readme(name: str) -> str:
    return (reference(name) / "README.md").read_text(encoding="utf-8")


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("name", LIMITS)
def test_the_layers_add_up_to_the_claimed_parameters(name: str) -> None:
    table = readme(name)[readme(name).index("| Layer |") :]
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| [^|]+ \| ([\d,]+) \|$", table, re.MULTILINE)
    total = re.search(r"^\| \*\*Total\*\* \|.* \*\*([\d,]+)\*\* \|$", table, re.MULTILINE)
    assert total
    assert sum(map(number, rows)) == number(total[1]) < LIMITS[name]
    assert f"with {total[1]} parameters" in readme(name).splitlines()[0]
    assert re.search(rf"^\| Parameters \| [^|]+ \| {total[1]} \|$", readme(name), re.MULTILINE)


@pytest.mark.parametrize("name", LIMITS)
def test_the_model_says_below_which_limit_it_stays(name: str) -> None:
    tree = ast.parse((reference(name) / "model.py").read_text(encoding="utf-8"))
    said = re.search(r"fewer than ([\d,]+) parameters", ast.get_docstring(tree) or "")
    assert said
    claimed = re.search(r"with ([\d,]+) parameters", readme(name))
    assert claimed
    assert number(claimed[1]) < number(said[1]) <= LIMITS[name]


@pytest.mark.parametrize("name", LIMITS)
def test_what_the_text_says_of_the_training_is_what_the_script_does(name: str) -> None:
    tree = ast.parse((reference(name) / "train.py").read_text(encoding="utf-8"))
    constants = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    text = " ".join(readme(name).split())
    assert re.search(rf"\| Epochs \| [^|]+ \| {constants['EPOCHS']} \|", text)
    assert f"batches of {constants['BATCH_SIZE']}" in text
    assert f"momentum {constants['MOMENTUM']}" in text
    assert f"rises to {constants['MAX_LR']}" in text


@pytest.mark.parametrize("name", LOGGED)
def test_the_log_is_whole_and_agrees_with_itself(name: str) -> None:
    epochs, line, at_the_end = LOGGED[name]
    found = re.findall(
        rf"^Epoch (\d+)/{epochs}: .* test accuracy ([\d.]+)% \((\d+)/10000\)(?:, \d+ s)?$",
        readme(name)[readme(name).index("## Training log") :],
        re.MULTILINE,
    )
    assert [int(epoch) for epoch, _, _ in found] == list(range(1, epochs + 1))
    assert all(float(share) == int(correct) / 100 for _, share, correct in found)
    last = [float(share) for _, share, _ in found[-at_the_end:]]
    assert min(last) >= line
    shown = " and ".join(", ".join(f"{share:.2f} %" for share in last).rsplit(", ", 1))
    assert f"| at least {line} % | {shown} |" in readme(name)


@pytest.mark.parametrize("name", LIMITS)
def test_it_holds_what_is_handed_in_and_no_path_of_a_machine(name: str) -> None:
    files = {path.name: path for path in reference(name).iterdir() if path.is_file()}
    handed_in = FILES | (STEPS if name == "eva8_s4" else set())
    assert set(files) == handed_in
    for path in files.values():
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr|mnt|Users)/", path.read_text("utf-8"))
    targets = re.findall(r"\]\(([^)]+)\)", readme(name))
    assert {"model.py", "train.py"} <= set(targets) <= handed_in


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_step_states_what_its_log_ends_with(step: str) -> None:
    """The last accuracies of the table of steps, of the step's own text and of its log are the same."""
    text = readme("eva8_s4")
    row = re.search(
        rf"^\| \d: \[{step}\].* \| ([\d,]+) \| (\d+) \| ([\d.]+) % \| ([\d.]+) % \|$", text, re.MULTILINE
    )
    assert row
    parameters, epochs, train, test = row.groups()
    last = f"Epoch {epochs}/{epochs}: .*train accuracy {train}%.*test accuracy {test}%"
    assert re.search(last, text)
    said = ast.get_docstring(ast.parse((reference("eva8_s4") / step).read_text("utf-8"))) or ""
    assert all(one in said for one in (parameters, f"{train} %", f"{test} %"))
