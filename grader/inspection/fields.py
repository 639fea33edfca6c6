"""What a tensor's positions see of the input image: exact intervals per spatial axis, and which dimension moves them.

A tensor's dimensions are lists of atoms, outermost first: a flattened map is one dimension of two atoms, and a
view only regroups atoms. Along an axis, position `i` of the one atom that carries it sees the input positions
`i * jump + phases[i % len(phases)]`, an interval `(low, high)` with both ends counted. Convolutions and pools keep
one phase; transposed convolution and upsampling bring several. All numbers are exact fractions.

Source: Araujo et al., "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019; the phases
and atoms are ours. Nothing here knows torch.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

State = Literal["known", "global", "unknown", "none"]
Interval = tuple[Fraction, Fraction]
Phases = tuple[Interval | None, ...]
"""One interval per phase; None where a position takes nothing from the image (a gap of a transposed convolution)."""

AXES = (0, 1)
MAX_PHASES = 1024
_ZERO = Fraction(0)
_tokens = itertools.count(1)


@dataclass(frozen=True)
class Field:
    """What positions see along one axis; `phases` is () unless the state is `known`."""

    state: State
    phases: Phases = ()

    @property
    def size(self) -> int:
        """Input positions from the first to the last that is seen, at the position that sees most; 0 if unknown."""
        spans = [high - low + 1 for low, high in filter(None, self.phases)]
        return int(max(spans)) if spans else 0


GLOBAL, UNKNOWN, NONE = Field("global"), Field("unknown"), Field("none")


@dataclass(frozen=True)
class Atom:
    """A factor of a dimension. `marks` is not 0 along an axis where positions are no longer evenly spaced: two atoms
    with the same mark have the same positions."""

    size: int
    jumps: tuple[Fraction, Fraction] = (_ZERO, _ZERO)
    marks: tuple[int, int] = (0, 0)

    def carries(self, axis: int) -> bool:
        return self.jumps[axis] != 0 or self.marks[axis] != 0

    @property
    def is_plain(self) -> bool:
        return not (self.carries(0) or self.carries(1))


Dim = tuple[Atom, ...]


@dataclass(frozen=True)
class Trace:
    """Of one tensor: its dimensions' atoms, and what their positions see along height and width."""

    dims: tuple[Dim, ...]
    fields: tuple[Field, Field]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(dim_size(dim) for dim in self.dims)

    def positions(self, axis: int) -> int:
        """How many positions there are along the axis; 0 where it is gone from the tensor's dimensions."""
        sizes = [atom.size for dim in self.dims for atom in dim if atom.carries(axis)]
        return math.prod(sizes) if sizes else 0

    def jump(self, axis: int) -> Fraction:
        """Input positions from one position to the next, along the innermost atom that carries the axis."""
        jumps = [abs(a.jumps[axis]) for dim in self.dims for a in dim if a.jumps[axis] != 0]
        return min(jumps, default=_ZERO)

    def with_field(self, axis: int, field: Field) -> Trace:
        fields = (field, self.fields[1]) if axis == 0 else (self.fields[0], field)
        return replace(self, fields=fields)


def dim_size(dim: Dim) -> int:
    return math.prod(atom.size for atom in dim)


def image(shape: tuple[int, ...]) -> Trace:
    """The model's input, shape (batch, channels, height, width): every pixel sees itself."""
    here: Field = Field("known", ((_ZERO, _ZERO),))
    one = Fraction(1)
    *front, height, width = shape
    dims: list[Dim] = [(Atom(size),) for size in front]
    dims += [(Atom(height, (one, _ZERO)),), (Atom(width, (_ZERO, one)),)]
    return Trace(tuple(dims), (here, here))


def apart(shape: tuple[int, ...], fields: tuple[Field, Field] = (NONE, NONE)) -> Trace:
    """A tensor none of whose dimensions moves over the image."""
    return Trace(tuple((Atom(size),) for size in shape), fields)


def tangled(shape: tuple[int, ...], fields: tuple[Field, Field]) -> Trace:
    """A tensor whose dimensions may all move over the image, nobody knows how."""
    marks = (fresh_mark(), fresh_mark())
    return Trace(tuple((Atom(size, marks=marks),) for size in shape), fields)


def fresh_mark() -> int:
    return next(_tokens)


def collapsed(field: Field) -> Field:
    """How far the position that sees most sees, where positions are no longer told apart: `(0, extent)`."""
    if field.state != "known":
        return field
    extents = [high - low for low, high in filter(None, field.phases)]
    return Field("known", ((_ZERO, max(extents)),)) if extents else NONE


def union(fields: list[Field]) -> Field:
    """What a position sees that takes all of these, where their positions have the same jump."""
    found = [field for field in fields if field.state != "none"]
    for whole in (GLOBAL, UNKNOWN):
        if whole in found:
            return whole
    if not found:
        return NONE
    count = math.lcm(*(len(field.phases) for field in found))
    if count > MAX_PHASES:
        return UNKNOWN
    phases = [hull([f.phases[i % len(f.phases)] for f in found]) for i in range(count)]
    return Field("known", shortest(tuple(phases)))


def hull(intervals: list[Interval | None]) -> Interval | None:
    """The smallest interval that holds all of them."""
    there = [interval for interval in intervals if interval]
    if not there:
        return None
    return min(low for low, _ in there), max(high for _, high in there)


def shortest(phases: Phases) -> Phases:
    """The same phases with the smallest period."""
    count = len(phases)
    for period in range(1, count):
        if count % period == 0 and phases[:period] * (count // period) == phases:
            return phases[:period]
    return phases
