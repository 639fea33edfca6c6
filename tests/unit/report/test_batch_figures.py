"""The arithmetic over a batch."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from grader.records import Absent
from grader.report import batch_figures as figures
from grader.report.batch_rows import BatchRow, Mark, row_without_run

NOTHING = row_without_run("zoe", "missing", "Nothing was handed in.")


def row(name="ada", state="passed", points=100.0, parameters=1000, accuracy=0.99, **more):
    return BatchRow(
        name, state, "", points=points, max_points=100, parameters=parameters, accuracy=accuracy, **more
    )


def marks(*pairs):
    return tuple(Mark(name, f"{name} is met.", status) for name, status in pairs)


def test_states_are_counted_in_their_order():
    found = figures.states([row(), NOTHING, row(), row(state="person")])
    assert [(name, count) for name, _, count in found] == [("passed", 2), ("person", 1), ("missing", 1)]


def test_the_distribution_has_tenths_and_full_marks():
    rows = [row(points=one) for one in (-20, 0, 9.99, 10, 30, 99.99, 100, 120)]
    rows += [row(points=30, state="person"), row(points=50, state="fault"), NOTHING]
    bins = figures.distribution(rows)
    assert [one.count for one in bins] == [3, 1, 0, 2, 0, 0, 0, 0, 0, 1, 2]
    assert [one.open for one in bins] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert (bins[0].title, bins[9].title, bins[10].title) == ("0 to 10 %", "90 to 100 %", "full marks")


def test_the_check_that_is_missed_most_often_stands_first():
    rows = [
        row(marks=marks(("easy", "passed"), ("hard", "failed"))),
        row(marks=marks(("easy", "skipped"), ("hard", "partial"))),
        row(marks=marks(("easy", "errored"), ("hard", "borderline"))),
        NOTHING,
    ]
    hard, easy = figures.check_rates(rows)
    assert (hard.id, hard.judged, hard.missed, hard.open) == ("hard", 3, 2, 1)
    assert (easy.judged, easy.passed, easy.not_judged) == (1, 1, 2)
    assert figures.rate_sentence(hard) == "1 of 3 failed it, 1 met it in part; 1 open."
    assert figures.rate_sentence(easy) == "0 of 1 failed it."
    assert figures.rate_sentence(replace(easy, passed=0)) == "Not judged in any run."


models = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), max_size=30)


@given(models)
def test_the_front_is_what_nobody_beats(pairs):
    rows = [row(f"m{at}", parameters=one, accuracy=two / 20) for at, (one, two) in enumerate(pairs)]
    found = figures.dots(rows)
    assert len(found) == len(pairs)
    for one in found:
        beaten = any(
            (other.parameters, -other.accuracy) != (one.parameters, -one.accuracy)
            and other.parameters <= one.parameters
            and other.accuracy >= one.accuracy
            for other in found
        )
        twin = any(
            other is not one
            and other.on_front
            and (other.parameters, other.accuracy) == (one.parameters, one.accuracy)
            for other in found
        )
        assert one.on_front == (not beaten and not twin)


def test_a_model_without_both_numbers_is_no_dot():
    unknown = Absent("failed", "It diverged.")
    rows = [row(accuracy=unknown), row(parameters=unknown), row(parameters=0), row(accuracy=7.0), NOTHING]
    assert figures.dots(rows) == []


def test_times_lie_in_bins_of_a_round_width():
    rows = [row(wall_seconds=one) for one in (3.0, 9.9, 10.0, 47.0)]
    bins = figures.times([*rows, NOTHING])
    assert [(one.title, one.count) for one in bins][:2] == [("0 to 5 s", 1), ("5 to 10 s", 1)]
    assert bins[-1] == figures.Bin("45 to 50 s", 1)
    assert sum(one.count for one in bins) == 4
    assert figures.times([NOTHING]) == []
    long = figures.times([row(wall_seconds=700.0), row(wall_seconds=20_000.0)])
    assert (long[0].title, long[-1].title) == ("0 to 30 min", "330 to 360 min")


@given(st.lists(st.floats(0.01, 1e8), min_size=1, max_size=20))
def test_there_are_never_many_bins(spent):
    bins = figures.times([row(wall_seconds=one) for one in spent])
    assert len(bins) <= 12
    assert sum(one.count for one in bins) == len(spent)


def test_time_in_words():
    rows = [row("ada", wall_seconds=10.0, train_seconds=4.0), row("bea", wall_seconds=90.0), NOTHING]
    assert figures.time_sentence(rows) == (
        "1 min 40 s in all, 4.0 s of it training. The run in the middle took 50.0 s, the longest 1 min 30 s (bea)."
    )
    assert figures.time_sentence([NOTHING]) == "Nothing was run."
