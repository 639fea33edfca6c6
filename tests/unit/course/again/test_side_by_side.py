"""Two runs side by side: which differences are more than noise."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.again.side_by_side import accuracies, side_by_side
from grader.records import Absent, Measurement


def with_accuracy(record, *values, spread=0.0016, **other):
    measured = Measurement(
        "test_accuracy", statistics.fmean(values), "share", "test", 10_000, values, spread, "tabulated"
    )
    found = replace(record.evidence, test_accuracy=replace(measured, **other))
    return replace(
        record, evidence=found, provenance=replace(record.provenance, seeds=tuple(range(len(values))))
    )


@pytest.fixture
def record(example_records):
    return example_records["full_marks"]


# half of one interval is 1.96 sd / sqrt(seeds): 0.31 points with one seed; of a difference of two, sqrt(2) of that
@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ((0.9900,), (0.9940,), "within noise"),
        ((0.9900,), (0.9946,), "beyond noise"),
        ((0.9946,), (0.9900,), "beyond noise"),
        ((0.9900, 0.9902, 0.9901), (0.9925, 0.9926, 0.9924), "within noise"),
        ((0.9900, 0.9902, 0.9901), (0.9929, 0.9930, 0.9928), "beyond noise"),
        # five seeds that hardly differ: their own spread counts, and the table's no more
        ((0.9900, 0.9901, 0.9902, 0.9901, 0.9900), (0.9905, 0.9906, 0.9907, 0.9906, 0.9905), "beyond noise"),
    ],
)
def test_what_is_noise_follows_from_seeds_and_spread(record, a, b, verdict):
    found = accuracies(with_accuracy(record, *a), with_accuracy(record, *b))
    assert found.verdict == verdict
    assert (abs(found.by) <= found.half) == (verdict == "within noise")


def test_the_interval_of_a_difference_is_that_of_two_means(record):
    found = accuracies(with_accuracy(record, 0.97), with_accuracy(record, 0.98))
    assert found.half == pytest.approx(1.96 * 0.0016 * 2**0.5)
    assert found.sentence == "+1.00 points; up to ±0.44 is noise (95 %)."
    assert found.first == "97.00 %, 96.69 to 97.31 % (1 seed)"


@given(
    a=st.lists(st.floats(0.5, 0.99), min_size=1, max_size=6),
    b=st.lists(st.floats(0.5, 0.99), min_size=1, max_size=6),
    spread=st.floats(0.0001, 0.01),
)
def test_the_order_of_the_two_does_not_matter(stored, a, b, spread):
    one, two = (with_accuracy(stored.EXAMPLES["full_marks"], *values, spread=spread) for values in (a, b))
    found, back = accuracies(one, two), accuracies(two, one)
    assert found.verdict == back.verdict
    assert (found.by, found.half) == (pytest.approx(-back.by), pytest.approx(back.half))


def test_what_cannot_be_compared_is_said(record):
    whole = with_accuracy(record, 0.99)
    fewer = with_accuracy(record, 0.99, n=5000)
    assert accuracies(whole, fewer).sentence == "They were measured on 10,000 and 5,000 images."
    other = replace(
        whole, evidence=replace(whole.evidence, data=replace(whole.evidence.data, digest="sha256:1"))
    )
    assert accuracies(whole, other).sentence == "They were measured on other data."
    gone = replace(whole, evidence=replace(whole.evidence, test_accuracy=Absent("failed", "No model.")))
    assert accuracies(gone, whole).verdict == "cannot be compared"
    assert accuracies(gone, gone).verdict == "same"


def test_the_same_trainings_are_the_same(record):
    one = with_accuracy(record, 0.99, 0.991)
    assert accuracies(one, one).verdict == "same"
    seeds = replace(one, provenance=replace(one.provenance, seeds=(7, 8)))
    assert accuracies(one, seeds).verdict == "within noise"  # the same numbers, by chance


def test_every_pair_of_records_has_lines(example_records, example_record):
    for other in example_records.values():
        lines = side_by_side(example_record, other)
        assert {line.verdict for line in lines} <= {
            "same",
            "differs",
            "within noise",
            "beyond noise",
            "cannot be compared",
        }
        assert len({line.what for line in lines}) == len(lines)
    assert all(line.verdict == "same" for line in side_by_side(example_record, example_record))


def test_what_was_measured_stands_in_the_lines(example_records):
    lines = {
        line.what: line for line in side_by_side(example_records["full_marks"], example_records["own_recipe"])
    }
    assert (lines["parameters"].first, lines["parameters"].verdict) == ("6,330", "same")
    assert (lines["receptive field"].first, lines["receptive field"].second) == ("10 × 10", "10 × 10")
    assert (lines["epochs"].first, lines["epochs"].second) == ("1", "3 of the 15 stated")
    assert lines["gradient clipping"].second == "clip_grad_norm_(max_norm=1.0)"
    assert lines["loss"].second.endswith("(label_smoothing=0.02)")
