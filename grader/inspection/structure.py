"""Put together what the passes showed: operators, receptive field, what is used, what is hidden."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import torch

from grader.inspection.accounting import entries, modules, owners, values
from grader.inspection.alignment import with_training
from grader.inspection.dataflow import Flow
from grader.inspection.fields import AXES, Field, Trace
from grader.inspection.gradients import without_gradient
from grader.inspection.hidden import hidden
from grader.inspection.passes import SMALL_BATCH, in_train_mode, outputs_of
from grader.inspection.recorder import Recorder, recording
from grader.inspection.rows import INPUT, Row

MAX_NAMES = 50
UNSEEN = "the way from the image to the output"
"""Named among the unknown operators where outputs are made of tensors that came from elsewhere: NumPy, a file.
The checks know it by these words, see `grader.architecture.recorded`."""

_SPATIAL = frozenset(
    {"convolution", "transposed convolution", "max pool", "average pool", "adaptive average pool"}
)


@dataclass(frozen=True)
class Recorded:
    """One recorded pass: the rows, and those that the outputs come from."""

    recorder: Recorder
    ends: frozenset[int]

    @property
    def is_seen(self) -> bool:
        """Whether the outputs come from the model's input as far as the recorder saw."""
        rows, pending, seen = self.recorder.rows, set(self.ends), set[int]()
        while pending:
            index = pending.pop()
            if index == INPUT:
                return True
            seen.add(index)
            pending |= set(rows[index].inputs) - seen
        return False


class CannotRecord(Exception):
    """The model runs, but its operators cannot be recorded; the message is a sentence. `rows` ran until then."""

    def __init__(self, message: str, rows: list[Row]) -> None:
        super().__init__(message)
        self.rows = rows


def record(model: torch.nn.Module, *inputs: torch.Tensor) -> Recorded:
    """One pass without gradients in the mode that the model is in.

    Raises:
        CannotRecord: the recorder failed, not the model.
    """
    with recording(model, inputs) as recorder:
        result = model(*inputs)
    if recorder.fault is not None:
        fault = recorder.fault
        message = f"The operators could not be recorded ({type(fault).__name__}: {fault})."
        raise CannotRecord(message, recorder.rows) from fault
    return Recorded(recorder, recorder.finish(outputs_of(result)))


