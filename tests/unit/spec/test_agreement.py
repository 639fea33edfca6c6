"""What two parts of a spec must agree on, also where the rest is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.spec.agreement import disagreements, rule_length


def checks(*points: object) -> list[dict[str, object]]:
    return [{"id": f"c{n}", "check": "readme", "points": value} for n, value in enumerate(points)]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=9), st.integers(-3, 3))
def test_points_add_up_or_both_numbers_are_named(points, off):
    total = sum(points)
    found = list(disagreements({"points": total + off, "checks": checks(*points)}))
    assert bool(found) == (off != 0)
    for loc, text in found:
        assert loc == ("points",)
        assert f"is {total + off:g}" in text
        assert f"add up to {total:g}" in text


def test_decimals_add_up_as_people_add_them():
    assert not list(disagreements({"points": 0.3, "checks": checks(0.1, 0.2)}))
    assert not list(disagreements({"points": 100, "checks": checks(33.33, 33.33, 33.34)}))


@pytest.mark.parametrize("points", ["x", None, True, [1]])
def test_a_sum_with_a_wrong_part_is_left_to_the_schema(points):
    assert not list(disagreements({"points": 250, "checks": checks(100, points)}))
    assert not list(disagreements({"points": points, "checks": checks(100)}))


def test_the_second_of_two_equal_ids_is_the_fault():
    listed = [{"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "a"}]
    found = [loc for loc, _ in disagreements({"checks": listed})]
    assert found == [("checks", 2, "id"), ("checks", 3, "id")]


def test_seeds_are_compared_with_what_is_not_written():
    found = list(disagreements({"task": "mnist", "training": {"seeds": {"at_most": 0}}}))
    assert found == [
        (("training", "seeds", "at_least"), "is 1, and at_most is 0. Write at_least no larger than at_most.")
    ]
    assert not list(disagreements({"task": "mnist", "training": {"seeds": {"at_least": 5}}}))


def test_only_checks_that_need_a_model_need_training():
    listed = [{"check": "readme"}, {"check": "test_accuracy"}, {"check": "parameters"}, {"check": "unknown"}]
    found = [loc for loc, _ in disagreements({"checks": listed})]
    assert found == [("checks", 1, "check"), ("checks", 2, "check")]
    assert not list(disagreements({"checks": listed, "training": {}, "task": "mnist"}))


def test_a_training_needs_a_task():
    found = [loc for loc, _ in disagreements({"training": {}})]
    assert found == [("training",)]


def test_ids_are_unique_across_all_that_has_one():
    spec = {
        "checks": [{"id": "a"}, {"id": "b"}],
        "bonuses": [{"id": "a"}],
        "multiplier": {"id": "b"},
        "penalties": [{"id": "c"}, {"id": "c"}, {"id": "a"}],
    }
    assert [loc for loc, _ in disagreements(spec)] == [
        ("bonuses", 0, "id"),
        ("multiplier", "id"),
        ("penalties", 1, "id"),
        ("penalties", 2, "id"),
    ]


def test_a_condition_that_needs_a_model_needs_training_too():
    spec = {
        "checks": [{"check": "readme"}],
        "bonuses": [{"check": "parameters"}],
        "multiplier": {"where": {"check": "test_accuracy"}},
        "penalties": [
            {"taken_unless": {"check": "uses"}},
            {"proposed_unless": {"check": "readme"}},
            {"by_hand": "x"},
        ],
    }
    assert [loc for loc, _ in disagreements(spec)] == [
        ("bonuses", 0, "check"),
        ("multiplier", "where", "check"),
        ("penalties", 0, "taken_unless", "check"),
    ]
    assert not list(disagreements({**spec, "training": {}, "task": "mnist"}))


@pytest.mark.parametrize(
    ("loc", "length"),
    [
        (("checks", 0, "fewer_than"), 2),
        (("bonuses", 3), 2),
        (("multiplier", "where", "about", 0), 2),
        (("multiplier", "times"), 0),
        (("penalties", 1, "taken_unless", "x"), 3),
        (("penalties", 1, "points"), 0),
        (("checks", "0", "x"), 0),
        (("training", "epochs"), 0),
        ((), 0),
    ],
)
def test_where_a_check_may_stand(loc, length):
    assert rule_length(loc) == length


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "check", "points", "seeds", "at_least", "at_most", "where", "taken_unless"]
                ),
                inner,
            )
        ),
    )
)
def test_nothing_that_stands_there_makes_it_fail(value):
    for key in ("checks", "training", "points", "bonuses", "multiplier", "penalties"):
        assert isinstance(list(disagreements({"points": 1, key: value})), list)
