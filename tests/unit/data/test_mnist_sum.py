"""Random digits beside MNIST's images."""

from __future__ import annotations

import numpy as np
import pytest

from grader.data import mnist_sum, standin
from grader.data.interface import DataSet, Second


@pytest.fixture(scope="module")
def plain() -> DataSet:
    return standin.generate(1, 3_000, 1_000)


def second(data: DataSet) -> Second:
    assert data.second is not None
    return data.second


def test_the_second_target_is_the_sum(plain: DataSet) -> None:
    data = mnist_sum.drawn(plain, 7)
    both = second(data)
    np.testing.assert_array_equal(both.train_targets, data.train_labels.astype(int) + both.train_inputs)
    np.testing.assert_array_equal(both.test_targets, data.test_labels.astype(int) + both.test_inputs)
    assert set(both.train_inputs.tolist()) == set(range(both.values)) == set(range(10))
    assert set(both.train_targets.tolist()) == set(range(both.classes)) == set(range(19))
    assert data.train_images is plain.train_images
    assert data.facts.digest == plain.facts.digest


def test_digits_are_even_and_know_nothing_of_the_image(plain: DataSet) -> None:
    digits = second(mnist_sum.drawn(plain, 0)).train_inputs
    counts = np.bincount(digits, minlength=10)
    assert abs(counts - 300).max() < 5 * np.sqrt(300)
    assert abs(np.corrcoef(digits, plain.train_labels)[0, 1]) < 0.06


def test_the_seed_decides_and_the_splits_differ(plain: DataSet) -> None:
    one, again, other = (second(mnist_sum.drawn(plain, seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.train_inputs, again.train_inputs)
    assert (one.train_inputs != other.train_inputs).mean() == pytest.approx(0.9, abs=0.05)
    assert (one.train_inputs[:1000] != one.test_inputs).mean() == pytest.approx(0.9, abs=0.05)
    assert one.train_inputs[:8].tolist() == [3, 7, 9, 6, 7, 5, 9, 3]  # the same with every NumPy


def test_the_name_says_it_once_and_nothing_can_be_changed(plain: DataSet) -> None:
    data = mnist_sum.drawn(mnist_sum.drawn(plain, 1), 2)
    assert data.facts.name == "generated stand-in digits, with random digits"
    both = second(data)
    for array in (both.train_inputs, both.train_targets, both.test_inputs, both.test_targets):
        assert array.dtype == np.uint8
        assert not array.flags.writeable
