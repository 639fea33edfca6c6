"""Read the cells of a submission's .xlsx files: formulas, the values saved with them, and how many charts there are.

Such a file is a zip of XML, and a small one can hold gigabytes: that is why it is opened here, inside of the sandbox, by
a worker that does nothing else, and only after its real sizes were counted. Nothing in it is executed.
"""

from __future__ import annotations

import io
import math
import re
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_PARTS = 2_000
MAX_SHEETS = 60
MAX_CELLS = 200_000
MAX_FORMULA = 2_000
MAX_TEXT = 200
_CHUNK = 256 * 1024
_OLD = b"\xd0\xcf\x11\xe0"
"""Begins what Excel wrote before 2007, and today what is protected by a password."""


class Refused(Exception):
    """Why a file is not opened, as part of a sentence, and whose doing it is: `file` or `reader`."""

    def __init__(self, reason: str, fault_of: str) -> None:
        super().__init__(reason)
        self.fault_of = fault_of


def opened(root: Path, asked: list[str], seconds: float) -> list[dict[str, Any]]:
    """An entry for each file, in the order of `asked`; what comes too late is left out.

    Entries: `sheets`, `fault`, `fault_of`. A sheet: `name`, `hidden`, `charts`, `pictures`, `cells`: lists of row,
    column, formula ("" for none), and the number, text or nothing that was saved.
    """
    begin = time.monotonic()
    found: list[dict[str, Any]] = []
    left = MAX_CELLS
    for path in asked:
        if time.monotonic() - begin > seconds:
            break
        entry = _entry(root / path, left)
        left -= sum(len(sheet["cells"]) for sheet in entry["sheets"])
        found.append(entry)
    return found


def _entry(path: Path, most_cells: int) -> dict[str, Any]:
    """One file. Whatever its reader raises says nothing about the student's work: another program may open it."""
    try:
        _look_inside(path, most_cells)
        return {"sheets": _sheets(path), "fault": "", "fault_of": ""}
    except Refused as error:
        return {"sheets": [], "fault": str(error), "fault_of": error.fault_of}
    except Exception as error:
        reason = f"cannot be read ({type(error).__name__})"
        return {"sheets": [], "fault": reason, "fault_of": "reader"}


def _look_inside(path: Path, most_cells: int) -> None:
    """Count what is in it before anything builds it up in memory: a header may lie about sizes, a stream cannot."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Refused(f"is larger than {MAX_FILE_BYTES // 2**20} MB", "reader")
    with path.open("rb") as stream:
        if stream.read(4) == _OLD:
            raise Refused("is protected by a password, or an old .xls file with another name", "reader")
    if not zipfile.is_zipfile(path):
        raise Refused("is no .xlsx file inside: it is not even a zip archive", "file")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in {part.filename.lower() for part in parts}:
            raise Refused("is a zip archive, and no workbook is in it", "file")
        if len(parts) > MAX_PARTS:
            raise Refused(f"has {len(parts):,} parts, more than {MAX_PARTS:,}", "reader")
        if sum(part.filename.lower().startswith("xl/worksheets/") for part in parts) > 2 * MAX_SHEETS:
            raise Refused(f"has more than {MAX_SHEETS} sheets", "reader")
        _count(archive, parts, most_cells)


def _count(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], most_cells: int) -> None:
    unpacked, cells = 0, 0
    for part in parts:
        is_sheet = part.filename.lower().startswith("xl/worksheets/")
        with archive.open(part) as stream:
            begun = b""  # a tag whose end is still to come
            while chunk := stream.read(_CHUNK):
                unpacked += len(chunk)
                whole, bracket, rest = (begun + chunk).rpartition(b"<")
                cells += len(_CELL.findall(whole)) if is_sheet else 0
                begun = (bracket + rest)[:_TAG]
                if unpacked > MAX_UNPACKED_BYTES:
                    raise Refused(f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MB", "reader")
                if cells > most_cells:
                    raise Refused(f"has more than {MAX_CELLS:,} cells (in all workbooks together)", "reader")


_TAG = 64
"""Bytes that tell which tag it is."""
_CELL = re.compile(rb"<(?:\w{1,20}:)?c[\s>/]")


def _sheets(path: Path) -> list[dict[str, Any]]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = path.read_bytes()  # a file that its reader gives up would stay open
        formulas = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
        saved = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    if len(formulas.worksheets) > MAX_SHEETS:
        raise Refused(f"has more than {MAX_SHEETS} sheets", "reader")
    return [_sheet(one, saved[one.title]) for one in formulas.worksheets]


def _sheet(sheet: Any, saved: Any) -> dict[str, Any]:
    values = {place: cell.value for place, cell in saved._cells.items()}
    cells = [
        [row, column, *_content(cell.value, cell.data_type, values.get((row, column)))]
        for (row, column), cell in sorted(sheet._cells.items())
        if cell.value is not None
    ]
    return {
        "name": str(sheet.title)[:MAX_TEXT],
        "hidden": sheet.sheet_state != "visible",
        "charts": len(sheet._charts),
        "pictures": len(sheet._images),
        "cells": cells,
    }


def _content(value: Any, kind: str, saved: Any) -> tuple[str, float | str | None]:
    """(formula without "=", what is saved). A formula that is not plain text stands there as "?", which nobody reads."""
    if kind != "f":
        return "", _plain(value)
    text = value if isinstance(value, str) else getattr(value, "text", None)
    text = text.removeprefix("=") if isinstance(text, str) else "?"
    return (text if 0 < len(text) <= MAX_FORMULA else "?"), _plain(saved)


def _plain(value: Any) -> float | str | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return "a number beyond all bounds"
        return number if math.isfinite(number) else "no finite number"
    return str(value)[:MAX_TEXT]
