"""Records every operator that runs below autograd, and follows what each tensor sees of the image.

One `TorchDispatchMode` sees functional calls, reused modules and the branch that really ran; nothing is traced or
rewritten. It holds on to every tensor while it records, because Python gives ids out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules import module as hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from grader.inspection import calls, unruled
from grader.inspection.accounting import modules
from grader.inspection.describe import Description, describe
from grader.inspection.fields import AXES, Trace, apart, image
from grader.inspection.known import Book, Known, Origin, extra
from grader.inspection.memory import StateMap
from grader.inspection.rows import INPUT, Extra, Row
from grader.inspection.rules import follow
from grader.inspection.rules.call import Call, Operand

MAX_ROWS = 10_000

_FILLS = frozenset(
    {"zeros", "ones", "full", "empty", "scalar_tensor", "eye", "empty_strided", "fill", "zero", "bernoulli"}
)
_RANDOM = frozenset(
    {
        "rand",
        "randn",
        "randint",
        "randperm",
        "normal",
        "uniform",
        "random",
        "exponential",
        "log_normal",
        "cauchy",
    }
)
_WEIGHING = frozenset(
    {
        "convolution",
        "_convolution",
        "addmm",
        "mm",
        "bmm",
        "baddbmm",
        "linear",
        "mkldnn_linear",
        "mv",
        "embedding",
    }
)
_HEAVY = frozenset({"convolution", "transposed convolution", "linear", "matmul", "attention", "lstm"})
_HEAVY_NAMES = frozenset({"_thnn_fused_lstm_cell", "_thnn_fused_gru_cell", "_trilinear"})


class Recorder(TorchDispatchMode):
    """Collects rows while it is active; see `recording`. `fault` is what ended the recording early, if anything."""

    def __init__(self, model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rows: list[Row] = []
        self.taken: dict[Extra, None] = {}
        self.used: set[str] = set()
        self.unknown: dict[str, None] = {}
        self.flops = 0
        self.flops_partial = False
        self.fault: Exception | None = None
        self.batch = int(inputs[0].shape[0]) if inputs and inputs[0].dim() else 1
        self.path: list[str] = []
        self._book = Book(StateMap(model))
        self._start(inputs)

    def _start(self, inputs: tuple[torch.Tensor, ...]) -> None:
        """The first input with four dimensions is the image."""
        pictured = False
        for tensor in inputs:
            shape = tuple(tensor.shape)
            is_image = len(shape) == 4 and not pictured
            pictured = pictured or is_image
            self._book.remember(Known(tensor, image(shape) if is_image else apart(shape), (INPUT,)))

    def finish(self, outputs: list[torch.Tensor]) -> frozenset[int]:
        """The rows that the outputs come from. State and other tensors that are an output by themselves count as
        taken."""
        ends: set[int] = set()
        for tensor in outputs:
            known = self._book.find(tensor, "")
            ends.update(known.producers)
            self.used |= known.states
            self._take(known, weighs=True)
        return frozenset(ends)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # there, composite operators arrive whole
            with self:
                parts = func.decompose(*args, **kwargs)
                if parts is not NotImplemented:
                    return parts
        arguments = calls.by_name(func, args, kwargs)
        # What goes in is looked up before the operator runs: one that works in place changes it.
        noted: list[tuple[dict[str, list[Known]], dict[str, Any]]] = []
        self._guarded(lambda: noted.append(self._before(func, arguments)))
        result = func(*args, **kwargs)
        for known, plain in noted:
            self._guarded(lambda: self._after(func, arguments, known, plain, calls.tensors(result)))  # noqa: B023
            self._guarded(lambda: self._count_flops(func, args, kwargs, result))
        return result

    def _guarded(self, action: Callable[[], None]) -> None:
        """The student's forward goes on whatever happens here; what was recorded until then is not used."""
        if self.fault is None:
            try:
                action()
            except Exception as error:
                self.fault = error

    # --- one operator ---------------------------------------------------------------------------------------

    def _before(self, func: Any, arguments: dict[str, Any]) -> tuple[dict[str, list[Known]], dict[str, Any]]:
        origin: Origin = "literal" if calls.plain_name(func) in ("lift_fresh", "lift") else "outside"
        known = {
            key: [look(tensor, self._module, origin) for tensor in calls.tensors(value)]
            for key, value in arguments.items()
            for look in (self._book.find if calls.leaves_values(func, key) else self._book.read,)
        }
        return known, {key: _plain(value, known[key]) for key, value in arguments.items()}

    def _after(
        self,
        func: Any,
        arguments: dict[str, Any],
        known: dict[str, list[Known]],
        plain: dict[str, Any],
        results: list[torch.Tensor],
    ) -> None:
        name = calls.plain_name(func)
        shapes = tuple(tuple(tensor.shape) for tensor in results)
        call = Call(name, plain, shapes, calls.is_pointwise(func))
        operands = [item for listed in known.values() for item in listed]
        if name == "set":  # other memory for the same tensor: whatever lies there, a file's contents too
            for tensor in results:
                self._book.find(tensor, self._module)
        elif calls.is_factory(name) or all(item.trace is None for item in operands):
            self._apart(func, call, arguments, [] if calls.is_factory(name) else operands, results)
        elif results:
            self._derived(func, call, known, results)

    def _apart(
        self,
        func: Any,
        call: Call,
        arguments: dict[str, Any],
        operands: list[Known],
        results: list[torch.Tensor],
    ) -> None:
        """An operator on nothing but state and constants: remember what the results are made of."""
        base = call.name.removeprefix("new_").removesuffix("_like")
        states = frozenset[str]().union(*(item.states for item in operands))
        extras = frozenset[Extra]().union(*(item.extras for item in operands))
        keep = max((item.keep for item in operands), default=0.0)
        if base == "bernoulli":
            keep, extras = calls.probability(arguments), frozenset()
        producers: tuple[int, ...] = ()
        if call.name == "embedding" and states and results:
            producers = (self._row(func, describe(call, 1), operands, results[0]).index,)
        for tensor in results:
            made = extras | self._made(base, tensor, from_nothing=not operands)
            filled = _is_filled(func, base, operands)
            known = self._book.remember(Known(tensor, None, producers, states, made, keep, filled))
            if func._schema.is_mutable:
                self._book.spread(known)

    def _made(self, base: str, tensor: torch.Tensor, *, from_nothing: bool) -> frozenset[Extra]:
        if base in _RANDOM:
            return frozenset({extra("random", tensor, self._module)})
        if from_nothing and base not in _FILLS:
            return frozenset({extra("grid", tensor, self._module)})
        return frozenset()

    def _derived(
        self, func: Any, call: Call, known: dict[str, list[Known]], results: list[torch.Tensor]
    ) -> None:
        """An operator on something that comes from the input: a row, and traces for what it gives."""
        operands = [item for listed in known.values() for item in listed]
        for key, listed in known.items():
            for item in listed:
                if item.trace is None and not calls.is_index(call.name, key, item.tensor):
                    self._take(item, weighs=call.name in _WEIGHING)
        traces = follow(call) or unruled.traces(call)
        row = self._row(
            func, self._completed(_described(call, operands, self.batch), operands), operands, results[0]
        )
        row.before, row.after = call.traces()[0], traces[0]
        if _gets_lost(call.traces(), traces):
            self.unknown.setdefault(row.name.rstrip("_"))
        is_heavy = (row.kind in _HEAVY and not call.is_pointwise) or call.name in _HEAVY_NAMES
        if is_heavy and func.overloadpacket not in flop_registry:
            self.flops_partial = True
        for tensor, trace in zip(results, traces, strict=True):
            self._book.write(tensor, trace, row.index, in_place=func._schema.is_mutable)

    def _row(self, func: Any, description: Description, operands: list[Known], result: torch.Tensor) -> Row:
        if len(self.rows) >= MAX_ROWS:
            raise OverflowError(f"more than {MAX_ROWS} operators ran in one forward pass")
        row = Row(
            index=len(self.rows),
            kind=description.kind,
            name=calls.full_name(func),
            module=self._module,
            operands=tuple(item.producers for item in operands if item.producers),
            shape=tuple(result.shape),
            parameters=sum(self._book.parameters(item) for item in operands),
            details=description.details,
            pools=description.pools,
        )
        self.used.update(*(item.states for item in operands))
        self.rows.append(row)
        return row

    def _completed(self, description: Description, operands: list[Known]) -> Description:
        """A mean over one axis on top of a mean over the other is a global pool in two steps."""
        first = next((item.producers[-1] for item in operands if item.producers), INPUT)
        while first != INPUT and self.rows[first].kind == "view" and self.rows[first].inputs:
            first = self.rows[first].inputs[0]
        before = self.rows[first] if first != INPUT else None
        if before is None or before.kind != description.kind or before.before is None:
            return description
        if sorted((*before.pools, *description.pools)) != list(AXES):
            return description
        sizes = [before.before.positions(axis) for axis in AXES]
        kind = "global average pool" if description.kind == "average pool" else "global max pool"
        return Description(kind, {"on_map": "x".join(map(str, sizes))}, description.pools)

    def _count_flops(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        counter = flop_registry.get(func.overloadpacket)
        if counter is not None:
            self.flops += int(counter(*args, **kwargs, out_val=result))

    def _take(self, known: Known, *, weighs: bool) -> None:
        """Other tensors that an operator takes; a grid of positions counts only where it is used as a weight."""
        for item in known.extras:
            if weighs or item.origin != "grid":
                self.taken.setdefault(item)

    @property
    def _module(self) -> str:
        return self.path[-1] if self.path else ""


@contextmanager
def recording(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> Iterator[Recorder]:
    """A recorder that is active, and knows at every moment which module is running.

    The random state is as before afterwards. Attention's fast path, which would hide a whole encoder layer in one
    operator, is off meanwhile.
    """
    recorder = Recorder(model, inputs)
    paths = {id(module): path for path, module in modules(model)}
    stack: list[int] = []

    def enter(module: torch.nn.Module, _inputs: object) -> None:
        if id(module) in paths:
            stack.append(id(module))
            recorder.path.append(paths[id(module)])

    def leave(module: torch.nn.Module, _inputs: object, _output: object) -> None:
        while id(module) in stack:
            recorder.path.pop()
            if stack.pop() == id(module):
                break

    fast = torch.backends.mha.get_fastpath_enabled()
    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    ]
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), recorder:
            yield recorder
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for handle in handles:
            handle.remove()


