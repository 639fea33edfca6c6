"""Operators that only rearrange: views, permutations, slices, joins."""

from __future__ import annotations

from grader.inspection import joining, layout
from grader.inspection.fields import Atom, Dim, Trace, dim_size
from grader.inspection.rules.call import Call, Operand, Rule


def view(call: Call) -> list[Trace]:
    return [layout.view(call.trace("self"), call.outputs[0])]


def same(call: Call) -> list[Trace]:
    return [call.trace("self" if "self" in call.arguments else "input")]


def permute(call: Call) -> list[Trace]:
    trace = call.trace("self")
    order = [int(dim) % len(trace.dims) for dim in call.arguments["dims"]]
    return [layout.permute(trace, order)]


def transpose(call: Call) -> list[Trace]:
    trace = call.trace("self")
    order = list(range(len(trace.dims)))
    first, second = (0, 1) if call.name == "t" else (call.dim("dim0"), call.dim("dim1"))
    if len(order) > 1:
        order[first], order[second] = order[second], order[first]
    return [layout.permute(trace, order)]


def unsqueeze(call: Call) -> list[Trace]:
    trace = call.trace("self")
    dim = int(call.arguments["dim"]) % (len(trace.dims) + 1)
    return [Trace((*trace.dims[:dim], (Atom(1),), *trace.dims[dim:]), trace.fields)]


def squeeze(call: Call) -> list[Trace]:
    trace = call.trace("self")
    asked = call.arguments.get("dim")
    listed = (
        range(len(trace.dims)) if asked is None else asked if isinstance(asked, list | tuple) else [asked]
    )
    gone = {int(dim) % len(trace.dims) for dim in listed}
    kept = [dim for place, dim in enumerate(trace.dims) if place not in gone or dim_size(dim) != 1]
    return [Trace(tuple(kept), trace.fields)]


def expand(call: Call) -> list[Trace]:
    return [layout.expand(call.trace("self"), call.outputs[0])]


def repeat(call: Call) -> list[Trace]:
    """Copies: the outer of two factors of a dimension, whose positions see the same."""
    trace, times = call.trace("self"), [int(n) for n in call.arguments["repeats"]]
    dims: list[Dim] = [(Atom(1),)] * (len(times) - len(trace.dims)) + list(trace.dims)
    joined = [(Atom(n), *dim) if n > 1 else dim for n, dim in zip(times, dims, strict=True)]
    return [Trace(tuple(joined), trace.fields)]


def slice_(call: Call) -> list[Trace]:
    trace, dim = call.trace("self"), call.dim()
    size = trace.shape[dim]
    start, end, step = (
        call.arguments.get("start"),
        call.arguments.get("end"),
        int(call.arguments.get("step") or 1),
    )
    first = slice(start, end, step).indices(size)[0]
    return [layout.window(trace, dim, first, call.outputs[0][dim], step)] if size else [trace]


def narrow(call: Call) -> list[Trace]:
    trace, dim = call.trace("self"), call.dim()
    return [layout.window(trace, dim, int(call.arguments["start"]), call.outputs[0][dim])]


def select(call: Call) -> list[Trace]:
    trace, dim = call.trace("self"), call.dim()
    return [layout.select(trace, dim, int(call.arguments["index"]) % trace.shape[dim])]


def unbind(call: Call) -> list[Trace]:
    trace, dim = call.trace("self"), call.dim()
    return [layout.select(trace, dim, position) for position in range(trace.shape[dim])]


def split(call: Call) -> list[Trace]:
    trace, dim = call.trace("self"), call.dim()
    start, parts = 0, []
    for shape in call.outputs:
        parts.append(layout.window(trace, dim, start, shape[dim]))
        start += shape[dim]
    return parts


def flip(call: Call) -> list[Trace]:
    trace = call.trace("self")
    for dim in call.arguments["dims"]:
        place = int(dim) % len(trace.dims)
        trace = layout.flip(trace, place) if layout.moves(trace, place) else trace
    return [trace]


def unfold(call: Call) -> list[Trace] | None:
    """`Tensor.unfold`: windows of `size` positions, `step` apart, in a new last dimension."""
    trace, dim = call.trace("self"), int(call.arguments["dimension"]) % len(call.operand("self").shape)
    size, step = int(call.arguments["size"]), int(call.arguments["step"])
    count = (trace.shape[dim] - size) // step + 1
    if not layout.moves(trace, dim):
        return [Trace((*layout.resized(trace, dim, count).dims, (Atom(size),)), trace.fields)]
    inner = layout.straight(trace, dim).dims[dim]
    if len(inner) > 1 or any(inner[0].marks) or any(len(field.phases) > 1 for field in trace.fields):
        return None
    moved = layout.window(trace, dim, 0, count, step)
    return [Trace((*moved.dims, (Atom(size, inner[0].jumps),)), moved.fields)]


