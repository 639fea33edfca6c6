"""What lies on the desk: what can be decided, read anew where somebody has written."""

from __future__ import annotations

import shutil
from pathlib import Path

from grader.course.stored.review import Wish, decide
from grader.review_page.desk import Desk, run_key


def states(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.submission, one.id, one.state) for one in desk.entries()]


def test_the_same_question_of_all_submissions_stands_together(runs: Path) -> None:
    assert states(Desk(runs)) == [
        ("ada", "small", "graded"),
        ("grace", "small", "decided"),
        ("ada", "answers", "open"),
        ("grace", "learns-fast", "graded"),
        ("ada", "explained", "open"),
        ("grace", "explained", "graded"),
        ("grace", "colab-link", "decided"),
        ("grace", "messy-names", "graded"),
        ("ada", "misrepresented", "open"),
    ]


def test_what_somebody_decides_elsewhere_is_seen(runs: Path, ada: Path) -> None:
    desk = Desk(runs)
    assert ("ada", "answers", "open") in states(desk)
    decide(ada, [Wish("answers", points=40)], reason="Seen.", who="Grace")
    (entry,) = [one for one in desk.entries() if one.id == "answers"]
    assert (entry.state, entry.standing) == ("decided", "40 points by Grace")


def test_a_run_is_known_by_its_key_alone(runs: Path, ada: Path) -> None:
    desk = Desk(runs)
    desk.entries()
    assert desk.folder(run_key(ada)) == ada
    assert desk.folder(str(ada)) is None
    assert desk.folder("../ada") is None
    shutil.rmtree(ada)
    assert {one.submission for one in desk.entries()} == {"grace"}
    assert desk.folder(run_key(ada)) is None


def test_a_broken_run_is_said_and_the_others_stay(runs: Path, ada: Path) -> None:
    (ada / "result.json").write_text("{")
    desk = Desk(runs)
    assert {one.submission for one in desk.entries()} == {"grace"}
    (fault,) = desk.faults()
    assert "cannot be read as JSON" in fault


def test_runs_of_one_assignment(runs: Path) -> None:
    assert Desk(runs, spec_id="s5").entries() == ()
    assert len(Desk(runs, spec_id="s4").entries()) == len(Desk(runs).entries())
