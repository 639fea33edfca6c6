"""The page on which a person decides: everything of a record is text on it, whatever it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.decisions import decidable
from grader.records import RunRecord
from grader.report import review_page
from grader.report.inert import inert
from grader.report.review_page import Around, Form, Link

WORST = "\"'><script>alert(1)</script>{{ 7*7 }}\x1b[2J\u202e</textarea></title></style>"


def around(text: str) -> Around:
    links = (Link("/p/item", text, text, True, text),)
    return Around("nonce", text, text, links, links, text, links, "/p/a", "/p/b", "/p/report", (text,))


def form(text: str) -> Form:
    return Form("/p/decide", (("seen", text),), text, text, text, text, True)


def pages(record: RunRecord, text: str = "") -> list[str]:
    """Of the first and the last thing that can be decided: a check, and a penalty where there is one."""
    found = decidable(inert(record))
    ids = dict.fromkeys(one.id for one in (*found[:1], *found[-1:]))
    return [review_page.item(record, name, around(text), form(text)) for name in ids]


def test_every_kind_of_ending_can_be_shown(example_record: RunRecord) -> None:
    for page in pages(example_record):
        assert page.count("<script nonce") == page.count("<script") == 1
        assert page.count("<form") == page.count("</form>") == 1


@pytest.mark.parametrize("name", ["by_a_person", "overridden", "adjusted"])
def test_hostile_text_is_text(name: str, example_records: dict[str, RunRecord]) -> None:
    record = example_records[name]
    worst = replace(
        record,
        title=WORST,
        outcomes=tuple(
            replace(one, requirement=WORST, notes=(WORST,), finding=replace(one.finding, measured=WORST))
            for one in record.outcomes
        ),
        decisions=tuple(replace(one, reason=WORST, who=WORST) for one in record.decisions),
        evidence=replace(record.evidence, submission=replace(record.evidence.submission, name=WORST)),
    )
    found = pages(worst, WORST)
    assert found
    for page in found:
        assert page.count("<script") == page.count("</script>") == 1
        assert page.count("</textarea>") == page.count("</style>") == 1
        assert page.count("<title") == page.count("</title>")
        assert "alert(1)" in page
        assert "{{ 7*7 }}" in page
        assert not set(page) & set("\x1b\u202e")


def test_a_notice_is_text_too() -> None:
    page = review_page.notice("nonce", title=WORST, lines=(WORST,), onward="/p/", views=())
    assert page.count("<script") == 1
    assert 'content="0; url=/p/"' in page
    assert not set(page) & set("\x1b\u202e")


def test_earlier_decisions_stay_in_sight(example_records: dict[str, RunRecord]) -> None:
    record = example_records["decided"]
    page = review_page.item(record, "answers", around("x"), form(""))
    assert "40 of 50 points by Ada Lovelace" in page
    before = page.partition("Decided before")[2]
    assert "20 of 50 points by Ada Lovelace, 2026-11-05 10:00:00 UTC: Only one answer." in before
    assert "<h2>Decide anew</h2>" in page
