"""What is said of positions where no rule says it: unknown where positions went in, never a guess."""

from __future__ import annotations

from grader.inspection import joining
from grader.inspection.fields import (
    AXES,
    GLOBAL,
    NONE,
    UNKNOWN,
    Atom,
    Dim,
    Field,
    Trace,
    dim_size,
    fresh_mark,
    tangled,
)
from grader.inspection.rules.call import Call


def traces(call: Call) -> list[Trace]:
    """The outputs of an operator without a rule. A map that stays a map keeps its dimensions."""
    fields = [_field(call.traces(), axis) for axis in AXES]
    first = call.traces()[0]
    return [_shaped(shape, first, (fields[0], fields[1])) for shape in call.outputs]


def _shaped(shape: tuple[int, ...], first: Trace, fields: tuple[Field, Field]) -> Trace:
    if len(shape) != len(first.dims):
        return tangled(shape, fields)
    marks = (fresh_mark(), fresh_mark())
    dims: list[Dim] = []
    for size, dim in zip(shape, first.dims, strict=True):
        carried = [any(atom.carries(axis) for atom in dim) for axis in AXES]
        moved = (Atom(size, marks=(marks[0] * carried[0], marks[1] * carried[1])),)
        dims.append(dim if dim_size(dim) == size else moved)
    return Trace(tuple(dims), fields)


def _field(found: list[Trace], axis: int) -> Field:
    """Unknown as soon as positions are mixed; where none are left, there is nothing to mix."""
    states = {trace.fields[axis].state for trace in found}
    if "unknown" in states or any(t.fields[axis].state == "known" and t.positions(axis) > 1 for t in found):
        return UNKNOWN
    if "global" in states:
        return GLOBAL
    known = [trace.fields[axis] for trace in found if trace.fields[axis].state == "known"]
    return known[0] if len(known) == 1 else UNKNOWN if known else NONE


def scrambled(shape: tuple[int, ...], trace: Trace) -> Trace:
    """The same memory under another shape, nobody knows how."""
    fields = [UNKNOWN if field.state == "known" else field for field in trace.fields]
    return tangled(shape, (fields[0], fields[1]))


def overwritten(shape: tuple[int, ...], old: Trace | None, written: Trace) -> Trace:
    """A tensor of which a part (or all) was written in place.

    Exact where the part has all positions of the image (`out[:, :4] = a`); else unknown.
    """
    if shape == written.shape:
        return written
    pairs = list(zip(shape, written.dims, written.shape, strict=False))
    fits = len(shape) == len(written.dims) and all(
        size == mine or all(atom.is_plain for atom in dim) for size, dim, mine in pairs
    )
    if not fits:
        return scrambled(shape, written)
    dims: list[Dim] = [dim if size == mine else (Atom(size),) for size, dim, mine in pairs]
    wide = Trace(tuple(dims), written.fields)
    return joining.merge([wide, old], shape) if old is not None and old.shape == shape else wide
