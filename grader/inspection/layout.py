"""How positions move when a tensor is viewed, permuted, sliced or resampled.

Every function takes a trace and gives a trace. Where positions lose their even spacing they get a mark and the
field of the position that sees most; where no rule is left the field becomes `unknown`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from grader.inspection.fields import (
    AXES,
    MAX_PHASES,
    NONE,
    UNKNOWN,
    Atom,
    Dim,
    Field,
    Interval,
    Trace,
    collapsed,
    dim_size,
    fresh_mark,
    hull,
    shortest,
)

Taps = Callable[[int], Sequence[int]]
"""Which input positions the output position takes."""


# --- views --------------------------------------------------------------------------------------------------


def permute(trace: Trace, order: Sequence[int]) -> Trace:
    return replace(trace, dims=tuple(trace.dims[place] for place in order))


def view(trace: Trace, shape: tuple[int, ...]) -> Trace:
    """The same elements in the same order under another shape."""
    atoms = deque(_merged([atom for dim in trace.dims for atom in dim], trace))
    dims: list[Dim] = []
    for place, size in enumerate(shape):
        taken, trace = _take(atoms, size, trace)
        if taken is None:
            return _lost(trace, dims, atoms, shape[place:])
        dims.append((*taken, *_left_over(taken, atoms, shape[place + 1 :])))
    return replace(trace, dims=tuple(dims))


def _take(atoms: deque[Atom], size: int, trace: Trace) -> tuple[Dim | None, Trace]:
    """The outermost atoms that make up a dimension of this size; an atom is cut in two where it must be."""
    taken: list[Atom] = []
    while dim_size(tuple(taken)) < size:
        need, rest = divmod(size, dim_size(tuple(taken)))
        atom = atoms.popleft()
        if not rest and need % atom.size == 0:
            taken.append(atom)
        elif not rest and atom.size % need == 0:
            outer, inner, trace = _cut(atom, need, trace)
            taken.append(outer)
            atoms.appendleft(inner)
        else:
            atoms.appendleft(atom)
            atoms.extendleft(reversed(taken))
            return None, trace
    if size == 1 and atoms and atoms[0].size == 1:
        taken.append(atoms.popleft())
    return tuple(taken) or (Atom(1),), trace


def _left_over(taken: Dim, atoms: deque[Atom], rest: Sequence[int]) -> list[Atom]:
    """Atoms of size 1 that come next: they keep their axis in sight, here or in the next dimension.

    Which one cannot be told from sizes. Behind a whole spatial dimension the next one is likelier (a column that is
    repeated), else this one (`view(-1, channels)` of a map with the channels last).
    """
    if len(taken) == 1 and not taken[0].is_plain and rest:
        return []
    ones = next((place for place, size in enumerate(rest) if size != 1), len(rest))
    waiting = next((place for place, atom in enumerate(atoms) if atom.size != 1), len(atoms))
    return [atoms.popleft() for _ in range(waiting - ones)]


def _cut(atom: Atom, outer_size: int, trace: Trace) -> tuple[Atom, Atom, Trace]:
    inner_size = atom.size // outer_size
    outer = Atom(outer_size, (atom.jumps[0] * inner_size, atom.jumps[1] * inner_size), atom.marks)
    inner = Atom(inner_size, atom.jumps, atom.marks)
    for axis in AXES:
        if atom.jumps[axis] != 0 and len(trace.fields[axis].phases) > 1:
            mark = fresh_mark()
            outer, inner = _marked(outer, axis, mark), _marked(inner, axis, mark)
            trace = trace.with_field(axis, collapsed(trace.fields[axis]))
    return outer, inner, trace


def _marked(atom: Atom, axis: int, mark: int) -> Atom:
    jumps = tuple(Fraction(0) if a == axis else atom.jumps[a] for a in AXES)
    marks = tuple(mark if a == axis else atom.marks[a] for a in AXES)
    return Atom(atom.size, (jumps[0], jumps[1]), (marks[0], marks[1]))


def _merged(atoms: Sequence[Atom], trace: Trace) -> list[Atom]:
    """Neighbours that are evenly spaced as one become one: what a view cut, another view can put together."""
    one_phase = [len(field.phases) <= 1 for field in trace.fields]
    result: list[Atom] = []
    for atom in atoms:
        if atom.size == 1 and atom.is_plain:
            continue
        last = result[-1] if result else None
        if last and _is_remnant(atom, last):
            continue
        if last and _is_remnant(last, atom):
            result[-1] = atom
        elif last and _is_one_run(last, atom) and (atom.is_plain or all(one_phase)):
            result[-1] = Atom(last.size * atom.size, atom.jumps)
        else:
            result.append(atom)
    return result


def _is_one_run(outer: Atom, inner: Atom) -> bool:
    if any(outer.marks) or any(inner.marks) or 1 in (outer.size, inner.size):
        return False
    return all(outer.jumps[axis] == inner.jumps[axis] * inner.size for axis in AXES)


def _is_remnant(one: Atom, other: Atom) -> bool:
    """Whether `one` is what is left of a dimension that `other` still carries."""
    if one.size != 1 or one.is_plain:
        return False
    return all(one.carries(axis) == other.carries(axis) for axis in AXES)


def _lost(trace: Trace, dims: list[Dim], atoms: deque[Atom], sizes: Sequence[int]) -> Trace:
    """A view that cuts across atoms: what is left has positions, but no even spacing."""
    marks = [fresh_mark() if any(atom.carries(axis) for atom in atoms) else 0 for axis in AXES]
    for axis in AXES:
        if marks[axis]:
            trace = trace.with_field(axis, collapsed(trace.fields[axis]))
    rest = [(Atom(size, marks=(marks[0], marks[1])),) for size in sizes]
    return replace(trace, dims=(*dims, *rest))


def expand(trace: Trace, shape: tuple[int, ...]) -> Trace:
    """Broadcast: a dimension of size 1 becomes one whose positions all see the same."""
    missing = len(shape) - len(trace.dims)
    dims: list[Dim] = [(Atom(size),) for size in shape[:missing]]
    for dim, size in zip(trace.dims, shape[missing:], strict=True):
        dims.append(dim if dim_size(dim) == size else (Atom(size),))
    return replace(trace, dims=tuple(dims))


# --- along one dimension ------------------------------------------------------------------------------------


def resample(trace: Trace, dim: int, size: int, ratio: Fraction, taps: Taps) -> Trace:
    """Position `o` of the result takes the positions `taps(o)` of `dim`; `ratio` input positions to each output one.

    `taps(o + 1/ratio's denominator)` has to be `taps(o)` moved by its numerator.
    """
    trace = straight(trace, dim)
    atoms = trace.dims[dim]
    new = Atom(size)
    for axis in AXES:
        if not any(atom.carries(axis) for atom in atoms):
            continue
        jump = atoms[0].jumps[axis]
        field = trace.fields[axis]
        moved = _resampled(field, jump, ratio, taps) if _is_alone(trace, dim, axis, ratio) else UNKNOWN
        if field.state in ("global", "unknown"):
            moved = field
        trace = trace.with_field(axis, moved)
        new = _carrying(new, axis, jump * ratio, moved)
    if any(field.state == "known" and not any(field.phases) for field in trace.fields):
        trace = replace(
            trace, fields=(NONE, NONE)
        )  # every position fell into a gap: nothing of the image is left
    return replace(trace, dims=(*trace.dims[:dim], (new,), *trace.dims[dim + 1 :]))


def _carrying(atom: Atom, axis: int, jump: Fraction, field: Field) -> Atom:
    if jump == 0 or field.state == "unknown":
        return _marked(atom, axis, fresh_mark())
    return replace(atom, jumps=(jump, atom.jumps[1]) if axis == 0 else (atom.jumps[0], jump))


def _is_alone(trace: Trace, dim: int, axis: int, ratio: Fraction) -> bool:
    """Whether the axis is carried evenly by this dimension, and by others only where phases stay one."""
    atoms = trace.dims[dim]
    if (
        len(atoms) > 1
        or atoms[0].marks[axis]
        or any(atoms[0].carries(other) for other in AXES if other != axis)
    ):
        return False
    others = [
        a for d, atoms in enumerate(trace.dims) if d != dim for a in atoms if a.carries(axis) and a.size > 1
    ]
    return not others or (ratio.denominator == 1 and len(trace.fields[axis].phases) == 1)


def _resampled(field: Field, jump: Fraction, ratio: Fraction, taps: Taps) -> Field:
    if field.state != "known":
        return field
    period = len(field.phases)
    count = ratio.denominator * (period // math.gcd(period, ratio.numerator))
    if count > MAX_PHASES:
        return UNKNOWN
    step = jump * ratio
    phases = [_moved(hull([_seen(field, jump, i) for i in taps(o)]), -o * step) for o in range(count)]
    return Field("known", shortest(tuple(phases)))


def _seen(field: Field, jump: Fraction, position: int) -> Interval | None:
    return _moved(field.phases[position % len(field.phases)], position * jump)


def _moved(interval: Interval | None, by: Fraction) -> Interval | None:
    return (interval[0] + by, interval[1] + by) if interval else None


def straight(trace: Trace, dim: int) -> Trace:
    """The same with `dim` as one atom, where each of its outer positions is only repeated by the inner ones."""
    atoms = _merged(trace.dims[dim], trace) or [Atom(1)]
    first, rest = atoms[0], atoms[1:]
    if rest and all(atom.is_plain for atom in rest) and not first.is_plain and not any(first.marks):
        times = math.prod(atom.size for atom in rest)
        whole = replace(trace, dims=(*trace.dims[:dim], (first,), *trace.dims[dim + 1 :]))
        return resample(whole, dim, first.size * times, Fraction(1, times), lambda o: (o // times,))
    return replace(trace, dims=(*trace.dims[:dim], tuple(atoms), *trace.dims[dim + 1 :]))


def window(trace: Trace, dim: int, start: int, size: int, step: int = 1) -> Trace:
    """A slice: `size` positions from `start` on, every `step`-th. A negative start pads."""
    if start == 0 and step == 1 and size == dim_size(trace.dims[dim]):
        return trace
    atoms = trace.dims[dim]
    if len(atoms) > 1 or any(atoms[0].marks):
        trace = straight(trace, dim)
        atoms = trace.dims[dim]
    if len(atoms) > 1 or any(atoms[0].marks):
        return _uneven(trace, dim, size)
    return resample(trace, dim, size, Fraction(step), lambda o: (start + o * step,))


def _uneven(trace: Trace, dim: int, size: int) -> Trace:
    """The dimension with another set of its positions: each sees what it saw, but their spacing is gone."""
    new = Atom(size)
    for axis in AXES:
        if any(atom.carries(axis) for atom in trace.dims[dim]):
            trace = trace.with_field(axis, collapsed(trace.fields[axis]))
            new = _marked(new, axis, fresh_mark())
    return replace(trace, dims=(*trace.dims[:dim], (new,), *trace.dims[dim + 1 :]))


def bins(trace: Trace, dim: int, edges: Sequence[tuple[int, int]]) -> Trace:
    """Position `o` takes the positions `edges[o]` (first, last): exact for the bin that sees most, spacing is gone."""
    trace = straight(trace, dim)
    atoms = trace.dims[dim]
    marked = _uneven(trace, dim, len(edges))
    for axis in AXES:
        field = trace.fields[axis]
        if field.state != "known" or not any(atom.carries(axis) for atom in atoms):
            continue
        if not _is_alone(trace, dim, axis, Fraction(1)):
            marked = marked.with_field(axis, UNKNOWN)
            continue
        jump = atoms[0].jumps[axis]
        seen = [hull([_seen(field, jump, i) for i in range(first, last + 1)]) for first, last in edges]
        marked = marked.with_field(axis, collapsed(Field("known", tuple(seen))))
    return marked


def select(trace: Trace, dim: int, position: int) -> Trace:
    """One position of a dimension, which goes away."""
    rest = replace(trace, dims=(*trace.dims[:dim], *trace.dims[dim + 1 :]))
    for atom in reversed(trace.dims[dim]):
        position, digit = divmod(position, atom.size)
        for axis in AXES:
            field = rest.fields[axis]
            if field.state != "known" or not atom.carries(axis):
                continue
            lost = atom.marks[axis] and atom.size > 1
            moved = _seen(field, atom.jumps[axis], digit)
            rest = rest.with_field(axis, UNKNOWN if lost else Field("known", (moved,)) if moved else NONE)
    return rest


def flip(trace: Trace, dim: int) -> Trace:
    atoms = trace.dims[dim]
    if len(atoms) == 1 and not any(atoms[0].marks):
        size = atoms[0].size
        if any(len(trace.fields[axis].phases) > 1 for axis in AXES if atoms[0].carries(axis)):
            return _uneven(trace, dim, size)
        return resample(trace, dim, size, Fraction(-1), lambda o: (size - 1 - o,))
    return _uneven(trace, dim, dim_size(atoms))


def moves(trace: Trace, dim: int) -> bool:
    """Whether the positions of a dimension move over the image."""
    single = dim_size(trace.dims[dim]) == 1
    return any(not atom.is_plain and (atom.size > 1 or single) for atom in trace.dims[dim])


def remnants(trace: Trace, dim: int) -> Dim:
    """What a dimension holds of axes that have a single position left."""
    return tuple(
        atom
        for atom in trace.dims[dim]
        if atom.size == 1 and any(atom.carries(axis) and trace.positions(axis) == 1 for axis in AXES)
    )


def resized(trace: Trace, dim: int, size: int) -> Trace:
    """The dimension with another size, where its positions all see the same."""
    return replace(
        trace, dims=(*trace.dims[:dim], (Atom(size), *remnants(trace, dim)), *trace.dims[dim + 1 :])
    )


def out_of_sight(trace: Trace, dims: Sequence[int]) -> Trace:
    """Where a single position's axis lies in none of `dims`, a window over these may or may not move along it."""
    for axis in AXES:
        places = [d for d, dim in enumerate(trace.dims) if any(atom.carries(axis) for atom in dim)]
        if places and not set(places) & set(dims) and trace.fields[axis].state == "known":
            trace = trace.with_field(axis, UNKNOWN)
    return trace
