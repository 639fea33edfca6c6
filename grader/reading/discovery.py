"""Which classes of a submission are models, as far as their source says, the likeliest first.

Every cell is read by itself, so that a broken one loses only itself. Nothing is imported or run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.reading import ranking
from grader.reading.builders import built_at, used_by
from grader.reading.modules import Definition, Modules
from grader.reading.units import units
from grader.records import Candidate, LeftOut, Submission

LIMIT_CLASSES = 500
"""Classes that are looked at: more are no student's work, and comparing them would cost minutes."""


@dataclass(frozen=True)
class Discovery:
    candidates: tuple[Candidate, ...]  # the most likely first
    choice: str
    unreadable: tuple[LeftOut, ...]


def discover(root: Path, submission: Submission) -> Discovery:
    """Read every Python file and notebook of the submission and order the model classes in them."""
    unreadable: list[LeftOut] = []
    read = tuple(units(root, submission, unreadable))
    definitions = [Definition(unit, facts) for unit in read for facts in unit.facts.classes]
    if len(definitions) > LIMIT_CLASSES:
        reason = f"{len(definitions):,} classes; only the first {LIMIT_CLASSES} are looked at"
        unreadable.append(LeftOut(submission.subfolder or ".", reason))
    modules = Modules(read, definitions[:LIMIT_CLASSES])
    models = modules.models()
    users, built = used_by(read, models), built_at(read, models)
    candidates = tuple(
        Candidate(
            file=model.unit.file,
            cell=model.unit.cell,
            line=model.facts.line,
            class_name=model.facts.name,
            required_arguments=modules.required_arguments(model),
            has_forward=modules.has_forward(model),
            used_by=users[index],
            built_at=built[index],
        )
        for index, model in enumerate(models)
    )
    training_files = frozenset(unit.file for unit in read if unit.facts.trains)
    return Discovery(*ranking.ordered(candidates, training_files), tuple(unreadable))
