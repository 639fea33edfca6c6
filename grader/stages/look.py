"""Everything about a submission's model and its training that is known before anything is trained."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from grader.events import Events
from grader.fetch.also import earlier
from grader.fetch.interface import Fetched
from grader.isolation.pair_answer import Pair
from grader.reading.read import read_submission
from grader.records import Absent, ModelFacts, Reading, RecoveredTraining, Session
from grader.stages.capture import capture
from grader.stages.model import Found, as_trained, find_model
from grader.stages.workers import OpenWorker
from grader.text import counted

MAX_STEPS_BACK = 4
"""How many commits a second repository is walked back where the submission's code no longer fits it."""


@dataclass(frozen=True)
class Task:
    """What the model is held against, and how student code is run."""

    open_worker: OpenWorker
    input_shape: tuple[int, ...]  # (channels, height, width)
    classes: int
    wanted: str = ""  # FILE:CLASS as the person running the grader chose it
    pair: Pair | None = None  # where a digit is given beside each image
    isolated: bool = True  # without isolation the student's training code is not run, only read


@dataclass(frozen=True)
class Looked:
    """`fetched` is what was looked at in the end: its second repositories may have been walked back."""

    fetched: Fetched
    reading: Reading
    model: ModelFacts | Absent
    obstacle: Absent | None  # why a measured model cannot be trained
    training: RecoveredTraining | Absent


def look(task: Task, fetched: Fetched, events: Events, reading: Reading) -> Looked:
    """Find the model and recover the training. `reading` is that of `fetched`.

    Raises:
        UsageError: `task.wanted` names nothing that was found.
    """
    events.start("inspect", "Building and measuring the model")
    found = _find(task, reading)
    events.end(_model_line(found.model))
    if not isinstance(found.model, Absent):
        events.note(found.model.entrypoint.found_by)
    events.start("recipe", "Recovering the student's own training")
    training = _training(task, fetched, reading, found.model)
    found = _agreed(task, reading, found, training)
    looked = Looked(fetched, reading, found.model, found.obstacle, training)
    if _captured(training):
        events.end(_training_line(looked.training))
        return looked
    looked = _walked_back(task, looked, events)
    events.end(_training_line(looked.training))
    return looked


def _find(task: Task, reading: Reading) -> Found:
    return find_model(task.open_worker, reading, task.input_shape, task.classes, task.wanted, pair=task.pair)


def _training(
    task: Task, fetched: Fetched, reading: Reading, model: ModelFacts | Absent
) -> RecoveredTraining | Absent:
    """As it ran with stand-ins; else as its source has it."""
    if not task.isolated:
        reason = "The student's training code is run in the sandbox only, and there is none here."
        captured: RecoveredTraining | Absent = Absent("skipped", reason, "", "capture")
    else:
        captured = capture(task.open_worker, fetched.root, fetched.submission, reading, model)
    if isinstance(captured, Absent) and reading.sessions:
        return _read(reading.sessions, model, captured.reason)
    return captured


def _agreed(task: Task, reading: Reading, found: Found, training: RecoveredTraining | Absent) -> Found:
    """The model that is trained, where the training was seen and the choice was open."""
    if isinstance(training, Absent) or training.sessions[training.chosen].way != "captured":
        return found
    session = training.sessions[training.chosen]
    if isinstance(found.model, Absent) and not reading.candidates and session.trainable:
        hint = (
            f"The training code builds a {session.model.name} of {session.trainable:,} parameters: "
            "build it in a class that derives from nn.Module."
        )
        return replace(found, model=replace(found.model, hint=hint))
    if session.at_import or session.confidence == "low":
        return found
    return as_trained(
        task.open_worker, found, reading, task.input_shape, task.classes, session, pair=task.pair
    )


def _read(
    sessions: tuple[Session, ...], model: ModelFacts | Absent, why_not_captured: str
) -> RecoveredTraining:
    """The last session in the source that trains the model handed in, else the last one."""
    name = "" if isinstance(model, Absent) else model.entrypoint.class_name
    fitting = [index for index, session in enumerate(sessions) if session.model.name == name]
    chosen = (fitting or [len(sessions) - 1])[-1]
    reason = (
        f"It was read in the source of {sessions[chosen].place or sessions[chosen].unit}. {why_not_captured}"
    )
    return RecoveredTraining(sessions=sessions, chosen=chosen, reason=reason, seconds=0.0)


def _captured(training: RecoveredTraining | Absent) -> bool:
    return not isinstance(training, Absent) and training.sessions[training.chosen].way == "captured"


def _walked_back(task: Task, first: Looked, events: Events) -> Looked:
    """The look with an earlier commit of a second repository that the code fits; the first one where none does."""
    if not task.isolated or not any(second.earlier_commits for second in first.fetched.submission.also):
        return first
    with tempfile.TemporaryDirectory(dir=first.fetched.root.parent) as place:
        kept = _Kept(first.fetched, Path(place))
        now = first.fetched
        for _ in range(MAX_STEPS_BACK):
            step = _one_back(now)
            if step is None:
                break
            now = step
            events.note(f"Trying an earlier commit of {', '.join(one.name for one in now.submission.also)}")
            reading = read_submission(now.root, now.submission)
            found = _find(task, reading)
            training = _training(task, now, reading, found.model)
            if _captured(training):
                found = _agreed(task, reading, found, training)
                return Looked(now, reading, found.model, found.obstacle, training)
        kept.put_back()
    return first


def _one_back(fetched: Fetched) -> Fetched | None:
    index = next((i for i, one in enumerate(fetched.submission.also) if one.earlier_commits), None)
    return None if index is None else earlier(fetched, index)


class _Kept:
    """Copies of the second repositories' folders, to be put back where walking back led nowhere."""

    def __init__(self, fetched: Fetched, place: Path) -> None:
        self._folders = [
            (fetched.root / one.folder, place / str(i)) for i, one in enumerate(fetched.submission.also)
        ]
        for folder, copy in self._folders:
            shutil.copytree(folder, copy)

    def put_back(self) -> None:
        for folder, copy in self._folders:
            shutil.rmtree(folder)
            copy.rename(folder)


def _model_line(model: ModelFacts | Absent) -> str:
    if isinstance(model, Absent):
        return model.reason
    return f"{model.entrypoint.call} in {model.entrypoint.place}: {model.parameters:,} parameters"


def _training_line(training: RecoveredTraining | Absent) -> str:
    if isinstance(training, Absent):
        return training.reason
    session = training.sessions[training.chosen]
    epochs = f", {counted(session.epochs, 'epoch', 'epochs')}" if session.epochs else ""
    return f"{session.optimizer.text or 'An optimizer that could not be told'}{epochs}, {session.way} from {session.unit}"
