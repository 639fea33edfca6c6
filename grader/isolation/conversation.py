"""What is asked of a worker, phase by phase, and how its answers become records after every field was checked.

Each function returns the record or an `Ending`. Deadlines are generous for honest code on a busy machine and
short enough that a class of submissions that hang is over before the coffee is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from grader.isolation import capture_answer, checked
from grader.isolation.frames import Array, Message, ProtocolError, strict_json
from grader.isolation.inputs import Inputs
from grader.isolation.pair_answer import Pair, pair_form
from grader.isolation.sealed import SealedImages, sealed
from grader.isolation.states import HAND_OVER as HAND_OVER
from grader.isolation.states import State as State
from grader.isolation.states import count_entries as count_entries
from grader.isolation.states import restore as restore
from grader.isolation.states import state as state
from grader.isolation.structure_answer import structure
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.training import Training as Training
from grader.isolation.training import named
from grader.isolation.training import train as train
from grader.records import Call, Entrypoint, Layer, ModelFacts, Scalar
from grader.text import clean, clean_block

LOAD = Patience(600, cpu_seconds=60)
BUILD = Patience(600, cpu_seconds=60)
MEASURE = Patience(1200, cpu_seconds=120)
PREDICT = Patience(1200, cpu_seconds=600)
PREDICT_IMAGES = 10_000
"""For so many images, and for each so many more, `PREDICT` is granted: training sets are scored, too."""
PREDICT_BATCH = 125
"""Images at once: maps of this many stay in a core's cache; 500 took nearly twice as long on one core."""

CAPTURE_CPU_SECONDS = 60.0
CAPTURE_GRACE_SECONDS = 12.0
"""The worker ends a unit by itself at the first; one that does not is ended this much later."""
FINDER_RATE = 0.0123571113
"""What the stand-in for a learning-rate finder suggests: a rate that nobody writes by hand."""

FACTS_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Predicted:
    """Class scores of batches of different sizes, and the sizes that raised an error."""

    scores: Array  # float32, (N, classes); zeros where nothing was answered
    answered: Array  # bool, (N,)
    failed: dict[int, str]  # batch size → the first error, cleaned


def differing(worker: Worker, transforms: Sequence[Call], shape: tuple[int, ...]) -> str | Ending:
    """ "" where batches get what the library's own transforms give a few images of `shape`; else what differs.

    It is to be asked of a fresh worker: student code could change the libraries.
    """
    fields = {"transforms": [named(one) for one in transforms], "shape": list(shape)}
    answer = worker.request("transforms", fields, patience=LOAD)
    if isinstance(answer, Ending):
        return answer
    try:
        return checked.text(answer.header.get("differs"), 400)
    except ProtocolError as error:
        return worker.refuse(error)


def reference_step(worker: Worker, shape: tuple[int, ...], classes: int) -> float | Ending:
    """Seconds of CPU time per core that the task's reference step takes on this machine.

    It is to be asked of a fresh worker: student code could change what is timed, and the clock.
    """
    fields = {"shape": list(shape), "classes": classes}
    answer = worker.request("reference step", fields, patience=LOAD)
    if isinstance(answer, Ending):
        return answer
    try:
        return answer.number("seconds", 0, LOAD.seconds)
    except ProtocolError as error:
        return worker.refuse(error)


def load(worker: Worker, file: str, cell: int, class_name: str) -> tuple[str, ...] | Ending:
    """Load the class by the definitions of its file. Returns notes for the report."""
    answer = worker.request("load", {"file": file, "cell": cell, "class_name": class_name}, patience=LOAD)
    if isinstance(answer, Ending):
        return answer
    notes = answer.header.get("notes")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes[:20]):
        return worker.refuse(ProtocolError("notes"))
    return tuple(clean(note, 300) for note in notes[:20])


