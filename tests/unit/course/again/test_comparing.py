"""Two batches held against each other: which runs belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.course.again.comparing import compared, side
from grader.course.stored.codes import code_of
from grader.errors import UsageError
from grader.report.json import render
from grader.spec.load import Loaded, load_spec


@pytest.fixture(scope="module")
def s4() -> Loaded:
    return load_spec("s4")


@pytest.fixture
def batches(tmp_path, stored, s4):
    """Two folders of runs: one submission in both with other grades, one equal, one in each alone."""
    for folder, among in (
        ("a", {"ada": 6338, "grace": 6338, "linus": 6338}),
        ("b", {"ada": 6338, "grace": 30_000, "mary": 6338}),
    ):
        for name, parameters in among.items():
            stored.publish(tmp_path / folder, stored.measured(s4, name, parameters=parameters))
    return tmp_path / "a", tmp_path / "b"


def test_submissions_are_matched_by_name(batches):
    found = compared(*map(side, batches))
    assert [(one.name, one.difference.move) for one in found.pairs] == [
        ("ada", "unchanged"),
        ("grace", "down"),
    ]
    assert (found.only_first, found.only_second) == ((("s4", "linus"),), (("s4", "mary"),))
    assert not found.is_equal
    assert compared(side(batches[0]), side(batches[0])).is_equal


def test_somebody_missing_is_no_equality(batches, stored, s4):
    a, b = map(side, batches)
    both = replace(b, runs={key: run for key, run in a.runs.items() if key[1] != "linus"})
    assert not compared(a, both).is_equal
    assert not compared(both, a).is_equal


@pytest.mark.parametrize("coded", [0, 1])
def test_a_code_is_matched_with_its_name(tmp_path, stored, s4, coded):
    sides = [tmp_path / "a", tmp_path / "b"]
    stored.publish(sides[1 - coded], stored.measured(s4, "ada"))
    stored.publish(sides[coded], stored.measured(s4, code_of(sides[coded], "ada")))
    found = compared(*map(side, sides))
    assert (len(found.pairs), found.only_first, found.only_second) == (1, (), ())


def test_the_latest_run_of_a_submission_counts(batches, stored, s4):
    stored.publish(batches[1], stored.measured(s4, "grace", run_id="20261109-100000-ffff"))
    found = compared(*map(side, batches))
    assert [one.difference.move for one in found.pairs] == ["unchanged", "unchanged"]


def test_files_of_results_are_a_batch_too(tmp_path, stored, s4):
    for name in ("ada", "grace"):
        (tmp_path / f"{name}.json").write_text(render(stored.measured(s4, name)))
    (tmp_path / "broken.json").write_text("{")
    found = side(tmp_path)
    assert sorted(name for _, name in found.runs) == ["ada", "grace"]
    assert len(found.unreadable) == 1
    assert not found.is_one


def test_one_run_by_its_folder_or_its_file(batches):
    folder = next((batches[0] / "s4/ada").iterdir())
    for place in (folder, folder / "result.json"):
        found = side(place)
        assert (found.is_one, list(found.runs)) == (True, [("s4", "ada")])


def test_no_run_is_a_mistake_in_the_command(tmp_path):
    with pytest.raises(UsageError, match="holds no run"):
        side(tmp_path)
