"""Receptive fields by the rule of the class, beside the exact ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.evaluation.class_fields import LARGEST, NONE, class_fields, exact_field, pair
from grader.records import Axis, Operator

CONVOLUTION = ("convolution", (("kernel", "3x3"), ("stride", "1x1"), ("dilation", "1x1")))
POOL = ("max pool", (("kernel", "2x2"), ("stride", "2x2")))


def chain(*kinds: tuple[str, tuple[tuple[str, str], ...]]) -> tuple[Operator, ...]:
    return tuple(
        Operator(index, kind, kind, "", (index - 1,), (8, 4, 4), 0, (), details)
        for index, (kind, details) in enumerate(kinds)
    )


def test_the_network_of_the_class():
    ran = chain(*[CONVOLUTION] * 2, POOL, *[CONVOLUTION] * 2, POOL, *[CONVOLUTION] * 3)
    assert [size[0] for size in class_fields(ran)] == [3, 5, 10, 12, 14, 28, 30, 32, 34]


@pytest.mark.parametrize(
    ("kind", "details", "field"),
    [
        ("convolution", {"kernel": "1x1"}, (1, 1)),
        ("convolution", {"kernel": "3x5", "stride": "2x2"}, (3, 5)),
        ("convolution", {"kernel": "3x3", "dilation": "2x2"}, (5, 5)),
        ("max pool", {"kernel": "3x3", "stride": "2x2"}, (2, 2)),
        ("max pool", {"kernel": "3x3", "stride": "1x1"}, (3, 3)),
        ("average pool", {"kernel": "2x2", "stride": "2x2"}, (2, 2)),
        ("global average pool", {"kernel": "7x7", "stride": "7x7"}, (1, 1)),
        ("relu", {}, (1, 1)),
    ],
)
def test_one_operator(kind, details, field):
    assert class_fields(chain((kind, tuple(details.items())))) == (field,)


def test_where_results_come_together_the_larger_one_counts():
    first, second, third = chain(CONVOLUTION, CONVOLUTION, ("add", ()))
    ran = (first, replace(second, inputs=(0,)), replace(third, inputs=(0, 1)))
    assert class_fields(ran)[2] == (5, 5)


def test_what_comes_from_nothing_has_none():
    (one,) = chain(CONVOLUTION)
    assert class_fields((replace(one, inputs=()),)) == (NONE,)


def test_hostile_numbers_are_bounded():
    assert class_fields(chain(*[POOL] * 5_000))[-1] == (LARGEST, LARGEST)
    (one,) = chain(("convolution", (("kernel", "\u00b2x" + "9" * 50), ("dilation", "x"))))
    assert class_fields((one,)) == ((1, 1),)
    assert pair(one, "nothing") == (1, 1)


def test_the_exact_field():
    (one,) = chain(CONVOLUTION)
    known = replace(one, axes=(Axis("known", 10, 2.0), Axis("known", 12, 2.0)))
    assert exact_field(known) == (10, 12)
    assert exact_field(replace(one, axes=(Axis("global"), Axis("known", 3, 1.0)))) == NONE
    assert exact_field(one) == NONE
