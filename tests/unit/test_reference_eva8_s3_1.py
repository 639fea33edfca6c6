"""The reference workbook: its saved numbers are those of another program, and its pictures are of its cells."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
import torch

FOLDER = Path(__file__).resolve().parents[2] / "reference_models" / "eva8_s3_1"
HEADERS, FIRST, LINES = 9, 10, 61


def by_torch(rate: float) -> list[dict[str, float]]:
    """Plain gradient descent by autograd in double precision: a line for each iteration."""
    hidden = torch.tensor([[0.15, 0.20], [0.25, 0.30]], dtype=torch.float64, requires_grad=True)
    outer = torch.tensor([[0.40, 0.45], [0.50, 0.55]], dtype=torch.float64, requires_grad=True)
    inputs, targets = (torch.tensor(pair, dtype=torch.float64) for pair in ((0.05, 0.10), (0.01, 0.99)))
    lines = []
    for _ in range(LINES):
        h = hidden @ inputs
        o = outer @ torch.sigmoid(h)
        e = (targets - torch.sigmoid(o)) ** 2 / 2
        gradients = torch.autograd.grad(e.sum(), (hidden, outer))
        values = [hidden, outer, h, torch.sigmoid(h), o, torch.sigmoid(o), e, e.sum(), *gradients]
        flat = [number for value in values for number in value.detach().flatten().tolist()]
        lines.append(dict(zip(NAMES, flat, strict=True)))
        with torch.no_grad():
            hidden -= rate * gradients[0]
            outer -= rate * gradients[1]
    return lines


NAMES = [f"w{k}" for k in range(1, 9)]
NAMES += ["h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2", "E1", "E2", "E_total"]
NAMES += [f"∂E/∂w{k}" for k in range(1, 9)]


@pytest.fixture(scope="module")
def saved() -> openpyxl.Workbook:
    return openpyxl.load_workbook(FOLDER / "backpropagation.xlsx", data_only=True)


def test_every_number_is_autograds(saved: openpyxl.Workbook) -> None:
    sheet = saved["backprop"]
    columns = {cell.value: cell.column for cell in sheet[HEADERS]}
    expected = by_torch(sheet["B7"].value)
    for name in NAMES:
        found = [sheet.cell(FIRST + line, columns[name]).value for line in range(LINES)]
        assert found == pytest.approx([one[name] for one in expected], abs=1e-9), name


def test_the_errors_of_all_six_rates_are_autograds(saved: openpyxl.Workbook) -> None:
    sheet = saved["learning rates"]
    rates = {cell.column: float(cell.value.removeprefix("η = ")) for cell in sheet[3][1:7]}
    assert list(rates.values()) == [0.1, 0.2, 0.5, 0.8, 1.0, 2.0]
    for column, rate in rates.items():
        found = [sheet.cell(4 + line, column).value for line in range(LINES)]
        assert found == pytest.approx([one["E_total"] for one in by_torch(rate)], abs=1e-9)


def test_the_readme_states_what_the_sheet_has(saved: openpyxl.Workbook) -> None:
    rows = re.findall(
        r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE
    )
    sheet = saved["learning rates"]
    for column, (rate, first, last) in enumerate(rows, 2):
        assert sheet.cell(3, column).value == f"η = {rate}"
        assert (f"{sheet.cell(4, column).value:.5f}", f"{sheet.cell(64, column).value:.5f}") == (first, last)
    assert len(rows) == 6


def test_files_are_small() -> None:
    assert all(path.stat().st_size < 60_000 for path in FOLDER.rglob("*.*"))
