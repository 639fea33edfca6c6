"""The recipe that a trial is trained with.

For now it is always the spec's default; the student's own is read and captured by a later stage, and goes first
where it can be had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.records import Recipe

if TYPE_CHECKING:
    from grader.spec.schema import Spec


def default_recipe(spec: Spec) -> Recipe:
    """The spec's default recipe, for the most epochs that the spec allows."""
    assert spec.training is not None
    default = spec.training.default
    return Recipe(
        source="default",
        optimizer=default.optimizer.name,
        optimizer_arguments=default.optimizer.arguments,
        schedule=default.schedule.name,
        schedule_arguments=default.schedule.arguments,
        loss="cross_entropy",
        batch_size=default.batch_size,
        epochs=spec.training.epochs.limit,
        transforms=("scale to 0-1", "normalise"),
        reason="The assignment's default recipe trains every model: this version shows the student's own, "
        "and does not train it yet.",
    )
