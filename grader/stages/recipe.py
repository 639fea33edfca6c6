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
    """The spec's default recipe for the number of epochs that the spec allows."""
    training = spec.training
    assert training is not None
    name, arguments = training.default.optimizer.plain()
    schedule, schedule_arguments = training.default.schedule.plain()
    return Recipe(
        source="default",
        optimizer=name,
        optimizer_arguments=arguments,
        schedule=schedule,
        schedule_arguments=schedule_arguments,
        loss="cross_entropy",
        batch_size=training.default.batch_size,
        epochs=training.epochs.most,
        transforms=("scale to 0-1", "normalise"),
        reason="The assignment's default recipe trains every model: this version does not read the student's own yet.",
    )
