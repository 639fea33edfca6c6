"""The table of a regrade equals judging each run by hand, whatever points and limits the corrected spec has."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.again.differences import sums
from grader.course.again.regrade import Again, looked_at
from grader.spec.load import load_spec
from grader.stages.judgement import judgement

S4 = load_spec("s4")
LIMITS = st.integers(1, 40_000)
POINTS = st.integers(1, 400)
LINES = st.sampled_from([0.5, 0.95, 0.985, 0.9883, 0.99, 0.999])


@settings(max_examples=12)
@given(
    sizes=st.lists(LIMITS, min_size=1, max_size=3),
    limit=LIMITS,
    line=LINES,
    small=POINTS,
    learns=POINTS,
    like=st.sampled_from(["full_marks", "review"]),
)
def test_the_table_equals_judging_by_hand(tmp_path_factory, stored, sizes, limit, line, small, learns, like):
    base = tmp_path_factory.mktemp("runs")
    runs = {
        f"s{index}": stored.measured(S4, f"s{index}", parameters=size, like=like)
        for index, size in enumerate(sizes)
    }
    for record in runs.values():
        stored.publish(base, record)
    spec = stored.changed(
        S4,
        small={"fewer_than": limit, "points": float(small)},
        learns_fast={"at_least": line, "points": float(learns)},
    )
    rows = looked_at(base, Again(spec))
    assert [row.name for row in rows] == list(runs)
    for row in rows:
        before = runs[row.name]
        after = judgement(spec.spec, before.evidence, before.provenance, "by hand")
        assert row.difference.by == round(after.grade.points - before.grade.points, 2)
        assert (row.difference.after.lowest, row.difference.after.highest) == (
            after.grade.lowest,
            after.grade.highest,
        )
        was = {one.id: (one.status, one.points, one.max_points, one.open_points) for one in before.outcomes}
        now = {one.id: (one.status, one.points, one.max_points, one.open_points) for one in after.outcomes}
        assert {one.id for one in row.difference.changes} == {name for name in now if was[name] != now[name]}
        moved = sum(one.by for one in row.difference.changes)
        assert round(moved, 2) == row.difference.by  # of a spec of checks alone, the reasons are all there is
    counted = sums(row.difference for row in rows)
    assert counted.points == round(sum(row.difference.by for row in rows), 2)
    assert counted.unchanged + counted.up + counted.down + counted.state == len(sizes)
