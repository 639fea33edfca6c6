"""The arithmetic of a grade: its order, its bounds, and that every line of it can be added up by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judge import judge, not_handed_in
from grader.ledger import ledger, total
from grader.records import Adjustment, Finding, Outcome

SHARES = {
    "passed": (1.0, 0.0),
    "failed": (0.0, 0.0),
    "partial": (0.5, 0.25),
    "review": (0.0, 1.0),
    "borderline": (0.0, 1.0),
    "errored": (0.0, 1.0),
    "skipped": (0.0, 1.0),
}
STATES = ("counts", "does not count", "open", "not judged")


def outcome(status: str = "passed", points: float = 100.0, id: str = "a") -> Outcome:
    certain, still_open = SHARES[status]
    finding = Finding("measured", "expected")
    return Outcome(
        id, "uses", "So.", status, round(certain * points, 2), points, round(still_open * points, 2), finding
    )


def change(
    kind: str, amount: float, state: str = "counts", id: str = "x", proposed: bool = False
) -> Adjustment:
    return Adjustment(
        kind, amount, state, outcome("review" if state == "open" else "passed", id=id), proposed
    )


points = st.integers(1, 40_000).map(lambda cents: cents / 100)
outcomes = st.lists(st.builds(outcome, st.sampled_from(sorted(SHARES)), points), min_size=1, max_size=6)
changes = st.lists(
    st.one_of(
        st.builds(change, st.sampled_from(["bonus", "penalty"]), points, st.sampled_from(STATES)),
        st.builds(change, st.just("multiplier"), st.sampled_from([1.5, 2.0, 4.0]), st.sampled_from(STATES)),
        st.builds(
            change, st.just("percentage"), st.sampled_from([0.1, 0.33, 0.5, 1.0]), st.sampled_from(STATES)
        ),
    ),
    max_size=6,
).map(
    lambda listed: [
        one for n, one in enumerate(listed) if one.kind != "multiplier" or n == first_multiplier(listed)
    ]
)


def first_multiplier(listed: list[Adjustment]) -> int:
    """A spec has at most one."""
    return next((n for n, one in enumerate(listed) if one.kind == "multiplier"), -1)


def lines(*listed: Adjustment, checks: tuple[Outcome, ...] = (outcome(),)) -> list[tuple[str, float]]:
    return [(step.text, step.points) for step in ledger(checks, listed)]


# --- the order, by example ----------------------------------------------------------------------------------


def test_the_order_is_that_of_the_course():
    """(100 + 20) times 4, minus 30, minus half of what is left."""
    listed = [
        change("percentage", 0.5, id="colab-link"),
        change("penalty", 30, id="messy"),
        change("multiplier", 4, id="accurate"),
        change("bonus", 20, id="small"),
    ]
    assert lines(*listed) == [
        ("a: 100 of 100", 100),
        ("Sum of the checks", 100),
        ("small: bonus of 20", 20),
        ("accurate: times 4", 360),
        ("messy: penalty of 30", -30),
        ("colab-link: penalty of 50 %", -225),
        ("Total", 225),
    ]


def test_fixed_penalties_stop_at_zero_and_say_so():
    found = lines(change("penalty", 70, id="one"), change("penalty", 70, id="two"))
    assert found[2:] == [
        ("one: penalty of 70", -70),
        ("two: penalty of 70, of which 30 were left to take", -30),
        ("Total", 0),
    ]


def test_only_the_largest_percentage_is_taken():
    listed = [change("percentage", share, id=f"p{share}") for share in (0.1, 0.5, 0.5)]
    assert [taken for _, taken in lines(*listed)[2:]] == [0, -50, 0, 50]
    assert lines(*listed)[2][0] == "p0.1: penalty of 10 %: only the largest percentage counts"


@pytest.mark.parametrize(
    ("one", "text", "stands", "highest", "lowest"),
    [
        (change("bonus", 20, "open"), "x: bonus of 20, still open", 100, 120, 100),
        (change("multiplier", 4, "open"), "x: times 4, still open", 100, 400, 100),
        (change("penalty", 30, "open"), "x: penalty of 30, still open", 100, 100, 70),
        (
            change("penalty", 30, "open", proposed=True),
            "x: penalty of 30, proposed: a person decides",
            100,
            100,
            70,
        ),
        (
            change("percentage", 1, "open", proposed=True),
            "x: penalty of 100 %, proposed: a person decides",
            100,
            100,
            0,
        ),
        (change("bonus", 20, "does not count"), "x: bonus of 20, not earned", 100, 100, 100),
        (change("penalty", 30, "does not count"), "x: penalty of 30, not taken", 100, 100, 100),
        (change("penalty", 30, "not judged"), "x: penalty of 30, not judged here", 100, 100, 100),
        (replace(change("bonus", 20), decided=True), "x: bonus of 20, granted by a person", 120, 120, 120),
        (replace(change("penalty", 30), decided=True), "x: penalty of 30, confirmed by a person", 70, 70, 70),
        (
            replace(change("penalty", 30, "does not count"), decided=True),
            "x: penalty of 30, dismissed by a person",
            100,
            100,
            100,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_each_stands_and_both_totals(one, text, stands, highest, lowest):
    assert lines(one)[2][0] == text
    grade = judge([outcome()], 100, 0.7, adjustments=[one])
    assert (grade.points, grade.highest, grade.lowest) == (stands, highest, lowest)
    assert grade.status == ("needs_review" if one.state == "open" else "complete")


def test_a_penalty_that_is_open_may_keep_from_passing_and_a_bonus_may_lift_over_the_mark():
    low = [outcome("passed", 60), outcome("failed", 40)]
    assert not judge(low, 100, 0.7).passed
    assert judge(low, 100, 0.7, adjustments=[change("bonus", 10)]).passed
    assert not judge([outcome()], 100, 0.7, adjustments=[change("penalty", 40, "open")]).passed
    assert judge([outcome()], 100, 0.7, adjustments=[change("penalty", 30, "open")]).passed


def test_a_fault_at_a_bonus_is_a_fault_and_costs_nothing():
    one = replace(change("bonus", 20, "open"), outcome=outcome("errored", id="small"))
    grade = judge([outcome()], 100, 0.7, adjustments=[one])
    assert (grade.status, grade.points, grade.highest) == ("infrastructure", 100, 120)
    assert "small" in grade.reason


def test_nothing_handed_in_is_the_only_grade_below_zero():
    grade = not_handed_in(250, 0.7, -0.3)
    assert (grade.status, grade.points, grade.highest, grade.lowest, grade.passed) == (
        "complete",
        -75,
        -75,
        -75,
        False,
    )
    assert [(step.text, step.points) for step in grade.steps] == [
        ("Not handed in: -30 % of 250", -75),
        ("Total", -75),
    ]
    assert not_handed_in(250, 0.7, 0).points == 0


# --- for all grades -----------------------------------------------------------------------------------------


@given(outcomes, changes)
def test_the_lines_add_up_to_the_total_in_two_decimals(listed, extra):
    steps = ledger(listed, extra)
    assert steps[-1].kind == "sum"
    assert sum(step.points for step in steps if step.kind == "change") == pytest.approx(
        steps[-1].points, abs=1e-6
    )
    assert all(round(step.points, 2) == step.points for step in steps)
    assert len(steps) == len(listed) + len(extra) + 1 + bool(extra)
    running = 0.0
    for step in steps:
        running = running if step.kind == "sum" else round(running + step.points, 2)
        assert 0 <= running


@given(outcomes, changes)
def test_points_lie_between_the_lowest_and_the_highest(listed, extra):
    grade = judge(listed, 250, 0.7, adjustments=extra)
    assert 0 <= grade.lowest <= grade.points <= grade.highest
    assert grade.steps[-1].points == grade.points
    if not any(one.state == "open" for one in extra) and not any(one.open_points for one in listed):
        assert grade.lowest == grade.points == grade.highest
    if grade.passed:
        assert grade.lowest >= 0.7 * grade.max_points - 0.01


@given(outcomes, changes, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_listed_changes_no_total(listed, extra, random):
    shuffled, mixed = random.sample(listed, len(listed)), random.sample(extra, len(extra))
    for view in ("as it stands", "granted", "taken"):
        assert total(shuffled, mixed, view) == total(listed, extra, view)


@given(outcomes, changes, st.integers(0, 5))
def test_a_better_outcome_never_lowers_any_total(listed, extra, index):
    index %= len(listed)
    better = [
        replace(outcome("passed", one.max_points)) if n == index else one for n, one in enumerate(listed)
    ]
    for view in ("as it stands", "granted", "taken"):
        assert total(better, extra, view) >= total(listed, extra, view)


@given(outcomes, changes, st.integers(0, 5))
def test_what_speaks_for_the_student_never_lowers_a_total(listed, extra, index):
    if not extra:
        return
    index %= len(extra)
    good = "counts" if extra[index].kind in ("bonus", "multiplier") else "does not count"
    better = [replace(one, state=good) if n == index else one for n, one in enumerate(extra)]
    for view in ("as it stands", "granted", "taken"):
        assert total(listed, better, view) >= total(listed, extra, view)


@given(outcomes, changes)
def test_deciding_all_that_is_open_lands_on_the_bounds(listed, extra):
    """Each bound can be reached: it is the grade after a person decided everything that way."""
    grade = judge(listed, 250, 0.7, adjustments=extra)
    for favour, bound in ((True, grade.highest), (False, grade.lowest)):
        decided = [
            replace(
                one, state="counts" if favour == (one.kind in ("bonus", "multiplier")) else "does not count"
            )
            if one.state == "open"
            else one
            for one in extra
        ]
        certain = [
            replace(one, points=one.points + favour * (one.status != "skipped") * one.open_points)
            for one in listed
        ]
        assert judge(certain, 250, 0.7, adjustments=decided).points == pytest.approx(bound, abs=0.011)


@given(outcomes)
def test_without_adjustments_nothing_but_the_sum_is_there(listed):
    assert ledger(listed)[-1].text == "Sum of the checks"
    assert judge(listed, 250, 0.7).at_risk == 0
