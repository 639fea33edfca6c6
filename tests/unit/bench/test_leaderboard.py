"""Leaderboards: order, ties, the front, and who may stand on them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.bench.leaderboard import Entry, board, chosen_names, ranked
from grader.bench.leaderboard_page import board_page, front_chart
from grader.bench.render import html, markdown
from grader.course.stored.folder import RunFolder
from grader.errors import UsageError
from grader.evaluation.noise import Interval
from grader.report.interface import reports
from grader.spec.load import evidence_plan_digest, load_spec


def entry(name: str, parameters: int, low: float, high: float) -> Entry:
    mean = (low + high) / 2
    return Entry(name, "benchmark", parameters, 0, 3, mean, Interval(low, high, ""), 60_000, 30.0, "cpu")


def test_who_is_not_better_for_certain_shares_a_rank():
    found = ranked(
        [entry("c", 9000, 0.97, 0.98), entry("a", 20_000, 0.990, 0.994), entry("b", 9000, 0.989, 0.993)]
    )
    assert [(one.entry.name, one.rank) for one in found] == [("a", 1), ("b", 1), ("c", 3)]


def test_the_front_has_what_nothing_smaller_matches():
    found = ranked(
        [
            entry("large and best", 20_000, 0.99, 0.994),
            entry("small", 5000, 0.98, 0.984),
            entry("larger than small, and worse", 8000, 0.97, 0.974),
            entry("as small, and worse", 5000, 0.97, 0.972),
        ]
    )
    assert {one.entry.name for one in found if one.on_front} == {"large and best", "small"}


entries = st.lists(
    st.builds(
        lambda size, mean, half: entry("x", size, mean - half, mean + half),
        st.integers(1, 50),
        st.floats(0.9, 0.99),
        st.floats(0, 0.05),
    ),
    min_size=1,
    max_size=12,
)


@given(entries)
def test_ranks_and_front_hold_for_any_entries(some):
    found = ranked(some)
    assert len(found) == len(some)
    assert found[0].rank == 1
    assert any(one.on_front for one in found)
    best = max(one.entry.mean for one in found)
    assert any(one.on_front and one.entry.mean == best for one in found)
    for one in found:
        assert one.rank == 1 + sum(other.entry.interval.low > one.entry.interval.high for other in found)


@pytest.fixture
def stored(tmp_path, example_records):
    """Writes runs of s4 and gives their folder."""

    def write(**runs):
        loaded = load_spec("s4")
        for name, record in runs.items():
            evidence = record.evidence
            made = replace(
                record.provenance,
                spec_id="s4",
                evidence_plan_digest=evidence_plan_digest(loaded.spec),
                device="cpu",
            )
            record = replace(
                record,
                provenance=made,
                evidence=replace(
                    evidence,
                    submission=replace(evidence.submission, name=f"person/{name}"),
                    data=replace(evidence.data, digest="sha256:data"),
                ),
            )
            with RunFolder(tmp_path / "runs", "s4", f"person/{name}", "20260301-120000-0000") as folder:
                folder.publish({one.file_name: one.render(record) for one in reports()})
        return tmp_path / "runs"

    return write


def test_students_stand_on_it_under_the_name_they_chose_and_nothing_else(stored, example_records, make_bench):
    full = example_records["full_marks"]
    runs = stored(ada=full, grace=full)
    found = board(load_spec("s4"), [make_bench()], runs, {"person/ada": "Tiny <b>net</b>"})
    assert {one.entry.name for one in found.entries} == {"reference", "Tiny <b>net</b>"}
    page = board_page(found)
    for text in (markdown(page), html(page, (front_chart(found),))):
        assert "person/" not in text
        assert "grace" not in text
        assert full.evidence.submission.source not in text
        assert full.evidence.submission.commit not in text
        assert "<b>net" not in text


@pytest.mark.parametrize("ending", ["review", "infrastructure", "self_check", "no_model"])
def test_only_settled_grades_stand_on_it(stored, example_records, make_bench, ending):
    runs = stored(ada=example_records[ending])
    found = board(load_spec("s4"), [make_bench()], runs, {"person/ada": "Ada"})
    assert [one.entry.name for one in found.entries] == ["reference"]
    assert found.left_out[0].startswith("person/ada: ")


def test_what_was_measured_differently_is_left_out(make_bench, make_series):
    good = make_series()
    other_data = make_series(model="moved", data_digest="sha256:else", data="a copy")
    older = make_series(model="older", plan_digest="sha256:old")
    found = board(load_spec("s4"), [make_bench(good, other_data, older, make_series(spec_id="eva8_s4"))])
    assert [one.entry.name for one in found.entries] == ["reference"]
    assert found.left_out == (
        "moved: measured on other data (a copy).",
        "older: measured under another edition of the spec.",
    )


def test_a_name_without_a_run_is_said_and_a_name_twice_refused(stored, example_records, make_bench):
    runs = stored(ada=example_records["full_marks"])
    found = board(load_spec("s4"), [make_bench()], runs, {"person/alan": "Alan"})
    assert found.left_out == ("person/alan: there is no run of it under s4.",)
    with pytest.raises(UsageError, match="Two entries are called Reference"):
        board(load_spec("s4"), [make_bench()], runs, {"person/ada": "Reference"})


def test_nothing_to_rank_names_the_next_step():
    with pytest.raises(UsageError, match="nothing to rank") as raised:
        board(load_spec("s4"), [])
    assert raised.value.hint == "Measure first: grader bench s4"


def test_the_table_of_names(tmp_path):
    file = tmp_path / "names.csv"
    file.write_text("\ufeffsubmission,name,more\nperson/ada, Tiny\u202e net ,x\nperson/alan,,\n", "utf-8")
    found = chosen_names(file)
    assert list(found) == ["person/ada"]
    assert "\u202e" not in found["person/ada"]
    for text, said in (
        ("submission\nada\n", "submission,name"),
        ("", "submission,name"),
        ("submission,name\nada,A\nada,B\n", "names.csv:3: ada stands in it twice"),
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(UsageError, match=said):
            chosen_names(file)


def test_the_picture_tells_what_it_shows(make_bench, make_series):
    found = board(
        load_spec("s4"),
        [make_bench(make_series(), make_series((0.97, 0.972, 0.971), model="small", parameters=4_000))],
    )
    chart = front_chart(found)
    assert "reference: 14,642 parameters, 99.00 %" in chart
    assert "small: 4,000 parameters, 97.10 %" in chart
    assert "target 95.00 %" in chart
    assert chart.count("<circle") == 2
    assert board_page(found).grids[0].rows[0][:3] == ("1", "reference", "99.00 %")
