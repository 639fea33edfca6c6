"""Reading workbooks: formulas and what was saved with them, and every hostile file refused in time."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import LineChart

from grader.worker import workbook
from grader.worker.workbook import opened


def entry(root: Path, name: str = "a.xlsx") -> dict[str, Any]:
    (found,) = opened(root, [name], 60)
    json.dumps(found, allow_nan=False)
    return found


def saved(root: Path, cells: dict[str, Any], name: str = "a.xlsx") -> dict[str, Any]:
    book = openpyxl.Workbook()
    for place, value in cells.items():
        book.active[place] = value
    book.save(root / name)
    return entry(root, name)


def with_part(root: Path, part: str, data: bytes) -> dict[str, Any]:
    """A small workbook in which one part is another one."""
    saved(root, {"A1": 1}, "good.xlsx")
    with (
        zipfile.ZipFile(root / "good.xlsx") as good,
        zipfile.ZipFile(root / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in good.namelist():
            bad.writestr(name, data if name == part else good.read(name))
    return entry(root)


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
FIRST = "xl/worksheets/sheet1.xml"


def cells_of(found: dict[str, Any]) -> list[Any]:
    assert found["fault"] == ""
    return found["sheets"][0]["cells"]


def test_each_kind_of_cell(tmp_path: Path) -> None:
    found = saved(
        tmp_path,
        {"A1": 0.5, "B1": "=A1*2", "A2": "word", "B2": True, "C2": "x" * 900, "C3": "=" + "1+" * 2_000},
    )
    assert cells_of(found) == [
        [1, 1, "", 0.5],
        [1, 2, "A1*2", None],
        [2, 1, "", "word"],
        [2, 2, "", "True"],
        [2, 3, "", "x" * 200],
        [3, 3, "?", None],
    ]


def test_saved_values_and_shared_formulas(tmp_path: Path) -> None:
    rows = (
        b'<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1+1</f><v>3</v></c></row>'
        b'<row r="2"><c r="A2"><f t="shared" si="0"/><v>1e999</v></c></row>'
    )
    assert cells_of(with_part(tmp_path, FIRST, SHEET % rows)) == [
        [1, 1, "B1+1", 3.0],
        [2, 1, "B2+1", "no finite number"],
    ]


def test_enormous_whole_numbers(tmp_path: Path) -> None:
    rows = b'<row r="1"><c r="A1"><v>' + b"9" * 400 + b"</v></c></row>"
    assert cells_of(with_part(tmp_path, FIRST, SHEET % rows)) == [[1, 1, "", "a number beyond all bounds"]]


def test_charts_and_hidden_sheets_are_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.add_chart(LineChart(), "C3")
    book.create_sheet("other").sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    found = entry(tmp_path)
    assert [(one["name"], one["charts"], one["hidden"]) for one in found["sheets"]] == [
        ("Sheet", 1, False),
        ("other", 0, True),
    ]


def test_a_cell_at_the_far_end_takes_no_time(tmp_path: Path) -> None:
    began = time.process_time()
    assert cells_of(saved(tmp_path, {"A1": 1, "XFD1048576": 2}))[1] == [1048576, 16384, "", 2.0]
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("data", "said", "whose"),
    [
        (b"", "is no .xlsx file", "file"),
        (b"a,b,c\n1,2,3\n", "is no .xlsx file", "file"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "is protected by a password", "reader"),
        (b"PK\x03\x04" + b"\xff" * 500, "is no .xlsx file", "file"),
    ],
    ids=["empty", "text", "old", "cut"],
)
def test_what_is_no_workbook(tmp_path: Path, data: bytes, said: str, whose: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    found = entry(tmp_path)
    assert found["fault"].startswith(said)
    assert (found["fault_of"], found["sheets"]) == (whose, [])


def test_another_zip_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert entry(tmp_path)["fault"] == "is a zip archive, and no workbook is in it"


def test_a_bomb_is_refused_before_it_is_built_up(tmp_path: Path) -> None:
    began = time.process_time()
    found = with_part(tmp_path, "xl/styles.xml", b" " * (workbook.MAX_UNPACKED_BYTES + 1))
    assert (found["fault"], found["fault_of"]) == ("unpacks to more than 64 MB", "reader")
    assert (tmp_path / "a.xlsx").stat().st_size < 100_000
    assert time.process_time() - began < 5


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_CELLS", 100)
    monkeypatch.setattr(workbook, "_CHUNK", 7)  # a cell's beginning lies across two chunks
    rows = b'<row r="1">' + b"".join(b"<x:c><x:v>1</x:v></x:c><c><v>1</v></c>" for _ in range(51)) + b"</row>"
    assert with_part(tmp_path, FIRST, SHEET % rows)["fault"].startswith("has more than 100 cells")


def test_too_many_sheets_and_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    for _ in range(3):
        book.create_sheet()
    book.save(tmp_path / "a.xlsx")
    monkeypatch.setattr(workbook, "MAX_SHEETS", 3)
    assert entry(tmp_path)["fault"] == "has more than 3 sheets"
    monkeypatch.setattr(workbook, "MAX_PARTS", 3)
    assert entry(tmp_path)["fault"].endswith("parts, more than 3")
    monkeypatch.setattr(workbook, "MAX_FILE_BYTES", 3)
    assert entry(tmp_path)["fault"].startswith("is larger than")


LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (k, b"&a%d;" % (k - 1) * 10) for k in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        b"<worksheet",
        b"",
        b"<a/>" * 3,
        b'<!DOCTYPE a [<!ENTITY a0 "lol">' + LAUGHS + b"]><worksheet>&a11;</worksheet>",
        SHEET % b'<row r="1"><c r="nowhere"><v>1</v></c></row>',
    ],
    ids=["cut", "empty", "three", "laughs", "place"],
)
def test_broken_xml_is_the_readers_fault_until_a_person_has_looked(tmp_path: Path, data: bytes) -> None:
    found = with_part(tmp_path, FIRST, data)
    assert found["fault"].startswith("cannot be read (")
    assert found["fault_of"] == "reader"


def test_what_comes_too_late_is_left_out(tmp_path: Path) -> None:
    saved(tmp_path, {"A1": 1})
    assert opened(tmp_path, ["a.xlsx", "a.xlsx"], -1.0) == []


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert entry(tmp_path, "none.xlsx")["fault"] == "cannot be read (FileNotFoundError)"
