"""What a person decides replaces what was open, nothing else, and the grade follows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.decisions import decidable, decision_on, items, mark, open_items, with_decision
from grader.errors import UsageError
from grader.records import Decision, RunRecord
from grader.report.json import from_json, to_json

AT = "2026-11-05T10:00:00+00:00"


@pytest.fixture
def waiting(example_records) -> RunRecord:
    return example_records["by_a_person"]


def decide(record: RunRecord, name: str, **given: object) -> RunRecord:
    asked = {"reason": "Seen.", "who": "Ada", "at": AT} | given
    return with_decision(record, decision_on(record, name, **asked))


def test_what_is_open_with_its_span(waiting):
    found = [
        (one.id, one.kind, one.state, one.lowest, one.highest, one.amount) for one in open_items(waiting)
    ]
    assert found == [
        ("answers", "check", "review", 0, 50, 0),
        ("explained", "check", "review", 33.33, 50, 0),
        ("misrepresented", "percentage", "open", 0, 0, 1),
    ]


def test_from_needs_review_to_complete(waiting):
    assert waiting.grade.status == "needs_review"
    made = decide(waiting, "answers", points=40)
    made = decide(made, "explained", points=50)
    assert made.grade.status == "needs_review"
    made = decide(made, "misrepresented", counts=False)
    assert (made.grade.status, made.grade.points, made.grade.at_risk) == ("complete", 165, 0)
    assert [(one.id, one.status, one.points, one.open_points) for one in made.outcomes] == [
        ("small", "passed", 75, 0),
        ("answers", "partial", 40, 0),
        ("explained", "passed", 50, 0),
    ]
    assert open_items(made) == ()
    assert from_json(to_json(made)) == made


def test_a_confirmed_penalty_takes_its_share(waiting):
    made = decide(waiting, "misrepresented", counts=True)
    assert made.grade.points == 0
    assert made.grade.adjustments[0].decided


@pytest.mark.parametrize(("points", "status"), [(0, "failed"), (49.99, "partial"), (50, "passed")])
def test_the_status_follows_the_points(waiting, points, status):
    outcome = decide(waiting, "answers", points=points).outcomes[1]
    assert (outcome.status, outcome.points) == (status, points)
    assert (outcome.finding.measured, outcome.finding.rationale) == ("decided by a person", "")


def test_a_part_that_was_open_gets_its_share(waiting):
    made = decide(waiting, "explained", points=40)
    parts = {part.name: (part.status, part.points) for part in made.outcomes[2].parts}
    assert parts.pop("shows: training log") == ("partial", pytest.approx(6.67, abs=0.01))
    assert [status for status, _ in parts.values()] == ["passed", "passed"]


def test_a_decision_can_be_taken_anew_and_the_first_one_stays(waiting):
    first = decide(waiting, "explained", points=33.33, reason="No log.")
    second = decide(first, "explained", points=50, reason="There is one.", who="Grace")
    assert [(one.points, one.who) for one in second.decisions] == [(33.33, "Ada"), (50, "Grace")]
    assert {(one.was, one.lowest, one.highest) for one in second.decisions} == {("review", 33.33, 50)}
    assert second.outcomes[2].points == 50
    assert {part.status for part in second.outcomes[2].parts} == {"passed"}
    (again,) = [one for one in items(second) if one.id == "explained"]
    assert again.decided == second.decisions[-1]


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("answers", {"points": 51}, "can get 0 to 50 points, and not 51"),
        ("answers", {"points": -1}, "and not -1"),
        ("answers", {"points": math.nan}, "and not nan"),
        ("explained", {"points": 20}, "33.33 of them are certain already"),
        ("answers", {"counts": True}, "is a check: it gets points"),
        ("misrepresented", {"points": 5}, "is a penalty: it counts or it does not"),
        ("misrepresented", {"points": 5, "counts": True}, "it counts or it does not"),
        ("small", {"points": 76}, "small can get 0 to 75 points, and not 76"),
        ("nothing\x1b[2J", {"points": 1}, r"no check, bonus or penalty nothing\x1b[2J"),
        ("answers", {"points": 1, "reason": " \n"}, "needs a reason"),
        ("answers", {"points": 1, "who": ""}, "needs who decides"),
    ],
)
def test_what_cannot_be_decided(waiting, name, given, says):
    with pytest.raises(UsageError) as error:
        decide(waiting, name, **given)
    assert says in error.value.message
    assert error.value.hint


def test_a_fault_of_the_grader_is_run_again_and_not_decided(example_records):
    assert open_items(example_records["infrastructure"]) == ()


def test_an_ungradable_run_stays_so(example_records):
    made = example_records["no_model"]
    asked = replace(made, outcomes=(*made.outcomes, example_records["by_a_person"].outcomes[1]))
    decided = decide(asked, "answers", points=50)
    assert (decided.grade.status, decided.grade.reason) == ("ungradable", made.grade.reason)


def test_the_reason_is_made_harmless(waiting):
    made = decide(waiting, "answers", points=1, reason="a\x1b[31m\nb", who="x" * 500)
    assert made.decisions[0].reason == r"a\x1b[31m b"
    assert len(made.decisions[0].who) == 120


WAYS = st.one_of(
    st.tuples(st.just("answers"), st.floats(0, 50).map(lambda n: round(n, 2))),
    st.tuples(st.just("explained"), st.floats(33.33, 50).map(lambda n: round(n, 2))),
    st.tuples(st.just("misrepresented"), st.booleans()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the records are never changed
@given(ways=st.lists(WAYS, max_size=8))
def test_only_the_last_decisions_count_in_whatever_order(ways, waiting):
    start = waiting
    made = once = start
    for name, value in ways:
        made = decide(made, name, **_as_given(value))
    for name, value in dict(ways).items():
        once = decide(once, name, **_as_given(value))
    assert (made.outcomes, made.grade) == (once.outcomes, once.grade)
    assert start.grade.lowest <= made.grade.points <= start.grade.highest
    assert len(made.decisions) == len(ways)


def _as_given(value: object) -> dict[str, object]:
    return {"counts": value} if isinstance(value, bool) else {"points": value}


def test_a_decision_names_who_and_when(waiting):
    made = decide(waiting, "answers", points=40)
    assert made.decisions == (Decision("answers", 40, False, "Seen.", "Ada", AT, "review", 0, 50, ()),)


# --- what the grader had decided ------------------------------------------------------------------------------


@pytest.fixture
def graded(example_records) -> RunRecord:
    """Nothing is open here: `small` failed with 0 of 75; nobody has taken either of two penalties."""
    return replace(example_records["partial"], by_hand=example_records["overridden"].by_hand)


def test_what_the_grader_decided_is_not_open_and_can_be_overridden(graded):
    assert items(graded) == ()
    found = [(one.id, one.state, one.least, one.most, one.overrides) for one in decidable(graded)]
    assert found == [
        ("small", "failed", 0, 75, True),
        ("learns-fast", "passed", 0, 125, True),
        ("explained", "partial", 0, 50, True),
        ("colab-link", "by hand", 0, 0, True),
        ("messy-names", "by hand", 0, 0, True),
    ]


def test_an_override_keeps_what_the_grader_had_found(graded):
    made = decide(graded, "small", points=50, reason="Announced late.")
    (decision,) = made.decisions
    assert (decision.was, decision.lowest, decision.highest, decision.points) == ("failed", 0, 0, 50)
    assert (made.outcomes[0].status, made.outcomes[0].points) == ("partial", 50)
    assert made.outcomes[0].finding == graded.outcomes[0].finding
    assert made.grade.points == graded.grade.points + 50
    back = decide(made, "small", points=0, reason="It was not.")
    assert (back.outcomes, back.grade.points) == (graded.outcomes, graded.grade.points)
    assert [(one.was, one.lowest) for one in back.decisions] == [("failed", 0), ("failed", 0)]
    assert from_json(to_json(back)) == back


def test_parts_stay_as_the_grader_found_them(graded):
    made = decide(graded, "explained", points=50, reason="The log is a picture.")
    assert made.outcomes[2].status == "passed"
    assert made.outcomes[2].parts == graded.outcomes[2].parts


@pytest.mark.parametrize("order", [("colab-link", "messy-names"), ("messy-names", "colab-link")])
def test_a_penalty_that_only_a_person_sees(graded, order):
    made = graded
    for name in order:
        made = decide(made, name, counts=True)
    assert [(one.id, one.state, one.decided) for one in made.grade.adjustments] == [
        ("colab-link", "counts", True),
        ("messy-names", "counts", True),
    ]
    assert made.grade.points == pytest.approx(graded.grade.points / 2, abs=0.01)
    assert {one.was for one in made.decisions} == {"by hand"}
    assert made.grade.adjustments[0].outcome.finding.measured == "a person took this penalty"
    for name in order:
        made = decide(made, name, counts=False, reason="Seen wrongly.")
    assert made.grade.points == graded.grade.points
    assert "dismissed by a person" in made.grade.steps[-2].text


def test_one_that_counts_by_itself_can_be_dismissed(example_records):
    made = example_records["adjusted"]
    assert {one.id: one.state for one in made.grade.adjustments}["no-log"] == "counts"
    made = decide(made, "no-log", counts=False, reason="The log is there.")
    assert {one.id: one.state for one in made.grade.adjustments}["no-log"] == "does not count"
    assert made.decisions[0].was == "counts"


def test_what_was_not_judged_is_not_decided(example_records):
    for name in ("infrastructure", "self_check"):
        record = example_records[name]
        closed = {one.id for one in record.outcomes if one.status in ("errored", "skipped")}
        assert closed
        assert not closed & {one.id for one in decidable(record)}
        with pytest.raises(UsageError, match="was not judged in this run"):
            decide(record, min(closed), points=0)


def test_a_mark_changes_with_each_decision_about_the_same_thing_alone(waiting):
    seen = mark(waiting, "answers")
    assert mark(from_json(to_json(waiting)), "answers") == seen
    other = decide(waiting, "explained", points=50)
    assert mark(other, "answers") == seen
    first = decide(other, "answers", points=40)
    again = decide(first, "answers", points=40)
    assert len({seen, mark(first, "answers"), mark(again, "answers")}) == 3
    assert mark(from_json(to_json(again)), "answers") == mark(again, "answers")


def test_what_is_certain_in_a_check_that_is_partly_open_wants_a_word_of_its_own(waiting):
    made = decide(waiting, "explained", points=20, beyond=True)
    (decision,) = made.decisions
    assert (decision.lowest, decision.highest, decision.points) == (33.33, 50, 20)
    assert (made.outcomes[2].status, made.outcomes[2].points) == ("partial", 20)
    parts = {part.name: part.status for part in made.outcomes[2].parts}
    assert parts.pop("shows: training log") == "failed"
    assert set(parts.values()) == {"passed"}
    with pytest.raises(UsageError, match=r"33\.33 to 50 points, and not 20") as error:
        decide(made, "explained", points=20)
    assert "as an override, 0 to 50" in error.value.hint
    with pytest.raises(UsageError, match="0 to 50 points, and not 51"):
        decide(made, "explained", points=51, beyond=True)
