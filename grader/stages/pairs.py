"""Tasks that give a digit beside each image: what is asked of a model, what it is trained on, and its sums scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.data import mnist_sum
from grader.data.interface import DataSet
from grader.evaluation.sums import sum_accuracy
from grader.isolation.inputs import Inputs, pair_fields
from grader.isolation.pair_answer import Pair
from grader.records import Absent, Measurement, ModelFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grader.isolation.frames import Array


def pair_of(data: DataSet) -> Pair | None:
    """What a data set asks of a model that takes a digit beside each image; None where there is none."""
    return None if data.second is None else Pair(data.classes, data.second.values, data.second.classes)


def missing_of_pair(model: ModelFacts) -> Absent | None:
    """Why a model cannot be trained on images with a digit beside them; None where it can."""
    form, call = model.pair, model.entrypoint.call
    if isinstance(form, Absent) or form.is_whole:
        return None
    if not form.digit:
        return Absent(
            "failed",
            f"{call} takes only an image: forward has no second input for the digit.",
            "Let forward take both: `def forward(self, image, digit)`.",
            "inspect",
        )
    found = " and ".join(f"({', '.join(('batch', *map(str, shape)))})" for shape in form.outputs)
    lacking = "no score for each of the image's classes" if form.image_output < 0 else "nothing for the sum"
    return Absent(
        "failed",
        f"{call} cannot be trained for this task: it gives {found}, {lacking}.",
        "Return two tensors: scores for the digit in the image, and for the sum a score for each of the 19 sums, or 5 "
        "bits.",
        "inspect",
    )


def with_digits(data: DataSet, seed: int) -> DataSet:
    """The data with the digits of this trial; itself where there are none. The images are the same array."""
    return data if data.second is None else mnist_sum.drawn(data, seed)


def test_inputs(data: DataSet, model: ModelFacts) -> Inputs:
    """All that a model is shown of the test set, in its order."""
    return _shown(data, model, data.test_images, data.second.test_inputs if data.second else None)


def train_inputs(data: DataSet, model: ModelFacts) -> Inputs:
    """All that a model is shown of the training set, in its order, where it is asked how well it knows it."""
    return _shown(data, model, data.train_images, data.second.train_inputs if data.second else None)


def _shown(data: DataSet, model: ModelFacts, images: Array, digits: Array | None) -> Inputs:
    pair = pair_of(data)
    if digits is None or pair is None or isinstance(model.pair, Absent):
        return Inputs(images)
    return Inputs(images, digits, model.pair, pair)


def train_targets(data: DataSet, labels: NDArray[np.integer[Any]]) -> Array:
    """What a training worker is handed beside the images, int64: `labels`, and with them sum and digit."""
    import numpy as np

    if data.second is None:
        return np.asarray(labels, dtype=np.int64)
    columns = (labels, data.second.train_targets, data.second.train_inputs)
    return np.stack([np.asarray(one, dtype=np.int64) for one in columns], axis=1)


def in_plan(data: DataSet, model: ModelFacts) -> dict[str, Any]:
    """What the plan of a training says of it, as `grader.training.pairs` takes it."""
    pair = pair_of(data)
    if pair is None or isinstance(model.pair, Absent):
        return {}
    told = {"sums": pair.sums, "sum_head": model.pair.sum_head, "head": model.head}
    return {"pair": {**pair_fields(model.pair, pair), **told}}


def beside(data: DataSet, model: ModelFacts, scores: Array) -> tuple[Measurement, ...]:
    """The accuracy of the sum.

    Args:
        scores: all numbers that were predicted, in the test set's order.
    """
    if data.second is None or isinstance(model.pair, Absent):
        return ()
    numbers = scores[:, data.classes :]
    return (sum_accuracy(numbers, data.second.test_targets, model.pair.sum_head, data.second.classes),)
