"""Scoring outside of the sandbox."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.score import Secret, score


def one_hot(ids: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[ids]


@given(st.integers(0, 2**31), st.integers(2, 12), st.integers(1, 60))
def test_a_worker_that_knows_the_hidden_ids_is_scored_as_perfect(seed, classes, images):
    """The permutation of the ids and of the order are undone exactly."""
    labels = np.random.default_rng(seed).integers(0, classes, images).astype(np.uint8)
    secret = Secret.draw(classes, images, seed, 1)
    seen_by_worker = secret.hide(labels)[secret.test_order]
    result = score(secret.true_order(one_hot(seen_by_worker, classes)), labels)
    assert result.correct == images
    assert sum(map(sum, result.confusion)) == images


def test_answers_made_for_the_real_ids_are_worth_chance():
    labels = np.random.default_rng(0).integers(0, 10, 10_000).astype(np.uint8)
    accuracies = []
    for seed in range(20):
        secret = Secret.draw(10, len(labels), seed, 1)
        prepared = one_hot(labels[secret.test_order], 10)
        accuracies.append(score(secret.true_order(prepared), labels).accuracy)
    assert np.mean(accuracies) < 0.25


def test_an_image_without_a_finite_score_counts_as_wrong():
    labels = np.array([0, 1, 2])
    scores = one_hot(labels, 3)
    scores[1] = np.nan
    scores[2, 0] = np.inf
    result = score(scores, labels)
    assert (result.correct, result.images, result.not_finite) == (1, 3, 2)


def test_nan_everywhere_is_no_free_class():
    """argmax over NaN is class 0; a model that gives NaN must not be right about every zero."""
    assert score(np.full((5, 10), np.nan, np.float32), np.zeros(5, int)).correct == 0


def test_the_confusion_matrix_has_true_classes_as_rows():
    result = score(one_hot(np.array([1, 1, 0]), 2), np.array([0, 1, 0]))
    assert result.confusion == ((1, 1), (0, 1))
    assert result.accuracy == 2 / 3
