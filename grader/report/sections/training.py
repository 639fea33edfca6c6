"""How it was trained: the recipe and its source, the curve of each trial, the seeds."""

from __future__ import annotations

import math

from grader.records import (
    Absent,
    Call,
    Evidence,
    Measurement,
    Projection,
    Recipe,
    RunRecord,
    Schedule,
    TimeLimit,
    Trial,
)
from grader.report import words
from grader.report.charts import rated
from grader.report.sections.interface import Column, Fact, Section, Table

CURVE_ROWS = 16


def build(record: RunRecord) -> Section:
    found = record.evidence
    return Section(
        id="training",
        title="How it was trained",
        lead=(*_recipe_lead(found.recipe), *_training_lead(found)),
        facts=() if isinstance(found.recipe, Absent) else _recipe_facts(found.recipe),
        tables=(
            *_parts(found.recipe),
            *_seeds(found),
            *_curve(found.trials),
            *_rates(found),
        ),
    )


def _recipe_lead(recipe: Recipe | Absent) -> tuple[str, ...]:
    if isinstance(recipe, Absent):
        return (f"There is no recipe. {words.why_not(recipe)}",)
    whose = {
        "default": "Trained with the assignment's default recipe.",
        "student": "Trained with your own recipe.",
        "mixed": "Trained with your own recipe, parts of it from the assignment's default.",
    }
    lead = f"{whose[recipe.source]} {words.sentence(recipe.reason)}"
    return (lead, words.sentence(recipe.lane_reason)) if recipe.lane_reason else (lead,)


def _training_lead(found: Evidence) -> tuple[str, ...]:
    lines = []
    if isinstance(found.projection, Projection):
        took = found.projection
        lines.append(
            f"A whole training would take about {words.seconds(took.seconds)} here: projected from "
            f"{words.counted(took.steps_measured, 'step')} to {words.counted(took.steps_needed, 'step')}."
        )
    if isinstance(limit := found.trials[0].time_limit if found.trials else None, TimeLimit):
        lines.append(f"Each trial has a time limit, counted in CPU time per core. {limit.sentence}")
    if isinstance(found.test_accuracy, Absent):
        lines.append(f"The accuracy was not measured. {words.why_not(found.test_accuracy)}")
    return tuple(lines)


def _recipe_facts(recipe: Recipe) -> tuple[Fact, ...]:
    """What was trained; beside it what the student's code says, where that is something else."""
    loss = words.call(recipe.loss, recipe.loss_arguments)
    shown = (
        Fact("Epochs", _epochs(recipe)),
        Fact("Batch size", f"{recipe.batch_size:,}{'' if recipe.shuffled else ', not shuffled'}"),
        Fact("Optimizer", _call(recipe.optimizer), "code"),
        Fact("Schedule", _schedules(recipe.schedules), "code"),
        *_stated(recipe),
        Fact("Loss", loss, "code"),
        Fact("Transforms", ", ".join(map(_call, recipe.transforms)) or "none", "code"),
        Fact("Transforms of the test images", ", ".join(map(_call, recipe.evaluated_with)), "code"),
    )
    clipped = ", ".join(map(_call, recipe.clipping))
    return (*shown, Fact("Gradient clipping", clipped, "code")) if clipped else shown


def _epochs(recipe: Recipe) -> str:
    stated = f" (your code: {recipe.stated_epochs:,})" if recipe.stated_epochs else ""
    return f"{recipe.epochs:,}{stated if recipe.stated_epochs != recipe.epochs else ''}"


def _call(one: Call) -> str:
    return words.call(one.name, one.arguments)


def _schedules(schedules: tuple[Schedule, ...]) -> str:
    return ", ".join(f"{_call(one.call)}, stepped {one.steps}" for one in schedules) or "a constant rate"


def _stated(recipe: Recipe) -> tuple[Fact, ...]:
    if not recipe.stated_schedules or recipe.stated_schedules == recipe.schedules:
        return ()
    return (Fact("Schedule in your code", _schedules(recipe.stated_schedules), "code"),)


def _parts(recipe: Recipe | Absent) -> tuple[Table, ...]:
    """Where each part of the recipe came from."""
    if isinstance(recipe, Absent) or not recipe.parts:
        return ()
    return (Table("Where the recipe came from", (Column("Part"), Column("From")), recipe.parts),)