def _is_filled(func: Any, base: str, operands: list[Known]) -> bool:
    """Whether the result has one value everywhere, or is a view of a tensor that has."""
    if not operands:
        return base in _FILLS and base not in ("eye", "bernoulli")
    return calls.leaves_values(func, "") and all(item.filled for item in operands)


def _plain(value: Any, known: list[Known]) -> Any:
    """An argument with operands in the place of tensors."""
    if isinstance(value, torch.Tensor):
        return _operand(known[0])
    if isinstance(value, list | tuple):
        seen = iter(known)
        return [_operand(next(seen)) if isinstance(item, torch.Tensor) else item for item in value]
    return value


def _operand(known: Known) -> Operand:
    tensor = known.tensor
    strides = tuple(tensor.stride()) if tensor.layout == torch.strided else ()
    return Operand(tuple(tensor.shape), known.trace, strides)


def _described(call: Call, operands: list[Known], batch: int) -> Description:
    masks = [item for item in operands if item.keep]
    if call.name == "mul" and masks:
        channelwise = tuple(masks[0].tensor.shape) != call.outputs[0]
        return Description("dropout", {"p": round(1 - masks[0].keep, 6), "channelwise": channelwise})
    try:
        return describe(call, batch)
    except (KeyError, TypeError, ValueError, IndexError):
        return Description("other", {})


def _gets_lost(before: list[Trace], after: list[Trace]) -> bool:
    """Whether positions became unknown in this very operator."""
    return any(
        any(trace.fields[axis].state == "unknown" for trace in after)
        and not any(trace.fields[axis].state == "unknown" for trace in before)
        for axis in AXES
    )
