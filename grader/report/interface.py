"""What a format is: a file of this folder with a `file_name` and a pure `render(record) -> str`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from grader.errors import UsageError
from grader.records import RunRecord

STORED = ("json", "html", "markdown")
"""The formats that every run's folder holds."""


@cache
def formats() -> dict[str, ModuleType]:
    """Every format by its name, which is its file's name."""
    import grader.report as family

    names = sorted(info.name for info in pkgutil.iter_modules(family.__path__) if not info.ispkg)
    found = {
        name: importlib.import_module(f"{family.__name__}.{name}") for name in names if name != "interface"
    }
    return {name: module for name, module in found.items() if hasattr(module, "file_name")}


def render(name: str, record: RunRecord) -> str:
    """The record in one format; the same record gives the same text, byte for byte.

    Raises:
        UsageError: there is no such format.
    """
    if name not in formats():
        raise UsageError(f'There is no report format "{name}".', f"Choose from: {', '.join(formats())}.")
    text: str = formats()[name].render(record)
    return text


def files(record: RunRecord, names: tuple[str, ...] = STORED) -> dict[str, str]:
    """File name → content, to be written as UTF-8 into the run's folder."""
    return {formats()[name].file_name: render(name, record) for name in names}