def build(
    worker: Worker, arguments: Mapping[str, Scalar], seed: int, members: Sequence[str] = ()
) -> Ending | None:
    """Construct the model under a seed. The arguments named in `members` are names of what the module defines."""
    fields = {"arguments": dict(arguments), "seed": seed, "members": list(members)}
    answer = worker.request("build", fields, patience=BUILD)
    return answer if isinstance(answer, Ending) else None


def measure(
    worker: Worker,
    entrypoint: Entrypoint,
    input_shape: tuple[int, ...],
    notes: tuple[str, ...] = (),
    pair: Pair | None = None,
) -> tuple[ModelFacts, bool] | Ending:
    """Measure the built model. The second value says whether its output on random images is finite.

    Args:
        pair: where the task gives a digit beside each image, and asks for the class and the sum.
    """
    answer = worker.request(
        "measure",
        {"input_shape": list(input_shape), "with_table": True, "pair": pair},
        patience=MEASURE,
        payload_limit=FACTS_LIMIT_BYTES,
    )
    if isinstance(answer, Ending):
        return answer
    try:
        facts = checked.mapping(_json(answer, "facts"))
        model = _model_facts(facts, entrypoint, input_shape, notes)
        found = pair_form(facts.get("pair"), pair) if pair else model.pair
        return replace(model, pair=found), facts.get("finite") is True
    except ProtocolError as error:
        return worker.refuse(error)


def settle(worker: Worker, input_shape: tuple[int, ...], pair: Pair | None = None) -> Ending | None:
    """One forward pass, so that parameters that are made in it exist."""
    fields = {"input_shape": list(input_shape), "with_table": False, "pair": pair}
    answer = worker.request("measure", fields, patience=MEASURE, payload_limit=FACTS_LIMIT_BYTES)
    return answer if isinstance(answer, Ending) else None


def hand_over(worker: Worker, images: Array, labels: Array) -> Ending | None:
    """Give the worker the training images (uint8) and their labels (int64): (N,), or with a digit beside each image
    (N, 3), the class, the sum and the digit.

    Images that nobody can change are shared with all other workers that get the same array; others, and all where no
    descriptor reaches the worker (a container has none passed into it), are sent as bytes.
    """
    shared = sealed(images)
    taken = _share(worker, shared, labels) if shared else False
    if taken is not False:
        return taken
    answer = worker.request("data", {}, {"images": images, "labels": labels}, patience=HAND_OVER)
    return answer if isinstance(answer, Ending) else None


def _share(worker: Worker, shared: SealedImages, labels: Array) -> Ending | Literal[False] | None:
    """Pass a descriptor of the images. False where the worker could not take it."""
    try:
        descriptor = shared.open()
    except OSError:
        return False
    try:
        fields = {"shared": [shared.dtype, list(shared.shape)]}
        answer = worker.request("data", fields, {"labels": labels}, patience=HAND_OVER, descriptor=descriptor)
    finally:
        os.close(descriptor)
    if isinstance(answer, Ending):
        return answer
    return None if answer.header.get("taken") is True else False


