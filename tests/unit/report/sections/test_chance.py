"""The chance of passing, as it is shown: in every report of a self-check, and in no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import Absent, Forecast, Odds, RunRecord
from grader.report import interface
from grader.report.sections import chance

SHOWN = sorted(set(interface.formats()) & {"html", "markdown", "terminal"})


@pytest.mark.parametrize("name", SHOWN)
def test_a_self_check_shows_it_and_says_that_it_is_no_grade(
    name: str, example_records: dict[str, RunRecord]
) -> None:
    text = " ".join(interface.formats()[name].render(example_records["self_check"]).split())
    assert "about 69 times in 100 with other seeds" in text
    assert "A forecast and not a grade" in text


@pytest.mark.parametrize("name", SHOWN)
def test_a_run_has_no_such_part(name: str, example_records: dict[str, RunRecord]) -> None:
    assert chance.TITLE not in interface.formats()[name].render(example_records["full_marks"])


def test_the_table_has_the_requirement_the_shares_and_their_source(
    example_records: dict[str, RunRecord],
) -> None:
    (table,) = chance.build(example_records["self_check"]).tables
    assert table.rows == (
        (
            "The trained model reaches a test accuracy of 95 % or more.",
            *("69", "24", "7"),
            "your own figure, not measured",
        ),
    )


def test_what_is_not_known_is_a_dash_and_what_is_nearly_sure_no_hundred(
    example_records: dict[str, RunRecord],
) -> None:
    gone = Forecast("learns-fast", Absent("skipped", "No accuracy."), "nothing", "Nothing is known.")
    sure = Forecast("learns-fast", Odds(0.9985, 0.0015, 0.0), "measured", "Passes.")
    record = replace(example_records["self_check"], forecasts=(gone, sure))
    (table,) = chance.build(record).tables
    assert [row[1:4] for row in table.rows] == [("–", "–", "–"), ("> 99", "< 1", "< 1")]
