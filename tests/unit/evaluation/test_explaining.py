"""Which images are chosen, and what is kept of them and of their maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.explaining import RIGHT, WRONG, choose, kept, pixels, scaled, shares


def scores(rows: list[tuple[int, float]], classes: int = 4) -> np.ndarray:
    """One row per image: the answer, and by how much it is ahead."""
    found = np.zeros((len(rows), classes), np.float32)
    for index, (answer, ahead) in enumerate(rows):
        found[index, answer] = ahead
    return found


def test_mistakes_are_spread_over_the_true_classes() -> None:
    """Twelve sure mistakes of class 0 do not crowd out the unsure one of class 1 and the one of class 2."""
    rows = [(3, 9.0 + 0.1 * n) for n in range(12)] + [(0, 0.5), (0, 2.0)] + [(1, 5.0), (0, 4.0), (2, 1.0)]
    labels = np.array([0] * 12 + [1, 2] + [1, 0, 2], np.uint8)
    found = choose(scores(rows), labels, "logits")
    assert found.wrong == (11, 10, 9, 8, 7, 6, 5, 4, 13, 12)
    assert found.mistakes == 14
    assert found.right == (15, 16, 14)  # in the order in which their classes are among the mistakes


def test_fewer_mistakes_are_all_shown() -> None:
    found = choose(scores([(1, 2.0), (0, 3.0), (2, 1.0)]), np.array([0, 0, 2], np.uint8), "logits")
    assert (found.wrong, found.right, found.mistakes) == ((0,), (1, 2), 1)
    assert found.images == (0, 1, 2)


def test_nothing_right_and_nothing_wrong() -> None:
    labels = np.array([0, 1], np.uint8)
    assert choose(scores([(0, 1.0), (1, 1.0)]), labels, "logits").wrong == ()
    assert choose(scores([(2, 1.0), (2, 1.0)]), labels, "logits").right == ()


def test_scores_that_are_not_finite_are_mistakes_with_nothing_to_show() -> None:
    given = scores([(1, 2.0), (0, 3.0), (0, 1.0)])
    given[0, 2], given[2, 1] = np.nan, np.inf
    found = choose(given, np.array([0, 0, 0], np.uint8), "logits")
    assert (found.images, found.mistakes) == ((1,), 2)


@given(st.integers(1, 60), st.integers(2, 6), st.integers(0, 2**31))
def test_any_scores_give_a_choice(images: int, classes: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    given = draws.normal(size=(images, classes)).astype(np.float32)
    labels = draws.integers(0, classes, images).astype(np.uint8)
    found = choose(given, labels, "logits")
    answers = given.argmax(axis=1)
    assert found.mistakes == int((answers != labels).sum())
    assert len(found.wrong) == min(WRONG, found.mistakes)
    assert len(found.right) == min(RIGHT, images - found.mistakes)
    assert len(set(found.images)) == len(found.images)
    assert all(answers[index] != labels[index] for index in found.wrong)
    assert all(answers[index] == labels[index] for index in found.right)
    most = min(len(set(labels[answers != labels].tolist())), WRONG)
    assert len({int(labels[index]) for index in found.wrong}) == most


def test_shares_are_the_same_for_logits_and_their_logarithms() -> None:
    logits = np.array([[1.0, 2.0, 4.0], [900.0, 0.0, -900.0]], np.float32)
    found = shares(logits, "logits")
    assert found.sum(axis=1) == pytest.approx([1, 1])
    assert found[0] == pytest.approx(np.exp(logits[0]) / np.exp(logits[0]).sum())
    with np.errstate(divide="ignore"):
        again = shares(np.log(found[:1]).astype(np.float32), "log_softmax")
    assert again == pytest.approx(found[:1], abs=1e-6)
    assert shares(found[:1].astype(np.float32), "probabilities") == pytest.approx(found[:1], abs=1e-6)


def test_a_map_is_kept_from_nothing_to_its_strongest() -> None:
    one = kept(3, np.array([[1.0, 2.0], [3.0, 5.0]], np.float32))
    assert (one.class_id, one.rows, one.strongest) == (3, ("0040", "80ff"), 5.0)
    empty = kept(0, np.zeros((2, 3), np.float32))
    assert (empty.rows, empty.strongest) == (("000000", "000000"), 0.0)
    assert scaled(np.full((2, 2), 7.0, np.float32)).max() == 0


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((28, 28), (28, 28, 1)),
        ((3, 32, 32), (32, 32, 3)),
        ((1, 20, 30), (20, 30, 1)),
        ((784,), (28, 28, 1)),
        ((3, 224, 224), (56, 56, 3)),
        ((65, 10), (33, 5, 1)),
        ((4,), (2, 2, 1)),
        ((5,), None),
        ((1,), None),
        ((2, 8, 8), None),
        ((1, 1, 8, 8), None),
    ],
)
def test_an_image_is_shown_as_it_is_stored(shape: tuple[int, ...], shown: tuple[int, ...] | None) -> None:
    given = np.arange(np.prod(shape), dtype=np.int64).reshape(shape).astype(np.uint8)
    found = pixels(given)
    assert (None if found is None else found.shape) == shown
    if found is not None:
        assert found[0, 0, 0] == given.reshape(-1)[0]
