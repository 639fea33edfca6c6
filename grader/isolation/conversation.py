"""What is asked of a worker, phase by phase, and how its answers become records after every field was checked.

Each function returns the record or an `Ending`. Deadlines are generous for honest code on a busy machine and
short enough that a class of submissions that hang is over before the coffee is.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.isolation import capture_answer, checked
from grader.isolation.frames import Array, Message, ProtocolError, strict_json
from grader.isolation.structure_answer import structure
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.records import CurvePoint, Entrypoint, Layer, ModelFacts, Recipe, Scalar
from grader.text import clean, clean_block

LOAD = Patience(600, cpu_seconds=60)
BUILD = Patience(600, cpu_seconds=60)
MEASURE = Patience(1200, cpu_seconds=120)
HAND_OVER = Patience(600, cpu_seconds=120)
PREDICT = Patience(1200, cpu_seconds=600)

CAPTURE_CPU_SECONDS = 60.0
CAPTURE_GRACE_SECONDS = 12.0
"""The worker ends a unit by itself at the first; one that does not is ended this much later."""
FINDER_RATE = 0.0123571113
"""What the stand-in for a learning-rate finder suggests: a rate that nobody writes by hand."""

FACTS_LIMIT_BYTES = 16 * 1024 * 1024
STATE_LIMIT_BYTES = 512 * 1024 * 1024
_ITEM_BYTES = {
    **dict.fromkeys(("bool", "uint8", "int8"), 1),
    **dict.fromkeys(("float16", "bfloat16", "int16"), 2),
    **dict.fromkeys(("float32", "int32"), 4),
    **dict.fromkeys(("float64", "int64"), 8),
}
_MAX_REPORTS = 100_000


@dataclass(frozen=True)
class State:
    """A trained state as it crossed the border: its bytes, and what they hold.

    Nothing but the bytes goes on to the evaluating worker. Values are counted in units of a float32: packing two
    into a float64 saves nothing.
    """

    blob: Array
    parameters: int
    buffers: int  # without the statistics of batch norms
    digest: str
    layout: tuple[tuple[str, int, int], ...] = ()  # role, bytes of one element and elements of each tensor

    @property
    def elements(self) -> int:
        return self.parameters + self.buffers


@dataclass(frozen=True)
class Training:
    """How one training went, with the supervisor's clock."""

    steps: int
    samples: int
    diverged: bool
    curve: tuple[CurvePoint, ...]
    report_times: tuple[tuple[int, float], ...]  # steps and seconds since the start
    wall_seconds: float
    cpu_seconds: float
    writes: int = 0  # the most times that one parameter was written in place; testimony
    outside_bytes: int = 0  # of tensors outside of the state afterwards; testimony


@dataclass(frozen=True)
class Predicted:
    """Class scores of batches of different sizes, and the sizes that raised an error."""

    scores: Array  # float32, (N, classes); zeros where nothing was answered
    answered: Array  # bool, (N,)
    failed: dict[int, str]  # batch size → the first error, cleaned


def load(worker: Worker, file: str, cell: int, class_name: str) -> tuple[str, ...] | Ending:
    """Load the class by the definitions of its file. Returns notes for the report."""
    answer = worker.request("load", {"file": file, "cell": cell, "class_name": class_name}, patience=LOAD)
    if isinstance(answer, Ending):
        return answer
    notes = answer.header.get("notes")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes[:20]):
        return worker.refuse(ProtocolError("notes"))
    return tuple(clean(note, 300) for note in notes[:20])


def build(worker: Worker, arguments: Mapping[str, Scalar], seed: int) -> Ending | None:
    """Construct the model under a seed."""
    answer = worker.request("build", {"arguments": dict(arguments), "seed": seed}, patience=BUILD)
    return answer if isinstance(answer, Ending) else None


