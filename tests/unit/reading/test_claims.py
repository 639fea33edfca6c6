"""Numbers that a student states. Limits and wishes are not claims."""

from __future__ import annotations

import pytest

from grader.reading.claims import claims, table_claims
from grader.reading.logs import Line


def read(text: str) -> list[tuple[str, float]]:
    return [(claim.name, claim.value) for claim in claims([Line("README.md:1", text)])]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Lightweight (21,844 parameters)", 21_844),
        ("Total params: 21,844", 21_844),
        ("Trainable params: 7784", 7_784),
        ("Total Parameters | 21,844", 21_844),
        ("number of parameters is 13,808", 13_808),
        ("about the model: 24.9k parameters", 24_900),
        ("6.3M params", 6_300_000),
        ("Parameter count: 24,938 (limit 25,000)", 24_938),
        ("The model uses 21,844 parameters, well under the 25,000 limit.", 21_844),
        ("Parameters: 18,420 / 25,000", 18_420),
    ],
)
def test_parameter_claims(text, value):
    assert read(text) == [("parameters", value)]


@pytest.mark.parametrize(
    "text",
    [
        "less than 25,000 parameters", "Parameters < 25,000", "under 25k parameters", "Parameters ≤ 20000",
        "25,000 parameter budget", "Requirement: 25,000 parameters", "at most 8000 params",
        "~20,000 parameters",
        "Non-trainable params: 0", "Params size (MB): 0.08", "max parameters: 25000",
        "Parameters: fewer than 25000",
        "A limit of 25,000 parameters", "The model must have 25,000 parameters", "2 parameters",
        "Test accuracy > 95 %", "test accuracy of at least 95 %", "Test accuracy: 981",
    ],
)  # fmt: skip
def test_limits_and_other_numbers_are_no_claims(text):
    assert read(text) == []


def test_accuracies_and_epochs():
    text = "It has 7784 trainable parameters and 99.41% test accuracy after 15 epochs"
    assert read(text) == [("parameters", 7784), ("test_accuracy", 0.9941), ("epochs", 15)]
    assert read("Final Test Accuracy: **98.80%**") == [("test_accuracy", 0.988)]
    assert read("val_acc: 0.987") == [("test_accuracy", 0.987)]
    assert read("Epochs: 20") == [("epochs", 20)]


def test_a_claim_says_where_it_stands_in_clean_text():
    (claim,) = claims([Line("README.md:7", "Total params: 21,844\x1b[0m")])
    assert (claim.place, claim.text) == ("README.md:7", "Total params: 21,844\\x1b[0m")


def test_the_total_of_a_table_of_layers():
    table = [("Layer", "Params"), ("conv1", "80"), ("Total", "5,142"), ("Total without bias", "many")]
    rows = [(Line(f"README.md:{number}", "|".join(row)), row) for number, row in enumerate(table, 4)]
    assert [(claim.value, claim.place) for claim in table_claims(rows)] == [(5142, "README.md:6")]
    assert table_claims([]) == ()
    assert table_claims(rows[1:]) == ()
