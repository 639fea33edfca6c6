"""Receptive fields that a student states."""

from __future__ import annotations

import pytest

from grader.reading.claims import claims, last_fields, table_claims
from grader.reading.logs import Line
from grader.reading.read import read_submission
from grader.records import Readme


def stated(*lines: str) -> list[float]:
    found = claims([Line("README.md:1", line) for line in lines])
    return [claim.value for claim in found if claim.name == "receptive_field"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("RF = 45", 45),
        ("**RF**: 28", 28),
        ("Receptive field: 45", 45),
        ("The final receptive field is 44x44 pixels", 44),
        ("- Receptive Field (RF) = **61**", 61),
        ("a receptive field of 28", 28),
        ("| Receptive field | 61 |", 61),
        ("x = self.conv(x)  # 12x12x16, RF: 14", 14),
        ("receptive_field=52", 52),
        ("The receptive field is 28.", 28),
        ("The receptive field is 28. It grows with each layer.", 28),
    ],
)
def test_a_stated_field(line, value):
    assert stated(line) == [value]


@pytest.mark.parametrize(
    "line",
    [
        "RF > 44",
        "Receptive field must be more than 44",
        "Target: RF of at least 44",
        "surf = 45",
        "the receptive field grows by 2.5 %",
        "RF: 45.3%",
        "RF: 45.3",
        "RF: 45%",
        "receptive field",
        "wrf 12",
    ],
)
def test_what_states_none(line):
    assert stated(line) == []


def test_a_listing_by_layer_states_its_last(stage):
    listing = "```\nconv1 RF: 3\nconv2 RF: 5\npool RF: 6\nconv3 RF: 28\n```\n\nRF = 28\n"
    reading = read_submission(*stage({"README.md": listing}))
    assert isinstance(reading.readme, Readme)
    assert [(c.value, c.place) for c in reading.readme.claims] == [
        (28.0, "README.md:5"),
        (28.0, "README.md:8"),
    ]


@pytest.mark.parametrize(
    ("header", "rows", "value"),
    [
        (("Layer", "Kernel", "RF"), [("conv1", "3x3", "3"), ("conv2", "3x3", "5"), ("gap", "", "28x28")], 28),
        (("Layer", "Receptive Field", "Params"), [("conv1", "3", "90"), ("Total", "", "7,870")], 3),
        (("Layer", "RF in", "RF out"), [("conv1", "1", "3"), ("conv2", "3", "5")], 5),
        (("Layer", "Jump"), [("conv1", "1")], 0),
    ],
    ids=["last row", "a row without", "two columns", "no column"],
)
def test_a_table_by_layer_states_the_last_value(header, rows, value):
    lines = [
        (Line(f"README.md:{number}", " | ".join(cells)), cells)
        for number, cells in enumerate([header, *rows], 1)
    ]
    found = [claim.value for claim in table_claims(lines) if claim.name == "receptive_field"]
    assert found == ([float(value)] if value else [])


def test_other_claims_are_kept_beside():
    found = claims([Line("a", "RF: 3, 7,870 parameters"), Line("b", "RF: 5")])
    assert [(c.name, c.value) for c in last_fields(found)] == [
        ("parameters", 7870.0),
        ("receptive_field", 5.0),
    ]
