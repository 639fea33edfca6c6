"""One call of an operator, as the rules see it: shapes and traces, no tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.inspection.fields import Trace

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operand:
    """A tensor that the operator takes. `trace` is None where it does not depend on the model's input."""

    shape: Shape
    trace: Trace | None
    strides: Shape = ()


@dataclass(frozen=True)
class Call:
    """`arguments` by the schema's names, defaults filled in, tensors as `Operand`s (also inside of lists)."""

    name: str  # "convolution"; in-place variants without their underscore
    arguments: Mapping[str, Any]
    outputs: tuple[Shape, ...]
    is_pointwise: bool = False

    def operand(self, name: str) -> Operand:
        found = self.arguments[name]
        if not isinstance(found, Operand):
            raise TypeError(f"{self.name}.{name} is no tensor")
        return found

    def trace(self, name: str) -> Trace:
        """The trace of an operand that has to depend on the input."""
        found = self.operand(name).trace
        if found is None:
            raise TypeError(f"{self.name}.{name} does not depend on the input")
        return found

    def dim(self, name: str = "dim", of: str = "self") -> int:
        """A dimension's number, counted from the front."""
        return int(self.arguments[name]) % max(len(self.operand(of).shape), 1)

    def numbers(self, name: str, count: int, default: int = 0) -> list[int]:
        """A list of whole numbers; one stands for all, an empty list for `default`."""
        found = self.arguments.get(name)
        listed = (
            [default]
            if found is None or found == []
            else found
            if isinstance(found, list | tuple)
            else [found]
        )
        numbers = [int(number) for number in listed]
        return numbers * count if len(numbers) == 1 else numbers

    def operands(self) -> list[Operand]:
        found: list[Operand] = []
        for value in self.arguments.values():
            listed = value if isinstance(value, list | tuple) else [value]
            found += [item for item in listed if isinstance(item, Operand)]
        return found

    def traces(self) -> list[Trace]:
        return [operand.trace for operand in self.operands() if operand.trace is not None]


Rule = Callable[[Call], list[Trace] | None]
