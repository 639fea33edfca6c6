"""What is needed to get the same result again."""

from __future__ import annotations

from grader.records import Provenance, RunRecord
from grader.report import words
from grader.report.sections.interface import Block, Fact, Section


def build(record: RunRecord) -> Section:
    found = record.provenance
    command = (Block("Run it again", again(found), folded=False),) if found.command else ()
    return Section(
        id="provenance",
        title="How to get this result again",
        facts=(
            Fact("Run", record.run_id, "code"),
            Fact("Assignment", f"{found.spec_id}, edition {found.spec_edition}"),
            Fact("Spec digest", found.spec_digest, "code"),
            Fact("Evidence plan digest", found.evidence_plan_digest, "code"),
            Fact("Seeds", ", ".join(map(str, found.seeds)) or "none"),
            Fact("Secret of this run", str(found.secret) if found.secret else "none"),
            Fact("Device", found.device),
            *((Fact("Threads", str(found.threads)),) if found.threads else ()),
            Fact("Platform", found.platform),
            Fact("Versions", ", ".join(_versions(record)), "code"),
            Fact("Started", words.moment(found.started_at)),
            Fact("Finished", words.moment(found.finished_at)),
            Fact("Took", words.took(found)),
            Fact("Result schema", record.schema, "code"),
        ),
        blocks=command,
    )


def again(found: Provenance) -> str:
    """The command line that repeats the numbers: the same seeds, secret order of the test images, and threads."""
    if not found.seeds or not found.secret:
        return found.command
    threads = f" --threads {found.threads}" if found.threads else ""
    return f"{found.command} --seeds {','.join(map(str, found.seeds))} --secret {found.secret}{threads}"


def _versions(record: RunRecord) -> list[str]:
    found = record.provenance
    own = [f"grader {found.grader_version}", f"measuring version {found.measuring_version}"]
    return own + [f"{name} {version}" for name, version in found.versions]
