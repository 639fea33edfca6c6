"""What is needed to get a result again."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader import __version__
from grader.evaluation.clock import pockets
from grader.records import MEASURING_VERSION, Absent, Evidence, Provenance

if TYPE_CHECKING:
    from grader.spec.load import Loaded


@dataclass(frozen=True)
class Started:
    """A run's beginning, and what its workers said of themselves."""

    at: datetime
    run_id: str
    secret: int
    device: str = "cpu"
    threads: int = 0
    clock: float = field(default_factory=time.monotonic)
    versions: dict[str, str] = field(default_factory=dict)


def provenance(loaded: Loaded, command: str, started: Started, evidence: Evidence) -> Provenance:
    """The record of how this run came about, finished now."""
    from grader.spec.load import evidence_plan_digest

    wall_seconds = time.monotonic() - started.clock
    trained = sum(trial.wall_seconds for trial in evidence.trials)
    spent = pockets(wall_seconds, trained, sum(trial.evaluate_seconds for trial in evidence.trials))
    return Provenance(
        grader_version=__version__,
        measuring_version=MEASURING_VERSION,
        command=command,
        started_at=started.at.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        wall_seconds=round(wall_seconds, 2),
        spec_id=loaded.spec.id,
        spec_edition=loaded.spec.edition,
        spec_digest=loaded.digest,
        evidence_plan_digest=evidence_plan_digest(loaded.spec),
        seeds=tuple(trial.seed for trial in evidence.trials),
        device=_device(started, evidence),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        versions=tuple(sorted(started.versions.items())),
        secret=started.secret,
        train_seconds=round(spent.train_seconds, 2),
        evaluate_seconds=round(spent.evaluate_seconds, 2),
        overhead_seconds=round(spent.overhead_seconds, 2),
        threads=started.threads,
    )


def _device(started: Started, evidence: Evidence) -> str:
    """The student's own loop trains on the CPU, whatever predicts afterwards."""
    recipe = evidence.recipe
    own_loop = not isinstance(recipe, Absent) and recipe.lane == "faithful"
    on_cpu = own_loop and started.device.startswith("cuda")
    return f"cpu for the training by the student's own loop; {started.device}" if on_cpu else started.device
