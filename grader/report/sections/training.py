"""How it was trained: the recipe and its source, the curve of each trial, the seeds."""

from __future__ import annotations

import math

from grader.records import Absent, Evidence, Projection, Recipe, RunRecord, Trial
from grader.report import words
from grader.report.sections.interface import Column, Fact, Section, Table

CURVE_ROWS = 16


def build(record: RunRecord) -> Section:
    found = record.evidence
    return Section(
        id="training",
        title="How it was trained",
        lead=(*_recipe_lead(found.recipe), *_training_lead(found)),
        facts=() if isinstance(found.recipe, Absent) else _recipe_facts(found.recipe),
        tables=(*_seeds(found), *_curve(found.trials)),
    )


def _recipe_lead(recipe: Recipe | Absent) -> tuple[str, ...]:
    if isinstance(recipe, Absent):
        return (f"There is no recipe. {words.why_not(recipe)}",)
    whose = {
        "default": "Trained with the assignment's default recipe.",
        "student": "Trained with your own recipe.",
    }
    return (f"{whose[recipe.source]} {words.sentence(recipe.reason)}",)


def _training_lead(found: Evidence) -> tuple[str, ...]:
    lines = []
    if isinstance(found.projection, Projection):
        took = found.projection
        lines.append(
            f"A whole training would take about {words.seconds(took.seconds)} here: projected from "
            f"{words.counted(took.steps_measured, 'step')} to {words.counted(took.steps_needed, 'step')}."
        )
    if isinstance(found.test_accuracy, Absent):
        lines.append(f"The accuracy was not measured. {words.why_not(found.test_accuracy)}")
    return tuple(lines)


def _recipe_facts(recipe: Recipe) -> tuple[Fact, ...]:
    return (
        Fact("Epochs", f"{recipe.epochs:,}"),
        Fact("Batch size", f"{recipe.batch_size:,}"),
        Fact("Optimizer", words.call(recipe.optimizer, recipe.optimizer_arguments), "code"),
        Fact("Schedule", words.call(recipe.schedule, recipe.schedule_arguments), "code"),
        Fact("Loss", recipe.loss, "code"),
        Fact("Transforms", ", ".join(recipe.transforms) or "none", "code" if recipe.transforms else "text"),
    )


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
    return (Table("Seeds", columns, rows, note=_mean(found)),)


def _seed_row(trial: Trial) -> tuple[str, ...]:
    scored = not isinstance(trial.accuracy, Absent)
    value = words.accuracy(trial.accuracy.value) if not isinstance(trial.accuracy, Absent) else "–"
    correct = f"{trial.correct:,}" if scored and trial.correct >= 0 else "–"
    ending = "finished" if trial.status == "finished" else words.sentence(f"stopped: {trial.stop_reason}")
    if isinstance(trial.accuracy, Absent) and trial.accuracy.reason != trial.stop_reason:
        ending = f"{ending}; {words.why_not(trial.accuracy)}"
    return (str(trial.seed), value, correct, f"{trial.samples:,}", words.seconds(trial.wall_seconds), ending)


def _mean(found: Evidence) -> str:
    if isinstance(found.test_accuracy, Absent):
        return ""
    one = found.test_accuracy
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


def _loss(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if math.isfinite(value) else "not a number"
