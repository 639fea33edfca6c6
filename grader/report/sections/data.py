"""The data that it was trained and tested on."""

from __future__ import annotations

from grader.records import Absent, DataFacts, RunRecord
from grader.report import words
from grader.report.sections.interface import Fact, Section


def build(record: RunRecord) -> Section:
    found = record.evidence.data
    if isinstance(found, Absent):
        return Section("data", "The data", lead=(f"No data set was used. {words.why_not(found)}",))
    facts = (
        Fact("Data set", found.name),
        Fact("Training images", f"{found.train_images:,}"),
        Fact("Test images", f"{found.test_images:,}"),
        Fact("Taken from", found.place),
        Fact("Digest", found.digest, "code"),
    )
    return Section("data", "The data", lead=(origin(found),), facts=facts)


def origin(found: DataFacts) -> str:
    """Whether it is the real thing."""
    if found.stand_in:
        return "Generated stand-in pictures, not the real data set: good for a trial, not for a grade."
    if found.official:
        return "The official data set: its files have the published checksums."
    return "Not the official data set: its files do not have the published checksums."