def predict(
    worker: Worker,
    inputs: Array | Inputs,
    classes: int,
    *,
    transforms: Sequence[Call],
    batch: int = PREDICT_BATCH,
) -> Array | Ending:
    """Class scores for images without labels: float32, (N, classes), and behind them the numbers of the sum where a
    digit is beside each image. Scores that are not finite stay so.

    The batches are of one size, to within one, and of `batch` images at most: no small one is left over at the end.
    """
    found: list[Array] = []
    shown = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
    deadline = time.monotonic() + PREDICT.seconds * max(1, len(shown) / PREDICT_IMAGES)
    for rows in np.array_split(np.arange(len(shown)), max(1, -(-len(shown) // batch))):
        scores = _scores(worker, shown[rows], classes, transforms, deadline)
        if isinstance(scores, Ending):
            return scores
        found.append(scores)
    return np.concatenate(found)


def predict_in(
    worker: Worker, inputs: Array | Inputs, sizes: Sequence[int], classes: int, *, transforms: Sequence[Call]
) -> Predicted | Ending:
    """The same in batches of these sizes, which add up to the number of images.

    A batch that raises an error is left out, and so are all later ones of its size.
    """
    deadline = time.monotonic() + PREDICT.seconds
    shown = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
    scores = np.zeros((len(shown), shown.columns(classes)), np.float32)
    answered = np.zeros(len(shown), np.bool_)
    failed: dict[int, str] = {}
    first = 0
    for size in sizes:
        rows = slice(first, first + size)
        first += size
        if size in failed:
            continue
        found = _scores(worker, shown[rows], classes, transforms, deadline)
        if not isinstance(found, Ending):
            scores[rows], answered[rows] = found, True
        elif found.kind == "raised":
            failed[size] = found.sentence
        else:
            return found
    return Predicted(scores, answered, failed)


def _scores(
    worker: Worker, shown: Inputs, classes: int, transforms: Sequence[Call], deadline: float
) -> Array | Ending:
    columns = shown.columns(classes)
    answer = worker.request(
        "predict",
        {"transforms": [named(one) for one in transforms], **shown.fields},
        shown.arrays,
        patience=replace(PREDICT, seconds=max(1.0, deadline - time.monotonic())),
        payload_limit=len(shown) * columns * 4,
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return answer.array("scores", "float32", (len(shown), columns))
    except ProtocolError as error:
        return worker.refuse(error)


def capture(
    worker: Worker,
    unit: str,
    arguments: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    cpu_seconds: float = CAPTURE_CPU_SECONDS,
) -> capture_answer.Capture | Ending:
    """Run a notebook or script of the submission with stand-ins; the worker is of no further use.

    Args:
        arguments: of the script's command line.
        names: that the submission's own repository goes by, where its notebook clones itself.
    """
    fields = {
        "unit": unit,
        "arguments": list(arguments),
        "names": list(names),
        "cpu_seconds": cpu_seconds,
        "rate": FINDER_RATE,
    }
    patience = Patience(600, cpu_seconds=cpu_seconds + CAPTURE_GRACE_SECONDS, stall_seconds=30)
    answer = worker.request("capture", fields, patience=patience, payload_limit=FACTS_LIMIT_BYTES)
    if isinstance(answer, Ending):
        return answer
    try:
        return capture_answer.capture(checked.mapping(_json(answer, "capture")), unit)
    except ProtocolError as error:
        return worker.refuse(error)


# --- checking what a worker says ------------------------------------------------------------------------------


def _json(answer: Message, key: str) -> Any:
    return strict_json(answer.array(key, "uint8", (None,)).tobytes())


def _model_facts(
    facts: dict[str, Any], entrypoint: Entrypoint, input_shape: tuple[int, ...], notes: tuple[str, ...]
) -> ModelFacts:
    head = facts.get("head")
    if head not in ("logits", "log_softmax", "probabilities"):
        raise ProtocolError("head")
    table = facts.get("table")
    return ModelFacts(
        entrypoint=entrypoint,
        parameters=checked.count(facts.get("parameters")),
        trainable=checked.count(facts.get("trainable")),
        buffer_elements=checked.count(facts.get("buffer_elements")),
        layers=tuple(_layer(item) for item in checked.listed(facts.get("layers"), 20_000)),
        layer_kinds=tuple(checked.text(kind, 60) for kind in checked.listed(facts.get("kinds"), 200)),
        table=clean_block(table, 60_000) if isinstance(table, str) else "",
        input_shape=input_shape,
        output_shape=checked.shape(facts.get("output_shape")),
        head=head,
        notes=notes + tuple(checked.text(note, 300) for note in checked.listed(facts.get("notes"), 20)),
        structure=structure(facts),
    )


def _layer(item: Any) -> Layer:
    if not isinstance(item, list) or len(item) != 4:
        raise ProtocolError("layer")
    return Layer(
        checked.text(item[0]), checked.text(item[1], 100), checked.shape(item[2]), checked.count(item[3])
    )
