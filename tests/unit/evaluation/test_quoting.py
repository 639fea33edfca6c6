"""The student's own line behind a place."""

from __future__ import annotations

import pytest

from grader.evaluation.quoting import LIMIT_LINES, Quote, no_source, quote

CELL = "# scheduler = StepLR(optimizer)\nmodel = Net()\nscheduler = StepLR(\n    optimizer)\n"
TEXTS = {"a b.ipynb, cell 3": CELL, "src/train.py": "import torch\n\n  loader = DataLoader(data)\n"}


def source(place: str) -> str:
    return TEXTS.get(place, "")


@pytest.mark.parametrize(
    ("place", "patterns", "expected"),
    [
        ("a b.ipynb, cell 3", (r"StepLR",), Quote("a b.ipynb, cell 3, line 3", "scheduler = StepLR(")),
        ("a b.ipynb, cell 3, line 2", (), Quote("a b.ipynb, cell 3, line 2", "model = Net()")),
        ("src/train.py:3", (), Quote("src/train.py:3", "loader = DataLoader(data)")),
        ("src/train.py", (r"shuffle", r"DataLoader"), Quote("src/train.py:3", "loader = DataLoader(data)")),
        ("src/train.py:2", (r"import",), Quote("src/train.py:2", "instead")),
        ("src/train.py:99", (), Quote("src/train.py:99", "instead")),
        ("other.py:3", (r"import",), Quote("other.py:3", "instead")),
        ("", (r"import",), Quote("", "instead")),
    ],
)
def test_the_line_is_found(place, patterns, expected):
    assert quote(source, place, patterns, "instead") == expected


def test_without_a_source_nothing_is_quoted():
    assert quote(no_source, "train.py:3", (r"import",)) == Quote("train.py:3", "")


def test_a_hostile_line_is_cut_and_made_visible():
    found = quote(lambda _: "x = '\x1b[31m" + "y" * 1_000_000 + "'", "train.py:1", ())
    assert len(found.text) == 200
    assert "\x1b" not in found.text


def test_a_file_without_end_is_not_searched_to_its_end():
    text = "pass\n" * LIMIT_LINES + "loader = DataLoader(data)\n"
    assert quote(lambda _: text, "train.py", (r"DataLoader",)).text == ""
