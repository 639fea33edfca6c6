"""What happens while the student's code trains: events in, runs out.

A run is what one optimizer does in one cell with one batch size: a notebook that goes on with the same optimizer
in another cell has two of them.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import torch

from grader.worker.capture import places, whiles
from grader.worker.capture.gradients import Gradients
from grader.worker.capture.loops import Loop, Loops

Told = tuple[tuple[str, Any], ...]
"""Arguments of a loss that are not its defaults."""

Clipped = tuple[tuple[str, Told], ...]
"""Names and arguments of what was done to the gradients before one step."""

WINDOW = 4096
"""Losses that are kept until the next backward pass: a regulariser may call one per parameter."""

MOST_CLIPPED = 8
"""What is done to the gradients more often than that before one step is not told."""

MINOR_LOSSES = frozenset({"l1_loss", "smooth_l1_loss", "mse_loss", "huber_loss"})


@dataclass(eq=False)
class Optimizer:
    """One optimizer object."""

    object: Any
    call: dict[str, Any]
    schedulers: list[Scheduler] = field(default_factory=list)


@dataclass(eq=False)
class Scheduler:
    call: dict[str, Any]
    optimizer: Any
    building: bool = False
    by_metric: bool = False  # it acts on a value that the student measures


@dataclass(eq=False)
class Pass:
    """One pass over a loader, from the first batch asked for to the last one taken."""

    loader: Any
    loops: tuple[Loop, ...]
    place: str
    batches: int = 0
    backwards: int = 0
    steps: int = 0
    unbounded: bool = False  # a `while` without a known end is around it
    batches_at_step: int = 0  # how many had been taken when an optimizer last stepped
    ended: bool = False
    complete: bool = False
    stepped: set[int] = field(default_factory=set)  # `id` of runs
    modes: set[bool] = field(default_factory=set)  # whether the model was in train mode
    gradients: bool = False
    models: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Evaluation:
    loader: Any
    place: str
    passes: int = 0
    modes: set[bool] = field(default_factory=set)
    gradients: bool = False


@dataclass(eq=False)
class Run:
    """What one optimizer did in one cell with one batch size."""

    optimizer: Optimizer
    place: str
    loader: Any
    model: Any
    trainable: int
    first_rate: float
    at_import: bool
    last_rate: float = 0.0
    steps: int = 0
    asked_to_zero: int = 0  # steps since whose last one `zero_grad` was called
    cleared: Counter[bool] = field(
        default_factory=Counter
    )  # steps before which gradients were cleared or kept
    batches_per_step: Counter[int] = field(default_factory=Counter)
    passes: list[Pass] = field(default_factory=list)
    loops: tuple[Loop, ...] = ()
    losses: Counter[tuple[str, Told, bool]] = field(default_factory=Counter)
    scheduler_steps: Counter[int] = field(default_factory=Counter)
    schedulers: list[Scheduler] = field(default_factory=list)
    evaluations: dict[int, Evaluation] = field(default_factory=dict)
    rises: int = 0  # how often the rate went up from one step to the next
    other_losses: int = 0  # steps whose loss was computed of something else than the model's own output
    clipping: Counter[Clipped] = field(default_factory=Counter)  # of the gradients, before a step


class Recorder:
    """Takes the events. All of them come from one thread, in the order in which they happen."""

    def __init__(self) -> None:
        self.loaders: list[Any] = []
        self.loops = Loops(lambda length: any(length == known for known in self.loader_lengths))
        self.loader_lengths: set[int] = set()
        self.optimizers: dict[int, Optimizer] = {}
        self.runs: dict[tuple[int, str, int], Run] = {}
        self.models: dict[int, Any] = {}
        self.cell = ""
        self.importing = 0
        self.notes: dict[str, None] = {}
        self.steps = 0
        self._passes: list[Pass] = []
        self._last: Run | None = None
        self._recent: Pass | None = None  # the last that was left after one batch
        self._model: Any = None
        self._output: Any = None  # of the outermost module, as it was returned
        self._losses: deque[tuple[str, Told, float, bool]] = deque(maxlen=WINDOW)
        self._loss: tuple[str, Told, bool] = ("", (), False)
        self._of_output = True
        self._clipped: list[tuple[str, Told]] = []
        self._zeroed = False
        self._gradients = Gradients()

    def note(self, text: str) -> None:
        """Something that a person should know; each one once."""
        if len(self.notes) < 60:
            self.notes.setdefault(text[:300])

    # --- passes ---------------------------------------------------------------------------------------------

    def begin_pass(self, loader: Any) -> Pass:
        begun = Pass(loader, tuple(self.loops.running), places.here(), unbounded=whiles.around_student_code())
        self._passes.append(begun)
        return begun

    def end_pass(self, ended: Pass, *, complete: bool) -> None:
        if ended.ended:
            return
        ended.ended, ended.complete = True, complete
        if ended in self._passes:
            self._passes.remove(ended)
        if not complete and ended.batches:
            self._recent = ended
        if not ended.stepped and ended.models and ended.batches:
            self._evaluated(ended)

    def _evaluated(self, ended: Pass) -> None:
        """A pass with forward passes and no step belongs to the last run of one of its models."""
        run = self._last
        if run is None or not any(_same_model(model, run.model) for model in ended.models):
            return
        key = id(ended.loader)
        found = run.evaluations.setdefault(key, Evaluation(ended.loader, ended.place))
        found.passes += 1
        found.modes |= ended.modes
        found.gradients |= ended.gradients

    def batch(self, taken: Pass) -> None:
        taken.batches += 1

    # --- the model and its loss ------------------------------------------------------------------------------

    def forward(self, model: Any) -> None:
        """The outermost module with parameters was called."""
        self.models[id(model)] = model
        self._model = model
        for running in self._passes:
            running.modes.add(bool(model.training))
            running.gradients |= torch.is_grad_enabled()
            if not any(model is known for known in running.models):
                running.models.append(model)

    def returned(self, output: Any) -> None:
        """What that call gave."""
        self._output = output

    def loss(self, name: str, arguments: Told, value: float, scores: Any) -> None:
        self._losses.append((name, arguments, value, scores is self._output))

    def clipped(self, name: str, arguments: Told) -> None:
        """Something was done to the gradients."""
        if len(self._clipped) < MOST_CLIPPED:
            self._clipped.append((name, arguments))

    def backward(self, value: float) -> None:
        """A backward pass starts from this value: is it one of the losses as it was computed?"""
        self._gradients.backward()
        for running in self._passes[-1:]:
            running.backwards += 1
        listed = list(self._losses)
        self._losses.clear()
        for name, arguments, found, of_output in reversed(listed):
            if _equal(found, value):
                self._loss, self._of_output = (name, arguments, True), of_output
                return
        major = dict.fromkeys((n, a) for n, a, *_ in listed if n not in MINOR_LOSSES)
        named = list(major) or list(dict.fromkeys((n, a) for n, a, *_ in listed))
        names = " + ".join(dict.fromkeys(name for name, _ in named[:4]))
        self._loss = (names, named[0][1] if named else (), False)

    def zeroed(self) -> None:
        self._zeroed = True

    # --- repairs --------------------------------------------------------------------------------------------

    def mark(self) -> dict[tuple[int, str, int], int]:
        """How far every run has come."""
        return {key: len(run.passes) for key, run in self.runs.items()}

    def rewind(self, mark: dict[tuple[int, str, int], int]) -> None:
        """Forget the passes since then: the statement that made them failed, and runs once more."""
        for key in list(self.runs):
            if key not in mark:
                del self.runs[key]
            else:
                del self.runs[key].passes[mark[key] :]

    # --- optimizers and schedulers ---------------------------------------------------------------------------

    def built_optimizer(self, optimizer: Any, call: dict[str, Any]) -> None:
        self.optimizers[id(optimizer)] = Optimizer(optimizer, call)

    def built_scheduler(self, scheduler: Scheduler) -> None:
        owner = self.optimizers.get(id(scheduler.optimizer))
        if owner is not None:
            owner.schedulers.append(scheduler)

    def stepped(self, optimizer: Any) -> None:
        owner = self.optimizers.get(id(optimizer))
        if owner is None:
            return
        self.steps += 1
        running = self._passes[-1] if self._passes else self._recent
        run = self._run(owner, running)
        rate = _rate(optimizer)
        run.rises += run.steps > 0 and rate > run.last_rate
        run.steps += 1
        run.last_rate = rate
        run.asked_to_zero += self._zeroed
        cleared = self._gradients.stepped(optimizer)
        if cleared is not None:
            run.cleared[cleared] += 1
        run.losses[self._loss] += 1
        run.other_losses += not self._of_output
        run.clipping[tuple(self._clipped)] += 1
        self._clipped.clear()
        self._zeroed, self._of_output = False, True
        self._last = run
        if running is not None:
            running.steps += 1
            run.batches_per_step[running.batches - running.batches_at_step] += 1
            running.batches_at_step = running.batches
        if running is not None and id(run) not in running.stepped:
            running.stepped.add(id(run))
            run.passes.append(running)

    def _run(self, owner: Optimizer, running: Pass | None) -> Run:
        loader = running.loader if running is not None else None
        key = (id(owner), self.cell, int(getattr(loader, "batch_size", 0) or 0))
        if key not in self.runs:
            model = self._owner_of(owner.object)
            self.runs[key] = Run(
                optimizer=owner,
                place=self.cell or places.here(),
                loader=loader,
                model=model,
                trainable=_trainable(model, owner.object),
                first_rate=_rate(owner.object),
                at_import=self.importing > 0,
                loops=tuple(self.loops.running),
            )
        run = self.runs[key]
        run.schedulers = list(owner.schedulers)
        return run

    def scheduler_stepped(self, scheduler: Scheduler) -> None:
        if scheduler.building:
            return
        for run in reversed(self.runs.values()):
            if run.optimizer.object is scheduler.optimizer:
                run.scheduler_steps[id(scheduler)] += 1
                return

    def _owner_of(self, optimizer: Any) -> Any:
        """The called module whose parameters the optimizer has: the smallest that covers them all."""
        wanted = {id(p) for group in optimizer.param_groups for p in group["params"]}
        sized = [(module, {id(p) for p in module.parameters()}) for module in self.models.values()]
        covers = [(len(held), index) for index, (_, held) in enumerate(sized) if wanted <= held]
        if covers:
            return sized[min(covers)[1]][0]
        best = max(sized, key=lambda item: len(wanted & item[1]), default=(self._model, set()))
        return best[0]


def _same_model(one: Any, other: Any) -> bool:
    return one is other or getattr(one, "module", None) is other or getattr(other, "module", None) is one


def _trainable(model: Any, optimizer: Any) -> int:
    if model is not None:
        return sum(p.numel() for p in model.parameters() if p.requires_grad)
    return sum(p.numel() for group in optimizer.param_groups for p in group["params"] if p.requires_grad)


def _rate(optimizer: Any) -> float:
    rate = float(optimizer.param_groups[0].get("lr", 0.0))
    return rate if math.isfinite(rate) else 0.0


def _equal(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return abs(one - other) <= 1e-6 * max(1e-3, abs(one))
