"""Watch optimizers, schedulers, losses and backward passes by hooks in the libraries themselves."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as functional
from torch.optim import lr_scheduler
from torch.optim.optimizer import register_optimizer_step_pre_hook

from grader.worker.capture.built import remember
from grader.worker.capture.recorder import Recorder, Scheduler, Told
from grader.worker.capture.shown import plain

LOSSES = (
    *("nll_loss", "cross_entropy", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "soft_margin_loss"),
    *("multi_margin_loss", "multilabel_soft_margin_loss", "cosine_embedding_loss", "triplet_margin_loss"),
)
CLIPPING = ("clip_grad_norm_", "clip_grad_value_")
CLASSES = 10

_NOT_TOLD = frozenset({"input", "target", "size_average", "reduce", "self"})


def watch(recorder: Recorder) -> None:
    """Install everything of this file."""
    _watch_optimizers(recorder)
    _watch_schedulers(recorder)
    for name in LOSSES:
        _watch_loss(recorder, name)
    _watch_clipping(recorder)
    _watch_backward(recorder)
    _let_one_hot_know_the_classes()


def _watch_optimizers(recorder: Recorder) -> None:
    base: Any = torch.optim.Optimizer
    for cls in (*subclasses(base), base):
        remember(cls, "torch", ("params",), recorder.built_optimizer)
    listen: Any = register_optimizer_step_pre_hook
    listen(lambda optimizer, *_: recorder.stepped(optimizer))
    for owner in (base, torch.nn.Module):
        _before(owner, "zero_grad", recorder.zeroed)


def subclasses(cls: type) -> list[type]:
    """Every class that derives from this one, the most derived last."""
    found: list[type] = []
    below: list[type] = cls.__subclasses__()
    for one in below:
        found += [one, *subclasses(one)]
    return found


def _before(owner: Any, name: str, event: Callable[[], None]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        event()
        return original(*arguments, **named)

    setattr(owner, name, call)


# --- schedulers ---------------------------------------------------------------------------------------------


def _watch_schedulers(recorder: Recorder) -> None:
    base: Any = lr_scheduler.LRScheduler
    classes = [cls for cls in (*subclasses(base), base) if cls.__module__ == lr_scheduler.__name__]
    for cls in classes:
        _watch_building(cls, recorder)
        remember(cls, "torch", ("optimizer",))
    for cls in classes:
        if "step" in cls.__dict__:
            _watch_scheduler_step(cls, recorder)


def _watch_building(cls: Any, recorder: Recorder) -> None:
    """Its constructor steps once by itself: steps count from its end on."""
    original = cls.__dict__.get("__init__")
    if original is None:
        return

    @functools.wraps(original)
    def construct(self: Any, *arguments: Any, **named: Any) -> None:
        outermost = "_recorded_scheduler" not in self.__dict__
        if outermost:
            self.__dict__["_recorded_scheduler"] = Scheduler({}, None, building=True)
        try:
            original(self, *arguments, **named)
        except BaseException:
            if outermost:
                del self.__dict__["_recorded_scheduler"]
            raise
        if outermost:
            known = self.__dict__["_recorded_scheduler"]
            known.call, known.optimizer = self.__dict__["_recorded_call"], getattr(self, "optimizer", None)
            known.by_metric = isinstance(self, lr_scheduler.ReduceLROnPlateau)
            known.building = False
            recorder.built_scheduler(known)

    cls.__init__ = construct


def _watch_scheduler_step(cls: Any, recorder: Recorder) -> None:
    original = cls.__dict__["step"]

    @functools.wraps(original)
    def step(self: Any, *arguments: Any, **named: Any) -> Any:
        known = self.__dict__.get("_recorded_scheduler")
        if known is None or self.__dict__.get("_stepping"):
            return original(self, *arguments, **named)
        recorder.scheduler_stepped(known)
        self.__dict__["_stepping"] = True
        try:
            return original(self, *arguments, **named)
        finally:
            self.__dict__.pop("_stepping", None)

    cls.step = step


# --- losses -------------------------------------------------------------------------------------------------


def _watch_loss(recorder: Recorder, name: str) -> None:
    original = getattr(functional, name)

    @functools.wraps(original)
    def loss(*arguments: Any, **named: Any) -> Any:
        value = original(*arguments, **named)
        if isinstance(value, torch.Tensor) and value.requires_grad and value.numel() == 1:
            scores = arguments[0] if arguments else named.get("input")
            labels = arguments[1] if len(arguments) > 1 else named.get("target")
            recorder.loss(name, (*_told(named), *_soft(labels)), float(value.detach()), scores)
        return value

    setattr(functional, name, loss)


def _told(named: dict[str, Any]) -> Told:
    """Arguments of a loss that differ from what they are when nobody gives them."""
    usual = {
        "weight": None,
        "ignore_index": -100,
        "reduction": "mean",
        "label_smoothing": 0.0,
        "pos_weight": None,
    }
    return tuple(
        (name, plain(value))
        for name, value in named.items()
        if name not in _NOT_TOLD and (isinstance(value, torch.Tensor) or value != usual.get(name))
    )


def _soft(labels: Any) -> Told:
    """Shares of the classes in place of a class."""
    soft = isinstance(labels, torch.Tensor) and labels.is_floating_point() and labels.dim() > 1
    return (("target", "shares of the classes"),) if soft else ()


def _watch_clipping(recorder: Recorder) -> None:
    """Functions that act on the gradients of all parameters before a step."""
    for name in CLIPPING:
        original = getattr(torch.nn.utils, name)

        @functools.wraps(original)
        def clip(*arguments: Any, _original: Any = original, _name: str = name, **named: Any) -> Any:
            bound = inspect.signature(_original).bind(*arguments, **named).arguments
            recorder.clipped(
                _name, tuple((key, plain(value)) for key, value in bound.items() if key != "parameters")
            )
            return _original(*arguments, **named)

        setattr(torch.nn.utils, name, clip)
        setattr(torch.nn.utils.clip_grad, name, clip)


def _watch_backward(recorder: Recorder) -> None:
    patched: Any = torch.autograd

    def value(tensors: Any) -> float:
        first = tensors[0] if isinstance(tensors, list | tuple) and tensors else tensors
        single = isinstance(first, torch.Tensor) and first.numel() == 1
        return float(first.detach()) if single else float("nan")

    original: Any = torch.Tensor.backward
    autograd = patched.backward

    @functools.wraps(original)
    def backward(self: torch.Tensor, *arguments: Any, **named: Any) -> Any:
        recorder.backward(value(self))
        return original(self, *arguments, **named)

    @functools.wraps(autograd)
    def backward_of(tensors: Any, *arguments: Any, **named: Any) -> Any:
        if not isinstance(tensors, torch.Tensor):
            recorder.backward(value(tensors))
        return autograd(tensors, *arguments, **named)

    torch.Tensor.backward = backward  # type: ignore[method-assign]
    patched.backward = backward_of


def _let_one_hot_know_the_classes() -> None:
    """A real batch holds all ten digits, of which `one_hot` counts the classes; a stand-in's few items may not."""
    original: Any = functional.one_hot

    @functools.wraps(original)
    def one_hot(tensor: Any, num_classes: int = -1) -> Any:
        if num_classes == -1 and tensor.numel():
            num_classes = max(CLASSES, int(tensor.max()) + 1)
        return original(tensor, num_classes)

    functional.one_hot = one_hot
