"""Which images the probes use, and how two sets of scores compare."""

from __future__ import annotations

import numpy as np
import pytest

from grader.evaluation.probes_images import (
    BATCH_SIZES,
    SCRAMBLES,
    Chosen,
    best_naming,
    chance,
    difference,
    perturbed,
    perturbed_columns,
    sizes,
)


def scores(n: int = 300, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 10)).astype(np.float32)


@pytest.mark.parametrize("images", [100, 4_000, 10_000])
def test_no_image_is_in_two_probes(images):
    chosen, _ = Chosen.draw(images, secret=3, seed=1)
    used = np.concatenate([chosen.untrained, chosen.ordered, chosen.perturbed, *chosen.scrambled])
    assert len(set(used.tolist())) == len(used) <= images
    assert sorted(chosen.whole) == list(range(images))
    assert len(chosen.scrambled) == SCRAMBLES


def test_the_choice_follows_from_the_secret_and_the_seed():
    one, again, other = (Chosen.draw(4_000, secret, 1)[0] for secret in (3, 3, 4))
    assert (one.ordered == again.ordered).all()
    assert (one.ordered != other.ordered).any()


@pytest.mark.parametrize("shape", [(50, 28, 28), (50, 3, 32, 32)], ids=["grey", "colour"])
def test_noise_is_faint_and_stays_a_picture(shape):
    images = np.full(shape, 128, np.uint8)
    noisy = perturbed(images, np.random.default_rng(0))
    assert noisy.dtype == np.uint8
    assert 4.5 < np.std(noisy.astype(float) - images) < 5.7
    assert (perturbed(np.zeros_like(images), np.random.default_rng(0)) < 40).all()


@pytest.mark.parametrize("images", [1, 2, 107, 108, 2_000])
def test_batches_add_up_and_every_size_comes(images):
    found = sizes(images)
    assert sum(found) == images
    assert images < 200 or set(found) >= set(BATCH_SIZES)
    assert set(sizes(images, frozenset({1, 3}), instead=64)) - {64, 7, 32} <= {
        found[-1],
        sizes(images, frozenset({1, 3}))[-1],
    }


def test_the_same_scores_do_not_differ_and_rounding_is_no_difference():
    first = scores()
    everywhere = np.ones(len(first), bool)
    assert difference(first, first, everywhere).moved == 0
    found = difference(first, first * np.float32(1 + 1e-6), everywhere)
    assert (found.moved, found.changed, found.largest < 1e-5) == (0, 0, True)


def test_moved_scores_and_other_answers_are_told_apart():
    first = scores()
    second, everywhere = first.copy(), np.ones(len(first), bool)
    second[:30] += 1.0  # every score of an image by as much: the answer stays
    second[30:36] = -second[30:36]
    found = difference(first, second, everywhere)
    assert found.moved == pytest.approx(0.12)
    assert found.changed == pytest.approx(0.02)


def test_images_without_an_answer_are_left_out():
    first, second = scores(), scores(seed=1)
    answered = np.zeros(len(first), bool)
    assert difference(first, second, answered).images == 0
    second[7], answered[7] = first[7], True
    assert difference(first, second, answered) == difference(first[7:8], first[7:8], answered[7:8])


def test_scores_that_are_not_finite_compare():
    first = scores()
    first[0] = np.nan
    first[1, 0] = np.inf
    found = difference(first, first, np.ones(len(first), bool))
    assert (found.moved, found.images) == (0, len(first))


def test_a_network_that_knows_the_classes_is_seen_whatever_they_are_called():
    labels = np.arange(500) % 10
    knowing = np.eye(10, dtype=np.float32)[(labels * 3 + 4) % 10]
    assert best_naming(knowing, labels) == 1.0
    assert best_naming(np.zeros((500, 10), np.float32), labels) == pytest.approx(0.1)
    assert best_naming(scores(500), labels) < 0.3


def test_chance_is_what_the_best_constant_answer_reaches():
    assert chance(np.arange(100) % 10, 10) == pytest.approx(0.1)
    assert chance(np.array([1] * 30 + [2] * 70), 10) == pytest.approx(0.7)


def test_noise_on_columns_is_small_beside_each_columns_own_deviation():
    rows = np.zeros((20_000, 2), np.float32)
    found = perturbed_columns(rows, (1.0, 50.0), np.random.default_rng(0))
    assert found.dtype == np.float32
    assert found.std(axis=0) == pytest.approx([0.02, 1.0], rel=0.05)
