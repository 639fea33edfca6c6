"""JUnit XML: the rules that its readers share (Jenkins, Surefire's, Artemis), and what ends as what."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from grader.records import RunRecord
from grader.report.junit import render

ATTRIBUTES = {
    "testsuites": ({"name"}, {"tests", "failures", "errors", "skipped", "time"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time", "timestamp"}),
    "testcase": ({"name", "classname"}, {"time"}),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}
"""Of each element: the attributes that it must have, and those that it may have."""
CHILDREN = {
    "testsuites": r"(testsuite )+",
    "testsuite": r"(properties )?(testcase )*(system-out )?",
    "testcase": r"(properties )?((failure|error|skipped) )?(system-out )?",
    "properties": r"(property )+",
}
ENDINGS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def faults(text: str) -> list[str]:
    """What a reader would stumble over; [] where nothing."""
    found: list[str] = []
    root = ElementTree.fromstring(text.encode("utf-8"))
    if root.tag != "testsuites":
        found.append(f"the root is {root.tag}")
    for one in root.iter():
        must, may = ATTRIBUTES.get(one.tag, (None, None))
        if must is None or may is None:
            found.append(f"an element {one.tag}")
            continue
        if not must <= set(one.attrib) <= must | may:
            found.append(f"attributes of {one.tag}: {sorted(one.attrib)}")
        if not re.fullmatch(CHILDREN.get(one.tag, ""), "".join(f"{child.tag} " for child in one)):
            found.append(f"children of {one.tag}: {[child.tag for child in one]}")
    return found + [fault for one in root.iter() for fault in counts(one)]


def counts(one: Element) -> list[str]:
    """The numbers of a suite are those of its cases."""
    if one.tag not in ("testsuite", "testsuites"):
        return []
    cases = list(one.iter("testcase"))
    real = {"tests": len(cases)}
    real |= {name: sum(case.find(tag) is not None for case in cases) for tag, name in ENDINGS.items()}
    found = [f"{name} of {one.tag}" for name, number in real.items() if one.get(name) != str(number)]
    if not re.fullmatch(r"\d+\.\d\d", one.get("time", "")):
        found.append(f"time of {one.tag}")
    if not re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)?", one.get("timestamp", "")):
        found.append(f"timestamp of {one.tag}")
    return found


def cases(record: RunRecord) -> dict[str, Element]:
    root = ElementTree.fromstring(render(record).encode("utf-8"))
    return {short(case.attrib["name"]): case for case in root.iter("testcase")}


def short(name: str) -> str:
    """The id: behind the kind of a bonus, multiplier or penalty, before the requirement of a check."""
    before, _, after = name.partition(": ")
    return after if before in ("bonus", "multiplier", "penalty", "other") else before


def points(case: Element, name: str) -> str:
    return next(one.attrib["value"] for one in case.iter("property") if one.attrib["name"] == name)


def test_every_record_keeps_the_rules(example_record: RunRecord) -> None:
    assert faults(render(example_record)) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('failures="2"', 'failures="3"'),
        ('<testcase name="', '<testcase id="'),
        ('time="91.25"', 'time="1 min"'),
        ("<skipped message=", "<skipped reason="),
        ("    <system-out>", "    <properties /><system-out>"),
        ('timestamp="2026-11-03T', 'timestamp="03.11.2026 '),
    ],
)
def test_the_rules_refuse_what_a_reader_would(good, bad, example_records) -> None:
    text = render(example_records["adjusted"])
    broken = text.replace(good, bad)
    assert broken != text
    assert faults(broken)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("partial", {"small": "failure", "learns-fast": "", "explained": "failure"}),
        ("review", {"small": "", "learns-fast": "skipped", "explained": "skipped"}),
        ("infrastructure", {"small": "", "learns-fast": "error"}),
        ("self_check", {"small": "", "learns-fast": "skipped"}),
        (
            "adjusted",
            {
                "small": "",
                "learns-fast": "",
                "explained": "",
                "under-8k": "",
                "very-accurate": "skipped",
                "no-log": "failure",
                "misrepresented": "skipped",
                "colab-link": "failure",
            },
        ),
    ],
)
def test_what_ends_as_what(name, ends, example_records) -> None:
    found = cases(example_records[name])
    said = {
        key: next((tag for tag in ENDINGS if case.find(tag) is not None), "") for key, case in found.items()
    }
    assert said == ends


def test_a_name_stays_when_something_is_decided(example_records) -> None:
    def named(kind: str) -> list[str]:
        root = ElementTree.fromstring(render(example_records[kind]))
        return [case.attrib["name"] for case in root.iter("testcase")]

    assert named("by_a_person") == named("decided")
    assert named("decided")[-1] == "penalty: misrepresented"


def test_points_stand_in_the_properties(example_records) -> None:
    explained = cases(example_records["review"])["explained"]
    assert [points(explained, name) for name in ("score", "max_score", "open_score", "status")] == [
        "33.33",
        "50.00",
        "16.67",
        "review",
    ]


def test_the_totals_are_plain_numbers(example_records) -> None:
    made = example_records["full_marks"]
    large = replace(made, grade=replace(made.grade, points=1250.5, highest=2000, max_points=1250.5))
    suite = ElementTree.fromstring(render(large)).find("testsuite/properties")
    found = {one.attrib["name"]: one.attrib["value"] for one in suite}
    assert [found[name] for name in ("score", "lowest", "highest", "max_score")] == [
        "1250.50",
        "1250.50",
        "2000.00",
        "1250.50",
    ]


def test_the_reasons_against_a_grade_are_properties_of_the_suite(example_records) -> None:
    root = ElementTree.fromstring(render(example_records["review"]))
    found = [one.get("value") for one in root.iter("property") if one.get("name") == "not_a_grade"]
    assert len(found) == 2


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-03T09:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_left_out(moment, example_records) -> None:
    made = example_records["full_marks"]
    text = render(replace(made, provenance=replace(made.provenance, started_at=moment)))
    assert "timestamp" not in text
    assert faults(text) == []


def test_the_moment_is_in_utc(example_records) -> None:
    made = example_records["full_marks"]
    text = render(replace(made, provenance=replace(made.provenance, started_at="2026-11-03T09:00:00+05:30")))
    assert 'timestamp="2026-11-03T03:30:00"' in text