def pixel_shuffle(call: Call) -> list[Trace]:
    """(N, C * r * r, H, W) to (N, C, H * r, W * r), as the views that it stands for."""
    trace, factor = call.trace("self"), int(call.arguments["upscale_factor"])
    *front, channels, height, width = trace.shape
    n = len(front)
    if not layout.moves(trace, n):
        wide = layout.resized(trace, n, channels // factor**2)
        repeated = (Atom(factor),)
        return [Trace((*wide.dims[: n + 1], *(dim + repeated for dim in wide.dims[n + 1 :])), wide.fields)]
    trace = layout.view(trace, (*front, channels // factor**2, factor, factor, height, width))
    trace = layout.permute(trace, [*range(n), n, n + 3, n + 1, n + 4, n + 2])
    return [layout.view(trace, call.outputs[0])]


def pixel_unshuffle(call: Call) -> list[Trace]:
    trace, factor = call.trace("self"), int(call.arguments["downscale_factor"])
    *front, channels, height, width = trace.shape
    n = len(front)
    trace = layout.view(trace, (*front, channels, height // factor, factor, width // factor, factor))
    trace = layout.permute(trace, [*range(n), n, n + 2, n + 4, n + 1, n + 3])
    return [layout.view(trace, call.outputs[0])]


def channel_shuffle(call: Call) -> list[Trace] | None:
    trace = call.trace("self" if "self" in call.arguments else "input")
    return None if layout.moves(trace, len(trace.dims) - 3) else [trace]


def cat(call: Call) -> list[Trace]:
    listed = [item for item in call.arguments["tensors"] if isinstance(item, Operand)]
    shape = call.outputs[0]
    parts = [
        item for item in listed if len(item.shape) == len(shape)
    ]  # an empty 1-D tensor may be among them
    dim = int(call.arguments.get("dim") or 0) % len(shape)
    return [joining.join([p.trace for p in parts], [p.shape[dim] for p in parts], dim, shape)]


def stack(call: Call) -> list[Trace]:
    shape = call.outputs[0]
    dim = int(call.arguments.get("dim") or 0) % len(shape)
    merged = joining.merge(call.traces(), (*shape[:dim], *shape[dim + 1 :]))
    return [Trace((*merged.dims[:dim], (Atom(shape[dim]),), *merged.dims[dim:]), merged.fields)]


def index(call: Call) -> list[Trace] | None:
    """Picking along one dimension by a list of positions, where these do not move over the image."""
    trace = call.trace("self")
    listed = call.arguments["indices"]
    given = [place for place, item in enumerate(listed) if isinstance(item, Operand)]
    if len(given) != 1 or len(listed[given[0]].shape) != 1 or layout.moves(trace, given[0]):
        return None
    return [layout.resized(trace, given[0], call.outputs[0][given[0]])]


def index_select(call: Call) -> list[Trace] | None:
    trace, dim = call.trace("self"), call.dim()
    return None if layout.moves(trace, dim) else [layout.resized(trace, dim, call.outputs[0][dim])]


def within(call: Call) -> list[Trace] | None:
    """Sorting, cumulative sums and the like along a dimension that does not move over the image."""
    trace, dim = call.trace("self"), call.dim()
    if layout.moves(trace, dim):
        return None
    shape = call.outputs[0]
    return [layout.resized(trace, dim, shape[dim]) if shape != trace.shape else trace]


def roll(call: Call) -> list[Trace] | None:
    trace = call.trace("self")
    dims = [int(dim) % len(trace.dims) for dim in call.arguments.get("dims") or range(len(trace.dims))]
    return None if any(layout.moves(trace, dim) for dim in dims) else [trace]


def as_strided(call: Call) -> list[Trace] | None:
    """Only where it changes nothing but the strides of dimensions of size 1, as pooling does for channels-last."""
    operand = call.operand("self")
    moved = [
        (old, int(new))
        for old, new, size in zip(operand.strides, call.arguments["stride"], operand.shape, strict=True)
        if size > 1
    ]
    unchanged = call.outputs[0] == operand.shape and all(old == new for old, new in moved)
    return [call.trace("self")] if unchanged and not call.arguments.get("storage_offset") else None


def copied(call: Call) -> list[Trace]:
    """`copy_`: what is written replaces what was there."""
    source = call.operand("src")
    return [joining.merge([source.trace], call.outputs[0])] if source.trace else [call.trace("self")]


RULES: dict[str, Rule] = {
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias", "unflatten", "flatten"), view),
    **dict.fromkeys(
        ("alias", "detach", "clone", "contiguous", "_to_copy", "to", "lift_fresh", "lift", "positive"), same
    ),
    "permute": permute,
    **dict.fromkeys(("t", "transpose", "swapaxes"), transpose),
    "unsqueeze": unsqueeze,
    "squeeze": squeeze,
    "expand": expand,
    "repeat": repeat,
    "slice": slice_,
    "narrow": narrow,
    "select": select,
    "unbind": unbind,
    **dict.fromkeys(("split", "split_with_sizes", "unsafe_split", "unsafe_split_with_sizes", "chunk"), split),
    "flip": flip,
    "unfold": unfold,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    **dict.fromkeys(("channel_shuffle", "native_channel_shuffle"), channel_shuffle),
    "cat": cat,
    "stack": stack,
    "index": index,
    "index_select": index_select,
    **dict.fromkeys(("cumsum", "cumprod", "logcumsumexp", "sort", "argsort", "topk", "kthvalue"), within),
    "roll": roll,
    "as_strided": as_strided,
    "copy": copied,
}
