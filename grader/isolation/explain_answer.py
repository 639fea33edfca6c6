"""Asking a worker for the maps that explain its model's answers, with everything it says checked.

The worker gets images and no labels, and gives the maps of all classes: which of them are looked at is chosen out
here. Whatever goes wrong gives a reason, never an error: no points hang on an explanation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader.isolation import checked
from grader.isolation.frames import Array, Message, ProtocolError
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.training import named
from grader.records import Call

EXPLAIN = Patience(60, cpu_seconds=10, stall_seconds=20)
MAX_SIDE = 64
LIMIT_BYTES = 16 * 1024 * 1024


def explain(
    worker: Worker,
    images: Array,
    classes: int,
    *,
    transforms: Sequence[Call],
    map_size: tuple[int, ...] = (),
) -> Array | str:
    """Maps of all classes, float32, (N, classes, height, width), finite, none below 0; or why there are none.

    Args:
        images: as the data set stores them, (N, ...).
        transforms: of the test images.
        map_size: height and width of the map where they are known.
    """
    places = map_size[0] * map_size[1] if len(map_size) == 2 else 1
    if len(images) * classes * places * 4 > LIMIT_BYTES:
        return f"Maps for {classes:,} classes are more than what is shown here."
    answer = worker.request(
        "explain",
        {"transforms": [named(one) for one in transforms], "classes": classes, "map_size": list(map_size)},
        {"images": images},
        patience=EXPLAIN,
        payload_limit=LIMIT_BYTES,
    )
    if isinstance(answer, Ending):
        return f"The model could not be explained: {answer.sentence}"
    try:
        return maps(answer, len(images), classes)
    except ProtocolError as error:
        return f"The model could not be explained: {worker.refuse(error).sentence}"


def maps(answer: Message, images: int, classes: int) -> Array | str:
    """The maps that an answer holds, or the reason that it gives.

    Raises:
        ProtocolError: it is neither.
    """
    if "without" in answer.header:
        return checked.text(answer.header["without"], 300)
    found = answer.array("maps", "float32", (images, classes, None, None))
    if not all(1 <= side <= MAX_SIDE for side in found.shape[2:]):
        raise ProtocolError("maps shape")
    if not np.isfinite(found).all():
        return "The gradients of the scores are not finite numbers."
    if (found < 0).any():
        raise ProtocolError("maps")
    return found
