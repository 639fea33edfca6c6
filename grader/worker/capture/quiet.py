"""Stand-ins that do nothing, for what a training does not need: plots, summaries, loggers, missing modules."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from grader.worker.stubs import Stub

_UNPACK = dis.opmap["UNPACK_SEQUENCE"]
_UNPACK_EX = dis.opmap["UNPACK_EX"]


class Quiet(Stub):
    """As a `Stub`, and good for arithmetic, indexing and unpacking into as many names as are asked for."""

    def __getattr__(self, name: str) -> Quiet:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Quiet(f"{self._stub_name}.{name}")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if (
            len(arguments) == 1
            and not named
            and callable(arguments[0])
            and not isinstance(arguments[0], Stub)
        ):
            return arguments[0]
        return Quiet(f"{self._stub_name}()")

    def __iter__(self) -> Iterator[Any]:
        """`a, b = stub` gives two more; a loop over one is empty."""
        frame = sys._getframe(1)
        code = frame.f_code.co_code
        position = frame.f_lasti
        if 0 <= position < len(code) - 1 and code[position] in (_UNPACK, _UNPACK_EX):
            return iter([Quiet(self._stub_name) for _ in range(code[position + 1] & 0xFF)])
        if _unpacks(frame):
            return iter([Quiet(self._stub_name) for _ in range(_unpacks(frame))])
        return iter(())

    def _same(self, *_: Any) -> Quiet:
        return Quiet(self._stub_name)

    __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = (
        __rtruediv__
    ) = _same
    __neg__ = __pow__ = __mod__ = __matmul__ = __and__ = __or__ = __invert__ = __abs__ = __floordiv__ = _same

    def __setitem__(self, *_: Any) -> None:
        return None

    def __lt__(self, _: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __contains__ = __lt__

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __float__(self) -> float:
        return 0.0

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __format__(self, _: str) -> str:
        return "0"


def _unpacks(frame: Any) -> int:
    """How many names the running instruction unpacks into, where the interpreter has specialised it."""
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == frame.f_lasti:
            return int(instruction.arg or 0) if instruction.opname == "UNPACK_SEQUENCE" else 0
    return 0


class QuietModule(ModuleType):
    """A module whose every name is quiet, unless `look_up` finds the name in the submission."""

    def __init__(self, name: str, look_up: Callable[[str], Any] | None = None) -> None:
        super().__init__(name)
        self.__dict__["__path__"] = []
        self.__dict__["_look_up"] = look_up

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        look_up = self.__dict__["_look_up"]
        found = look_up(name) if look_up is not None else None
        return found if found is not None else Quiet(f"{self.__name__}.{name}")
