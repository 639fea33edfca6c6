"""What is needed to get the same result again."""

from __future__ import annotations

from grader.records import RunRecord
from grader.report import words
from grader.report.sections.interface import Block, Fact, Section


def build(record: RunRecord) -> Section:
    found = record.provenance
    command = (Block("Run it again", found.command, folded=False),) if found.command else ()
    return Section(
        id="provenance",
        title="How to get this result again",
        facts=(
            Fact("Run", record.run_id, "code"),
            Fact("Assignment", f"{found.spec_id}, edition {found.spec_edition}"),
            Fact("Spec digest", found.spec_digest, "code"),
            Fact("Evidence plan digest", found.evidence_plan_digest, "code"),
            Fact("Seeds", ", ".join(map(str, found.seeds)) or "none"),
            Fact("Device", found.device),
            Fact("Platform", found.platform),
            Fact("Versions", ", ".join(_versions(record)), "code"),
            Fact("Started", words.moment(found.started_at)),
            Fact("Finished", words.moment(found.finished_at)),
            Fact("Took", words.seconds(found.wall_seconds)),
            Fact("Result schema", record.schema, "code"),
        ),
        blocks=command,
    )


def _versions(record: RunRecord) -> list[str]:
    found = record.provenance
    own = [f"grader {found.grader_version}", f"measuring version {found.measuring_version}"]
    return own + [f"{name} {version}" for name, version in found.versions]
