"""Runs as they lie on the disk: the record in a run's folder, and the folders that hold one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.course.stored.folder import PARTIAL
from grader.errors import StoreError
from grader.records import RunRecord

RESULT = "result.json"
DEPTH = 3
"""Folders between the folder of all runs and a run: spec, submission, run."""
MAX_BYTES = 256 * 1024 * 1024


def read_run(folder: Path) -> RunRecord:
    """The stored record of a run.

    Raises:
        StoreError: it cannot be read, or is no such record.
    """
    return read_result(folder / RESULT)


def read_result(place: Path) -> RunRecord:
    """The record in a result's file, whatever its name.

    Raises:
        StoreError: it cannot be read, or is no such record.
    """
    from grader.report.json import from_json

    try:
        if place.stat().st_size > MAX_BYTES:
            raise StoreError(f"{place} is larger than {MAX_BYTES // 1024**2} MiB.", "Grade it again.")
        return from_json(place.read_text("utf-8"))
    except OSError as error:
        raise StoreError(f"{place} cannot be read: {error.strerror}.", "Look at its permissions.") from error
    except UnicodeDecodeError:
        raise StoreError(f"{place} is no text.", "Take it from a backup, or grade it again.") from None


def whole_runs(base: Path) -> tuple[Path, ...]:
    """The folders of all runs below the folder of all runs, by name."""
    return tuple(_below(base, DEPTH)) if base.is_dir() else ()


def _below(folder: Path, depth: int) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        hidden = child.name.startswith(".") or child.name.endswith(PARTIAL)
        if hidden or child.is_symlink() or not child.is_dir():
            continue
        if (child / RESULT).is_file():
            yield child
        elif depth > 1:
            yield from _below(child, depth - 1)
