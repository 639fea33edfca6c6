"""Run one unit as a capture does, with real images and every batch, until the chosen training has had its samples."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from grader.isolation.frames import Array, Message
from grader.worker.capture import accelerator, albumen, data_sets
from grader.worker.capture.alarm import EVERY_SECONDS, OutOfTime, alarm
from grader.worker.capture.built import remember
from grader.worker.capture.run import Capture
from grader.worker.faithful import hub, loaders, seeds
from grader.worker.faithful.images import Filler, Images
from grader.worker.faithful.meter import Meter
from grader.worker.faithful.saving import Saved
from grader.worker.faithful.states import Reporter, Send
from grader.worker.faithful.stop import Stop
from grader.worker.faithful.trainings import Wanted

AFTER_STOP_CPU_SECONDS = 5.0
"""What code that catches the end of its training may still use up."""

LONGEST_CPU_SECONDS = 1e7
"""No limit of ours: the supervisor has the clock."""


def faithful(submission: Path, request: Message, images: Array, labels: Array, send: Send) -> dict[str, Any]:
    """What the supervisor asked for; see `grader.isolation.faithful`."""
    arguments, names = request.header.get("arguments"), request.header.get("names")
    assert isinstance(arguments, list)
    assert isinstance(names, list)
    source = Images(request.text("data_set", 40), images, labels, request.integer("classes", 1, 100_000))
    running = Faithful(
        submission,
        request.text("unit", 1000),
        [str(word) for word in arguments],
        tuple(map(str, names)),
        request.number("rate", 1e-9, 1.0),
    )
    running.prepare(
        Wanted(
            place=request.text("place", 1000),
            model=request.text("model", 1000),
            trainable=request.integer("trainable", 0, 2**53),
            batch_size=request.integer("batch_size", 0, 2**53),
            ordinal=request.integer("ordinal", 0, 1000),
        ),
        source,
        Reporter(send, request.integer("state_limit", 0, 2**40)),
        epochs=request.integer("epochs", 1, 100_000),
        seed=request.integer("seed", 0, 2**31 - 1),
        threads=request.integer("threads", 1, 4096),
    )
    return running.train()


class Faithful(Capture):
    """One unit in this process, which is of no use for anything else afterwards."""

    _meter: Meter
    _source: Images
    _filler: Filler
    _seed: int

    def prepare(
        self, wanted: Wanted, source: Images, reporter: Reporter, *, epochs: int, seed: int, threads: int
    ) -> None:
        """Say what is to be trained, on what, and for how long. To be called before `train`."""
        self._source, self._seed = source, seed
        self._filler = Filler(source, self._note)
        self._saved = Saved()
        self._fakes: dict[str, None] = {}
        self._running = False
        self._meter = Meter(
            wanted,
            epochs=epochs,
            images=source.count,
            reporter=reporter,
            cell=lambda: self._recorder.cell,
            uncovered=self._uncovered,
            on_stop=self._end_soon,
        )
        _fix_threads(threads)

    def train(self) -> dict[str, Any]:
        """Run the unit to its end, or to the end of the budget."""
        start = time.monotonic()
        self._install()
        ended = self._run_to_the_end()
        try:
            self._meter.finish()
        except Stop as stop:
            ended = stop.why
        os.chdir("/")
        shutil.rmtree(self._copy.root, ignore_errors=True)
        meter, chosen = self._meter, self._meter.trainings.chosen
        return {
            "ended": "nothing" if chosen is None else ended,
            "reason": meter.stopped.sentence if meter.stopped is not None else "",
            "steps": chosen.steps if chosen is not None else 0,
            "samples": chosen.samples if chosen is not None else 0,
            "elsewhere": meter.trainings.elsewhere,
            "notes": list(self._recorder.notes),
            "tail": self._without_root(self._tail.text()),
            "seconds": time.monotonic() - start,
        }

    def _run_to_the_end(self) -> str:
        """How the unit ended. Code that catches the end of its training is ended by an alarm."""
        try:
            with alarm(LONGEST_CPU_SECONDS):
                self._running = True
                try:
                    self._run_unit()
                except SystemExit:
                    return self._why("it ended itself")
                except Stop as stop:
                    return stop.why
                finally:
                    self._running = False
        except OutOfTime:
            pass
        return self._why("finished")

    def _end_soon(self) -> None:
        if self._running:
            signal.setitimer(signal.ITIMER_PROF, AFTER_STOP_CPU_SECONDS, EVERY_SECONDS)

    def _why(self, otherwise: str) -> str:
        return self._meter.stopped.why if self._meter.stopped is not None else otherwise

    # --- stand-ins ------------------------------------------------------------------------------------------

    def _watch(self) -> Callable[[str], None]:
        meter = self._meter
        self._saved.install()
        data_sets.install(self._note, self._filler.fill)
        loaders.install(meter)
        albumen.Transform.heard = staticmethod(self._fake_albumentations)
        _tolerate_dropped_arguments()
        _tell_of_mixed_precision(self._note)
        listen: Any = register_optimizer_step_post_hook
        listen(meter.stepped)
        _hear_backward(meter)
        meter.calls.on()
        seeds.install(self._seed, self._note)
        return lambda _: None

    def _own_builtins(self) -> dict[str, Any]:
        return {**super()._own_builtins(), "range": builtins.range}

    def _libraries(self) -> dict[str, Callable[[str], ModuleType]]:
        """The student's own albumentations where it is installed; a stand-in of it can train nothing."""
        found = {**super()._libraries(), "datasets": hub.library(self._source, self._hub_filled)}
        real = self._installed("albumentations", "albumentations.pytorch")
        if real:
            found["albumentations"] = real.__getitem__
        return found

    def _installed(self, *names: str) -> dict[str, ModuleType]:
        """A package that the submission asks for, and all parts of it, where it is installed here."""
        top = names[0]
        if importlib.util.find_spec(top) is None or not any(top in one.source for one in self._all_pieces()):
            return {}
        for name in names:
            importlib.import_module(name)
        return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == top}

    def _hub_filled(self) -> None:
        self._filler.filled = True

    def _fake_albumentations(self, _: Any) -> None:
        self._fakes.setdefault("Its transforms are those of albumentations, which is not installed here.")

    def _uncovered(self, loader: Any) -> str:
        return next(iter(self._fakes), "") or self._filler.uncovered(loader)

    def _mark(self) -> Callable[[], None]:
        return self._meter.mark()


