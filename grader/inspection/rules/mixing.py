"""Operators that bring positions together: elementwise, reductions, products, attention.

Normalisation passes positions on unchanged: the statistics of group, layer and instance norm do look at the whole
map, as those of batch norm do in training, but no course, paper or tool counts them in a receptive field.
"""

from __future__ import annotations

from dataclasses import replace

from grader.inspection import joining, layout
from grader.inspection.fields import AXES, GLOBAL, Atom, Field, Trace, apart, union
from grader.inspection.rules.call import Call, Operand, Rule, Shape


def elementwise(call: Call) -> list[Trace]:
    return [joining.merge(call.traces(), call.outputs[0])]


def normalised(call: Call) -> list[Trace]:
    return [call.trace("self" if "self" in call.arguments else "input")]


def side_output(main: Trace, shape: Shape) -> Trace:
    """Indices have the positions of the main output; statistics none."""
    return main if shape == main.shape else apart(shape, main.fields)


def reduced(call: Call) -> list[Trace]:
    trace = call.trace("self")
    asked = call.arguments.get("dim")
    listed = asked if isinstance(asked, list | tuple) else [] if asked is None else [asked]
    over = [int(dim) % len(trace.dims) for dim in listed] or list(range(len(trace.dims)))
    return [joining.contract(trace, over, keep=bool(call.arguments.get("keepdim")), whole=True)]


def softmax(call: Call) -> list[Trace]:
    return [joining.mixed(call.trace("self"), [call.dim()])]


def glu(call: Call) -> list[Trace] | None:
    trace, dim = call.trace("self"), call.dim()
    return None if layout.moves(trace, dim) else [layout.resized(trace, dim, call.outputs[0][dim])]


# --- products -------------------------------------------------------------------------------------------------


def addmm(call: Call) -> list[Trace]:
    product = matmul(call.operand("mat1"), call.operand("mat2"), call.outputs[0])
    return [_with_bias(call, product)]


def baddbmm(call: Call) -> list[Trace]:
    product = matmul(call.operand("batch1"), call.operand("batch2"), call.outputs[0])
    return [_with_bias(call, product)]


def _with_bias(call: Call, product: Trace) -> Trace:
    bias = call.operand("self").trace
    return product if bias is None else joining.merge([product, bias], call.outputs[0])


def mm(call: Call) -> list[Trace]:
    return [matmul(call.operand("self"), call.operand("mat2"), call.outputs[0])]


def linear(call: Call) -> list[Trace]:
    """`linear` where it was not taken apart: the last dimension goes into every output feature."""
    trace = call.trace("input")
    rest = joining.contract(trace, [len(trace.dims) - 1])
    return [Trace((*rest.dims, (Atom(call.outputs[0][-1]),)), rest.fields)]


def mv(call: Call) -> list[Trace]:
    trace = call.trace("self")
    vector = call.operand("vec").trace
    if vector is not None:
        raise TypeError("a product with a vector that depends on the image has no rule")
    return [joining.contract(trace, [len(trace.dims) - 1])]


def matmul(left: Operand, right: Operand, shape: Shape) -> Trace:
    """(..., rows, k) times (..., k, columns); with two activations, space times space means the whole image."""
    count = len(shape)
    first = joining.contract(left.trace, [count - 1], keep=True) if left.trace else None
    second = joining.contract(right.trace, [count - 2], keep=True) if right.trace else None
    if left.trace is not None and first is not None and second is None:
        features = (Atom(shape[-1]), *layout.remnants(left.trace, count - 1))
        return Trace((*first.dims[:-1], features), first.fields)
    if right.trace is not None and second is not None and first is None:
        features = (Atom(shape[-2]), *layout.remnants(right.trace, count - 2))
        return Trace((*second.dims[:-2], features, second.dims[-1]), second.fields)
    assert first is not None
    assert second is not None
    batch = joining.merge([replace(part, dims=part.dims[:-2]) for part in (first, second)], shape[:-2])
    dims = (*batch.dims, first.dims[-2], second.dims[-1])
    fields = [_product_field(first, second, axis) for axis in AXES]
    return Trace(dims, (fields[0], fields[1]))