def measure(
    worker: Worker, entrypoint: Entrypoint, input_shape: tuple[int, ...], notes: tuple[str, ...] = ()
) -> tuple[ModelFacts, bool] | Ending:
    """Measure the built model. The second value says whether its output on random images is finite."""
    answer = worker.request(
        "measure",
        {"input_shape": list(input_shape), "with_table": True},
        patience=MEASURE,
        payload_limit=FACTS_LIMIT_BYTES,
    )
    if isinstance(answer, Ending):
        return answer
    try:
        facts = checked.mapping(_json(answer, "facts"))
        return _model_facts(facts, entrypoint, input_shape, notes), facts.get("finite") is True
    except ProtocolError as error:
        return worker.refuse(error)


def settle(worker: Worker, input_shape: tuple[int, ...]) -> Ending | None:
    """One forward pass, so that parameters that are made in it exist."""
    fields = {"input_shape": list(input_shape), "with_table": False}
    answer = worker.request("measure", fields, patience=MEASURE, payload_limit=FACTS_LIMIT_BYTES)
    return answer if isinstance(answer, Ending) else None


def hand_over(worker: Worker, images: Array, labels: Array) -> Ending | None:
    """Give the worker the training images (uint8) and their labels (int64)."""
    answer = worker.request("data", {}, {"images": images, "labels": labels}, patience=HAND_OVER)
    return answer if isinstance(answer, Ending) else None


def train(
    worker: Worker,
    recipe: Recipe,
    *,
    head: str,
    mean: float,
    std: float,
    seed: int,
    patience: Patience,
    max_steps: int = 0,
    report_every: int = 20,
    on_progress: Callable[[int, float], None] | None = None,
) -> Training | Ending:
    """One training by the harness's loop; `on_progress` gets samples and loss."""
    plan = {
        "optimizer": recipe.optimizer,
        "optimizer_arguments": dict(recipe.optimizer_arguments),
        "schedule": recipe.schedule,
        "schedule_arguments": dict(recipe.schedule_arguments),
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "head": head,
        "mean": mean,
        "std": std,
        "seed": seed,
        "max_steps": max_steps,
        "report_every": report_every,
    }
    curve: list[CurvePoint] = []
    times: list[tuple[int, float]] = []
    start, cpu_start = time.monotonic(), worker.cpu_seconds()

    def note(message: Message) -> None:
        steps, samples = (
            message.integer("steps", 1, checked.MAX_COUNT),
            message.integer("samples", 1, checked.MAX_COUNT),
        )
        loss = message.number("loss", -1, 1e30)
        if len(times) > _MAX_REPORTS:
            raise ProtocolError("progress")
        times.append((steps, time.monotonic() - start))
        if loss >= 0 and len(curve) < 5000:
            curve.append(CurvePoint(samples, loss))
        if on_progress:
            on_progress(samples, loss)

    answer = worker.request("train", {"plan": plan}, patience=patience, on_progress=note)
    if isinstance(answer, Ending):
        return answer
    try:
        steps, samples, writes, outside_bytes = (
            answer.integer(name, 0, checked.MAX_COUNT)
            for name in ("steps", "samples", "writes", "outside_bytes")
        )
    except ProtocolError as error:
        return worker.refuse(error)
    return Training(
        steps,
        samples,
        answer.header.get("diverged") is True,
        tuple(curve),
        tuple(times),
        time.monotonic() - start,
        worker.cpu_seconds() - cpu_start,
        writes,
        outside_bytes,
    )


def state(worker: Worker) -> State | Ending:
    """The trained state, with its list held against its bytes."""
    answer = worker.request("state", patience=HAND_OVER, payload_limit=STATE_LIMIT_BYTES)
    if isinstance(answer, Ending):
        return answer
    try:
        blob = answer.array("bytes", "uint8", (None,))
        entries = _json(answer, "entries")
        parameters, buffers = count_entries(entries, len(blob))
    except ProtocolError as error:
        return worker.refuse(error)
    layout = tuple((str(role), _ITEM_BYTES[dtype], math.prod(shape)) for dtype, shape, role in entries)
    return State(blob, parameters, buffers, f"sha256:{hashlib.sha256(blob.tobytes()).hexdigest()}", layout)


