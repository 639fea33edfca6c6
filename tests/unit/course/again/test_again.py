"""A stored run under a spec that was corrected: the evidence stays, the arithmetic is done anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.course.again.again import is_reusable, judged_again
from grader.decisions import decision_on, with_decision
from grader.records import Absent, Isolation
from grader.spec.course import load_course, with_course
from grader.spec.load import Loaded, load_spec

RUN = "20261122-100000-aaaa"


@pytest.fixture
def s4() -> Loaded:
    return load_spec("s4")


def with_limit(loaded: Loaded, fewer_than: int) -> Loaded:
    checks = tuple(
        rule.model_copy(update={"fewer_than": fewer_than}) if rule.id == "small" else rule
        for rule in loaded.spec.checks
    )
    return replace(loaded, spec=loaded.spec.model_copy(update={"checks": checks}), digest="sha256:other")


def test_a_threshold_that_was_changed_changes_the_verdict_alone(s4, example_records):
    before = judged_again(example_records["full_marks"], s4, RUN)
    after = judged_again(before, with_limit(s4, 5000), "20261122-110000-bbbb")
    assert [(one.id, one.status) for one in before.outcomes if one.id == "small"] == [("small", "passed")]
    assert [(one.id, one.status) for one in after.outcomes if one.id == "small"] == [("small", "failed")]
    assert after.evidence == before.evidence == example_records["full_marks"].evidence
    assert after.grade.points == before.grade.points - 75
    assert (after.provenance.spec_digest, after.run_id) == ("sha256:other", "20261122-110000-bbbb")
    assert (
        after.provenance.evidence_of == before.provenance.evidence_of == example_records["full_marks"].run_id
    )


def test_what_a_person_decided_stays_where_it_is_still_open(s4, example_records):
    first = judged_again(example_records["review"], s4, RUN)
    open_id = next(one.id for one in first.outcomes if one.open_points)
    most = next(one.max_points for one in first.outcomes if one.id == open_id)
    given = decision_on(
        first, open_id, points=most, reason="Seen.", who="Ada", at="2026-11-22T10:00:00+00:00"
    )
    decided = with_decision(first, given)
    again = judged_again(decided, with_limit(s4, 30_000), "20261122-110000-bbbb")
    assert again.decisions == (given,)
    assert next(one.status for one in again.outcomes if one.id == open_id) == "passed"


def test_a_decision_is_about_one_submission(s4, example_records):
    first = judged_again(example_records["review"], s4, RUN)
    open_id = next(one.id for one in first.outcomes if one.open_points)
    given = decision_on(first, open_id, points=0, reason="Seen.", who="Ada", at="2026-11-22T10:00:00+00:00")
    other = replace(first.evidence.submission, name="grace")
    again = judged_again(with_decision(first, given), s4, "20261122-110000-bbbb", submission=other)
    assert (again.decisions, again.evidence.submission.name) == ((), "grace")


def test_only_whole_evidence_is_used_again(example_records):
    whole = example_records["full_marks"]
    assert is_reusable(whole, stand_in=False)
    assert not is_reusable(whole, stand_in=True)
    assert not is_reusable(example_records["infrastructure"], stand_in=False)
    weak = replace(whole.evidence.integrity, isolation=Isolation("1", "plain process", "none", ()))
    assert not is_reusable(replace(whole, evidence=replace(whole.evidence, integrity=weak)), stand_in=False)
    broken = replace(whole.evidence, pictures=Absent("errored", "The decoder was killed."))
    assert not is_reusable(replace(whole, evidence=broken), stand_in=False)


def test_a_self_check_stays_one_and_is_nobodys_evidence(s4, example_records):
    own = replace(example_records["full_marks"], self_check=True)
    again = judged_again(own, s4, RUN)
    assert again.self_check
    assert again.not_a_grade
    assert [one.id for one in again.forecasts] == ["learns-fast"]
    assert is_reusable(example_records["full_marks"], stand_in=False)
    assert not is_reusable(own, stand_in=False)


def overridden(record, name: str, points: float):
    given = decision_on(
        record, name, points=points, reason="Appeal.", who="Ada", at="2026-11-22T10:00:00+00:00"
    )
    return with_decision(record, given)


def test_an_override_stays_where_the_grader_finds_the_same_again(s4, example_records):
    decided = overridden(judged_again(example_records["full_marks"], s4, RUN), "small", 60)
    again = judged_again(decided, with_limit(s4, 20_000), "20261122-110000-bbbb")
    assert again.decisions == decided.decisions
    assert {one.id: one.points for one in again.outcomes}["small"] == 60


def test_an_override_goes_where_the_grader_finds_something_else(s4, example_records):
    decided = overridden(judged_again(example_records["full_marks"], s4, RUN), "small", 60)
    again = judged_again(decided, with_limit(s4, 5000), "20261122-110000-bbbb")
    assert again.decisions == ()
    assert {one.id: one.status for one in again.outcomes}["small"] == "failed"


def test_an_override_goes_where_the_check_has_other_points(s4, example_records):
    first = judged_again(example_records["partial"], s4, RUN)
    assert {one.id: one.status for one in first.outcomes}["small"] == "failed"
    checks = tuple(
        rule.model_copy(update={"points": 30}) if rule.id == "small" else rule for rule in s4.spec.checks
    )
    fewer = replace(s4, spec=s4.spec.model_copy(update={"checks": checks}))
    assert judged_again(overridden(first, "small", 60), fewer, "20261122-110000-bbbb").decisions == ()


def test_a_penalty_taken_by_hand_stays(example_records):
    loaded = with_course(load_spec("eva8_s4"), load_course("eva8"))
    first = judged_again(example_records["full_marks"], loaded, RUN)
    name = first.by_hand[0].id
    given = decision_on(
        first, name, counts=True, reason="Only a link.", who="Ada", at="2026-11-22T10:00:00+00:00"
    )
    again = judged_again(with_decision(first, given), loaded, "20261122-110000-bbbb")
    assert again.decisions == (given,)
    assert {one.id: one.state for one in again.grade.adjustments}[name] == "counts"
