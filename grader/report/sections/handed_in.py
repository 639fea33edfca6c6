"""What was handed in, and what of it was not taken."""

from __future__ import annotations

from grader.records import RunRecord, SecondRepository, Submission
from grader.report import words
from grader.report.sections.interface import Column, Fact, Section, listed


def build(record: RunRecord) -> Section:
    found = record.evidence.submission
    notes = (*found.notes, *(note for one in found.also for note in one.notes))
    rows = tuple((left.path, left.reason) for left in found.left_out)
    return Section(
        id="handed-in",
        title="What was handed in",
        lead=tuple(map(words.sentence, notes[:20])),
        facts=_facts(found),
        tables=(
            *listed("Second repositories", _SECOND, tuple(map(_second, found.also))),
            *listed("Files that were left out", (Column("File", "code"), Column("Why")), rows),
        ),
    )


_SECOND = (
    Column("Folder", "code"),
    Column("Source", "code"),
    Column("Commit", "code"),
    Column("Committed"),
    Column("Steps back", "number"),
)


def _second(one: SecondRepository) -> tuple[str, ...]:
    return (one.folder, one.source, one.commit or "none", words.moment(one.committed_at), str(one.steps_back))


def _facts(found: Submission) -> tuple[Fact, ...]:
    whole_bytes = sum(file.size_bytes for file in found.files)
    taken = f"{words.counted(len(found.files), 'file')}, {words.size(whole_bytes)}"
    facts = [
        Fact("Source", found.source, "code"),
        Fact("Commit", found.commit or "none", "code" if found.commit else "text"),
        Fact("Committed", words.moment(found.committed_at)),
        Fact("Tree digest", found.tree_digest, "code"),
        Fact("Taken", taken),
    ]
    if found.kind == "git":
        branch = Fact("Branch or tag", found.ref or "the default one", "code" if found.ref else "text")
        facts.insert(1, branch)
    if found.subfolder:
        facts.insert(1, Fact("Folder", found.subfolder, "code"))
    if found.dirty:
        facts.append(Fact("State", "the folder differs from its commit"))
    return tuple(facts)
