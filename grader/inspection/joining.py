"""How positions come together: reductions, softmax, elementwise operators, concatenation."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

from grader.inspection.fields import (
    AXES,
    GLOBAL,
    UNKNOWN,
    Atom,
    Dim,
    Field,
    Trace,
    collapsed,
    fresh_mark,
    union,
)
from grader.inspection.layout import expand, moves, resized, straight, window


def contract(trace: Trace, over: Collection[int], *, keep: bool = False, whole: bool = False) -> Trace:
    """Every result takes all positions of the dimensions `over`. `keep` leaves them with size 1.

    An axis that is used up becomes global; one that had a single position stays what it was unless `whole`.
    """
    for axis in AXES:
        inside = [a for d in over for a in trace.dims[d] if a.carries(axis)]
        outside = [
            a
            for d, dim in enumerate(trace.dims)
            if d not in over
            for a in dim
            if a.carries(axis) and a.size > 1
        ]
        if inside and trace.fields[axis].state == "known":
            trace = trace.with_field(axis, _contracted(trace.fields[axis], inside, bool(outside), whole))
    dims = [
        tuple(replace(atom, size=1) for atom in dim if not atom.is_plain) or (Atom(1),) if d in over else dim
        for d, dim in enumerate(trace.dims)
        if keep or d not in over
    ]
    return replace(trace, dims=tuple(dims))


def mixed(trace: Trace, over: Collection[int]) -> Trace:
    """As `contract`, but the positions stay: softmax."""
    return replace(trace, fields=contract(trace, over).fields)


def _contracted(field: Field, inside: list[Atom], has_more: bool, whole: bool) -> Field:
    positions = math.prod(atom.size for atom in inside)
    if positions == 1:
        return GLOBAL if whole and not has_more else field
    if not has_more:
        return GLOBAL
    if len(field.phases) != 1 or field.phases[0] is None or any(any(atom.marks) for atom in inside):
        return UNKNOWN
    low, high = field.phases[0]
    for atom in inside:
        jump = next(jump for jump in atom.jumps if jump != 0)
        reach = (atom.size - 1) * jump
        low, high = low + min(Fraction(0), reach), high + max(Fraction(0), reach)
    return Field("known", ((low, high),))


def merge(traces: Sequence[Trace], shape: tuple[int, ...]) -> Trace:
    """Elementwise with broadcasting: every position takes the same position of each."""
    wide = [expand(trace, shape) for trace in traces]
    if len({tuple(spacing(trace.dims, axis) for axis in AXES) for trace in wide}) > 1:
        wide = [_straightened(trace) for trace in wide]
    dims = tuple(_richest([trace.dims[d] for trace in wide]) for d in range(len(shape)))
    fields = [_merged_field(wide, dims, axis) for axis in AXES]
    return Trace(dims, (fields[0], fields[1]))


def _straightened(trace: Trace) -> Trace:
    for dim, atoms in enumerate(trace.dims):
        if len(atoms) > 1:
            trace = straight(trace, dim)
    return trace


def _richest(dims: list[Dim]) -> Dim:
    """The operand's dimension that carries an axis, if one does."""
    return max(dims, key=lambda dim: sum(atom.carries(0) + atom.carries(1) for atom in dim))


def _merged_field(traces: Sequence[Trace], dims: tuple[Dim, ...], axis: int) -> Field:
    whole = union([trace.fields[axis] for trace in traces])
    if whole.state != "known":
        return whole
    expected = spacing(dims, axis)
    moving = [trace for trace in traces if trace.fields[axis].state == "known"]
    return whole if all(spacing(trace.dims, axis) == expected for trace in moving) else UNKNOWN


def spacing(dims: Sequence[Dim], axis: int) -> tuple[tuple[object, ...], ...]:
    """How the dimensions move along an axis, in a form that two tensors can be compared by."""
    found = []
    for place, dim in enumerate(dims):
        inner = 1
        for atom in reversed(dim):
            if atom.carries(axis) and atom.size > 1:
                found.append((place, inner, atom.size, atom.jumps[axis], atom.marks[axis]))
            inner *= atom.size
    return tuple(found)


def join(traces: Sequence[Trace | None], sizes: Sequence[int], dim: int, shape: tuple[int, ...]) -> Trace:
    """Concatenation along `dim`; None for a part that is not derived from the image (constants pad)."""
    total, start, pieces = sum(sizes), 0, []
    for trace, size in zip(traces, sizes, strict=True):
        if trace is not None and size:
            pieces.append((trace, window(trace, dim, -start, total) if moves(trace, dim) else None))
        start += size
    moving = [shifted for _, shifted in pieces if shifted]
    if len(moving) == len(pieces) and _same(moving, dim):
        return merge(moving, shape)
    if not moving:
        return merge([resized(trace, dim, total) for trace, _ in pieces], shape)
    mark = (fresh_mark(), fresh_mark())
    return merge([_overlaid(trace, dim, total, mark) for trace, _ in pieces], shape)


def _same(traces: Sequence[Trace], dim: int) -> bool:
    first = traces[0]
    return all(t.fields == first.fields and t.dims[dim] == first.dims[dim] for t in traces) and not any(
        any(atom.marks) for atom in first.dims[dim]
    )


def _overlaid(trace: Trace, dim: int, size: int, marks: tuple[int, int]) -> Trace:
    """One of several parts with their own positions: no even spacing over the whole."""
    carried = [any(atom.carries(axis) for atom in trace.dims[dim]) for axis in AXES]
    for axis in AXES:
        if carried[axis]:
            trace = trace.with_field(axis, collapsed(trace.fields[axis]))
    atom = Atom(size, marks=(marks[0] * carried[0], marks[1] * carried[1]))
    return replace(trace, dims=(*trace.dims[:dim], (atom,), *trace.dims[dim + 1 :]))
