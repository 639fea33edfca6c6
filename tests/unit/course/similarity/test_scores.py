"""The arithmetic: what many have counts little, what most have counts nothing."""

from __future__ import annotations

import math

import pytest

from grader.course.similarity.scores import FLOOR, LEAST_COMMON, rarity, scored, spread


def numbers(begin: int, count: int = 100) -> frozenset[int]:
    return frozenset(range(begin, begin + count))


def test_rarity_falls_from_two_to_half_of_all() -> None:
    shown = [rarity(having, 150) for having in range(1, 151)]
    assert shown[:2] == [1.0, 1.0]
    assert shown == sorted(shown, reverse=True)
    assert math.isclose(shown[14], (math.log(10) / math.log(75)) ** 2)
    assert shown[74] > 0 == shown[75]


def test_in_a_small_class_what_two_have_is_not_common() -> None:
    assert rarity(2, 2) == rarity(2, 3) == 1.0
    assert 1.0 > rarity(3, 3) > rarity(4, 4) > 0.0
    assert rarity(LEAST_COMMON + 1, LEAST_COMMON + 1) == 0.0


def test_the_share_of_the_smaller_one() -> None:
    found = scored([numbers(0), numbers(0) | numbers(1000, 300), numbers(5000)], frozenset())
    assert found.table[0, 1] == 1.0  # all of the first is in the second
    assert found.table[0, 2] == found.table[1, 2] == 0.0
    assert (found.table == found.table.T).all()
    assert found.rare[0, 1] == 100


def test_starter_code_and_what_most_have_is_left_out() -> None:
    common, handed_out = numbers(0), numbers(1000)
    works = [common | handed_out | numbers(10_000 * index) for index in range(1, 9)]
    found = scored(works, handed_out)
    assert found.table[0, 1] == 0.0
    assert found.common == 200
    assert scored(works[:2], frozenset()).table[0, 1] == pytest.approx(
        2 / 3, abs=1e-6
    )  # nobody else to know it from


def test_two_equal_lines_of_nothing_else_are_not_everything() -> None:
    found = scored([numbers(0, 2), numbers(0, 2), frozenset()], frozenset())
    assert found.table[0, 1] == pytest.approx(2 / FLOOR)
    assert found.table[0, 2] == 0.0


def test_rare_is_what_at_most_three_have() -> None:
    works = (
        [numbers(0) for _ in range(3)]
        + [numbers(1000) for _ in range(4)]
        + [frozenset[int]() for _ in range(20)]
    )
    found = scored(works, frozenset(range(50)))
    assert found.rare[0, 1] == 50  # the other half was handed out
    assert found.rare[3, 4] == 0
    assert found.table[3, 4] == 1.0


def test_nothing_to_compare() -> None:
    assert scored([], frozenset()).table.shape == (0, 0)
    assert scored([numbers(0)], frozenset()).table.shape == (1, 1)


def test_copies_do_not_widen_the_spread() -> None:
    honest = [0.01 * (index % 5) for index in range(200)]
    assert spread([*honest, 0.9, 1.0], 0.02) == pytest.approx(spread(honest, 0.02))
