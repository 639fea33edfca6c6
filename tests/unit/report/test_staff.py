"""The staff's page: all of the record, said to be so, with links to the files beside it."""

from __future__ import annotations

import re

from grader.records import RunRecord
from grader.report import html, interface, staff


def test_it_says_whom_it_is_for_and_links_what_lies_beside_it(example_record: RunRecord) -> None:
    page = staff.render(example_record)
    assert "For the staff only." in page
    assert re.findall(r'<a href="([a-zA-Z.]+)">', page) == [
        "report.html",
        "README.md",
        "result.json",
        "events.jsonl",
    ]
    stored = {one.file_name for one in interface.reports()} - {"staff.html"}
    assert stored | {"events.jsonl"} == set(staff.BESIDE)


def test_alone_it_links_no_file(example_record: RunRecord) -> None:
    page = staff.render_alone(example_record)
    assert "For the staff only." in page
    assert "events.jsonl" not in page


def test_the_students_page_does_not_know_of_it(example_record: RunRecord) -> None:
    page = html.render(example_record)
    assert "staff" not in page.replace(".staff {", "").lower().split("<body>")[1]
    assert "result.json" not in page


def test_earlier_decisions_are_the_staffs(example_records: dict[str, RunRecord]) -> None:
    record = example_records["decided"]
    assert "Only one answer." in staff.render(record)
    assert "Only one answer." not in html.render(record)
    assert "The second one is cut off." in html.render(record)
    assert 'id="history"' not in html.render(record)
