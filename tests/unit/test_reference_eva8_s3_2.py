"""The reference submission of eva8_s3_2 by its text alone: its notebook, its log and what it claims. Nothing runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "reference_models" / "eva8_s3_2"
NOTEBOOK = REFERENCE / "S3" / "mnist_20k_parameters.ipynb"
README = (REFERENCE / "README.md").read_text("utf-8")
LINE = re.compile(
    r"^Epoch (\d+)/15: .* test accuracy ([\d.]+)% \((\d+)/10000\), \d+ s$",
    re.MULTILINE,
)


def cells() -> list[dict[str, Any]]:
    return json.loads(NOTEBOOK.read_text("utf-8"))["cells"]  # type: ignore[no-any-return]


def outputs() -> str:
    return "".join("".join(output["text"]) for cell in cells() for output in cell.get("outputs", []))


def test_the_layers_add_up_to_the_claimed_parameters() -> None:
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| [^|]+ \| ([\d,]+) \|$", README, re.MULTILINE)
    assert sum(int(row.replace(",", "")) for row in rows) == 15_010
    assert "| **Total** | | | **15,010** |" in README
    assert "Total params: 15,010\n" in outputs()
    assert README.splitlines()[0].endswith("with 15,010 parameters")


def test_the_log_is_whole_and_the_readme_shows_the_notebooks() -> None:
    found = LINE.findall(outputs())
    assert found == LINE.findall(README)
    assert [int(epoch) for epoch, _, _ in found] == list(range(1, 16))
    assert all(float(share) == int(correct) / 100 for _, share, correct in found)
    last = found[-1][1]
    assert float(last) >= 99.4
    assert f"| Test accuracy after the last epoch | at least 99.4 % | {last} % |" in README


def test_the_digits_that_were_wrong_are_the_rest_of_the_last_epoch() -> None:
    wrong = re.findall(r"^\d: (\d+) of (\d+) wrong$", outputs(), re.MULTILINE)
    assert len(wrong) == 10
    assert sum(int(all_of) for _, all_of in wrong) == 10_000
    assert 10_000 - sum(int(one) for one, _ in wrong) == int(LINE.findall(outputs())[-1][2])


def test_the_notebook_is_one_and_ran_in_order() -> None:
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    ran = [cell["execution_count"] for cell in notebook.cells if cell.cell_type == "code"]
    assert ran == list(range(1, len(ran) + 1))


def test_it_holds_what_is_handed_in_and_no_path_of_a_machine() -> None:
    files = [path for path in REFERENCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.name for path in files} == {"README.md", "requirements.txt", NOTEBOOK.name}
    for path in files:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr|mnt|Users)/", path.read_text("utf-8"))
    assert set(re.findall(r"\]\(([^)]+)\)", README)) == {"S3/mnist_20k_parameters.ipynb"}
