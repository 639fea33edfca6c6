"""JUnit XML: a suite for the run, a test case for each check, bonus, multiplier and penalty.

Not met is a `failure`, the grader's own fault an `error`; what is open or was not judged is `skipped` with its reason.
There is no official specification: this keeps to what Jenkins, Surefire's readers and Artemis take. Points stand in
`properties`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.records import RunRecord, Status
from grader.report.entries import Entry, entries, finite, reasons
from grader.report.inert import inert_for_students

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

file_name = "junit.xml"

_OUTCOME: dict[Status, str] = {
    "passed": "",
    "partial": "failure",
    "failed": "failure",
    "errored": "error",
    "borderline": "skipped",
    "review": "skipped",
    "skipped": "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not (section 2.2, Char)."""


def render(record: RunRecord) -> str:
    from xml.etree import ElementTree

    shown = inert_for_students(record)
    found = entries(shown)
    suites = ElementTree.Element("testsuites", _totals(shown, found) | {"name": "grader"})
    suite = ElementTree.SubElement(suites, "testsuite", _suite(shown, found))
    _properties(suite, _about(shown))
    for one in found:
        _case(suite, one, shown.provenance.spec_id)
    ElementTree.SubElement(suite, "system-out").text = _xml("\n".join(reasons(shown)))
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_no_command(text)}\n'


def _no_command(text: str) -> str:
    """The same XML, in which no line is a command, should it be printed where a runner of GitHub Actions listens."""
    return re.sub(r"^(\s*):(?=:)", r"\1&#58;", text.replace("##[", "##&#91;"), flags=re.MULTILINE)


def _totals(shown: RunRecord, found: tuple[Entry, ...]) -> dict[str, str]:
    ended = [_OUTCOME[one.status] for one in found]
    return {
        "tests": str(len(found)),
        "failures": str(ended.count("failure")),
        "errors": str(ended.count("error")),
        "skipped": str(ended.count("skipped")),
        "time": f"{max(0.0, finite(shown.provenance.wall_seconds)):.2f}",
    }


def _suite(shown: RunRecord, found: tuple[Entry, ...]) -> dict[str, str]:
    made = {"name": _xml(f"{shown.provenance.spec_id}: {shown.evidence.submission.name}")}
    moment = _moment(shown.provenance.started_at)
    return made | _totals(shown, found) | ({"timestamp": moment} if moment else {})


def _moment(iso: str) -> str:
    """In UTC and without an offset, as the readers want it; "" where it is no moment."""
    try:
        moment = datetime.fromisoformat(iso)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def _about(shown: RunRecord) -> Iterable[tuple[str, str]]:
    grade, submission = shown.grade, shown.evidence.submission
    yield "run", shown.run_id
    yield "submission", submission.name
    yield "commit", submission.commit
    yield "status", grade.status
    yield "score", f"{finite(grade.points):.2f}"
    yield "lowest", f"{finite(grade.lowest):.2f}"
    yield "highest", f"{finite(grade.highest):.2f}"
    yield "max_score", f"{finite(grade.max_points):.2f}"
    yield "passed", str(grade.passed).lower()
    for reason in shown.not_a_grade:
        yield "not_a_grade", reason


def _case(suite: Element, one: Entry, spec_id: str) -> None:
    from xml.etree.ElementTree import SubElement

    case = SubElement(
        suite, "testcase", {"name": _xml(_name(one)), "classname": _xml(f"{spec_id}.{one.kind}")}
    )
    points = ("score", one.points), ("max_score", one.max_points), ("open_score", one.open_points)
    _properties(case, [*((key, f"{value:.2f}") for key, value in points), ("status", one.status)])
    said = _xml("\n".join(one.lines))
    if tag := _OUTCOME[one.status]:
        made = {"message": _xml(one.lines[0] if one.is_check and one.lines else one.title)}
        made |= {} if tag == "skipped" else {"type": one.status}
        SubElement(case, tag, made).text = said
    elif said:
        SubElement(case, "system-out").text = said


def _name(one: Entry) -> str:
    """Who shows how a test case went over time knows it by its name: nothing in it depends on what came out."""
    if one.is_check:
        return f"{one.id}: {one.title}"
    return f"{'penalty' if one.kind == 'percentage' else one.kind}: {one.id}"


def _properties(parent: Element, listed: Iterable[tuple[str, str]]) -> None:
    from xml.etree.ElementTree import SubElement

    made = SubElement(parent, "properties")
    for name, value in listed:
        SubElement(made, "property", {"name": name, "value": _xml(value)})


def _xml(text: str) -> str:
    """What XML can hold; the rest as question marks in a diamond. ElementTree escapes."""
    return _NOT_XML.sub("\ufffd", text)
