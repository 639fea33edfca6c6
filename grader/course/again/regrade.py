"""All runs of one assignment judged again under its corrected spec: who changes, by how much, and why.

Nothing is written here. What is to be stored is stored by `grader.course.stored.restoring`, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.checks.interface import rule_types
from grader.course.again.again import faults, judged_again
from grader.course.again.differences import Difference, difference, difference_of
from grader.course.again.spreading import spread
from grader.course.stored.folder import PARTIAL, folder_name
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.runs import folders_of
from grader.errors import StoreError, UsageError
from grader.records import MEASURING_VERSION, Outcome, RunRecord
from grader.spec.load import evidence_plan_digest, needs_behind, spec_needs
from grader.text import clean

if TYPE_CHECKING:
    from grader.spec.load import Loaded

NOT_JUDGED = ("skipped", "errored")


@dataclass(frozen=True)
class Looked:
    """One stored run, and what it comes to. Without a `difference` it cannot be judged again, and `wanting` says why."""

    folder: Path
    stamp: str  # of its result.json
    newest: str  # run of the same submission
    name: str = ""
    run_id: str = ""
    spec_id: str = ""
    edition: int = 0
    measured_by: str = ""  # the run that measured the evidence: several runs may have judged the same
    difference: Difference | None = None
    wanting: str = ""
    unreadable: bool = False
    is_new: bool = False  # another spec, or another outcome, than the stored one: worth a run of its own


def looked_at(place: Path, again: Again, *, every: bool = False) -> tuple[Looked, ...]:
    """Judge again the runs of the spec's assignment at `place`: a run's folder, or a folder that holds runs.

    Args:
        every: also the earlier runs of a submission. Of several that judged the same evidence, the latest.

    Raises:
        UsageError: there is no run of this assignment.
    """
    spec_id = again.loaded.spec.id
    narrowed = place / folder_name(spec_id)
    folders = folders_of(narrowed if narrowed.is_dir() else place, every=every)
    found = [_looked(folder, told) for folder, told in zip(folders, spread(again.told, folders), strict=True)]
    own = [one for one in found if one.spec_id == spec_id or one.unreadable]
    if not own:
        raise _none(place, spec_id, found)
    return tuple({(one.folder.parent, one.measured_by or one.folder.name): one for one in own}.values())


class Again:
    """Stored runs under one spec."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._plan = evidence_plan_digest(loaded.spec)
        self._needs = spec_needs(loaded.spec)
        self._had: dict[str, frozenset[str] | None] = {self._plan: self._needs}

    def told(self, folder: Path) -> dict[str, Any]:
        """What `look` sees, as plain values that cross between processes; without the folder."""
        return {**asdict(self.look(folder)), "folder": ""}

    def look(self, folder: Path) -> Looked:
        """A stored run, and what it comes to. Nothing is written, and no run makes it raise."""
        newest = newest_beside(folder)
        try:
            stamp = stamp_of(folder)
            record = read_run(folder)
        except StoreError as error:
            return Looked(folder, "", newest, folder.parent.name, wanting=error.message, unreadable=True)
        made = record.provenance
        looked = Looked(
            folder=folder,
            stamp=stamp,
            newest=newest,
            name=record.evidence.submission.name,
            run_id=record.run_id,
            spec_id=made.spec_id,
            edition=made.spec_edition,
            measured_by=made.evidence_of or record.run_id,
        )
        if made.spec_id != self.loaded.spec.id:
            return looked
        why = self.wanting(record)
        judged = None if why else self.judged(record, record.run_id)
        if judged is None or (why := _no_longer_judged(record, judged)):
            return replace(looked, wanting=why)
        found = difference(record, judged)
        anew = bool(found.changes) or found.move != "unchanged" or made.spec_digest != self.loaded.digest
        return replace(looked, difference=found, is_new=anew)

    def judged(self, record: RunRecord, run_id: str) -> RunRecord:
        """The run under this spec; `wanting` has nothing to say against it.

        A spec may have come to need less than was measured; then the evidence is good for the smaller plan, too.
        """
        judged = judged_again(record, self.loaded, run_id)
        return replace(judged, provenance=replace(judged.provenance, evidence_plan_digest=self._plan))

    def wanting(self, record: RunRecord) -> str:
        """Why the run's evidence is not enough for this spec, as a sentence; "" where it is."""
        made = record.provenance
        if made.measuring_version != MEASURING_VERSION:
            return (
                f"Its numbers were measured by rules of version {made.measuring_version}; "
                f"this grader measures by version {MEASURING_VERSION}."
            )
        if missing := faults(record):
            return f"The grader or its machine failed in it: {clean(missing[0].reason, 200)}"
        had = self._measured(made.evidence_plan_digest)
        if had is None:
            return "It was measured for another task, or under another training block, than the spec has now."
        if lacking := sorted(self._needs - had):
            named = ", ".join(one.replace("_", " ") for one in lacking)
            return f"The spec needs evidence now that was not measured then: {named}."
        return ""

    def _measured(self, plan: str) -> frozenset[str] | None:
        """The kinds of evidence behind a plan's digest; None where its task or training is another."""
        if plan not in self._had:
            kinds = (kind.needs for kind in rule_types().values())
            self._had[plan] = needs_behind(self.loaded.spec, plan, frozenset().union(*kinds))
        return self._had[plan]


def _looked(folder: Path, told: dict[str, Any]) -> Looked:
    """The other way round."""
    found = told["difference"]
    return Looked(**{**told, "folder": folder, "difference": difference_of(found) if found else None})


def _no_longer_judged(before: RunRecord, after: RunRecord) -> str:
    """What was judged and cannot be any more, or is asked for the first time and cannot be told; "" where all can.

    Evidence may be there and not hold what another form of the check needs. That is no shortfall of the student's.
    """
    was = {one.id: one.status for one in _outcomes(before)}
    for one in _outcomes(after):
        if one.status in NOT_JUDGED and was.get(one.id) != one.status:
            return (
                f"{one.id} cannot be judged from what was measured then: {clean(one.finding.rationale, 300)}"
            )
    return ""


def _outcomes(record: RunRecord) -> tuple[Outcome, ...]:
    return (*record.outcomes, *(one.outcome for one in record.grade.adjustments))


def stamp_of(folder: Path) -> str:
    """Tells a result that somebody has written since.

    Raises:
        StoreError: there is none.
    """
    try:
        found = (folder / RESULT).stat()
    except OSError as error:
        raise StoreError(f"{folder / RESULT} cannot be read: {error.strerror}.", "Try again.") from error
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def newest_beside(folder: Path) -> str:
    """The name of the newest whole run of the same submission."""
    beside = (one.name for one in folder.parent.iterdir() if not one.name.startswith("."))
    return max((name for name in beside if not name.endswith(PARTIAL)), default="")


def _none(place: Path, spec_id: str, found: Sequence[Looked]) -> UsageError:
    shown = clean(str(place), 200)
    known = sorted({one.spec_id for one in found if one.spec_id})
    if known:
        listed = ", ".join(clean(name, 60) for name in known)
        return UsageError(f"{shown} holds no run of {spec_id}.", f"There are runs of {listed}.")
    return UsageError(
        f"{shown} holds no run of the grader.",
        "Give a run's folder, or the folder that was given as --out (reports without it).",
    )
