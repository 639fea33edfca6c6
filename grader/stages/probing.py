"""The probes of one trial that need another worker: a fresh one that never saw what the scores came from.

The second worker goes from the least to the most: the untrained model, the shuffled state, and only then the trained
one, so that nothing it kept helps it. It sees no image twice. Where its answers differ from the first worker's, a
third worker answers for the whole test set, and the lower accuracy is the one that is judged: what is left over in
the second worker from the probes before can then harm nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from grader.evaluation import probes, probes_images, probes_state
from grader.evaluation.probes_images import BATCH_SIZES, Chosen
from grader.evaluation.score import Score, Secret, score
from grader.isolation import conversation
from grader.isolation.conversation import Predicted, State
from grader.isolation.supervisor import Ending, Worker
from grader.reading.scan import Scan
from grader.records import Absent, Measurement, Probe
from grader.stages.endings import absent_because
from grader.stages.job import Job, build, prepare

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from grader.data.interface import Pixels
    from grader.isolation.frames import Array
    from grader.isolation.inputs import Inputs

    Indices = npt.NDArray[np.int64]
    Columns = npt.NDArray[np.float32]

_SECOND_SEED = 0xBEEF  # a worker never builds its model under another's seed
_THIRD_SEED = 0xCAFE


@dataclass(frozen=True)
class Scored:
    """What the first evaluating worker gave."""

    scores: Array  # float32, (test images, classes), in the test set's order and with true class ids
    score: Score
    changed: tuple[int, int]  # values of the state that predicting changed: statistics, others
    beside: tuple[Measurement, ...] = ()  # what else the numbers show


@dataclass(frozen=True)
class Probed:
    probes: tuple[Probe, ...]
    lowest: Score | None = None  # where another pass came out lower than the first
    figures: Mapping[str, float] = field(default_factory=dict)  # what was measured, shares from 0 to 1


class _Ended(Exception):
    def __init__(self, ending: Ending, phase: str) -> None:
        super().__init__(ending.sentence)
        self.ending, self.phase = ending, phase


def probe(job: Job, seed: int, secret: Secret, start: State, state: State, first: Scored) -> Probed | Absent:
    """Everything that a second and, if need be, a third worker tell. Absent only where the machine failed."""
    probing = _Probing(job, seed, secret, state, first)
    try:
        lowest = probing.run(start)
    except _Ended as error:
        absent = absent_because(error.ending, error.phase, job.model.entrypoint, job.model.input_shape)
        if absent.cause == "errored":
            return absent
        return Probed((*probing.found, probes.unfinished(absent.reason)), None, probing.figures)
    return Probed(tuple(probing.found), lowest, probing.figures)


class _Probing:
    """One trial's probing; `found` takes the probes and `figures` the numbers as they come."""

    def __init__(self, job: Job, seed: int, secret: Secret, state: State, first: Scored) -> None:
        self.found: list[Probe] = []
        self.figures: dict[str, float] = {}
        self._job, self._seed, self._state, self._first = job, seed, state, first
        self._class_ids = secret.class_ids
        self._chosen, self._generator = Chosen.draw(len(job.data.test_images), job.secret, seed)

    def run(self, start: State) -> Score | None:
        worker = self._job.open_worker()
        try:
            self._ready(prepare(self._job, worker, self._seed ^ _SECOND_SEED))
            self._untrained(worker, start)
            self._scrambled(worker)
            # A new model: the old one may hold on to what it worked out from another state.
            self._ready(build(self._job, worker, self._seed ^ _SECOND_SEED))
            self._restore(worker, self._state)
            self._perturbed(worker)
            ordered = self._in_sizes(worker, self._chosen.ordered, frozenset())
        finally:
            worker.stop()
        self.found.append(probes.batch_sizes(ordered.failed))
        return self._orders(ordered)

    # --- one probe each ---------------------------------------------------------------------------------------

    def _untrained(self, worker: Worker, start: State) -> None:
        job = self._job
        own = conversation.state(worker)
        if isinstance(own, Ending):
            raise _Ended(own, "build")
        if len(own.blob) == len(start.blob):
            values = probes_state.start(start.blob, own.blob, start.layout)
            self.figures["same start"] = values.same / max(values.varied, 1)
            scan = job.scan or Scan()
            self.found.append(
                probes.start_and_seed(
                    values.varied, values.same, seed_in_code=scan.seed_set_at, weights=scan.weights
                )
            )
        images = self._chosen.untrained
        scores = self._predict(worker, job.test_inputs[images])
        if scores is not None:
            told_apart = probes_images.best_naming(scores, job.data.test_labels[images])
            self.figures["untrained"] = told_apart
            self.found.append(probes.untrained(told_apart, len(images)))

    def _scrambled(self, worker: Worker) -> None:
        """Shuffle until a shuffled state is at chance; only what never is has the answers from elsewhere."""
        data, lowest, tries = self._job.data, 1.0, 0
        limit = probes.LIMITS["scrambled state"].threshold
        labels = data.test_labels
        for images in self._chosen.scrambled:
            tries += 1
            state = self._state
            blob = probes_state.scrambled(state.blob, state.layout, self._generator)
            self._restore(worker, replace(state, blob=blob))
            scores = self._predict(worker, self._job.test_inputs[images])
            right = 0.0 if scores is None else score(scores, labels[images]).accuracy
            lowest = min(lowest, right)
            chance = probes_images.chance(labels[images], data.classes)
            if lowest <= chance + limit:
                break
        self.figures["scrambled above chance"] = lowest - chance
        self.found.append(probes.scrambled(lowest, chance, len(images), tries))

    def _perturbed(self, worker: Worker) -> None:
        data, images = self._job.data, self._chosen.perturbed
        known = data.test_images[images]
        if data.inputs == "features":
            noisy: Array = probes_images.perturbed_columns(
                cast("Columns", known), data.channel_stds, self._generator
            )
        else:
            noisy = probes_images.perturbed(cast("Pixels", known), self._generator)
        shown = self._job.test_inputs[images].showing(noisy)
        scores = conversation.predict(worker, shown, data.classes, transforms=self._job.recipe.evaluated_with)
        if isinstance(scores, Ending):
            raise _Ended(scores, "predict")
        labels = data.test_labels[images]
        before = score(self._first.scores[images], labels).accuracy
        after = score(scores[:, self._class_ids], labels).accuracy
        self.figures["perturbed drop"] = before - after
        self.found.append(probes.perturbed(before, after, len(images)))

    def _orders(self, ordered: Predicted) -> Score | None:
        """The second pass against the first; where they differ, the whole test set decides."""
        images = self._chosen.ordered
        seen = probes_images.difference(self._first.scores[images], ordered.scores, ordered.answered)
        limit = probes.LIMITS["two orders"].threshold
        lowest = None
        if seen.moved > limit or set(ordered.failed) - {1}:
            whole = self._whole(frozenset(ordered.failed))
            everything = self._first.scores[self._chosen.whole]
            seen = probes_images.difference(everything, whole.scores, whole.answered)
            if seen.moved > limit:
                lowest = self._lower(whole)
        self.figures |= {"moved": seen.moved, "changed": seen.changed, "largest": seen.largest}
        differs = seen.moved > limit
        accuracy = None if not differs else (lowest or self._first.score).accuracy
        self.found.append(probes.two_orders(seen.moved, seen.changed, seen.images, accuracy))
        self.found.append(probes.state_while_predicting(*self._first.changed, differs))
        return lowest

    def _whole(self, left_out: frozenset[int]) -> Predicted:
        worker = self._job.open_worker()
        try:
            self._ready(prepare(self._job, worker, self._seed ^ _THIRD_SEED))
            self._restore(worker, self._state)
            return self._in_sizes(worker, self._chosen.whole, left_out)
        finally:
            worker.stop()

    def _lower(self, whole: Predicted) -> Score | None:
        """The score of the whole pass, where it is lower than the first; what was not answered is as before."""
        import numpy as np

        order = self._chosen.whole
        scores = np.empty_like(self._first.scores)
        scores[order] = np.where(whole.answered[:, None], whole.scores, self._first.scores[order])
        again = score(scores, self._job.data.test_labels)
        return again if again.correct < self._first.score.correct else None

    # --- what a worker is asked -------------------------------------------------------------------------------

    def _ready(self, ended: tuple[Ending, str] | None) -> None:
        if ended:
            raise _Ended(*ended)

    def _restore(self, worker: Worker, state: State) -> None:
        restored = conversation.restore(worker, state)
        if restored:
            raise _Ended(restored, "restore")

    def _predict(self, worker: Worker, inputs: Inputs) -> Array | None:
        """Scores with true class ids; None where the model raises an error, as an untrained one may."""
        shown_with = self._job.recipe.evaluated_with
        scores = conversation.predict(worker, inputs, self._job.data.classes, transforms=shown_with)
        if not isinstance(scores, Ending):
            return scores[:, self._class_ids]
        if scores.kind == "raised":
            return None
        raise _Ended(scores, "predict")

    def _in_sizes(self, worker: Worker, images: Indices, left_out: frozenset[int]) -> Predicted:
        data = self._job.data
        batches = probes_images.sizes(
            len(images), left_out, instead=500 if left_out - {1} else BATCH_SIZES[-1]
        )
        shown_with = self._job.recipe.evaluated_with
        found = conversation.predict_in(
            worker, self._job.test_inputs[images], batches, data.classes, transforms=shown_with
        )
        if isinstance(found, Ending):
            raise _Ended(found, "predict")
        return Predicted(found.scores[:, self._class_ids], found.answered, found.failed)