def _seeds(found: Evidence) -> tuple[Table, ...]:
    """One row per trial, and the mean with its spread beneath."""
    if not found.trials:
        return ()
    columns = (
        Column("Seed"),
        Column("Test accuracy", "number"),
        Column("Correct", "number"),
        Column("Samples", "number"),
        Column("Time", "number"),
        Column("Ending"),
    )
    rows = tuple(_seed_row(trial) for trial in found.trials)
    note = " ".join(filter(None, (_mean(found.test_accuracy), _mean(found.train_accuracy))))
    if isinstance(found.train_accuracy, Absent):
        return (Table("Seeds", columns, rows, shown_as="seeds", note=note),)
    beside = (*columns[:2], Column("Training accuracy", "number"), *columns[2:])
    both = tuple(
        (*row[:2], _on_training(trial), *row[2:]) for row, trial in zip(rows, found.trials, strict=True)
    )
    return (Table("Seeds", beside, both, shown_as="seeds", note=note),)


def _on_training(trial: Trial) -> str:
    return "–" if isinstance(trial.train_accuracy, Absent) else words.accuracy(trial.train_accuracy.value)


def _seed_row(trial: Trial) -> tuple[str, ...]:
    scored = not isinstance(trial.accuracy, Absent)
    value = words.accuracy(trial.accuracy.value) if not isinstance(trial.accuracy, Absent) else "–"
    correct = f"{trial.correct:,}" if scored and trial.correct >= 0 else "–"
    ending = "finished" if trial.status == "finished" else words.sentence(f"stopped: {trial.stop_reason}")
    ending = " ".join((ending, *trial.notes, *map(_beside, trial.beside)))
    if isinstance(trial.accuracy, Absent) and trial.accuracy.reason != trial.stop_reason:
        ending = f"{ending}; {words.why_not(trial.accuracy)}"
    return (str(trial.seed), value, correct, f"{trial.samples:,}", words.seconds(trial.wall_seconds), ending)


def _beside(one: Measurement) -> str:
    """What the same predictions show beside what was asked: `Sums that are right: 97.10 % of 10,000.`"""
    name = {"sum_accuracy": "Sums that are right"}.get(one.name, one.name)
    return f"{name}: {words.accuracy(one.value)} of {one.n:,}; no points hang on it."


def _mean(one: Measurement | Absent) -> str:
    if isinstance(one, Absent):
        return ""
    return (
        f"Mean {words.accuracy(one.value)} ± {100 * one.spread:.2f} points "
        f"({words.counted(len(one.values), 'seed')}, {words.counted(one.n, f'{one.split} image')}; "
        f"the standard deviation is {one.spread_source})."
    )


def _curve(trials: tuple[Trial, ...]) -> tuple[Table, ...]:
    """The training loss over the samples seen; the rows are a sample of what the picture draws."""
    drawn = [trial for trial in trials if trial.curve]
    if not drawn:
        return ()
    places = sorted({point.samples for trial in drawn for point in trial.curve})
    step = max(1, math.ceil(len(places) / CURVE_ROWS))
    chosen = (
        places[step - 1 :: step]
        if places[-1] in places[step - 1 :: step]
        else [*places[step - 1 :: step], places[-1]]
    )
    losses = [{point.samples: point.loss for point in trial.curve} for trial in drawn]
    rows = tuple((f"{place:,}", *(_loss(by_place.get(place)) for by_place in losses)) for place in chosen)
    columns = (Column("Samples", "number"), *(Column(f"Seed {trial.seed}", "number") for trial in drawn))
    note = "Mean training loss from point to point, as the training worker reported it; no points hang on it."
    return (Table("Training loss", columns, rows, shown_as="curve", folded=True, note=note),)


def _rates(found: Evidence) -> tuple[Table, ...]:
    """The learning rate as it was run; the rows are a sample of what the picture draws."""
    known = [points for trial in found.trials if len(points := rated(trial)) > 1]
    if not known or isinstance(found.recipe, Absent):
        return ()
    points = max(known, key=lambda some: some[-1].samples)
    step = max(1, math.ceil(len(points) / CURVE_ROWS))
    chosen = points[step - 1 :: step] if len(points) % step == 0 else [*points[step - 1 :: step], points[-1]]
    rows = tuple((f"{point.samples:,}", f"{point.rate:.4g}") for point in chosen)
    columns = (Column("Samples", "number"), Column("Learning rate", "number"))
    note = f"The rate of the last step before each point, of the optimizer's first group. {_trained(found.recipe)}"
    return (Table("Learning rate, as it was run", columns, rows, shown_as="rates", folded=True, note=note),)


def _trained(recipe: Recipe) -> str:
    """`Trained for 1 epoch; your code: 20 epochs, for which the schedule was made.`"""
    trained = f"Trained for {words.counted(recipe.epochs, 'epoch')}"
    if recipe.stated_epochs in (0, recipe.epochs):
        return f"{trained}."
    return f"{trained}; your code states {words.counted(recipe.stated_epochs, 'epoch')}."


def _loss(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if math.isfinite(value) else "not a number"
