"""Training and scoring one submission: by which recipe, in which lane, over how many trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from grader.data.interface import DataSet
from grader.evaluation.clock import is_measured, scaled_limit
from grader.events import Events
from grader.isolation import conversation
from grader.isolation.supervisor import Ending
from grader.reading.scan import scan
from grader.records import (
    Absent,
    Explanations,
    Measurement,
    ModelFacts,
    Probe,
    Projection,
    Recipe,
    TimeLimit,
    Trial,
)
from grader.stages.capture import own_names
from grader.stages.explain import FirstModel
from grader.stages.faithful import why_not
from grader.stages.job import Job, OwnLoop, Unit
from grader.stages.look import Looked
from grader.stages.own_loop import LoopNotRun
from grader.stages.progress import Progress
from grader.stages.recipe import Lane, recipe_for
from grader.stages.study import known_sd, lines_of, run_study
from grader.stages.training_score import NOT_ASKED, mean_over
from grader.stages.trial import project
from grader.stages.workers import OpenWorker
from grader.text import counted

if TYPE_CHECKING:
    from grader.spec.schema import Spec

NOT_EXPLAINED = Absent("skipped", "No trained model was scored.")
NOT_ASKED_FOR = Absent("skipped", "No check asks for an accuracy, so nothing was trained.", "", "train")


@dataclass(frozen=True)
class Setting:
    """What a submission is trained under. Without `full` only a few steps are taken (a self-check)."""

    spec: Spec
    data: DataSet
    open_worker: OpenWorker
    isolated: bool  # whether the student's own loop may run at all
    lane: Lane
    threads: int
    seeds: tuple[int, ...]
    secret: int
    full: bool
    drawn_from: int | None = None  # a number from which the seeds follow; None: fresh ones


@dataclass(frozen=True)
class Studied:
    recipe: Recipe | Absent
    trials: tuple[Trial, ...]
    accuracy: Measurement | Absent
    projection: Projection | Absent
    probes: tuple[Probe, ...] = ()
    explanations: Explanations | Absent = NOT_EXPLAINED
    train_accuracy: Measurement | Absent = NOT_ASKED


def study(setting: Setting, looked: Looked, events: Events) -> Studied:
    """Train by the recipe that is the student's as far as it can be; score, probe and explain.

    Nothing is trained where no rule of the spec looks at an accuracy.
    """
    studied = _studied(setting, looked, events)
    if isinstance(studied.accuracy, Absent) and _asks_for_training(setting):
        return replace(studied, train_accuracy=studied.accuracy)
    return studied


def is_due(spec: Spec, looked: Looked) -> bool:
    """Whether `study` would train this submission."""
    return spec.trains and looked.obstacle is None and not isinstance(looked.model, Absent)


def _asks_for_training(setting: Setting) -> bool:
    return any(line.of == "training" for line in lines_of(setting.spec.rules))


def _studied(setting: Setting, looked: Looked, events: Events) -> Studied:
    obstacle = looked.model if isinstance(looked.model, Absent) else looked.obstacle
    if not setting.spec.trains:
        why = obstacle or NOT_ASKED_FOR
        return Studied(NOT_ASKED_FOR, (), why, why)
    recipe = _recipe(setting, looked, _lane(setting, looked))
    if obstacle is not None or isinstance(looked.model, Absent):
        assert obstacle is not None
        return Studied(recipe, (), obstacle, obstacle)
    limit = time_limit(setting)
    try:
        return _trained(setting, looked, looked.model, recipe, limit, events)
    except LoopNotRun as error:
        events.note(str(error))
        recipe = _recipe(setting, looked, "fast")
        recipe = replace(recipe, lane_reason=f"{error} {recipe.lane_reason}")
        return _trained(setting, looked, looked.model, recipe, limit, events)


def time_limit(setting: Setting) -> TimeLimit:
    """The assignment's limit of one trial as it holds on this machine.

    The reference step is timed, in a worker without student code, only where that can change the limit.
    """
    training, task, data = setting.spec.training, setting.spec.task, setting.data
    assert training is not None
    assert task is not None  # who trains names a task
    found: float | Ending = 0.0
    if setting.full and is_measured(task, training.reference_device):
        worker = setting.open_worker()
        try:
            found = conversation.reference_step(worker, data.input_shape, data.classes)
        finally:
            worker.stop()
    seconds = 0.0 if isinstance(found, Ending) else found
    return scaled_limit(training.time_limit, task, training.reference_device, seconds)


def _recipe(setting: Setting, looked: Looked, lane: Lane) -> Recipe:
    made = partial(recipe_for, setting.spec, looked.training, looked.model, setting.data, lane=lane)
    recipe = made()
    differs = _differs(setting, looked, recipe)
    return made(differs=differs) if differs else recipe


def _differs(setting: Setting, looked: Looked, recipe: Recipe) -> str:
    """What the libraries here do to images that the recipe's transforms do not do in batches; "" if nothing is known.

    A worker that has seen no student code is asked: another version of a library sends a recipe to the student's own
    loop, and code that changes a library sends nothing anywhere.
    """
    shape = setting.data.picture_shape
    if recipe.lane != "fast" or isinstance(looked.training, Absent) or isinstance(looked.model, Absent):
        return ""
    if shape is None:
        return ""
    worker = setting.open_worker()
    try:
        found = conversation.differing(worker, recipe.transforms, shape)
    finally:
        worker.stop()
    if isinstance(found, Ending):
        found = f"they could not be compared with the library's own: {found.sentence}"
    return found.rstrip(".")


def _lane(setting: Setting, looked: Looked) -> Lane:
    """The lane that was asked for, as far as the student's own loop can be run at all."""
    training = looked.training
    if not setting.isolated or isinstance(training, Absent) or why_not(training, setting.data):
        return "fast"
    return setting.lane


