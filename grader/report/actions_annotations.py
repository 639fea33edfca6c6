"""What GitHub Actions shows beside a run: workflow commands, one a line, those that matter most first.

A runner obeys every line that looks like a command, so nothing here but the command itself comes from us alone: all text
is on one line and escaped, and a path is named only where the submission has such a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.records import RunRecord
from grader.report import words
from grader.report.entries import Entry, entries, reasons
from grader.report.inert import inert_for_students, one_line

file_name = "actions-annotations.txt"

Kind = Literal["error", "warning", "notice"]

PER_KIND = 10
"""GitHub shows no more of a kind per step."""
TITLE_LIMIT = 120
MESSAGE_LIMIT = 1000

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>[1-9][0-9]{0,8})|, cell .*)?")
_OF_STATUS: dict[str, Kind] = {
    "failed": "error",
    "errored": "error",
    "partial": "warning",
    "borderline": "notice",
    "review": "notice",
}


@dataclass(frozen=True)
class Annotation:
    kind: Kind
    title: str
    message: str
    file: str = ""  # relative to the repository's root
    line: int = 0  # 0 where it is not known
    weight: float = 0.0  # the heaviest of a kind come first

    def command(self) -> str:
        """The workflow command that a runner obeys."""
        properties = {"title": one_line(self.title, TITLE_LIMIT)}
        if self.file:
            properties |= {"file": self.file} | ({"line": str(self.line)} if self.line else {})
        given = ",".join(f"{key}={escaped_property(value)}" for key, value in properties.items())
        return f"::{self.kind} {given}::{escaped(one_line(self.message, MESSAGE_LIMIT))}"


def render(record: RunRecord) -> str:
    return "".join(f"{one.command()}\n" for one in annotated(record))


def annotated(record: RunRecord) -> tuple[Annotation, ...]:
    """Errors, then warnings, then notices, at most `PER_KIND` of each; the verdict is always among them."""
    shown = inert_for_students(record)
    found = [_verdict(shown), *_checks(shown), *_remarks(shown), *_claims(shown)]
    kinds: tuple[Kind, ...] = ("error", "warning", "notice")
    listed = {kind: sorted((one for one in found if one.kind == kind), key=_first) for kind in kinds}
    return tuple(one for kind in kinds for one in listed[kind][:PER_KIND])


def escaped(text: str) -> str:
    """The message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def _first(one: Annotation) -> float:
    return -one.weight


def _verdict(shown: RunRecord) -> Annotation:
    grade = shown.grade
    kind: Kind = "notice"
    if grade.status in ("infrastructure", "ungradable") or (grade.status == "complete" and not grade.passed):
        kind = "error"
    title = f"{shown.provenance.spec_id}: {words.verdict(shown).headline}"
    return Annotation(kind, title, " ".join(reasons(shown)), weight=float("inf"))


def _checks(shown: RunRecord) -> Iterator[Annotation]:
    for one in entries(shown):
        kind = _OF_STATUS.get(one.status)
        if kind:
            title = f"{one.id}: {words.STATUS[one.status].text}"
            yield Annotation(
                kind, title, " ".join((words.sentence(one.title), *one.lines)), weight=_lost(one)
            )


def _lost(one: Entry) -> float:
    return max(one.max_points - one.points, -one.points, one.open_points)


def _remarks(shown: RunRecord) -> Iterator[Annotation]:
    for one in shown.evidence.remarks:
        if not one.harmless:
            yield Annotation("warning", one.name, f"{one.place}: {one.why}", *_place(shown, one.place))


def _claims(shown: RunRecord) -> Iterator[Annotation]:
    for one in shown.evidence.comparisons:
        if one.verdict == "differs":
            said = f"{one.claim.place}: {words.sentence(one.reason)} Measured: {one.measured or 'nothing'}."
            yield Annotation("warning", "stated and measured differ", said, *_place(shown, one.claim.place))


def _place(shown: RunRecord, place: str) -> tuple[str, int]:
    """The file and line of a place in words, where the submission has such a file."""
    submission = shown.evidence.submission
    found = _PLACE.fullmatch(place)
    if not found or found["file"] not in {one.path for one in submission.files}:
        return "", 0
    path = f"{submission.subfolder}/{found['file']}" if submission.subfolder else found["file"]
    return path, int(found["line"] or 0)