def structure(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[dict[str, Any], list[Row]]:
    """The model's structure as plain values for one answer, and the operators that ran.

    Args:
        inputs: what forward takes, batch 4, see `passes.inputs_for`. Two of the four do where the model takes two.

    The model is left as it was, in eval mode.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's are no faults of the model
            return _with_few_images(model, inputs)
    finally:
        model.eval()


def _with_few_images(
    model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]
) -> tuple[dict[str, Any], list[Row]]:
    try:
        return _structure(model.eval(), tuple(tensor[:SMALL_BATCH] for tensor in inputs))
    except CannotRecord:
        raise
    except Exception:  # some models do not take two images
        return _structure(model.eval(), inputs)


def _structure(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[dict[str, Any], list[Row]]:
    evaluated = record(model, *inputs)
    with in_train_mode(model) as twin:
        trained = record(twin, *inputs)
        ungraded, note = _ungraded(twin, inputs)
    rows, place = with_training(evaluated.recorder.rows, trained.recorder.rows)
    ends = {place[end] for end in evaluated.ends if end != INPUT}
    ends |= {row.index for row in rows if row.kind == "dropout" and set(row.inputs) & ends}
    used = evaluated.recorder.used | trained.recorder.used
    found = assembled(model, rows, ends, evaluated.recorder, used)
    if not evaluated.is_seen:
        found |= {"receptive_field": [["unknown", 0, 0.0]] * 2, "global_pool": -1, "map_before_pool": []}
        found["unknown_operators"] = [UNSEEN, *found["unknown_operators"]][:MAX_NAMES]
    return {**found, "ungraded_parameters": ungraded, "note": note}, rows


def _ungraded(twin: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, str]:
    try:
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):
            return without_gradient(twin, outputs_of(twin(*inputs))), ""
    except Exception as error:
        return 0, f"A backward pass on random images failed ({type(error).__name__}: {error})."


def assembled(
    model: torch.nn.Module, rows: list[Row], ends: set[int], recorder: Recorder, used: set[str]
) -> dict[str, Any]:
    """Everything but the gradients. `rows` may hold dropout that the recorded eval pass has not."""
    flow = Flow(rows)
    rows = [_with_shortcut(row, flow) for row in rows]
    field, pool, size = _receptive_field(rows, flow, ends)
    layers, unused = _unused(model, used)
    elements, places = hidden(model, recorder.taken)
    return {
        "operators": [_operator(row) for row in rows],
        "receptive_field": field,
        "global_pool": pool,
        "map_before_pool": size,
        "flops": recorder.flops // max(recorder.batch, 1),
        "flops_partial": recorder.flops_partial,
        "unused_layers": layers[:MAX_NAMES],
        "unused_parameters": unused,
        "hidden_elements": elements,
        "hidden_places": list(places)[:MAX_NAMES],
        "unknown_operators": list(recorder.unknown)[:MAX_NAMES],
    }


def _with_shortcut(row: Row, flow: Flow) -> Row:
    if row.kind != "add":
        return row
    shortcut = flow.shortcut(row)
    return replace(row, details={**row.details, "residual": bool(shortcut), "shortcut": shortcut})


# --- receptive field ----------------------------------------------------------------------------------------


def _receptive_field(rows: list[Row], flow: Flow, ends: set[int]) -> tuple[list[list[Any]], int, list[int]]:
    """Before the global pooling that feeds the head; without one, of the last map."""
    pools = flow.head_pools(ends)
    if pools:
        before = [_before(pool, flow) for pool in pools]
        traces = [trace for trace in before if trace is not None]
        field = [_widest([_axis(trace, axis) for trace in traces]) for axis in AXES]
        return field, pools[-1].index, _map_size(traces[-1])
    alive = flow.among(ends)
    maps = [row for row in rows if row.index in alive and row.kind != "view" and min(row.positions()) > 0]
    if maps and any(row.kind in _SPATIAL or _is_wide(row) for row in maps):
        last = maps[-1].after
        assert last is not None
        return [_axis(last, axis) for axis in AXES], -1, _last_map(maps)
    return (
        [["global", 0, 0.0] if rows and rows[0].before and _is_image(rows[0].before) else ["none", 0, 0.0]]
        * 2,
        -1,
        [],
    )


def _is_wide(row: Row) -> bool:
    return row.after is not None and any(
        field.state != "known" or field.size > 1 for field in row.after.fields
    )


def _is_image(trace: Trace) -> bool:
    return any(field.state != "none" for field in trace.fields)


def _before(pool: Row, flow: Flow) -> Trace | None:
    source = flow.pooled(pool)
    return source.after if source is not None else pool.before


def _last_map(rows: list[Row]) -> list[int]:
    maps = [row for row in rows if row.is_map]
    return list(maps[-1].positions()) if maps else []


def _map_size(trace: Trace) -> list[int]:
    """Height and width; nothing where tokens of their own stand among the map's positions."""
    mixed = any(atom.carries(0) and atom.carries(1) for dim in trace.dims for atom in dim)
    return [] if mixed else [trace.positions(axis) for axis in AXES]


def _axis(trace: Trace, axis: int) -> list[Any]:
    """State, size and jump; a field of no positions is none."""
    field: Field = trace.fields[axis]
    if field.state != "known":
        return [field.state, 0, 0.0]
    return ["known", field.size, float(trace.jump(axis))] if field.size else ["none", 0, 0.0]


def _widest(axes: list[list[Any]]) -> list[Any]:
    """Of several pools that feed the head together, the one that sees most."""
    order = ("none", "known", "unknown", "global")
    return max(axes, key=lambda axis: (order.index(axis[0]), axis[1]))


def _operator(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": row.name,
        "module": row.module,
        "inputs": list(row.inputs),
        "output_shape": list(row.shape[1:]),
        "parameters": row.parameters,
        "axes": [_axis(row.after, axis) for axis in AXES] if row.after is not None and row.is_map else [],
        "details": dict(row.details),
    }


# --- what is used -------------------------------------------------------------------------------------------


def _unused(model: torch.nn.Module, used: set[str]) -> tuple[list[str], int]:
    """Modules none of whose own parameters an operator took, parameters that lie idle by themselves, and elements."""
    idle = {
        entry.name: values(entry.tensor)
        for entry in entries(model)
        if entry.role == "parameter" and entry.name not in used
    }
    named: list[str] = []
    kinds = {path: type(module).__name__ for path, module in modules(model)}
    for path, names in owners(model).items():
        idle_here = [name for name in names if name in idle]
        if path and idle_here and len(idle_here) == len(names):
            named.append(f"{path} ({kinds[path]})")
        else:
            named += [f"{name} (Parameter)" for name in idle_here]
    return named, sum(idle.values())
