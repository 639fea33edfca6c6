"""One training by the student's own loop: what is asked of the worker, and what is believed of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from grader.isolation import checked
from grader.isolation.frames import Array, Message, ProtocolError, strict_json
from grader.isolation.hearing import Declined, EpochState, Heard, OnProgress, Pace, Paced
from grader.isolation.states import STATE_LIMIT_BYTES, State, state_of
from grader.isolation.supervisor import Ending, EndingKind, Patience, Worker
from grader.records import CurvePoint
from grader.text import clean_block

ANSWER_LIMIT_BYTES = 1024 * 1024
MAX_NOTES = 60
LIMIT_TAIL = 4000

OwnEnding = Literal["budget", "finished", "it ended itself", "diverged", "uncovered", "nothing", "declined"]
_ENDED: dict[str, OwnEnding] = {
    one: one for one in ("budget", "finished", "it ended itself", "diverged", "uncovered", "nothing")
}


@dataclass(frozen=True)
class Wanted:
    """What is to be run again: a unit, and of its trainings the one that a capture of it chose."""

    unit: str
    arguments: tuple[str, ...]  # of a script's command line
    names: tuple[str, ...]  # that the submission's own repository goes by
    place: str
    model: str  # the class's name
    trainable: int
    batch_size: int
    ordinal: int  # how many trainings of the unit look the same and come before it
    rate: float  # what a learning-rate finder suggests


@dataclass(frozen=True)
class Budget:
    """How long it is trained, on what."""

    data_set: str  # torchvision's name for what the images are served as
    classes: int
    images: int
    epochs: int
    seed: int
    threads: int
    state_limit: int = STATE_LIMIT_BYTES  # bytes of one state

    @property
    def samples(self) -> int:
        return self.epochs * self.images


@dataclass(frozen=True)
class FaithfulRun:
    """One training by the student's own loop, whole or as far as it came.

    `ending` is one of these, or how the worker ended without an answer (`EndingKind`): `budget` all samples were
    delivered; `finished` and `it ended itself` the student's code came to its end before; `diverged` the loss or
    the model became NaN or infinite; `uncovered` the code would not train on the task's images as it did for the
    student; `nothing` the chosen training did not run again; `declined` it would take too long.
    """

    states: tuple[EpochState, ...]  # after each epoch of samples, and after the last step
    curve: tuple[CurvePoint, ...]
    steps: int
    samples: int
    elsewhere: int  # samples on which other trainings of the unit trained the same model
    ending: OwnEnding | EndingKind
    sentence: str  # the ending, for people
    notes: tuple[str, ...] = ()
    output_tail: str = ""
    report_times: tuple[tuple[int, float], ...] = ()  # steps and seconds since the start
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    place: str = ""  # where the student's code raised, for the kind `raised`
    loop_cpu_seconds: float = 0.0  # without what the unit did before the first report of its training
    paced: Paced | None = None  # what the first steps said, where a projection was due

    @property
    def trained(self) -> bool:
        """Whether it came to an end of its own, with a model to score."""
        return self.ending in ("budget", "finished", "it ended itself") and bool(self.states)


def train(
    worker: Worker,
    wanted: Wanted,
    budget: Budget,
    *,
    patience: Patience,
    on_progress: OnProgress | None = None,
    pace: Pace | None = None,
) -> FaithfulRun:
    """Run the unit in a worker that has the training images. The worker is of no further use.

    Args:
        on_progress: is told how it goes, as the worker says.
        pace: says after the first steps whether the training is worth going on with.
    """
    heard = _Heard(budget=budget, cpu=worker.cpu_seconds, on_progress=on_progress, pace=pace)
    limit = min(budget.state_limit, STATE_LIMIT_BYTES)
    try:
        answer = worker.request(
            "faithful",
            {**asdict(wanted), **asdict(budget), "state_limit": limit},
            patience=patience,
            payload_limit=max(limit, ANSWER_LIMIT_BYTES),
            on_progress=heard,
        )
    except Declined:
        worker.stop()
        return replace(heard.so_far(), ending="declined", sentence=heard.declined)
    if not isinstance(answer, Ending):
        heard.look()
        try:
            return _finished(answer, heard)
        except ProtocolError as error:
            answer = worker.refuse(error)
    if heard.diverged:
        return replace(heard.so_far(), ending="diverged", sentence=DIVERGED)
    return replace(heard.so_far(), ending=answer.kind, sentence=answer.sentence, place=answer.place)


DIVERGED = "The loss or the model became NaN or infinite."


@dataclass(kw_only=True)
class _Heard(Heard):
    """A training by the student's loop: its counts only grow, unless a statement runs once more."""

    budget: Budget
    diverged: bool = False

    def __call__(self, message: Message) -> None:
        self.listen()
        if message.header.get("again") is True:  # a statement failed while it trained
            self.forget()
            return
        self._progress(message)
        if message.op == "state":
            self._state(message)

    def _progress(self, message: Message) -> None:
        steps = message.integer("steps", max(1, self.steps), checked.MAX_COUNT)
        samples = message.integer("samples", max(1, self.samples), most_samples(self.budget))
        loss = message.number("loss", -1, 1e30)
        self.went_on(steps, samples, loss)

    def _state(self, message: Message) -> None:
        last = self.states[-1].epoch if self.states else 0
        epoch = message.integer("epoch", last + 1, self.budget.epochs + 1)
        found = state_of(message) if message.arrays else None
        if found is not None and not is_finite(found, _dtypes(message)):
            self.diverged = True
            raise ProtocolError("state not finite")
        self.keep(EpochState(epoch, self.samples, found))

    def so_far(self) -> FaithfulRun:
        return FaithfulRun(
            states=tuple(self.states),
            curve=tuple(self.curve),
            steps=self.steps,
            samples=self.samples,
            elsewhere=0,
            ending="nothing",
            sentence="",
            report_times=tuple(self.times),
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
            loop_cpu_seconds=self.loop_cpu_seconds,
            paced=self.paced,
        )


