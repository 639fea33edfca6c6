"""The assignment's default recipe, for models whose own could not be recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.data.interface import DataSet
from grader.evaluation.epochs import epochs_to_train
from grader.records import Call, Recipe, Schedule

if TYPE_CHECKING:
    from grader.spec.schema import Spec

Head = Literal["logits", "log_softmax", "probabilities"]

_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}


def default_recipe(spec: Spec, data: DataSet, head: Head = "logits", stated_epochs: int = 0) -> Recipe:
    """The spec's default recipe. Its loss follows the kind of output that the model has."""
    assert spec.training is not None
    default = spec.training.default
    epochs, why, capped = epochs_to_train(stated_epochs, spec.training.epochs)
    steps = -(-len(data.train_images) // default.batch_size)
    rates = dict(default.schedule.arguments)
    first = rates["lr"] if "lr" in rates else rates["max_lr"]
    optimizer = Call(
        _OPTIMIZERS[default.optimizer.name],
        (("lr", first), *((name, _switch(name, value)) for name, value in default.optimizer.arguments)),
        library="torch",
    )
    return Recipe(
        source="default",
        optimizer=optimizer,
        schedules=default_schedules(rates, epochs * steps),
        loss="nll_loss_of_log" if head == "probabilities" else "cross_entropy",
        batch_size=default.batch_size,
        epochs=epochs,
        transforms=normalised(data),
        evaluated_with=normalised(data),
        reason="The assignment trains every model with its default recipe.",
        stated_epochs=stated_epochs,
        parts=(("epochs", why),),
        epochs_capped=capped,
    )


def _switch(name: str, value: float) -> float | bool:
    return bool(value) if name == "nesterov" else value


def default_schedules(rates: dict[str, float], steps: int) -> tuple[Schedule, ...]:
    """The schedule of these rates for so many steps; () for a constant rate."""
    if "max_lr" not in rates:
        return ()
    arguments = (*rates.items(), ("total_steps", max(steps, 2)))
    return (Schedule(Call("OneCycleLR", arguments, library="torch"), "per batch"),)


def normalised(data: DataSet) -> tuple[Call, ...]:
    """Scale to 0-1 and normalise with the training split's own mean and standard deviation.

    Rows of a table of pixels are only scaled, as code that reads a table does; columns of features are only
    normalised, each by itself: a first layer can undo that, so no model loses by it.
    """
    scaled = Call("ToTensor", library="torchvision")
    if data.inputs == "pixels" and len(data.input_shape) == 1:
        return (scaled,)
    mean, std = (tuple(round(one, 6) for one in many) for many in (data.channel_means, data.channel_stds))
    arguments = (("mean", repr(mean)), ("std", repr(std)))
    normalise = Call("Normalize", arguments, library="torchvision")
    return (scaled, normalise) if data.inputs == "pixels" else (normalise,)


def rates_of(default: Recipe) -> dict[str, float]:
    """The arguments of its schedule, without the length."""
    given = [one.call.arguments for one in default.schedules]
    return {name: float(value) for name, value in (given[0] if given else ()) if name != "total_steps"}
