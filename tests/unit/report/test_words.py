"""The words that every format shares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.judge import not_handed_in
from grader.records import Absent, RunRecord, Status
from grader.report import words
from grader.report.interface import formats
from grader.report.sections import adjustments


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
        (
            "adjusted",
            "person",
            "Needs a person: 135 as it stands, 0 to 585 possible",
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


def test_nothing_handed_in_is_said_with_its_points(example_records: dict[str, RunRecord]) -> None:
    made = replace(example_records["full_marks"], outcomes=(), grade=not_handed_in(250, 0.7, -0.3))
    found = words.verdict(made)
    assert (found.headline, found.tone, found.reason) == (
        "Complete: -75 of 250",
        "bad",
        "Nothing was handed in.",
    )
    assert found.pass_line.startswith("Below")
    assert words.more_than_a_sum(made.grade)
    for report in formats().values():
        assert "Not handed in: -30 % of 250" in report.render(made).replace("%25", "%")  # a command's escape


@pytest.mark.parametrize(
    ("index", "effect", "said"),
    [
        (0, "+50", "Earned"),
        (1, "×\u00a04", "Open"),
        (2, "-30", "Taken"),
        (3, "-100 %", "Proposed"),
        (4, "-50 %", "Taken"),
    ],
)
def test_what_each_adjustment_does_and_how_it_stands(
    index: int, effect: str, said: str, example_records: dict[str, RunRecord]
) -> None:
    one = example_records["adjusted"].grade.adjustments[index]
    assert (words.effect(one), words.standing(one).text) == (effect, said)


@pytest.mark.parametrize(
    ("kind", "state", "said", "tone"),
    [
        ("bonus", "does not count", "Not earned", "quiet"),
        ("multiplier", "counts", "Earned", "good"),
        ("penalty", "does not count", "Not taken", "good"),
        ("percentage", "not judged", "Not judged", "quiet"),
    ],
)
def test_what_counts_for_and_against(
    kind: str, state: str, said: str, tone: str, example_records: dict[str, RunRecord]
) -> None:
    first = example_records["adjusted"].grade.adjustments[0]
    found = words.standing(replace(first, kind=kind, state=state))  # type: ignore[arg-type]
    assert (found.text, found.tone) == (said, tone)


@pytest.mark.parametrize("name", ["html", "markdown", "terminal", "json"])
def test_every_format_shows_every_step(name: str, example_records: dict[str, RunRecord]) -> None:
    made = example_records["adjusted"]
    report = formats()[name].render(made)
    for step in made.grade.steps:
        assert step.text in report
    assert "misrepresented" in report
    plain = formats()[name].render(example_records["full_marks"])
    assert "Bonuses and penalties" not in plain


def test_a_penalty_shows_what_was_seen_also_where_only_the_parts_say_it(
    example_records: dict[str, RunRecord],
) -> None:
    (table,) = adjustments.build(example_records["adjusted"]).tables
    assert [row[-1] for row in table.rows] == [
        "–",
        "The seeds cannot tell; a person decides.",
        "training log: no line with a test accuracy. Lines are empty.",
        "README.md:9 states 4,000; measured: 6,338.",
        "–",
    ]


def test_a_fault_is_decided_by_another_run(example_records: dict[str, RunRecord]) -> None:
    made = example_records["adjusted"]
    first = made.grade.adjustments[1]
    broken = replace(first, outcome=replace(first.outcome, status="errored"))
    assert words.standing(broken).meaning.startswith("another run decides")
    section = adjustments.build(replace(made, grade=replace(made.grade, adjustments=(broken,))))
    assert "is open: run it again." in section.attention[0]


@pytest.mark.parametrize(
    ("status", "hint", "label", "text"),
    [
        ("failed", "Try it.", "What to try", "Try it."),
        ("failed", "Try: it.", "What to try", "Try: it."),
        ("review", "A person decides: run it again.", "A person decides", "Run it again."),
        ("review", "Paste the log as text.", "What to try", "Paste the log as text."),
        ("errored", "Free some space.", "For whoever runs the grader", "Free some space."),
    ],
)
def test_a_hint_says_whose_turn_it_is(status: Status, hint: str, label: str, text: str) -> None:
    assert words.advice(status, hint) == (label, text)


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