def restore(worker: Worker, trained: State) -> Ending | None:
    """Fill a fresh worker's freshly built model with a trained state."""
    answer = worker.request("restore", {}, {"bytes": trained.blob}, patience=HAND_OVER)
    return answer if isinstance(answer, Ending) else None


def predict(
    worker: Worker, images: Array, classes: int, *, mean: float, std: float, batch: int = 500
) -> Array | Ending:
    """Class scores for images without labels: float32, (N, classes). Scores that are not finite stay so."""
    deadline = time.monotonic() + PREDICT.seconds
    found: list[Array] = []
    for first in range(0, len(images), batch):
        scores = _scores(worker, images[first : first + batch], classes, (mean, std), deadline)
        if isinstance(scores, Ending):
            return scores
        found.append(scores)
    return np.concatenate(found)


def predict_in(
    worker: Worker, images: Array, sizes: Sequence[int], classes: int, *, mean: float, std: float
) -> Predicted | Ending:
    """Class scores in batches of these sizes, which add up to the number of images.

    A batch that raises an error is left out, and so are all later ones of its size.
    """
    deadline = time.monotonic() + PREDICT.seconds
    scores, answered = np.zeros((len(images), classes), np.float32), np.zeros(len(images), np.bool_)
    failed: dict[int, str] = {}
    first = 0
    for size in sizes:
        rows = slice(first, first + size)
        first += size
        if size in failed:
            continue
        found = _scores(worker, images[rows], classes, (mean, std), deadline)
        if not isinstance(found, Ending):
            scores[rows], answered[rows] = found, True
        elif found.kind == "raised":
            failed[size] = found.sentence
        else:
            return found
    return Predicted(scores, answered, failed)


def _scores(
    worker: Worker, images: Array, classes: int, scale: tuple[float, float], deadline: float
) -> Array | Ending:
    answer = worker.request(
        "predict",
        {"mean": scale[0], "std": scale[1]},
        {"images": images},
        patience=replace(PREDICT, seconds=max(1.0, deadline - time.monotonic())),
        payload_limit=len(images) * classes * 4,
    )
    if isinstance(answer, Ending):
        return answer
    try:
        return answer.array("scores", "float32", (len(images), classes))
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


def count_entries(listed: Any, blob_bytes: int) -> tuple[int, int]:
    """Parameters and other values that a state's bytes hold, held against its list of dtype, shape and role.

    Of what is called a statistic of a batch norm, only as many values stay uncounted as there are parameters of
    the same shape to go with them (its weight and its bias): that is the most that calling them so can hide.

    Raises:
        ProtocolError: the list is malformed, or does not fill the bytes exactly.
    """
    parameters = buffers = total = 0
    room: dict[tuple[int, ...], int] = {}
    statistics: list[tuple[tuple[int, ...], int]] = []
    for item in checked.listed(listed, 100_000):
        if not isinstance(item, list) or len(item) != 3:
            raise ProtocolError("state entry")
        checked.one_of(item[0], _ITEM_BYTES, "state entry")
        shape = checked.shape(item[1])
        elements, item_bytes = math.prod(shape), _ITEM_BYTES[item[0]]
        total += elements * item_bytes
        values = elements * max(1, item_bytes // 4)
        if item[2] == "parameter":
            parameters += values
            room[shape] = room.get(shape, 0) + 1
        elif item[2] == "statistic":
            statistics.append((shape, values))
        else:
            buffers += elements
    if total != blob_bytes:
        raise ProtocolError("state size")
    for shape, values in statistics:
        if room.get(shape, 0):
            room[shape] -= 1
        elif shape != ():  # the count of batches is one number each
            buffers += values
    return parameters, buffers
