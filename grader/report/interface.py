"""What a report is: a file of this folder with a `file_name` and a pure `render(record) -> str`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from typing import Protocol, cast

from grader.errors import UsageError
from grader.records import RunRecord
from grader.text import clean

STORED = ("json", "html", "markdown", "staff")
"""The formats that every run's folder holds."""
FOR_A_STUDENT = ("json", "html", "markdown")
"""Those of a student's own check, whose record holds nothing of the staff's."""
SHORT = {"md": "markdown"}
"""What a format is called, too."""


class Report(Protocol):
    """One format. The same record gives the same text, byte for byte; no record makes it raise."""

    file_name: str

    def render(self, record: RunRecord) -> str: ...


@cache
def formats() -> dict[str, Report]:
    """Every format by its name, which is its file's name."""
    import grader.report as family

    names = sorted(info.name for info in pkgutil.iter_modules(family.__path__) if not info.ispkg)
    found = {
        name: importlib.import_module(f"{family.__name__}.{name}") for name in names if name != "interface"
    }
    return {name: cast(Report, module) for name, module in found.items() if hasattr(module, "file_name")}


def reports(names: tuple[str, ...] = STORED) -> tuple[Report, ...]:
    """The formats of these names; without any, those that a run's folder holds.

    Raises:
        UsageError: there is no such format.
    """
    return tuple(formats()[name] for name in named(names))


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The formats' own names, each once, in the order in which they were asked for.

    Raises:
        UsageError: there is no such format; every wrong name is said, and every right one.
    """
    asked = [SHORT.get(name.strip(), name.strip()) for name in names]
    if wrong := [name for name in dict.fromkeys(asked) if name not in formats()]:
        told = ", ".join(f'"{clean(name, 40)}"' for name in wrong)
        short = {name: f"{name} ({one})" for one, name in SHORT.items()}
        raise UsageError(
            f"There is no report format {told}.",
            f"Choose from: {', '.join(short.get(name, name) for name in formats())}.",
        )
    return tuple(dict.fromkeys(asked))