def _fix_threads(threads: int) -> None:
    """As many as the supervisor says, whatever the student's code asks for."""
    torch.set_num_threads(threads)
    patched: Any = torch
    patched.set_num_threads = patched.set_num_interop_threads = lambda *_: None


def _tolerate_dropped_arguments() -> None:
    """Optimizers and schedulers take arguments that older versions had, as in a capture."""
    from torch.optim import lr_scheduler

    from grader.worker.capture.optimizers import subclasses

    for base in (torch.optim.Optimizer, lr_scheduler.LRScheduler):
        for cls in (*subclasses(base), base):
            remember(cls, "torch", ("params", "optimizer"))


def _hear_backward(meter: Meter) -> None:
    original: Any = torch.Tensor.backward

    def backward(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        meter.backward(self)
        return original(self, *arguments, **named)

    torch.Tensor.backward = backward  # type: ignore[method-assign]


def _tell_of_mixed_precision(note: Callable[[str], None]) -> None:
    """Autocasting to half precision does nothing here: that is to be said."""
    import torch.cuda.amp as cuda_amp

    class Autocast(accelerator.Autocast):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            note("The code trains in mixed precision: here it was trained in full precision.")
            super().__init__(*arguments, **named)

    for module in (torch.amp, cuda_amp, torch):
        module.autocast = Autocast  # type: ignore[attr-defined]
