"""States as bytes: shuffled and compared."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.probes_state import changed, scrambled, start

LAYOUT = (("parameter", 4, 200), ("parameter", 4, 40), ("statistic", 4, 8), ("buffer", 8, 3))


def state(seed: int, constant: float = 1.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    tensors = [
        generator.normal(size=200).astype(np.float32),
        np.full(40, constant, np.float32),
        generator.normal(size=8).astype(np.float32),
        np.arange(3, dtype=np.int64),
    ]
    return np.concatenate([tensor.view(np.uint8) for tensor in tensors])


def test_shuffling_keeps_every_value_in_its_tensor_and_moves_it():
    before = state(1)
    after = scrambled(before, LAYOUT, np.random.default_rng(2))
    assert len(after) == len(before)
    one, other = before[:800].view(np.float32), after[:800].view(np.float32)
    assert sorted(one) == sorted(other)
    assert (one != other).mean() > 0.9
    assert sorted(after[-24:].view(np.int64)) == [0, 1, 2]


def test_two_shuffles_differ_and_the_state_itself_is_left_alone():
    before = state(1)
    kept, generator = before.copy(), np.random.default_rng(2)
    assert (scrambled(before, LAYOUT, generator) != scrambled(before, LAYOUT, generator)).any()
    assert (before == kept).all()


def test_constants_are_not_drawn_and_do_not_count_as_the_same():
    found = start(state(1), state(2), LAYOUT)
    assert (found.varied, found.same) == (200, 0)


def test_the_same_start_is_seen_value_by_value():
    first, second = state(1), state(2)
    second[:400] = first[:400]
    assert start(first, second, LAYOUT).same == 100
    assert start(first, first, LAYOUT).same == 200


def test_statistics_are_told_from_everything_else():
    before, after = state(1), state(1)
    assert changed(before, after, LAYOUT) == (0, 0)
    after[960:964] ^= 1
    assert changed(before, after, LAYOUT) == (1, 0)
    after[0] ^= 1
    after[-1] ^= 1
    assert changed(before, after, LAYOUT) == (1, 2)


def test_a_state_of_another_length_has_changed_altogether():
    assert changed(state(1), state(1)[:-8], LAYOUT) == (0, 251)


def test_a_state_without_tensors_stays_as_it_is():
    empty = np.zeros(0, np.uint8)
    assert len(scrambled(empty, (), np.random.default_rng(0))) == 0
    assert start(empty, empty, ()).varied == 0


@given(st.lists(st.tuples(st.sampled_from((1, 2, 4, 8)), st.integers(0, 50)), max_size=6), st.integers(0, 99))
def test_shuffling_never_crosses_a_tensor(shapes, seed):
    layout = [("parameter", item, count) for item, count in shapes]
    generator = np.random.default_rng(seed)
    before = generator.integers(0, 256, sum(item * count for item, count in shapes), dtype=np.uint8)
    after = scrambled(before, layout, generator)
    begin = 0
    for item, count in shapes:
        rows = [piece[begin : begin + item * count].reshape(count, item) for piece in (before, after)]
        assert sorted(map(bytes, rows[0])) == sorted(map(bytes, rows[1]))
        begin += item * count
