"""What is known of every tensor while a forward pass is recorded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch

from grader.inspection import unruled
from grader.inspection.fields import Trace
from grader.inspection.memory import StateMap, address
from grader.inspection.rows import Extra

Origin = Literal["outside", "literal", "random", "grid"]


@dataclass(frozen=True)
class Known:
    """One tensor. `trace` is None where it does not depend on the model's input."""

    tensor: torch.Tensor
    trace: Trace | None = None
    producers: tuple[int, ...] = ()  # rows
    states: frozenset[str] = frozenset()  # parameters and buffers that it is, or is made of
    extras: frozenset[Extra] = frozenset()  # other tensors that it is, or is made of
    keep: float = 0.0  # of a dropout mask: the probability that an element stays
    filled: bool = False  # one value everywhere, or not written yet; nothing came from elsewhere


class Book:
    """All tensors that were seen, by identity and by the memory they lie in. It holds on to every one of them."""

    def __init__(self, state: StateMap) -> None:
        self._state = state
        self._known: dict[int, Known] = {}
        self._places: dict[int, int] = {}
        self._sharing: dict[int, list[int]] = {}
        self._outside: dict[int, Extra] = {}

    def find(self, tensor: torch.Tensor, module: str, origin: Origin = "outside") -> Known:
        """A tensor that was never seen is state, another name for memory that is known, or came from `origin`."""
        place = address(tensor)
        known = self._known.get(id(tensor))
        if known is not None and self._places[id(tensor)] == place:
            return known  # with other memory it is another tensor: `x.data = y`
        if states := self._state.names(tensor):
            return self.remember(Known(tensor, states=states))
        if sharing := self._sharing.get(place):
            return self.remember(_another_name(self._known[sharing[-1]], tensor))
        if place not in self._outside:
            self._outside[place] = extra(origin, tensor, module)
        return self.remember(Known(tensor, extras=frozenset({self._outside[place]})))

    def read(self, tensor: torch.Tensor, module: str, origin: Origin = "outside") -> Known:
        """As `find`, for an operator that takes the values: those written past the recorder came from outside."""
        known = self.find(tensor, module, origin)
        if not known.filled or known.trace is not None or _is_uniform(tensor):
            return known
        place = address(tensor)
        self._outside.setdefault(place, extra("outside", tensor, module))
        return self.remember(replace(known, filled=False, extras=known.extras | {self._outside[place]}))

    def remember(self, known: Known) -> Known:
        key, place = id(known.tensor), address(known.tensor)
        if place and self._places.get(key) != place:
            self._sharing.setdefault(place, []).append(key)
        self._places[key], self._known[key] = place, known
        return known

    def write(self, tensor: torch.Tensor, trace: Trace, row: int, *, in_place: bool) -> None:
        """A result; where it was written in place, all that shares its memory now holds it too."""
        old = self._known.get(id(tensor))
        self.remember(Known(tensor, trace, (row,)))
        if not in_place:
            return
        changed = old is None or old.trace is None or old.trace.fields != trace.fields
        for other in self._others(tensor):
            seen = other.trace
            if changed or seen is None:
                seen = unruled.overwritten(tuple(other.tensor.shape), seen, trace)
            producers = tuple(dict.fromkeys((*other.producers, row)))
            self._known[id(other.tensor)] = replace(other, trace=seen, producers=producers)

    def spread(self, written: Known) -> None:
        """What was written into a part of a constant is in the whole of it."""
        for other in self._others(written.tensor):
            states, extras = other.states | written.states, other.extras | written.extras
            self._known[id(other.tensor)] = replace(other, states=states, extras=extras, filled=False)

    def parameters(self, known: Known) -> int:
        """Elements of parameters in an operand."""
        return self._state.parameters(known.tensor, known.states)

    def _others(self, tensor: torch.Tensor) -> list[Known]:
        keys = self._sharing.get(address(tensor), ())
        return [self._known[key] for key in keys if key != id(tensor)]


def extra(origin: Origin, tensor: torch.Tensor, module: str) -> Extra:
    return Extra(origin, int(tensor.numel()), module, address(tensor), tensor)


def _is_uniform(tensor: torch.Tensor) -> bool:
    if tensor.layout != torch.strided or not tensor.numel():
        return True
    return bool((tensor == tensor.flatten()[0]).all()) or bool(tensor.isnan().all())


def _another_name(known: Known, tensor: torch.Tensor) -> Known:
    """A tensor object over known memory, made behind the recorder's back: `.data`, NumPy and back."""
    shape = tuple(tensor.shape)
    if known.trace is None or tuple(known.tensor.shape) == shape:
        return replace(known, tensor=tensor)
    return replace(known, tensor=tensor, trace=unruled.scrambled(shape, known.trace))
