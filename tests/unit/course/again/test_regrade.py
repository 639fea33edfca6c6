"""Stored runs judged again under a corrected spec: who changes, and what cannot be judged again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.course.again.regrade import Again, looked_at
from grader.course.stored.review import Wish, decide
from grader.errors import UsageError
from grader.records import Absent
from grader.report.json import render
from grader.spec.load import Loaded, load_spec, spec_digest

AMONG = {"ada": 6338, "grace": 14_000, "linus": 24_000}


@pytest.fixture(scope="module")
def s4() -> Loaded:
    return load_spec("s4")


@pytest.fixture
def base(tmp_path, stored, s4):
    for name, parameters in AMONG.items():
        stored.publish(tmp_path / "runs", stored.measured(s4, name, parameters=parameters))
    return tmp_path / "runs"


def by_name(rows):
    return {row.name: row for row in rows}


def with_rules(loaded: Loaded, **update: object) -> Loaded:
    spec = loaded.spec.model_copy(update=update)
    return replace(loaded, spec=spec, digest=spec_digest(spec))


def test_only_who_is_beyond_the_new_limit_changes(base, stored, s4):
    rows = by_name(looked_at(base, Again(stored.changed(s4, small={"fewer_than": 20_000}))))
    assert {name: row.difference.move for name, row in rows.items()} == {
        "ada": "unchanged",
        "grace": "unchanged",
        "linus": "down",
    }
    found = rows["linus"].difference
    assert (found.by, [change.id for change in found.changes]) == (-75, ["small"])
    assert all(row.is_new for row in rows.values())  # the spec's digest is another for all


@pytest.mark.parametrize("place", ["", "s4", "s4/ada", "s4/ada/*"])
def test_runs_are_found_from_every_folder_above_them(base, s4, place):
    (folder,) = base.glob(place) if place else [base]
    rows = looked_at(folder, Again(s4))
    assert "ada" in by_name(rows)
    assert all(row.difference.move == "unchanged" and not row.is_new for row in rows)


def test_another_assignment_and_nothing(base, stored, s4, tmp_path):
    other = with_rules(s4, id="s5")
    with pytest.raises(UsageError, match="holds no run of s5") as found:
        looked_at(base, Again(other))
    assert found.value.hint == "There are runs of s4."
    with pytest.raises(UsageError, match="holds no run of the grader"):
        looked_at(tmp_path / "nowhere", Again(s4))
    stored.publish(base, stored.measured(other, "mary"))
    assert "mary" not in by_name(looked_at(base, Again(s4)))


def test_of_a_submission_the_latest_run_or_each_that_measured(base, stored, s4):
    again = Again(stored.changed(s4, small={"fewer_than": 20_000}))
    later = stored.measured(s4, "linus", parameters=9000, run_id="20261105-100000-bbbb")
    stored.publish(base, later)
    repeated = replace(later.provenance, evidence_of=later.run_id)
    stored.publish(base, replace(later, run_id="20261106-100000-cccc", provenance=repeated))
    (latest,) = looked_at(base / "s4/linus", again)
    assert (latest.run_id, latest.difference.move) == ("20261106-100000-cccc", "unchanged")
    every = looked_at(base / "s4/linus", again, every=True)
    assert [row.run_id for row in every] == [stored.run_name("linus"), "20261106-100000-cccc"]
    assert [row.difference.move for row in every] == ["down", "unchanged"]


# --- what people decided ----------------------------------------------------------------------------------------


@pytest.fixture
def decided(tmp_path, stored, s4):
    """A borderline accuracy that somebody has decided."""
    base = tmp_path / "decided"
    folder = stored.publish(base, stored.measured(s4, like="review"))
    decide(folder, [Wish("learns-fast", points=100)], reason="The curve still rises.", who="Ada")
    return base


def test_a_decision_stays_where_the_same_is_open(decided, stored, s4):
    (row,) = looked_at(decided, Again(stored.changed(s4, small={"fewer_than": 5000})))
    assert [(one.id, one.points) for one in row.difference.kept] == [("learns-fast", 100)]
    assert row.difference.lost == ()
    (change,) = row.difference.changes  # a probe had sent it to a person; beyond the limit nobody need look
    assert (change.id, change.before.status, change.after.status) == ("small", "review", "failed")
    assert row.difference.move == "state"


def test_a_decision_that_no_longer_fits_is_named(decided, stored, s4):
    (row,) = looked_at(decided, Again(stored.changed(s4, learns_fast={"points": 150.0})))
    assert [one.id for one in row.difference.lost] == ["learns-fast"]
    assert row.difference.by == -100
    assert [(one.id, one.after.open_points) for one in row.difference.changes] == [("learns-fast", 150)]


# --- what cannot be judged again --------------------------------------------------------------------------------


def only(base, loaded):
    (row,) = looked_at(base, Again(loaded))
    return row


def test_another_training_wants_a_new_run(tmp_path, stored, s4):
    stored.publish(tmp_path, stored.measured(s4))
    training = s4.spec.training.model_copy(update={"time_limit": 30.0})
    row = only(tmp_path, with_rules(s4, training=training))
    assert row.difference is None
    assert "another training block" in row.wanting


def test_evidence_that_was_not_measured_is_named_and_less_is_enough(tmp_path, stored, s4):
    smaller = with_rules(
        s4, checks=tuple(one for one in s4.spec.checks if one.id != "learns-fast"), points=125.0
    )
    stored.publish(tmp_path / "whole", stored.measured(s4))
    row = only(tmp_path / "whole", smaller)
    assert (row.difference.move, row.difference.by) == ("down", -125)
    folder = stored.publish(tmp_path / "part", stored.measured(smaller))
    row = only(tmp_path / "part", s4)
    assert row.wanting == "The spec needs evidence now that was not measured then: test accuracy."
    assert folder == row.folder
    judged = Again(smaller).judged(stored.measured(s4), "new")
    assert only(tmp_path / "whole", s4).difference.move == "unchanged"
    assert judged.provenance.evidence_plan_digest == stored.measured(smaller).provenance.evidence_plan_digest


def test_other_measuring_and_faults_want_a_new_run(tmp_path, stored, s4):
    record = stored.measured(s4)
    older = replace(record, provenance=replace(record.provenance, measuring_version=1))
    stored.publish(tmp_path / "older", older)
    assert "measured by rules of version 1" in only(tmp_path / "older", s4).wanting
    stored.publish(tmp_path / "fault", stored.measured(s4, like="infrastructure"))
    assert "The sandbox ended before training began" in only(tmp_path / "fault", s4).wanting


def test_a_check_that_evidence_cannot_tell_is_no_loss(tmp_path, stored, s4):
    """The plan is the same, and yet what the check needs is not there: never a zero, and never left out in silence."""
    record = stored.measured(s4)
    gone = replace(record.evidence, test_accuracy=Absent("skipped", "It was not asked for."))
    stored.publish(tmp_path, replace(record, evidence=gone))
    row = only(tmp_path, s4)
    assert row.difference is None
    assert row.wanting == "learns-fast cannot be judged from what was measured then: It was not asked for."


def test_a_run_that_cannot_be_read_is_told_and_the_others_are_judged(base, stored, s4):
    (base / "s4/grace" / stored.run_name("grace") / "result.json").write_text("{")
    rows = by_name(looked_at(base, Again(s4)))
    assert rows["grace"].unreadable
    assert "cannot be read as JSON" in rows["grace"].wanting
    assert rows["ada"].difference.move == "unchanged"
    (row,) = looked_at(base / "s4/grace", Again(s4))
    assert row.unreadable


def test_nothing_is_written(base, stored, s4):
    def files():
        return {path: path.read_bytes() for path in sorted(base.rglob("*")) if path.is_file()}

    before = files()
    looked_at(base, Again(stored.changed(s4, small={"fewer_than": 100})))
    assert files() == before
    assert (
        render(stored.measured(s4)).encode()
        == before[base / "s4/ada" / stored.run_name("ada") / "result.json"]
    )
