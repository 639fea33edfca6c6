"""A machine that says it has a GPU and computes on the CPU.

Student code chooses batch sizes by `torch.cuda.is_available()`: without this, a capture would record the recipe
of a machine that the student never used.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch

from grader.worker.capture.quiet import Quiet

_FACTORIES = (
    *("zeros", "ones", "empty", "full", "rand", "randn", "randint", "randperm", "arange", "linspace", "eye"),
    *("tensor", "as_tensor", "zeros_like", "ones_like", "rand_like", "randn_like", "empty_like", "full_like"),
    *("scalar_tensor", "logspace", "normal", "asarray"),
)
_HOST = torch.device("cpu")


def install() -> None:
    """Replace what asks for, or moves to, an accelerator."""
    _cuda()
    _moves()
    for name in _FACTORIES:
        setattr(torch, name, _on_host(getattr(torch, name)))
    torch.Generator = _Generator  # type: ignore[misc]
    _mixed_precision()
    _wrappers()


def _quiet_cuda_names() -> dict[str, Any]:
    return {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "get_device_name": lambda *_: "Tesla T4",
        "get_device_capability": lambda *_: (7, 5),
        "get_device_properties": lambda *_: SimpleNamespace(
            name="Tesla T4", total_memory=15 * 1024**3, major=7, minor=5, multi_processor_count=40
        ),
        "is_current_stream_capturing": lambda: False,
        "is_bf16_supported": lambda *_, **__: False,
        "manual_seed": lambda *_: None,
        "manual_seed_all": lambda *_: None,
        "memory_summary": lambda *_, **__: "",
        "mem_get_info": lambda *_: (15 * 1024**3, 15 * 1024**3),
    }


def _cuda() -> None:
    for name, value in _quiet_cuda_names().items():
        setattr(torch.cuda, name, value)
    for name in (
        "empty_cache",
        "synchronize",
        "set_device",
        "init",
        "ipc_collect",
        "reset_peak_memory_stats",
        "seed_all",
    ):
        setattr(torch.cuda, name, lambda *_, **__: None)
    for name in ("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"):
        setattr(torch.cuda, name, lambda *_, **__: 0)
    cuda: Any = torch.cuda
    cuda.device = cuda.stream = Autocast
    cuda.Event = cuda.Stream = _Silent
    for name in ("FloatTensor", "LongTensor", "DoubleTensor", "HalfTensor", "ByteTensor", "IntTensor"):
        setattr(cuda, name, getattr(torch, name))
    # The optimizers of the Adam family ask the accelerator for its stream in each step.
    accelerator: Any = getattr(torch, "accelerator", None)
    if accelerator is not None:
        accelerator.current_accelerator = lambda *_, **__: None
        accelerator.is_available = lambda: True
        accelerator.device_count = lambda: 1
    patched: Any = torch
    patched.set_default_device = patched.set_default_tensor_type = lambda *_: None


def _host(value: Any) -> Any:
    """The CPU in place of any accelerator; other values as they are."""
    if isinstance(value, torch.device):
        # Comparing is thirty times quicker than asking for the type, and transforms ask for each image.
        return value if value == _HOST or value.type in ("cpu", "meta") else _HOST
    if isinstance(value, str) and value.split(":")[0] in ("cuda", "mps", "xla", "xpu", "gpu"):
        return _HOST
    return value


def _moves() -> None:
    tensor: Any = torch.Tensor
    module: Any = torch.nn.Module
    tensor_to, module_to = tensor.to, module.to

    @functools.wraps(tensor_to)
    def to(self: Any, *arguments: Any, **named: Any) -> Any:
        if not arguments and len(named) == 1 and "dtype" in named:
            return tensor_to(self, dtype=named["dtype"])
        if len(arguments) == 1 and not named and _host(arguments[0]) is _HOST:
            return self
        if isinstance(arguments[0] if arguments else None, int):
            return self
        return tensor_to(
            self, *map(_host, arguments), **{name: _host(value) for name, value in named.items()}
        )

    @functools.wraps(module_to)
    def move_module(self: Any, *arguments: Any, **named: Any) -> Any:
        kept = [a for a in arguments if isinstance(a, torch.dtype)]
        dtype = named.get("dtype")
        return module_to(self, *kept, dtype=dtype) if dtype else module_to(self, *kept) if kept else self

    def stay(self: Any, *_: Any, **__: Any) -> Any:
        return self

    tensor.to, module.to = to, move_module
    tensor.cuda = tensor.pin_memory = module.cuda = stay


def _on_host(make: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(make)
    def on_host(*arguments: Any, **named: Any) -> Any:
        if not named:
            return make(*arguments)
        if "device" in named:
            named["device"] = _host(named["device"])
        named.pop("pin_memory", None)
        return make(*arguments, **named)

    return on_host


_real_generator = torch.Generator


class _GeneratorType(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _real_generator)


class _Generator(metaclass=_GeneratorType):
    """A generator of the CPU, whatever it was asked for. A class: libraries name it in their annotations."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return _real_generator()


class _Scaler:
    """Scaling of losses that scales nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def scale(self, loss: Any) -> Any:
        return loss

    def step(self, optimizer: Any, *arguments: Any, **named: Any) -> Any:
        return optimizer.step(*arguments, **named)

    def unscale_(self, *_: Any) -> None:
        return None

    def update(self, *_: Any) -> None:
        return None

    def get_scale(self) -> float:
        return 1.0

    def is_enabled(self) -> bool:
        return True

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, *_: Any) -> None:
        return None


class Autocast(contextlib.ContextDecorator):
    def __init__(self, *_: Any, **__: Any) -> None:
        return None

    def __enter__(self) -> Autocast:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _mixed_precision() -> None:
    import torch.cuda.amp as cuda_amp

    for module in (torch.amp, cuda_amp):
        module.GradScaler = _Scaler  # type: ignore[attr-defined]
        module.autocast = Autocast  # type: ignore[attr-defined]
    torch.autocast = Autocast  # type: ignore[misc, assignment]


def _wrappers() -> None:
    """Compiling gives the same function; data parallelism over one device is the module itself."""

    def compiled(model: Any = None, *_: Any, **__: Any) -> Any:
        return model if model is not None else lambda function: function

    class DataParallel(torch.nn.Module):
        def __init__(self, module: Any, *_: Any, **__: Any) -> None:
            super().__init__()
            self.module = module

        def forward(self, *arguments: Any, **named: Any) -> Any:
            return self.module(*arguments, **named)

    torch.compile = compiled
    torch.nn.DataParallel = DataParallel  # type: ignore[misc, assignment]
    torch.nn.parallel.DistributedDataParallel = DataParallel  # type: ignore[misc, assignment]


class _Silent:
    """In the place of CUDA's classes: libraries name them in annotations, so it has to be a class."""

    def __new__(cls, *_: object, **__: object) -> Any:
        return Quiet("cuda")
