"""How the submission was held while it ran, and what the integrity probes saw.

A flag is not an accusation: it is a question to a person, with the evidence beside it. A student's record names only what
the person will look at (`grader.audience`): a probe without a detail has no row.
"""

from __future__ import annotations

from grader.records import Absent, Integrity, Isolation, Probe, RunRecord
from grader.report import words
from grader.report.sections.interface import Column, Fact, Section, Table, listed

MEMORY = {
    "cgroup": "held by the kernel (cgroup)",
    "polling": "watched by the grader (polling)",
    "none": "none",
}


def build(record: RunRecord) -> Section:
    found = record.evidence.integrity
    return Section(
        id="integrity",
        title="Integrity and isolation",
        lead=_lead(found),
        attention=tuple(_attention(probe) for probe in found.probes if probe.weight in ("flag", "void")),
        facts=() if isinstance(found.isolation, Absent) else _facts(found.isolation),
        tables=(
            *listed("Probes", (Column("Probe"), Column("Result"), Column("Detail")), _rows(found.probes)),
            *_canary(found.isolation),
        ),
    )


def _lead(found: Integrity) -> tuple[str, ...]:
    lines = []
    if isinstance(found.isolation, Absent):
        lines.append(f"The submission was not run. {words.why_not(found.isolation)}")
    if not found.probes:
        lines.append("No integrity probe was run.")
    elif not any(probe.weight in ("flag", "void") for probe in found.probes):
        lines.append("The integrity probes saw nothing that a person needs to look at.")
    return tuple(lines)


def _attention(probe: Probe) -> str:
    if probe.weight == "void":
        return f"The measured number could not be used ({probe.name}): {words.sentence(probe.detail)}"
    if not probe.detail:
        return f"A person will look at {probe.name}."
    return f"A person will look at {probe.name}: {words.sentence(probe.detail)}"


def _rows(probes: tuple[Probe, ...]) -> tuple[tuple[str, ...], ...]:
    results = {
        "clean": "nothing unusual",
        "note": "a note, no effect on points",
        "flag": "a person will look",
        "void": "the number is not used",
    }
    return tuple((probe.name, results[probe.weight], probe.detail) for probe in probes if probe.detail)


def _facts(isolation: Isolation) -> tuple[Fact, ...]:
    return (
        Fact("Isolation level", f"{isolation.level}: {isolation.name}"),
        Fact("Memory limit", MEMORY[isolation.memory_limit]),
    )


def _canary(isolation: Isolation | Absent) -> tuple[Table, ...]:
    """What a probe saw from inside of the real sandbox, before the submission ran there."""
    if isinstance(isolation, Absent):
        return ()
    columns = (Column("Tried from inside"), Column("What came out"))
    return listed("The sandbox, tried out from inside", columns, isolation.canary, folded=True)
