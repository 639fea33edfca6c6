"""Values of the student's code as plain data: what an answer can carry."""

from __future__ import annotations

import math
from typing import Any

LIMIT_TEXT = 180
LIMIT_ARGUMENTS = 30

Plain = str | int | float | bool


def plain(value: Any) -> Plain:
    """A scalar as it is; anything else as the text that Python shows, without what differs from run to run."""
    if isinstance(value, bool | str):
        return value[:LIMIT_TEXT] if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else str(value)[:LIMIT_TEXT]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    return text(value)[:LIMIT_TEXT]


def text(value: Any, depth: int = 0) -> str:
    """Readable text of nested values; objects with a recorded construction show that."""
    if depth > 4:
        return "…"
    if isinstance(value, list | tuple | set | frozenset):
        inner = ", ".join(text(item, depth + 1) for item in list(value)[:12])
        inner += ", …" if len(value) > 12 else ""
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {text(v, depth + 1)}" for k, v in list(value.items())[:12]) + "}"
    recorded = getattr(value, "__dict__", {}).get("_recorded_call")
    if recorded is not None:
        listed = ", ".join(f"{name}={shown!r}" for name, shown in recorded["arguments"])
        return f"{recorded['name']}({listed})"
    if isinstance(value, float | int | str | bool | type(None)):
        return repr(value)
    name = getattr(value, "__name__", "")
    if callable(value) and isinstance(name, str) and name:
        return name if name != "<lambda>" else "lambda"
    return _own_text(value)


def _own_text(value: Any) -> str:
    """An enum's value, a tensor's or array's numbers, else the type's name: addresses say nothing."""
    held = getattr(value, "value", None)
    if isinstance(held, str):
        return held
    if type(value).__name__ in ("dtype", "device"):
        return str(value)
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "tolist"):
        return text(value.tolist(), 2) if math.prod(shape) <= 16 else f"{type(value).__name__}{tuple(shape)}"
    return type(value).__name__


def call(name: str, arguments: dict[str, Any], place: str = "", library: str = "") -> dict[str, Any]:
    """A call as an answer carries it."""
    listed = [[str(key)[:60], plain(value)] for key, value in list(arguments.items())[:LIMIT_ARGUMENTS]]
    return {"name": name[:120], "arguments": listed, "place": place, "library": library}
