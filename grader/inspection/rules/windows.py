"""Operators that slide over the map: convolution, pooling, upsampling, padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from grader.inspection import joining, layout
from grader.inspection.fields import Atom, Trace
from grader.inspection.rules.call import Call, Rule


def sliding(
    trace: Trace, dim: int, size: int, kernel: int, stride: int, padding: int, dilation: int
) -> Trace:
    """Output position `o` takes `o * stride - padding + t * dilation` for `t` from 0 to `kernel - 1`."""
    if (kernel, stride, padding) == (1, 1, 0):
        return trace
    return layout.resample(
        trace,
        dim,
        size,
        Fraction(stride),
        lambda o: [o * stride - padding + t * dilation for t in range(kernel)],
    )


def spread(trace: Trace, dim: int, size: int, kernel: int, stride: int, padding: int, dilation: int) -> Trace:
    """Transposed: output position `o` takes `i` wherever `o + padding = i * stride + t * dilation`."""

    def taps(o: int) -> list[int]:
        reached = [o + padding - t * dilation for t in range(kernel)]
        return [place // stride for place in reached if place % stride == 0]

    if (kernel, stride, padding) == (1, 1, 0) and size == trace.shape[dim]:
        return trace
    return layout.resample(trace, dim, size, Fraction(1, stride), taps)


def convolution(call: Call) -> list[Trace]:
    trace, weight = call.trace("input"), call.operand("weight")
    if weight.trace is not None:
        raise TypeError("a kernel that depends on the image has no rule")
    kernels = weight.shape[2:]
    count, shape = len(kernels), call.outputs[0]
    lists = [call.numbers(name, count) for name in ("stride", "padding", "dilation")]
    first = len(trace.dims) - count
    if count == 2 and (math.prod(kernels) > 1 or any(lists[1])):
        trace = layout.out_of_sight(trace, (first, first + 1))
    trace = _channels(trace, first - 1, shape[-count - 1], int(call.arguments["groups"]))
    slide = spread if call.arguments.get("transposed") else sliding
    for place, (kernel, stride, padding, dilation) in enumerate(zip(kernels, *lists, strict=True)):
        trace = slide(trace, first + place, shape[first + place], kernel, stride, padding, dilation)
    return [trace]


def _channels(trace: Trace, dim: int, size: int, groups: int) -> Trace:
    """All channels (of a group) go into every output channel."""
    if groups > 1 and layout.moves(trace, dim):
        raise ValueError("groups of channels that lie at different places of the image have no rule")
    gathered = joining.contract(trace, [dim], keep=True)
    feature = (Atom(size), *layout.remnants(trace, dim))
    return Trace((*gathered.dims[:dim], feature, *gathered.dims[dim + 1 :]), gathered.fields)


def pool(call: Call) -> list[Trace]:
    trace, shape = call.trace("self"), call.outputs[0]
    found = call.arguments["kernel_size"]
    count = 3 if "3d" in call.name else 1 if "1d" in call.name else 2
    kernels = call.numbers("kernel_size", count) if found else []
    strides = call.numbers("stride", count) if call.arguments.get("stride") else kernels
    paddings, dilations = call.numbers("padding", count), call.numbers("dilation", count, 1)
    first = len(trace.dims) - count
    if count == 2 and math.prod(kernels) > 1:
        trace = layout.out_of_sight(trace, (first, first + 1))
    for place in range(count):
        trace = sliding(
            trace,
            first + place,
            shape[first + place],
            kernels[place],
            strides[place],
            paddings[place],
            dilations[place],
        )
    return [trace]


def adaptive_pool(call: Call) -> list[Trace]:
    """PyTorch's bins: position `o` takes from `floor(o * n / k)` to `ceil((o + 1) * n / k) - 1`."""
    trace, shape = call.trace("self"), call.outputs[0]
    count = len(call.numbers("output_size", 3 if "3d" in call.name else 2))
    for dim in range(len(shape) - count, len(shape)):
        trace = _adapted(trace, dim, trace.shape[dim], shape[dim])
    return [trace]


