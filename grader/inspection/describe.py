"""The kind of one recorded operator, and the details that checks ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from grader.inspection.fields import AXES, Trace
from grader.inspection.kinds import SIMPLE, VIEWS
from grader.inspection.rules.call import Call, Operand

Details = dict[str, Any]


@dataclass(frozen=True)
class Description:
    kind: str
    details: Details
    pools: tuple[int, ...] = ()  # the spatial axes that a mean or maximum takes in whole


def describe(call: Call, batch: int) -> Description:
    """What the operator is. `batch` is the number of images in the recorded pass."""
    name = call.name
    if name in ("convolution", "_convolution", "convolution_overrideable"):
        return _convolution(call)
    if "batch_norm" in name:
        return _batch_norm(call, batch)
    if "pool" in name:
        return _pool(call)
    if name in ("mean", "amax", "max"):
        return _reduction(call)
    if name.startswith(("_scaled_dot_product", "scaled_dot_product")):
        return Description("attention", {"heads": call.operand("query").shape[-3] if _has_heads(call) else 1})
    if name.startswith(("upsample_", "_upsample_")):
        return Description(
            "upsample", {"mode": name.removeprefix("_").removeprefix("upsample_").rstrip("123d")}
        )
    if "pad" in name.split("_") or name.endswith(("_pad1d", "_pad2d", "_pad3d", "pad_nd")):
        return Description("pad", {})
    if name in VIEWS:
        return Description("view", {})
    return Description(_simple(call), _simple_details(call))


def _has_heads(call: Call) -> bool:
    return len(call.operand("query").shape) > 3


def _simple(call: Call) -> str:
    kind = SIMPLE.get(call.name, "other")
    if _is_outer_product(call):
        return "matmul"
    if kind == "linear" and len(call.traces()) > 1 and all(o.trace is not None for o in _factors(call)):
        return "matmul"
    return kind


def _is_outer_product(call: Call) -> bool:
    """Whether two activations are multiplied each with each, as einsum does it: (N, a, 1) times (N, 1, b)."""
    shapes = [operand.shape for operand in call.operands() if operand.trace is not None]
    if call.name != "mul" or len(shapes) != 2 or len(shapes[0]) != len(shapes[1]):
        return False
    return all(
        any(one == 1 < other for one, other in zip(*pair, strict=True)) for pair in (shapes, shapes[::-1])
    )


def _factors(call: Call) -> tuple[Operand, Operand]:
    names = {
        "addmm": ("mat1", "mat2"),
        "baddbmm": ("batch1", "batch2"),
        "linear": ("input", "weight"),
        "mkldnn_linear": ("self", "weight"),
        "mv": ("self", "vec"),
    }.get(call.name, ("self", "mat2"))
    return call.operand(names[0]), call.operand(names[1])


def _simple_details(call: Call) -> Details:
    kind = SIMPLE.get(call.name, "")
    if kind == "linear":
        return _linear(call)
    if _is_outer_product(call):
        return {"features_in": 1, "features_out": call.outputs[0][-1]}
    if kind in ("softmax", "log softmax"):
        return {"dim": call.dim() - len(call.operand("self").shape)}
    if kind == "concatenate":
        return {"dim": int(call.arguments.get("dim") or 0), "parts": len(call.operands())}
    if kind == "group norm":
        groups = call.numbers("group" if "group" in call.arguments else "num_groups", 1)[0]
        return {"groups": groups, "channels": _channels(call), "affine": _has(call, "weight")}
    if kind == "layer norm":
        shape = [int(size) for size in call.arguments["normalized_shape"]]
        return {"groups": 1, "channels": shape[0], "shape": _times(shape), "affine": _has(call, "weight")}
    if kind == "dropout":
        return {"p": float(call.arguments["p"]), "channelwise": False}
    if kind == "embedding":
        rows, columns = call.operand("weight").shape
        return {"rows": rows, "columns": columns}
    return {}


def _linear(call: Call) -> Details:
    left, right = _factors(call)
    if call.name in ("linear", "mkldnn_linear"):
        return {"features_in": right.shape[-1], "features_out": right.shape[0]}
    if call.name == "mv":
        return {"features_in": left.shape[-1], "features_out": 1}
    out = right.shape[-1] if left.trace is not None else left.shape[-2]
    return {"features_in": left.shape[-1], "features_out": out}


def _convolution(call: Call) -> Description:
    weight, image = call.operand("weight").shape, call.operand("input").shape
    count, groups = len(weight) - 2, int(call.arguments["groups"])
    transposed = bool(call.arguments.get("transposed"))
    channels_in = image[-count - 1]
    channels_out = weight[1] * groups if transposed else weight[0]
    details: Details = {
        "kernel": _times(weight[2:]),
        "stride": _times(call.numbers("stride", count)),
        "padding": _times(call.numbers("padding", count)),
        "dilation": _times(call.numbers("dilation", count)),
        "groups": groups,
        "channels_in": channels_in,
        "channels_out": channels_out,
        "bias": _has(call, "bias"),
        "depthwise": groups == channels_in > 1 and channels_out % groups == 0,
        "pointwise": math.prod(weight[2:]) == 1,
        "on_map": _times(image[-count:]),
    }
    return Description("transposed convolution" if transposed else "convolution", details)


def _batch_norm(call: Call, batch: int) -> Description:
    """Instance norm runs as a batch norm over one image whose channels are those of all images."""
    shape = call.operand("input").shape
    training = bool(
        call.arguments.get("training", "no_training" not in call.name and "no_update" not in call.name)
    )
    affine = _has(call, "weight")
    if batch > 1 and shape[0] == 1 and shape[1] % batch == 0:
        return Description("instance norm", {"channels": shape[1] // batch, "affine": affine})
    return Description("batch norm", {"channels": shape[1], "affine": affine, "batch_statistics": training})


def _pool(call: Call) -> Description:
    """Of pooling operators that take a kernel or an output size."""
    shape = call.operand("self").shape
    averages = "avg" in call.name
    if "adaptive" in call.name:
        count = 1 if "1d" in call.name else 3 if "3d" in call.name else 2
        size = call.outputs[0][-count:]
        details: Details = {"output_size": _times(size), "adaptive": True, "on_map": _times(shape[-count:])}
        if math.prod(size) == 1 and count == 2:
            return Description("global average pool" if averages else "global max pool", details)
        return Description("adaptive average pool" if averages else "max pool", details)
    count = 1 if "1d" in call.name else 3 if "3d" in call.name else 2
    kernel = call.numbers("kernel_size", count)
    to_one = math.prod(call.outputs[0][-count:]) == 1
    covers = to_one and all(k >= n for k, n in zip(kernel, shape[-count:], strict=True))
    details = {
        "kernel": _times(kernel),
        "stride": _times(call.numbers("stride", count) if call.arguments.get("stride") else kernel),
        "padding": _times(call.numbers("padding", count)),
        "dilation": _times(call.numbers("dilation", count, 1)),
        "ceil": bool(call.arguments.get("ceil_mode")),
        "on_map": _times(shape[-count:]),
        "covers_map": covers,
    }
    if averages and to_one and count == 2:
        return Description("global average pool", details)
    return Description("average pool" if averages else "max pool", details)


def _reduction(call: Call) -> Description:
    """A mean or maximum over dimensions: a global pool where these are the whole of both spatial axes."""
    trace, asked = call.operand("self").trace, call.arguments.get("dim")
    if trace is None or asked is None:
        return Description("other", {})
    listed = asked if isinstance(asked, list | tuple) else [asked]
    over = {int(dim) % len(trace.dims) for dim in listed}
    pools = _taken_in_whole(trace, over)
    kinds = ("global average pool", "average pool") if call.name == "mean" else ("global max pool", "other")
    if not pools:
        return Description("other", {})
    details = {"on_map": _times([trace.positions(axis) for axis in AXES])} if len(pools) == 2 else {}
    return Description(kinds[0] if len(pools) == 2 else kinds[1], details, pools)


def _taken_in_whole(trace: Trace, over: set[int]) -> tuple[int, ...]:
    inside = [atom for dim in over for atom in trace.dims[dim]]
    if any(atom.is_plain and atom.size > 1 for atom in inside):
        return ()
    outside = [a for place, dim in enumerate(trace.dims) if place not in over for a in dim if a.size > 1]
    return tuple(
        axis
        for axis in AXES
        if any(a.carries(axis) for a in inside) and not any(a.carries(axis) for a in outside)
    )


def _has(call: Call, name: str) -> bool:
    return isinstance(call.arguments.get(name), Operand)


def _channels(call: Call) -> int:
    return call.operand("input").shape[1]


def _times(sizes: Any) -> str:
    return "x".join(str(int(size)) for size in sizes)
