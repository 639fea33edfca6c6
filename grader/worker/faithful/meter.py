"""What the chosen training was given, counted at every step of its optimizer, and stopped when it is enough.

A batch counts when a backward pass and a step of the optimizer follow it. A step without a new batch counts the
rows that the model was given: the same images again, or images that no loader brought.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from grader.worker.faithful.calls import Calls, rows_of
from grader.worker.faithful.passes import Pass, Passes, is_enough
from grader.worker.faithful.states import Packed, Reporter, packed
from grader.worker.faithful.stop import Stop, Why
from grader.worker.faithful.trainings import Training, Trainings, Wanted

REPORT_EVERY = 20
"""Steps between two progress reports."""


class Meter:
    """Takes what happens in the unit, in its order. All of it comes from one thread."""

    def __init__(
        self,
        wanted: Wanted,
        *,
        epochs: int,
        images: int,
        reporter: Reporter,
        cell: Callable[[], str],
        uncovered: Callable[[Any], str],
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            images: training images; `epochs` times as many samples are the budget.
            cell: gives the running cell, "" in a script.
            uncovered: says of the chosen training's loader why it does not load the real images; "" if it does.
            on_stop: is told before the student's code is ended.
        """
        self._images, self._budget = images, epochs * images
        self._reporter, self._uncovered, self._on_stop = reporter, uncovered, on_stop
        self.calls = Calls(self._forward)
        self.passes = Passes()
        self.trainings = Trainings(wanted, images, self.calls, cell)
        self.stopped: Stop | None = None
        self._active: Training | None = None
        self._loader: Any = None  # of the chosen training
        self._fresh = self._pending = self._last_rows = 0
        self._losses: list[torch.Tensor] = []
        self._epoch = 0
        self._sent = 0  # samples of the last state that was sent
        self._kept: tuple[int, int, Packed] | None = None  # steps, samples, state

    # --- loaders ----------------------------------------------------------------------------------------------

    def begin_pass(self, loader: Any) -> Pass:
        self.go_on()
        if loader is not self._loader:
            self._keep()
        return self.passes.begin(loader)

    def end_pass(self, ended: Pass, *, complete: bool) -> None:
        if ended.ended:
            return
        self.passes.end(ended, complete=complete)
        if complete and id(self.trainings.chosen) in ended.trainings:
            self._keep()

    def delivered(self, taken: Pass, batch: Any) -> None:
        taken.batches += 1
        self._fresh = rows_of(batch) if torch.is_grad_enabled() else 0

    def is_enough(self, taken: Pass) -> bool:
        return is_enough(taken, self.trainings.chosen, self._active)

    # --- models and optimizers --------------------------------------------------------------------------------

    def _forward(self) -> None:
        running = self.passes.innermost
        if running is not None:
            running.forwards += 1

    def backward(self, loss: torch.Tensor) -> None:
        self._pending += self._fresh
        self._fresh = 0
        running = self.passes.innermost
        if running is not None:
            running.backwards += 1
        if loss.numel() == 1 and len(self._losses) < 10 * REPORT_EVERY:
            self._losses.append(loss.detach())

    def stepped(self, optimizer: Any, *_: Any) -> None:
        """After a step of any optimizer."""
        self.go_on()
        taken = self.passes.current
        loader = taken.loader if taken is not None else None
        training = self.trainings.of(optimizer, loader)
        if training.chosen and not training.steps:
            self._begin(loader)
        rows = self._rows(training)
        training.steps += 1
        training.samples += rows
        self._active = training
        if taken is not None:
            taken.trainings.add(id(training))
        if training.chosen:
            self._count(training)
        else:
            self._losses.clear()
            self.trainings.count_elsewhere()
            self.calls.on()

    def _begin(self, loader: Any) -> None:
        """The first step of the chosen training."""
        self._loader = loader
        self.trainings.count_elsewhere()
        reason = self._uncovered(loader)
        if reason:
            self.stop("uncovered", reason)

    def _rows(self, training: Training) -> int:
        """Samples that this step was made of."""
        rows = self._pending or self._fresh
        if not rows:
            rows = self.calls.rows() or self._last_rows or 1
            self.calls.on()
        elif training.chosen:
            self.calls.off()
        if not self._pending:
            self._fresh = 0
        self._pending, self._last_rows = 0, rows
        return rows

    # --- what is counted --------------------------------------------------------------------------------------

    def _count(self, training: Training) -> None:
        if training.steps % REPORT_EVERY == 0:
            self._reporter.progress(training.steps, training.samples, self._mean_loss())
        if training.samples // self._images > self._epoch:
            self._epoch = training.samples // self._images
            self._send(training.steps, training.samples, packed(training.model))
        if self.trainings.spent >= self._budget:
            self.finish()
            self.stop("budget")

    def _mean_loss(self) -> float:
        """The mean since the last report, -1 where none is known. One that is not finite ends the training."""
        losses, self._losses = self._losses, []
        if not losses:
            return -1.0
        mean = sum(float(loss) for loss in losses) / len(losses)
        if not math.isfinite(mean):
            self.stop("diverged")
        return mean

    def _keep(self) -> None:
        """The state at the end of a pass: what the unit does with the model later does not belong to the training."""
        chosen = self.trainings.chosen
        if chosen is None or chosen.samples == self._sent:
            return
        if self._kept is None or self._kept[0] < chosen.steps:
            self._kept = (chosen.steps, chosen.samples, packed(chosen.model))

    def _send(self, steps: int, samples: int, state: Packed) -> None:
        loss = self._mean_loss()
        self._reporter.state(steps, samples, loss, self._epoch, state)
        self._sent = samples

    # --- the end ----------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """The training is at its end: the state after its last step goes out, unless that was done.

        Raises:
            Stop: the last losses were not finite.
        """
        chosen = self.trainings.chosen
        if chosen is None or self.stopped is not None or chosen.samples <= self._sent:
            return
        self._keep()
        assert self._kept is not None
        self._epoch += 1
        self._send(*self._kept)

    def mark(self) -> Callable[[], None]:
        """Called before a statement; what it gives is called where the statement failed and is tried again."""
        forget = self.trainings.mark()

        def rewind() -> None:
            if forget():
                self._epoch = self._sent = 0
                self._kept, self._loader = None, None
                self._losses.clear()
                self._reporter.again()
            self.trainings.count_elsewhere()

        return rewind

    def stop(self, why: Why, sentence: str = "") -> None:
        """End the student's code."""
        self.stopped = Stop(why, sentence)
        self._on_stop()
        raise self.stopped

    def go_on(self) -> None:
        """Ends the student's code once more where it caught the end of its training."""
        if self.stopped is not None:
            raise self.stopped
