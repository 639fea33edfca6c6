"""The pickled batches of CIFAR-10, read without unpickling.

A pickle is a program for a small machine. Python's own can import and call anything; the one here knows only
what such a batch needs: numbers, texts, lists, one dictionary, and an array of bytes. Names of classes are
compared with a list and never imported, and an opcode that is not known ends the reading.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_RECONSTRUCT = frozenset(
    {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
)  # of NumPy 1 and 2
_KNOWN_NAMES = _RECONSTRUCT | {"numpy ndarray", "numpy dtype", "_codecs encode"}


class Unreadable(Exception):
    """It is not a batch, or not one that this machine knows. The message says what was found."""


@dataclass(frozen=True)
class Name:
    """A class or function that the file asks for: only its name."""

    text: str


@dataclass
class Block:
    """An array of bytes as the file describes it."""

    shape: tuple[int, ...] = ()
    contents: bytes = b""


@dataclass(frozen=True)
class _ByteType:
    """NumPy's uint8."""


class _Mark:
    """Where the items of a list or tuple begin on the stack."""


def read(contents: bytes) -> dict[str, Any]:
    """The dictionary of a batch: "data" is a `Block`, "labels" a list of numbers. Keys of another kind are dropped.

    Raises:
        Unreadable: damaged, or something else than a batch.
    """
    machine = _Machine()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of odd escapes in texts that are refused anyway
            for opcode, argument, _ in pickletools.genops(contents):
                if opcode.name == "STOP":
                    break
                machine.step(opcode.name, argument)
        value = machine.stack[-1]
    except Unreadable:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(f"a damaged pickle ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise Unreadable(f"a pickle of something else ({type(value).__name__})")
    return {_text(key): item for key, item in value.items() if isinstance(key, str | bytes)}


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


class _Machine:
    """The stack, the marks in it, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            make = _CONSTANTS[name]
            self.stack.append(make())
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise Unreadable(f"a pickle that asks for something a batch never needs ({name})")

    def since_mark(self) -> list[Any]:
        start = len(self.stack) - 1
        while not isinstance(self.stack[start], _Mark):
            start -= 1
            if start < 0:
                raise ValueError("no mark")
        items = self.stack[start + 1 :]
        del self.stack[start:]
        return items

    def take(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise IndexError("stack")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items


def _name(machine: _Machine, text: str) -> None:
    if text not in _KNOWN_NAMES:
        shown = text.encode("ascii", "backslashreplace").decode("ascii")[:60]
        raise Unreadable(f"a pickle that asks for something a batch never needs ({shown!r})")
    machine.stack.append(Name(text))


def _stack_name(machine: _Machine, _: Any) -> None:
    module, name = machine.take(2)
    _name(machine, f"{module} {name}")


def _reduce(machine: _Machine, _: Any) -> None:
    called, arguments = machine.take(2)
    if not isinstance(called, Name):
        raise ValueError("a call of no name")
    if called.text in _RECONSTRUCT:
        machine.stack.append(Block())
    elif called.text == "numpy dtype" and arguments[0] in ("u1", b"u1"):
        machine.stack.append(_ByteType())
    elif called.text == "_codecs encode":
        machine.stack.append(arguments[0].encode("latin-1"))
    else:
        raise Unreadable("an array of something else than bytes")


def _build(machine: _Machine, _: Any) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    if not isinstance(target, Block):
        return  # of the type: its byte order and the like, which single bytes do not have
    _, shape, kind, by_column, contents = state
    if not isinstance(kind, _ByteType) or by_column:
        raise Unreadable("an array of something else than rows of bytes")
    if isinstance(contents, str):  # Python 2 wrote bytes as text
        contents = contents.encode("latin-1")
    if not isinstance(contents, bytes):
        raise ValueError("an array without contents")
    target.shape = tuple(int(size) for size in shape)
    target.contents = contents


def _append_all(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.stack[-1].extend(items)


def _append(machine: _Machine, _: Any) -> None:
    item = machine.stack.pop()
    machine.stack[-1].append(item)


def _set_all(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _set(machine: _Machine, _: Any) -> None:
    key, value = machine.take(2)
    machine.stack[-1][key] = value


def _tuple(machine: _Machine, _: Any) -> None:
    machine.stack.append(tuple(machine.since_mark()))


def _short_tuple(count: int) -> Callable[[_Machine, Any], None]:
    def step(machine: _Machine, _: Any) -> None:
        machine.stack.append(tuple(machine.take(count)))

    return step


def _remember(machine: _Machine, index: Any) -> None:
    machine.memo[int(index)] = machine.stack[-1]


def _remember_next(machine: _Machine, _: Any) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _recall(machine: _Machine, index: Any) -> None:
    machine.stack.append(machine.memo[int(index)])


_PUSHED = frozenset(
    {
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "SHORT_BINSTRING",
        "BINSTRING",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "SHORT_BINBYTES",
        "BINBYTES",
        "BINBYTES8",
    }
)
"""Opcodes that put their argument on the stack."""

_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "MARK": _Mark,
}

_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "GLOBAL": lambda machine, argument: _name(machine, argument),
    "STACK_GLOBAL": _stack_name,
    "REDUCE": _reduce,
    "BUILD": _build,
    "APPENDS": _append_all,
    "APPEND": _append,
    "SETITEMS": _set_all,
    "SETITEM": _set,
    "TUPLE": _tuple,
    "TUPLE1": _short_tuple(1),
    "TUPLE2": _short_tuple(2),
    "TUPLE3": _short_tuple(3),
    "BINPUT": _remember,
    "LONG_BINPUT": _remember,
    "MEMOIZE": _remember_next,
    "BINGET": _recall,
    "LONG_BINGET": _recall,
}