def _product_field(first: Trace, second: Trace, axis: int) -> Field:
    found = [trace for trace in (first, second) if trace.fields[axis].state != "none"]
    if len(found) < 2:
        return union([trace.fields[axis] for trace in found])
    moving = [joining.spacing(trace.dims, axis) for trace in found]
    rows = any(
        place >= len(first.dims) - 2 for places in moving for place, *_ in places if isinstance(place, int)
    )
    if moving[0] == moving[1] and not rows:
        return union([trace.fields[axis] for trace in found])
    return GLOBAL


def attention(call: Call) -> list[Trace]:
    """Fused: every query position takes all key positions; the output has the queries' positions."""
    query, key, value = (call.operand(name) for name in ("query", "key", "value"))
    parts = [part.trace for part in (query, key, value) if part.trace is not None]
    shape = call.outputs[0]
    summed = [joining.contract(part, [len(part.dims) - 2, len(part.dims) - 1]) for part in parts]
    batch = joining.merge(summed, shape[:-2])
    positions = query.trace.dims[-2] if query.trace else (Atom(shape[-2]),)
    fields = tuple(union([part.fields[axis] for part in summed]) for axis in AXES)
    return [Trace((*batch.dims, positions, (Atom(shape[-1]),)), (fields[0], fields[1]))]


def recurrent(call: Call) -> list[Trace]:
    """A sequence through time: (steps, batch, features); every step can see all others."""
    trace = call.trace("input" if "input" in call.arguments else "self")
    seen = joining.mixed(trace, [len(trace.dims) - 1, 0])
    return [Trace((*trace.dims[:-1], (Atom(call.outputs[0][-1]),)), seen.fields)]


def embedding(call: Call) -> list[Trace]:
    indices = call.trace("indices")
    return [Trace((*indices.dims, (Atom(call.outputs[0][-1]),)), indices.fields)]


_NORMS = (
    "native_batch_norm",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_no_training",
    "_batch_norm_with_update",
    "_batch_norm_no_update",
    "batch_norm",
    "cudnn_batch_norm",
    "native_group_norm",
    "group_norm",
    "native_layer_norm",
    "layer_norm",
    "rms_norm",
    "_fused_rms_norm",
)
_REDUCTIONS = (
    *("mean", "sum", "prod", "amax", "amin", "max", "min", "median", "logsumexp", "std", "var", "var_mean"),
    *("std_mean", "norm", "linalg_vector_norm", "any", "all", "argmax", "argmin", "nansum", "nanmean"),
)
_POINTWISE = (
    *("relu", "hardtanh", "hardswish", "mish", "celu", "threshold", "_prelu_kernel", "rrelu_with_noise"),
    *("log_sigmoid_forward", "native_dropout", "masked_fill", "where", "clamp", "nan_to_num", "bucketize"),
    *("add", "sub", "mul", "div", "rsub", "lerp", "addcmul", "addcdiv", "maximum", "minimum"),
    *("fill", "zero", "tril", "triu", "real", "imag", "complex", "resolve_conj", "resolve_neg"),
    *("bernoulli", "normal", "uniform", "exponential", "random", "log_normal", "cauchy", "geometric"),
)
"""What torch does not itself tag as pointwise."""

_ATTENTION = (
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_attention_math",
    "_scaled_dot_product_fused_attention_overrideable",
    "scaled_dot_product_attention",
)
RULES: dict[str, Rule] = {
    **dict.fromkeys(_NORMS, normalised),
    **dict.fromkeys(_POINTWISE, elementwise),
    **dict.fromkeys(_REDUCTIONS, reduced),
    **dict.fromkeys(("_softmax", "_log_softmax", "_safe_softmax", "softmax", "log_softmax"), softmax),
    "glu": glu,
    "addmm": addmm,
    "baddbmm": baddbmm,
    "mm": mm,
    "bmm": mm,
    "linear": linear,
    "mkldnn_linear": linear,
    "mv": mv,
    **dict.fromkeys(_ATTENTION, attention),
    **dict.fromkeys(("mkldnn_rnn_layer", "_cudnn_rnn", "lstm", "gru", "rnn_tanh", "rnn_relu"), recurrent),
    "embedding": embedding,
}
