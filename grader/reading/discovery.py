"""Which classes of a submission are models, as far as their source says, the likeliest first; how they are trained.

Every cell is read by itself, so that a broken one loses only itself. Nothing is imported or run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from grader.reading import ranking
from grader.reading.builders import built_at, used_by
from grader.reading.building import Built, Key, StrayCall, built_classes, unnamed_calls
from grader.reading.modules import Definition, Modules
from grader.reading.pieces import Piece, pieces
from grader.reading.recipe import sessions
from grader.reading.tracing.follow import follow
from grader.reading.tracing.sources import Sources
from grader.reading.units import Unit, units
from grader.records import Candidate, LeftOut, Session, Submission

LIMIT_CLASSES = 500
"""Classes that are looked at: more are no student's work, and comparing them would cost minutes."""


@dataclass(frozen=True)
class Discovery:
    candidates: tuple[Candidate, ...]  # the most likely first
    choice: str
    unreadable: tuple[LeftOut, ...]
    sessions: tuple[Session, ...] = ()
    source: tuple[Piece, ...] = ()


def discover(root: Path, submission: Submission, final_words: frozenset[str] = frozenset()) -> Discovery:
    """Read every Python file and notebook of the submission and order the model classes in them.

    `final_words` are the words that the README uses where it speaks of its final or best model.
    """
    unreadable: list[LeftOut] = []
    source = tuple(pieces(root, submission, unreadable))
    read = tuple(units(source, unreadable))
    followed = tuple(follow(Sources(source)))
    candidates, built = _candidates(read, built_classes(followed), submission, unreadable)
    candidates, built = _through_factories(candidates, built)
    candidates, built = _under_other_names(candidates, built, unnamed_calls(followed))
    pool = ranking.Pool(
        training_files=frozenset(unit.file for unit in read if unit.facts.trains),
        names_in_files=frozenset(c.class_name for c in candidates if not c.cell),
        built=frozenset(built),
        trained={key: one.place for key, one in built.items() if one.trained},
        second_files=frozenset(piece.file for piece in source if not piece.is_own),
        named_file=submission.named_file,
        final_words=final_words,
    )
    ordered, choice = ranking.ordered(candidates, pool)
    trainings = sessions(followed)
    if not ordered:
        choice += _missing_models(trainings)
    unreadable.sort(key=lambda left: left.path.partition(", cell ")[0])
    return Discovery(ordered, choice, tuple(unreadable), trainings, source)


Found = tuple[tuple[Candidate, ...], dict[Key, Built]]


def _candidates(
    read: tuple[Unit, ...], built: dict[Key, Built], submission: Submission, unreadable: list[LeftOut]
) -> Found:
    """The classes that are modules, in the order in which they were read, with how they are built."""
    definitions = [Definition(unit, facts) for unit in read for facts in unit.facts.classes]
    if len(definitions) > LIMIT_CLASSES:
        reason = f"{len(definitions):,} classes; only the first {LIMIT_CLASSES} are looked at"
        unreadable.append(LeftOut(submission.subfolder or ".", reason))
    modules = Modules(read, definitions[:LIMIT_CLASSES])
    models = modules.models()
    users, places = used_by(read, models), built_at(read, models)
    return tuple(
        Candidate(
            file=model.unit.file,
            cell=model.unit.cell,
            line=model.facts.line,
            class_name=model.facts.name,
            required_arguments=modules.required_arguments(model),
            has_forward=modules.has_forward(model),
            used_by=users[index],
            built_at=places[index],
            built_with=built[key].arguments if (key := _key(model)) in built else (),
        )
        for index, model in enumerate(models)
    ), built


def _key(model: Definition) -> Key:
    return (model.unit.file, model.unit.cell, model.facts.line, model.facts.name)


def _missing_models(trainings: tuple[Session, ...]) -> str:
    """The models that the training builds and that are nowhere, as a further sentence; "" where there is none."""
    lost = [one.model.name for one in trainings if "not in the" in dict(one.unknown).get("model", "")]
    names = ", ".join(list(dict.fromkeys(lost))[:3])
    return f" The training builds {names}, which is not in the submission." if names else ""


def _through_factories(candidates: tuple[Candidate, ...], built: dict[Key, Built]) -> Found:
    """A class that only a function can build is called through it: `ResNet18()`, not `ResNet(block, sizes)`."""
    known, changed = dict(built), []
    for candidate in candidates:
        one = built.get(ranking.key_of(candidate))
        open_arguments = set(candidate.required_arguments) - set(dict(candidate.built_with))
        if one is not None and one.factory is not None and open_arguments:
            factory = one.factory
            candidate = replace(
                candidate,
                file=factory.file,
                cell=factory.cell,
                line=factory.line,
                class_name=factory.name,
                required_arguments=(),
                built_with=factory.arguments,
            )
            known[ranking.key_of(candidate)] = one
        changed.append(candidate)
    return tuple(changed), known


def _under_other_names(
    candidates: tuple[Candidate, ...], built: dict[Key, Built], calls: list[StrayCall]
) -> Found:
    """A class that is trained under a name that is defined nowhere, and one class that takes as many arguments.

    The class was renamed and the notebook was not: its arguments are those of that call.
    """
    free = [
        c for c in candidates if c.required_arguments and not c.used_by and ranking.key_of(c) not in built
    ]
    for call in calls:
        fitting = [c for c in free if len(c.required_arguments) == len(call.values)]
        if len(fitting) == 1:
            with_them = tuple(zip(fitting[0].required_arguments, call.values, strict=True))
            known = built | {ranking.key_of(fitting[0]): Built(with_them, call.place, trained=True)}
            return tuple(
                replace(c, built_with=with_them) if c is fitting[0] else c for c in candidates
            ), known
    return candidates, built
