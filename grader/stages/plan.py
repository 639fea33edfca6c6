"""A recipe as plain JSON: what crosses to the worker that trains."""

from __future__ import annotations

from typing import Any

from grader.isolation.training import named
from grader.records import Call, Recipe
from grader.training import known


def plan_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain JSON, as `grader.training.loop.Plan` takes it.

    Raises:
        known.NotPlain: it holds what the fast lane does not build; `grader.stages.recipe` gives no such recipe.
    """
    return {
        "optimizer": _built(recipe.optimizer, known.OPTIMIZERS[recipe.optimizer.name]),
        "schedules": [
            _built(one.call, known.SCHEDULES[one.call.name]) | {"steps": one.steps}
            for one in recipe.schedules
        ],
        "loss": _built(Call(recipe.loss, recipe.loss_arguments), known.LOSSES[recipe.loss]),
        "clipping": [_built(one, known.CLIPPING[one.name]) for one in recipe.clipping],
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "shuffled": recipe.shuffled,
        "transforms": [named(one) for one in recipe.transforms],
    }


def _built(call: Call, names: tuple[str, ...]) -> dict[str, Any]:
    return {"name": call.name, "arguments": dict(known.arguments(call.arguments, names, call.name))}
