"""The seeds as dots: every seed, the interval of the verdict's own sentence, and the line."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from grader.evaluation.noise import interval
from grader.records import Absent, RunRecord
from grader.report.seeds_chart import HEIGHT, WIDTH, seeds, seeds_chart


def with_interval(record: RunRecord) -> RunRecord:
    """The sentence about the interval stands where the check writes it."""
    said = interval((0.99, 0.9893, 0.9886), 0.0057).sentence
    outcomes = tuple(
        replace(one, finding=replace(one.finding, rationale=said)) if one.check == "test_accuracy" else one
        for one in record.outcomes
    )
    return replace(record, outcomes=outcomes)


def test_each_seed_the_mean_the_interval_and_the_line_are_drawn(
    example_records: dict[str, RunRecord],
) -> None:
    record = with_interval(example_records["full_marks"])
    picture = ElementTree.fromstring(seeds_chart(record))
    assert len(list(picture.iter("circle"))) == 3
    found = seeds(record)
    assert found is not None
    assert found.interval is not None
    made = interval((0.99, 0.9893, 0.9886), 0.0057)
    assert [round(end, 4) for end in found.interval] == [round(made.low, 4), round(min(made.high, 1.0), 4)]
    assert found.lines == (0.95,)
    told = picture.findtext("desc") or ""
    assert told.startswith("seed 11: 99.00 %; seed 12: 98.93 %; ")
    assert "95 % interval of the mean: " in told
    assert told.endswith("line at 95 %.")


def test_nothing_lies_outside_of_the_picture(example_records: dict[str, RunRecord]) -> None:
    for record in map(with_interval, example_records.values()):
        for place in re.findall(r' (?:cx|x|x1|x2)="([-\d.]+)"', seeds_chart(record)):
            assert 0 <= float(place) <= WIDTH
        for place in re.findall(r' (?:cy|y|y1|y2)="([-\d.]+)"', seeds_chart(record)):
            assert 0 <= float(place) <= HEIGHT


def test_without_an_interval_in_words_none_is_drawn(example_records: dict[str, RunRecord]) -> None:
    found = seeds(example_records["full_marks"])
    assert found is not None
    assert found.interval is None


def test_without_an_accuracy_there_is_no_picture(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    gone = replace(record, evidence=replace(record.evidence, test_accuracy=Absent("errored", "x")))
    assert seeds_chart(gone) == seeds_chart(example_records["no_model"]) == ""
