"""Explaining a trained model: the images that show best where it goes wrong, and what it looks at in them.

Asked of the evaluating worker after its scores and its state are in, so that nothing depends on it. What cannot be
explained is left out with its reason; it costs nobody anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from grader.evaluation.explaining import Choice, choose, hexed, kept, pixels, shares
from grader.evaluation.score import Secret
from grader.isolation import explain_answer
from grader.isolation.frames import Array
from grader.isolation.supervisor import Worker
from grader.records import Absent, ClassMap, ExplainedImage, Explanations
from grader.stages.job import Job

Scores = npt.NDArray[np.float32]


class FirstModel:
    """Explains the first trial's model, and no other."""

    def __init__(self) -> None:
        self.found: Explanations | Absent | None = None

    def __call__(self, job: Job, worker: Worker, secret: Secret, seed: int, scores: Scores) -> None:
        if self.found is None:
            self.found = explain(job, worker, secret, seed, scores)


def explain(job: Job, worker: Worker, secret: Secret, seed: int, scores: Scores) -> Explanations | Absent:
    """Explain the model that a worker holds. The worker may be gone afterwards.

    Args:
        worker: the evaluating one, with the trained state in it.
        scores: (test images, classes), in the test set's order and with true class ids.
    """
    data = job.data
    if data.inputs != "pixels" or data.second is not None:
        return Absent("skipped", "Models that take something else than an image are not explained.")
    if len(data.test_images) == 0 or pixels(data.test_images[0]) is None:
        return Absent("skipped", "The inputs of this assignment cannot be shown as pictures.")
    choice = choose(scores, data.test_labels, job.model.head)
    if not choice.images:
        return Absent("skipped", "No test image got scores that are finite numbers.")
    found = _maps(job, worker, choice)
    maps = None if isinstance(found, str) else found[:, secret.class_ids]
    return Explanations(
        seed=seed,
        wrong=choice.mistakes,
        images=_images(job, choice, scores, maps),
        map_size=() if maps is None else (int(maps.shape[2]), int(maps.shape[3])),
        without_maps=found if isinstance(found, str) else "",
        class_names=data.class_names,
    )


def _maps(job: Job, worker: Worker, choice: Choice) -> Array | str:
    structure, data = job.model.structure, job.data
    size = () if isinstance(structure, Absent) else structure.map_before_pool
    if not isinstance(structure, Absent) and not size and not structure.unknown_operators:
        return "No map with height and width feeds the model's head."
    images = data.test_images[list(choice.images)]
    return explain_answer.explain(
        worker, images, data.classes, transforms=job.recipe.evaluated_with, map_size=size
    )


def _images(job: Job, choice: Choice, scores: Scores, maps: Array | None) -> tuple[ExplainedImage, ...]:
    chosen = list(choice.images)
    found = shares(scores[chosen], job.model.head)
    return tuple(
        _image(job, index, found[place], None if maps is None else maps[place])
        for place, index in enumerate(chosen)
    )


def _image(job: Job, index: int, found: npt.NDArray[np.float64], maps: Array | None) -> ExplainedImage:
    true, answer = int(job.data.test_labels[index]), int(found.argmax())
    picture = pixels(job.data.test_images[index])
    assert picture is not None
    return ExplainedImage(
        index=index,
        true_class=true,
        answer=answer,
        answer_share=round(float(found[answer]), 6),
        true_share=round(float(found[true]), 6),
        channels=picture.shape[2],
        rows=hexed(picture),
        maps=() if maps is None else _both(answer, true, maps),
    )


def _both(answer: int, true: int, maps: Array) -> tuple[ClassMap, ...]:
    return tuple(kept(one, maps[one]) for one in dict.fromkeys((answer, true)))
