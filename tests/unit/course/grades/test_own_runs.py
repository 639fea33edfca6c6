"""Which runs are a row's own, and which of them may count."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.batch.batch import Entry
from grader.course.grades.own_runs import Claim, KnownRuns, attempt, claim_of, own_runs, same_link
from grader.course.stored.database import IndexedRun, Standing

LINK = "https://github.com/ada/s4"
NOBODY_ELSE = frozenset({"Ada"})


def run(number: int, commit: str = "c1", day: int = 1, **other) -> IndexedRun:
    values = {
        "submission": "Ada",
        "source": LINK,
        "status": "complete",
        "points": 100.0,
        "is_grade": True,
        **other,
    }
    return IndexedRun(
        run_id=f"20260301-10000{number}-aaaa",
        folder=Path(f"r{number}"),
        commit=commit,
        committed_at=f"2026-03-{day:02}T10:00:00+00:00" if day else "",
        tree_digest=f"sha256:{commit}{number if not commit else ''}",
        spec_digest="d",
        highest=values["points"],
        max_points=250.0,
        spec_points=250.0,
        **values,
    )


def claim(state: str = "graded", last: IndexedRun | None = None, reason: str = "", **other) -> Claim:
    standing = Standing(state, 1, last.run_id if last else "", reason)
    return Claim(**{"names": ("Ada",), "link": LINK, "standing": standing, **other})


def numbers(found) -> list[str]:
    return [one.run_id[14] for one in found.runs]


def test_all_judgements_of_the_rows_work_and_of_its_earlier_work():
    runs = (run(1, "c1", 1), run(2, "c2", 2), run(3, "c2", 2))
    assert numbers(own_runs(claim(last=runs[2]), KnownRuns(runs, NOBODY_ELSE))) == ["1", "2", "3"]


def test_work_that_is_newer_than_what_the_batch_took_does_not_count():
    runs = (run(1, "c1", 1), run(2, "c2", 2), run(3, "c1", 1))
    found = own_runs(claim(last=runs[0]), KnownRuns(runs, NOBODY_ELSE))
    assert (numbers(found), found.before) == (["1", "3"], 1)  # judged again is the same work


def test_files_without_a_commit_are_as_new_as_their_run():
    runs = (run(1, "", 0), run(2, "", 0))
    assert numbers(own_runs(claim(last=runs[0]), KnownRuns(runs, NOBODY_ELSE))) == ["1"]
    assert numbers(own_runs(claim(last=runs[1]), KnownRuns(runs, NOBODY_ELSE))) == ["1", "2"]


def test_neither_a_namesake_nor_another_link_nor_another_row_is_ones_own():
    runs = (
        run(1),
        run(2, source="https://github.com/other/s4"),
        run(3, submission="Grace"),
        run(4, submission="ada/s4", source=f"{LINK}.git"),
    )
    found = own_runs(claim(last=runs[0]), KnownRuns(runs, frozenset({"Ada", "Grace"})))
    assert (numbers(found), found.beside) == (["1"], 1)


def test_runs_beside_the_batch_count_where_that_is_asked():
    runs = (run(1), run(2, "c2", 2, submission="ada/s4", source=f"{LINK}/"))
    found = own_runs(claim(last=runs[0]), KnownRuns(runs, NOBODY_ELSE), by_hand=True)
    assert (numbers(found), found.beside) == (["1", "2"], 0)
    stuck = claim("stuck", reason="no room")
    assert own_runs(stuck, KnownRuns(runs[1:], NOBODY_ELSE)).waits.endswith("each time (no room)")
    assert not own_runs(stuck, KnownRuns(runs[1:], NOBODY_ELSE), by_hand=True).waits


@pytest.mark.parametrize("state", ["missing", "unreachable"])
def test_the_batchs_last_word_goes_before_what_was_graded_earlier(state):
    found = own_runs(claim(state, run(1), "No commit by then."), KnownRuns((run(1),), NOBODY_ELSE))
    assert (found.runs, found.nothing, found.before) == ((), "No commit by then.", 1)


@pytest.mark.parametrize("state", ["waiting", "fetched", "grading", "blocked", "retry", "stuck"])
def test_a_row_that_the_batch_has_not_finished_waits(state):
    found = own_runs(claim(state, run(1)), KnownRuns((run(1),), NOBODY_ELSE))
    assert (found.runs, bool(found.waits)) == ((), True)


def test_a_run_that_is_gone_and_a_run_of_somebody_else_are_waited_for():
    assert "is gone" in own_runs(claim(last=run(9)), KnownRuns((run(1),), NOBODY_ELSE)).waits
    other = run(1, submission="Bo")
    assert "graded Bo in this row" in own_runs(claim(last=other), KnownRuns((other,), NOBODY_ELSE)).waits


def test_without_a_batch_the_rosters_own_link_says_whose_run_it_is():
    runs = (run(1), run(2, source="https://github.com/other/s4"))
    assert numbers(own_runs(claim(standing=None), KnownRuns(runs, NOBODY_ELSE))) == ["1"]
    assert own_runs(claim(standing=None, link=""), KnownRuns(runs, NOBODY_ELSE)).runs == ()


def test_a_code_is_a_name_and_a_link():
    coded = run(2, submission="s-k7", source="s-k7")
    both = Entry("ada", "Ada", LINK), Entry("s-k7", "s-k7", LINK, shown="s-k7")
    standings = {"ada": Standing("graded", 1, run(1).run_id), "s-k7": Standing("graded", 1, coded.run_id)}
    found = claim_of(*both, standings)
    assert (found.names, found.standing) == (("Ada", "s-k7"), standings["s-k7"])
    assert numbers(own_runs(found, KnownRuns((run(1), coded), frozenset(found.names)))) == ["1", "2"]
    assert claim_of(both[0], None, standings).standing == standings["ada"]


def test_a_link_in_all_its_spellings():
    assert same_link("https://user:secret@GitHub.com/Ada/S4.git", "https://github.com/ada/s4/")
    assert not same_link(LINK, f"{LINK}/tree/main/two")
    assert not same_link("", "")
    assert same_link("/a folder", "/a folder")
    assert same_link("https://[", "https://[")


def test_what_cannot_count_as_a_grade_is_no_usable_attempt():
    assert attempt(run(1)).usable
    assert not attempt(run(1, status="infrastructure")).usable
    assert not attempt(run(1, is_grade=False)).usable