def _trained(
    setting: Setting, looked: Looked, model: ModelFacts, recipe: Recipe, limit: TimeLimit, events: Events
) -> Studied:
    explaining = FirstModel()
    progress = _progress(setting, recipe, events)
    job = _job(setting, looked, model, recipe, limit, progress, explaining)
    if not setting.full:
        return _a_few_steps(setting, looked, job, events)
    training = setting.spec.training
    assert training is not None
    events.start("train", f"Training {model.entrypoint.call}, {counted(recipe.epochs, 'epoch', 'epochs')}")

    def on_trial(number: int, trial: Trial) -> None:
        progress.trial_ended()
        events.note(_trial_line(number, trial))

    trials, accuracy, probes = run_study(
        job,
        lines_of(setting.spec.rules),
        at_least=training.seeds.at_least,
        at_most=training.seeds.at_most,
        seeds=setting.seeds,
        drawn_from=setting.drawn_from,
        on_trial=on_trial,
    )
    events.end(counted(len(trials), "trial", "trials"))
    projection = _projection(trials, accuracy)
    on_training = _training_mean(setting, job, trials)
    explained = explaining.found or NOT_EXPLAINED
    return Studied(recipe, trials, accuracy, projection, probes, explained, on_training)


def _training_mean(setting: Setting, job: Job, trials: tuple[Trial, ...]) -> Measurement | Absent:
    """With the noise that is known at the highest line."""
    targets = [line.target for line in lines_of(setting.spec.rules) if line.of == "training"]
    if not targets:
        return NOT_ASKED
    return mean_over(trials, known_sd(job, max(targets)))


def _projection(trials: tuple[Trial, ...], accuracy: Measurement | Absent) -> Projection | Absent:
    """What the first steps said, where the training did not come to its end."""
    if isinstance(accuracy, Absent):
        return trials[0].projection
    return Absent("skipped", "It was trained, so nothing was projected.")


def _progress(setting: Setting, recipe: Recipe, events: Events) -> Progress:
    training = setting.spec.training
    assert training is not None
    images = len(setting.data.train_images)
    most = (len(setting.seeds) or training.seeds.at_most) if setting.full else 1
    return Progress(events, images, recipe.epochs, most, trains_to_end=setting.full)


def _job(
    setting: Setting,
    looked: Looked,
    model: ModelFacts,
    recipe: Recipe,
    limit: TimeLimit,
    progress: Progress,
    explaining: FirstModel,
) -> Job:
    return Job(
        open_worker=setting.open_worker,
        model=model,
        recipe=recipe,
        data=setting.data,
        time_limit_seconds=limit.seconds,
        threads=setting.threads,
        secret=setting.secret,
        on_progress=progress,
        scan=scan(looked.fetched.root, looked.fetched.submission),
        on_scored=explaining,
        own_loop=_own_loop(looked) if recipe.lane == "faithful" and setting.full else None,
        time_limit=limit,
        scores_training=_asks_for_training(setting),
    )


def _own_loop(looked: Looked) -> OwnLoop:
    training, submission = looked.training, looked.fetched.submission
    assert not isinstance(training, Absent)
    path = training.sessions[training.chosen].unit
    return OwnLoop(training, Unit(path, training.arguments, own_names(submission)))


def _a_few_steps(setting: Setting, looked: Looked, job: Job, events: Events) -> Studied:
    """By the grader's loop in any case: what only the student's own does hardly changes how long a step takes."""
    events.start("train", "A few training steps")
    recipe = _recipe(setting, looked, "fast") if job.recipe.lane == "faithful" else job.recipe
    projection = project(replace(job, recipe=recipe), seed=0)
    failed = isinstance(projection, Absent)
    events.end("failed" if failed else "done")
    skipped = Absent("skipped", "A self-check does not train to the end; the grader does.", "", "train")
    return Studied(job.recipe, (), projection if isinstance(projection, Absent) else skipped, projection)


def _trial_line(number: int, trial: Trial) -> str:
    if isinstance(trial.accuracy, Absent):
        return f"Trial {number} (seed {trial.seed}): {trial.accuracy.reason}"
    of_test = f"{100 * trial.accuracy.value:.2f} % of the test images, measured"
    return f"Trial {number} (seed {trial.seed}): {of_test}; trained in {trial.wall_seconds:.1f} s"
