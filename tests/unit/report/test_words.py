"""The words that every format shares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import Absent, RunRecord
from grader.report import words


@pytest.mark.parametrize(
    ("name", "tone", "headline", "pass_line"),
    [
        ("full_marks", "good", "Complete: 250 of 250", "At or above the pass mark of 70 % (175 points)."),
        ("partial", "bad", "Complete: 158.33 of 250", "Below the pass mark of 70 % (175 points)."),
        ("no_model", "bad", "Could not be graded", "Below the pass mark of 70 % (175 points)."),
        (
            "review",
            "person",
            "Needs a person: 108.33 certain, up to 250 possible",
            "Whether the pass mark of 70 % (175 points) is reached is still open.",
        ),
        ("infrastructure", "fault", "The grader failed: not charged", ""),
        ("self_check", "good", "So far: 75 of 75", "At or above the pass mark of 70 % (52.5 points)."),
    ],
)
def test_the_verdict(
    name: str, tone: str, headline: str, pass_line: str, example_records: dict[str, RunRecord]
) -> None:
    found = words.verdict(example_records[name])
    assert (found.tone, found.headline, found.pass_line) == (tone, headline, pass_line)


def test_passed_below_full_marks_is_neither_good_nor_bad(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    grade = replace(record.grade, points=200.0, highest=200.0)
    assert words.verdict(replace(record, grade=grade)).tone == "part"


def test_what_was_open_and_cannot_reach_the_mark_is_below(example_records: dict[str, RunRecord]) -> None:
    grade = replace(example_records["review"].grade, highest=170.0)
    assert words.pass_line(grade).startswith("Below")


def test_nothing_judged_is_no_failure(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    empty = replace(record.grade, points=0.0, highest=0.0, max_points=0.0, passed=False)
    found = words.verdict(replace(record, outcomes=(), grade=empty))
    assert (found.headline, found.tone, found.pass_line) == ("Complete: nothing was judged", "quiet", "")


def test_icons_and_words_are_all_different() -> None:
    assert len({word.icon for word in words.STATUS.values()}) == len(words.STATUS)
    assert len({word.text for word in words.STATUS.values()}) == len(words.STATUS)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("failed", "No model. Add one."),
        ("skipped", "No model. Add one."),
        ("review", "A person will look at this: No model. Add one."),
        ("errored", "The grader's or its machine's fault, not charged: No model. Add one."),
    ],
)
def test_an_absence_says_whose_doing_it_is(cause: str, said: str) -> None:
    assert words.why_not(Absent(cause, "No model", "Add one.")) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (words.points(75), "75"),
        (words.points(33.333), "33.33"),
        (words.points(1250.5), "1,250.5"),
        (words.points(-75), "-75"),
        (words.share(0.7), "70 %"),
        (words.share(0.98834), "98.83 %"),
        (words.accuracy(0.99), "99.00 %"),
        (words.seconds(8.24), "8.2 s"),
        (words.seconds(91.25), "1 min 31 s"),
        (words.seconds(7500), "2 h 5 min"),
        (words.size(1), "1 byte"),
        (words.size(4210), "4.2 kB"),
        (words.size(5_000_000), "5.0 MB"),
        (words.counted(1, "seed"), "1 seed"),
        (words.counted(60_000, "image"), "60,000 images"),
        (words.shape((1, 28, 28)), "1\u00a0×\u00a028\u00a0×\u00a028"),
        (words.shape(()), "–"),
        (words.call("sgd", (("momentum", 0.9),)), "sgd(momentum=0.9)"),
        (words.call("sgd", ()), "sgd"),
        (words.moment("2026-11-03T09:00:00+00:00"), "2026-11-03 09:00:00 UTC"),
        (words.moment(""), "not recorded"),
        (words.sentence("it ended"), "it ended."),
        (words.sentence("Why?"), "Why?"),
        (words.sentence(""), ""),
    ],
)
def test_numbers_and_sentences(made: str, expected: str) -> None:
    assert made == expected