def most_samples(budget: Budget) -> int:
    """The last batch may reach over the end of the budget; no batch is larger than the data set."""
    return budget.samples + budget.images


def _dtypes(message: Message) -> list[str]:
    """Of a message whose list was held against its bytes."""
    return [item[0] for item in strict_json(message.arrays["entries"].tobytes())]


def is_finite(found: State, dtypes: Sequence[str]) -> bool:
    """Whether the parameters and statistics of a state, of these dtypes, hold numbers only.

    Buffers may hold infinity: a mask of attention does.
    """
    start = 0
    for dtype, (role, item_bytes, elements) in zip(dtypes, found.layout, strict=True):
        blob = found.blob[start : start + item_bytes * elements]
        start += item_bytes * elements
        if role != "buffer" and not _numbers(blob, dtype):
            return False
    return True


def _numbers(blob: Array, dtype: str) -> bool:
    if dtype == "bfloat16":  # numpy has none: all bits of the exponent set is NaN or infinity
        return not bool(np.any(np.frombuffer(blob.tobytes(), np.uint16) & 0x7F80 == 0x7F80))
    if dtype not in ("float16", "float32", "float64"):
        return True
    return bool(np.isfinite(np.frombuffer(blob.tobytes(), dtype)).all())


def _finished(answer: Message, heard: _Heard) -> FaithfulRun:
    facts = checked.mapping(strict_json(answer.array("faithful", "uint8", (None,)).tobytes()))
    ended = _ENDED[checked.one_of(facts.get("ended"), _ENDED, "ending")]
    tail = facts.get("tail")
    if not isinstance(tail, str):
        raise ProtocolError("text")
    samples = checked.count(facts.get("samples"))
    if samples > most_samples(heard.budget):
        raise ProtocolError("samples")
    reason = checked.text(facts.get("reason"), 400)
    return replace(
        heard.so_far(),
        steps=checked.count(facts.get("steps")),
        samples=samples,
        elsewhere=checked.count(facts.get("elsewhere")),
        ending=ended,
        sentence=_sentence(ended, samples, heard.budget, reason),
        notes=tuple(checked.text(one, 300) for one in checked.listed(facts.get("notes"), MAX_NOTES)),
        output_tail=clean_block(tail, LIMIT_TAIL),
    )


def _sentence(ended: OwnEnding, samples: int, budget: Budget, reason: str) -> str:
    epochs = f"{samples / budget.images:.3g} of {budget.epochs} epochs of {budget.images:,} images"
    return {
        "budget": f"All samples were delivered: {epochs}.",
        "finished": f"The student's code came to its end after {epochs}.",
        "it ended itself": f"The student's code ended the program after {epochs}.",
        "diverged": DIVERGED,
        "uncovered": f"The student's loop cannot be run faithfully here. {reason}",
        "nothing": "The training that was seen before did not run again.",
    }[ended]
