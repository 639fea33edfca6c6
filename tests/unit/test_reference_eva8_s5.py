"""The reference of eva8_s5 by its text alone: the README states what the notebook's saved logs show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "reference_models" / "eva8_s5"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
NOTEBOOK = json.loads((FOLDER / "normalisation.ipynb").read_text(encoding="utf-8"))
COLUMNS = {"group": 0, "layer": 1, "batch": 2}
_LINE = re.compile(
    r"Epoch (\d+)/20: train loss [\d.]+, train accuracy ([\d.]+ ?%), "
    r"test loss ([\d.]+), test accuracy ([\d.]+ ?%) \((\d+)/10000\)"
)


def row(name: str) -> list[str]:
    found = re.search(rf"^\| {name} \|(.*)\|$", README, re.MULTILINE)
    assert found, name
    return [cell.strip() for cell in found[1].split("|")]


def log(norm: str) -> list[tuple[str, ...]]:
    """(epoch, training accuracy, test loss, test accuracy, right answers) of each epoch."""
    cell = next(c for c in NOTEBOOK["cells"] if f"{norm}_history = fit(" in "".join(c["source"]))
    text = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    return _LINE.findall(text)


@pytest.mark.parametrize("norm", COLUMNS)
def test_the_table_states_what_the_log_shows(norm: str) -> None:
    shown, column = log(norm), COLUMNS[norm]
    assert [int(line[0]) for line in shown] == list(range(1, 21))
    assert all(f"{int(line[4]) / 100:.2f}%" == line[3] for line in shown)
    last, first = shown[-1], shown[0]
    stated = {
        "Test accuracy after epoch 20": last[3],
        "Test loss after epoch 20": last[2],
        "Test accuracy after epoch 1": first[3],
        "Training accuracy in epoch 20": last[1],
    }
    for name, value in stated.items():
        assert row(name)[column].replace(" ", "") == value


def test_the_layers_add_up_to_the_claimed_parameters() -> None:
    table = README[README.index("| Layer | Output shape |") : README.index("| **Total**")]
    counts = re.findall(r"\| ([\d,]+) \|$", table, re.MULTILINE)
    assert sum(int(count.replace(",", "")) for count in counts) == 7_662
    printed = "".join(json.dumps(cell.get("outputs", "")) for cell in NOTEBOOK["cells"])
    assert printed.count("7,662 parameters") == 3


def test_nothing_of_a_machine_is_in_it() -> None:
    for path in FOLDER.iterdir():
        if path.is_file():
            assert not re.search(r"/(tmp|root|home|work)/", path.read_text(encoding="utf-8")), path.name
    assert all(path.stat().st_size < 60_000 for path in (FOLDER / "images").iterdir())