def _adapted(trace: Trace, dim: int, n: int, k: int) -> Trace:
    if k == 1:
        return joining.contract(trace, [dim], keep=True, whole=True)
    if n % k == 0:
        return sliding(trace, dim, k, n // k, n // k, 0, 1)
    if k % n == 0:
        return layout.resample(trace, dim, k, Fraction(n, k), lambda o: (o * n // k,))
    return layout.bins(trace, dim, [(o * n // k, -(-(o + 1) * n // k) - 1) for o in range(k)])


def upsample(call: Call) -> list[Trace]:
    """Nearest, bilinear and bicubic, by the sizes before and after."""
    trace, shape = call.trace(_first_name(call)), call.outputs[0]
    count = 1 if "1d" in call.name else 3 if "3d" in call.name else 2
    corners = bool(call.arguments.get("align_corners"))
    for dim in range(len(shape) - count, len(shape)):
        n, k = trace.shape[dim], shape[dim]
        if n != k:
            trace = _upsampled(trace, dim, n, k, call.name, corners)
    return [trace]


def _first_name(call: Call) -> str:
    return "self" if "self" in call.arguments else "input"


def _upsampled(trace: Trace, dim: int, n: int, k: int, name: str, corners: bool) -> Trace:
    if "nearest" in name:
        half = Fraction(1, 2) if "exact" in name else Fraction(0)
        ratio = Fraction(n, k)
        return layout.resample(trace, dim, k, ratio, lambda o: (math.floor((o + half) * ratio),))
    ratio = Fraction(n - 1, k - 1) if corners and k > 1 else Fraction(n, k)
    if ratio == 0:  # one pixel is spread over all positions
        return layout.resample(trace, dim, k, Fraction(1, k), lambda _: (0,))
    before, after = (1, 2) if "cubic" in name else (0, 1)

    def taps(o: int) -> Sequence[int]:
        source = o * ratio if corners else (o + Fraction(1, 2)) * ratio - Fraction(1, 2)
        first = math.floor(source)
        return (
            range(first - before, first + after + 1) if source != first else _on_pixel(first, before, after)
        )

    return layout.resample(trace, dim, k, ratio, taps)


def _on_pixel(first: int, before: int, after: int) -> Sequence[int]:
    """Exactly on a pixel: the taps beside it have weight 0, and are still read."""
    return range(first - before, first + after + 1)


def pad(call: Call) -> list[Trace]:
    """Zeros, mirrored or repeated borders: position `o` is the one that was at `o - before`."""
    name = "pad" if "pad" in call.arguments else "padding"
    widths = [int(width) for width in call.arguments[name]]
    trace, shape = call.trace("self"), call.outputs[0]
    for place, before in enumerate(widths[::2]):
        dim = len(shape) - 1 - place
        if layout.moves(trace, dim):
            trace = layout.window(trace, dim, -before, shape[dim])
        elif trace.shape[dim] != shape[dim]:
            trace = layout.resized(trace, dim, shape[dim])
    return [trace]


def im2col(call: Call) -> list[Trace]:
    """`F.unfold`: (N, C, H, W) to (N, C * kernel, positions)."""
    trace = call.trace("self")
    kernels, strides = call.numbers("kernel_size", 2), call.numbers("stride", 2)
    dilations, paddings = call.numbers("dilation", 2), call.numbers("padding", 2)
    dims = [*trace.dims]
    channel, taps, places = dims[-3], [], []
    for place in (0, 1):
        dim = len(trace.dims) - 2 + place
        n = trace.shape[dim]
        count = (n + 2 * paddings[place] - dilations[place] * (kernels[place] - 1) - 1) // strides[place] + 1
        trace = layout.straight(trace, dim)
        atom = trace.dims[dim][0]
        if len(trace.dims[dim]) > 1 or any(atom.marks) or len(trace.fields[place].phases) > 1:
            return []
        trace = _first_taps(trace, dim, count, strides[place], paddings[place])
        places.append(trace.dims[dim][0])
        jumps = (atom.jumps[0] * dilations[place], atom.jumps[1] * dilations[place])
        taps.append(Atom(kernels[place], jumps))
    return [Trace((*trace.dims[:-3], (*channel, *taps), tuple(places)), trace.fields)]


def _first_taps(trace: Trace, dim: int, count: int, stride: int, padding: int) -> Trace:
    return layout.resample(trace, dim, count, Fraction(stride), lambda o: (o * stride - padding,))


_POOLS = (
    "max_pool2d_with_indices",
    "max_pool2d",
    "max_pool3d_with_indices",
    "mkldnn_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
)
_ADAPTIVE = (
    "_adaptive_avg_pool2d",
    "_adaptive_avg_pool3d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
)
_UPSAMPLES = (
    *(f"upsample_nearest{d}d" for d in (1, 2, 3)),
    *(f"_upsample_nearest_exact{d}d" for d in (1, 2, 3)),
    "upsample_linear1d",
    "upsample_bilinear2d",
    "upsample_trilinear3d",
    "upsample_bicubic2d",
)
_PADS = (
    "constant_pad_nd",
    *(f"{kind}_pad{d}d" for kind in ("reflection", "replication") for d in (1, 2, 3)),
)
RULES: dict[str, Rule] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), convolution),
    **dict.fromkeys(_POOLS, pool),
    **dict.fromkeys(_ADAPTIVE, adaptive_pool),
    **dict.fromkeys(_UPSAMPLES, upsample),
    **dict.fromkeys(_PADS, pad),
    "im2col": im2col,
}
