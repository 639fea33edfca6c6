"""Which kinds of operators really run in a forward pass, functional calls included.

A `TorchDispatchMode` sees every operator below autograd, however the student wrote it. An operator that is not
in the table has no kind here; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_KINDS: dict[str, str] = {
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit": "batch norm",
    "_batch_norm_with_update": "batch norm",
    "cudnn_batch_norm": "batch norm",
    "native_group_norm": "group norm",
    "native_layer_norm": "layer norm",
    "max_pool2d_with_indices": "max pool",
    "max_pool2d": "max pool",
    "avg_pool2d": "average pool",
    "addmm": "linear",
    "mm": "linear",
    "linear": "linear",
    "relu": "relu",
    "relu_": "relu",
    "leaky_relu": "relu",
    "leaky_relu_": "relu",
    "native_dropout": "dropout",
    "bernoulli_": "dropout",
    "_log_softmax": "log softmax",
    "_softmax": "softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "gelu": "gelu",
    "silu": "silu",
    "silu_": "silu",
    "embedding": "embedding",
    "lstm": "lstm",
    "mkldnn_rnn_layer": "lstm",
    "_scaled_dot_product_flash_attention_for_cpu": "attention",
    "_scaled_dot_product_efficient_attention": "attention",
    "_scaled_dot_product_flash_attention": "attention",
}


class KindRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Collects the kinds of the operators that run while it is active, in the order of first use."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kinds: dict[str, None] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for kind in _kinds_of(func.overloadpacket.__name__, args, result):
            self.kinds.setdefault(kind)
        return result


def _kinds_of(name: str, args: tuple[Any, ...], result: Any) -> tuple[str, ...]:
    if name in ("convolution", "_convolution", "convolution_overrideable"):
        return _convolution(args)
    if name == "_adaptive_avg_pool2d":
        return (_pool(result),)
    if name == "mean":
        return ("global average pool",) if _pools_space(args) else ()
    kind = _KINDS.get(name)
    return (kind,) if kind else ()


def _convolution(args: tuple[Any, ...]) -> tuple[str, ...]:
    weight, groups = args[1], args[8]
    kinds = ["convolution"]
    if groups > 1 and groups == args[0].shape[1]:
        kinds.append("depthwise convolution")
    if all(size == 1 for size in weight.shape[2:]):
        kinds.append("pointwise convolution")
    return tuple(kinds)


def _pool(result: Any) -> str:
    return "global average pool" if all(size == 1 for size in result.shape[2:]) else "average pool"


def _pools_space(args: tuple[Any, ...]) -> bool:
    """Whether a mean goes over both spatial axes of an image batch."""
    tensor, axes = args[0], args[1] if len(args) > 1 else None
    if tensor.dim() != 4 or not isinstance(axes, list | tuple):
        return False
    return {axis % 4 for axis in axes} == {2, 3}


def record_kinds(forward: Callable[[], object]) -> tuple[str, ...]:
    """The operator kinds of one forward pass (average pooling of a whole map counts as global)."""
    with torch.no_grad(), KindRecorder() as recorder:
        forward()
    return tuple(recorder.kinds)
