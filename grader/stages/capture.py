"""Recover the student's own training: run the notebook or script that trains, with stand-ins, and choose a session."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from grader.isolation import capture_answer, conversation
from grader.isolation.supervisor import Ending
from grader.records import Absent, ModelFacts, Reading, RecoveredTraining, Submission
from grader.stages.finder import with_found_rate
from grader.stages.sessions import choose, looks_like_rate_test
from grader.stages.training_units import TrainingUnit, training_units
from grader.stages.workers import OpenWorker
from grader.text import clean, clean_path

MAX_ATTEMPTS = 8
TOTAL_SECONDS = 180.0
"""No further unit is tried after this much wall time: the static reading is the fall-back."""


@dataclass(frozen=True)
class _Attempt:
    unit: TrainingUnit
    result: capture_answer.Capture | Ending


def capture(
    open_worker: OpenWorker, root: Path, submission: Submission, reading: Reading, model: ModelFacts | Absent
) -> RecoveredTraining | Absent:
    """What the student's own training code does, as seen with stand-ins for data, loaders and the GPU.

    Units are tried in the order of `training_units`; the first that steps an optimizer in something that is a
    training, and not a test of learning rates, wins. It is a claim to be replayed, never evidence for a score.

    Args:
        open_worker: gives a ready worker; each attempt takes a fresh one.
        model: the model handed in; of several sessions, those that train it go first.
    """
    start = time.monotonic()
    units = training_units(root, submission, reading, model)
    attempts: list[_Attempt] = []
    for unit in units[:MAX_ATTEMPTS]:
        if attempts and time.monotonic() - start > TOTAL_SECONDS:
            break
        attempt = _Attempt(unit, _run(open_worker, unit, submission))
        if isinstance(attempt.result, capture_answer.Capture) and _trains(attempt.result):
            return _recovered(root, attempt.unit, attempt.result, reading, model, attempts)
        attempts.append(attempt)
    return _nothing(attempts)


def _run(
    open_worker: OpenWorker, unit: TrainingUnit, submission: Submission
) -> capture_answer.Capture | Ending:
    worker = open_worker()
    try:
        return conversation.capture(worker, unit.path, unit.arguments, own_names(submission))
    finally:
        worker.stop()


def own_names(submission: Submission) -> tuple[str, ...]:
    """What a notebook that clones its own repository calls it."""
    parts = [submission.name.rsplit("/", 1)[-1], submission.source.rstrip("/").rsplit("/", 1)[-1]]
    return tuple(dict.fromkeys(part.removesuffix(".git").lower() for part in parts if part))


def _trains(found: capture_answer.Capture) -> bool:
    return any(not looks_like_rate_test(one) for one in found.seen)


def _recovered(
    root: Path,
    unit: TrainingUnit,
    found: capture_answer.Capture,
    reading: Reading,
    model: ModelFacts | Absent,
    earlier: list[_Attempt],
) -> RecoveredTraining:
    sessions, index, reason = choose(found, reading, model)
    resolved = tuple(with_found_rate(session, root, unit.path) for session in sessions)
    if unit.arguments:
        shown = " ".join(unit.arguments)
        reason += f" It was run with the arguments that the README gives: {shown}."
    notes = (*found.notes, *[_failure(attempt) for attempt in earlier])
    if found.ended == "out of time":
        notes = (*notes, f"{clean_path(unit.path)} was not done in its time; what ran until then is shown.")
    return RecoveredTraining(
        sessions=resolved,
        chosen=index,
        reason=reason,
        seconds=found.seconds,
        output_tail=found.tail,
        notes=notes,
        unused=found.unused,
        arguments=unit.arguments,
    )


def _failure(attempt: _Attempt) -> str:
    """Why a unit gave no training, in a sentence."""
    path, given = clean_path(attempt.unit.path), clean(" ".join(attempt.unit.arguments), 120)
    run = f"{path} with the arguments {given}" if given else path
    if isinstance(attempt.result, Ending):
        return f"{run} could not be run: {attempt.result.sentence}"
    if attempt.result.seen:
        return f"{run} only tests learning rates."
    return f"{run} was run and trained nothing."


def _nothing(attempts: list[_Attempt]) -> Absent:
    if not attempts:
        return Absent(
            "skipped",
            "No training code was found: no notebook and no script builds an optimizer.",
            "Hand in the notebook or the script that trained the model.",
            "capture",
        )
    machine = next(
        (a.result for a in attempts if isinstance(a.result, Ending) and a.result.kind == "machine"), None
    )
    if machine is not None:
        return Absent(
            "errored", f"The training could not be captured: {machine.sentence}", "Run it again.", "capture"
        )
    reasons = " ".join(_failure(attempt) for attempt in attempts[:4])
    ran = [attempt.result for attempt in attempts if isinstance(attempt.result, capture_answer.Capture)]
    notes = next((one.notes for one in ran if one.notes), ())
    details = f" What went wrong first: {' '.join(notes[:3])}" if notes else ""
    return Absent(
        "skipped",
        f"The training could not be captured by running it with stand-ins. {reasons}{details}",
        "Check that the notebook runs from its first to its last cell, with all files that it imports handed in.",
        "capture",
    )
