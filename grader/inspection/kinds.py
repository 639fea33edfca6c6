"""The words for what an operator is: a closed list, which checks, specs and reports build on.

A word says what the operator does, however it was written: `nn.ReLU()`, `F.relu(x)` and `x.relu_()` are all "relu".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

KINDS: dict[str, str] = {
    "convolution": "a convolution of any size, groups and dilation (see its details)",
    "transposed convolution": "a transposed convolution",
    "linear": "a product with a weight that is no activation: nn.Linear, F.linear, x @ W",
    "matmul": "a product of two activations, their outer product too",
    "attention": "a fused scaled dot product",
    "batch norm": "batch normalisation",
    "group norm": "group normalisation; with groups=1 it has the statistics of a layer norm",
    "layer norm": "layer normalisation",
    "instance norm": "instance normalisation",
    "max pool": "a maximum over windows",
    "average pool": "a mean over windows, or over one spatial axis",
    "adaptive average pool": "a mean over bins, down (or up) to a given size",
    "global average pool": "a mean over all of both spatial axes, by whatever call",
    "global max pool": "a maximum over all of both spatial axes",
    "dropout": "dropout that is active in training",
    "relu": "ReLU and ReLU6",
    "leaky relu": "leaky, parametric and randomised ReLU",
    "gelu": "GELU",
    "silu": "SiLU (swish)",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
    "log softmax": "log-softmax",
    "add": "an elementwise sum",
    "concatenate": "several tensors joined along a dimension",
    "multiply": "an elementwise product",
    "upsample": "nearest, bilinear or bicubic interpolation",
    "pixel shuffle": "channels to space",
    "embedding": "a look-up of rows by number",
    "lstm": "a recurrent layer that runs as one operator",
    "view": "only a new arrangement: reshape, flatten, permute, transpose, slice, copy",
    "pad": "padding of any mode",
    "other": "anything else",
}

SIMPLE: dict[str, str] = {
    **dict.fromkeys(("addmm", "mm", "bmm", "baddbmm", "linear", "mkldnn_linear", "mv"), "linear"),
    **dict.fromkeys(("relu", "hardtanh"), "relu"),
    **dict.fromkeys(("leaky_relu", "_prelu_kernel", "rrelu_with_noise"), "leaky relu"),
    "gelu": "gelu",
    "silu": "silu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    **dict.fromkeys(("_softmax", "_safe_softmax", "softmax"), "softmax"),
    **dict.fromkeys(("_log_softmax", "log_softmax"), "log softmax"),
    **dict.fromkeys(("cat", "stack"), "concatenate"),
    **dict.fromkeys(("mul", "div"), "multiply"),
    **dict.fromkeys(("add", "sub", "rsub"), "add"),
    "native_dropout": "dropout",
    **dict.fromkeys(("pixel_shuffle",), "pixel shuffle"),
    "embedding": "embedding",
    **dict.fromkeys(("native_group_norm", "group_norm"), "group norm"),
    **dict.fromkeys(("native_layer_norm", "layer_norm"), "layer norm"),
    **dict.fromkeys(("mkldnn_rnn_layer", "_cudnn_rnn", "lstm", "gru", "rnn_tanh", "rnn_relu"), "lstm"),
}
"""Operators below autograd whose name alone says what they are."""

VIEWS = frozenset(
    {
        *("view", "_unsafe_view", "reshape", "_reshape_alias", "flatten", "unflatten", "alias"),
        *("detach", "clone", "contiguous", "_to_copy", "to", "lift_fresh", "lift", "permute", "t"),
        *("transpose", "swapaxes", "unsqueeze", "squeeze", "expand", "repeat", "slice", "narrow"),
        *("select", "unbind", "split", "split_with_sizes", "unsafe_split"),
        *("unsafe_split_with_sizes", "chunk", "flip", "roll", "unfold", "im", "col"),
        *("pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "index", "index_select"),
        *("copy", "as_strided", "view_as_real", "view_as_complex"),
    }
)

_README_WORDS = frozenset(
    {
        *(
            "convolution",
            "batch norm",
            "group norm",
            "layer norm",
            "max pool",
            "average pool",
            "linear",
            "relu",
        ),
        *("global average pool", "dropout", "log softmax", "softmax", "sigmoid", "tanh", "gelu", "silu"),
        *("embedding", "lstm", "attention"),
    }
)
_README_NAMES = {
    "leaky relu": "relu",
    "transposed convolution": "convolution",
    "adaptive average pool": "average pool",
    "global max pool": "max pool",
}


def layer_kinds(rows: Iterable[tuple[str, dict[str, Any]]]) -> tuple[str, ...]:
    """The kinds that a README is expected to name, in the order of first use.

    Args:
        rows: kind and details of each operator that ran.
    """
    found: dict[str, None] = {}
    for kind, details in rows:
        name = _README_NAMES.get(kind, kind)
        if name not in _README_WORDS:
            continue
        found.setdefault(name)
        if details.get("depthwise"):
            found.setdefault("depthwise convolution")
        if details.get("pointwise"):
            found.setdefault("pointwise convolution")
    return tuple(found)
