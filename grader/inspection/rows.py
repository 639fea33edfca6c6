"""What the recorder writes down: one row per operator that ran on something derived from the model's input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from grader.inspection.fields import AXES, Trace

INPUT = -1
"""The model's input, where a row's inputs are listed."""


@dataclass
class Row:
    """One operator. The traces are None where the result does not depend on the input (a table of positions)."""

    index: int
    kind: str
    name: str
    module: str
    operands: tuple[tuple[int, ...], ...]  # the rows that each operand comes from
    shape: tuple[int, ...]  # with the batch
    parameters: int
    before: Trace | None = None
    after: Trace | None = None
    details: dict[str, Any] = field(default_factory=dict)
    pools: tuple[int, ...] = ()  # the spatial axes that a mean or maximum takes in whole

    @property
    def inputs(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(producer for listed in self.operands for producer in listed))

    @property
    def key(self) -> tuple[object, ...]:
        """What the same operator has in common between two passes."""
        return self.kind, self.name.rstrip("_"), self.module, self.shape

    def positions(self) -> tuple[int, int]:
        """Positions of the output along height and width; 0 where the axis is gone."""
        if self.after is None:
            return 0, 0
        return self.after.positions(0), self.after.positions(1)

    @property
    def is_map(self) -> bool:
        """Whether the output has a dimension for height and another for width."""
        if self.after is None:
            return False
        places = [
            [d for d, dim in enumerate(self.after.dims) if any(atom.carries(axis) for atom in dim)]
            for axis in AXES
        ]
        return len(places[0]) == len(places[1]) == 1 and places[0] != places[1]


@dataclass(frozen=True, eq=False)
class Extra:
    """A tensor that is neither state nor derived from the input, and where it came from."""

    origin: Literal["outside", "literal", "random", "grid"]
    elements: int
    module: str
    address: int  # of its storage
    tensor: Any  # held, so that its memory is not given out again
