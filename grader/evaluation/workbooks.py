"""What the submission's workbooks hold of the class network's back-propagation, from their checked cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.cells import Book, Sheet
from grader.evaluation.backprop import CLASS_START
from grader.evaluation.backprop_compare import compared, start_in, total_error
from grader.evaluation.backprop_table import Table, View, table, views
from grader.evaluation.cell_values import Worked, worked_out
from grader.evaluation.error_series import series
from grader.records import Absent, ErrorSeries, LeftOut, Quantity, SheetFacts, Workbook
from grader.text import clean, clean_path

MAX_SERIES = 100


@dataclass(frozen=True)
class _Found:
    """The table with most quantities so far, and what it was compared with."""

    table: Table
    file: str

    @property
    def rank(self) -> tuple[int, int]:
        """Most quantities; of tables with as many, the one with most formulas."""
        columns = self.table.columns.values()
        line, view = self.table.line, self.table.view
        formulas = sum(view.formulas(line, one.column, len(one.values)) for one in columns)
        return self.table.count, formulas


def examined(books: tuple[Book, ...]) -> Workbook:
    """All books together: the best table among them, and every series of total errors."""
    worked = [worked_out(book) for book in books]
    seen = [
        (book.file, view) for book, work in zip(books, worked, strict=True) for view in _views(book, work)
    ]
    tables = [_Found(found, file) for file, view in seen if (found := table(view)) is not None]
    best = max(tables, key=lambda one: one.rank, default=None)
    quantities, error = _compared(best)
    return Workbook(
        sheets=tuple(_facts(book, sheet) for book in books for sheet in book.sheets),
        quantities=quantities,
        error=error,
        series=_all_series(seen, best),
        unreadable=_faulty(books, "reader"),
        broken=_faulty(books, "file"),
        notes=tuple(clean(note) for work in worked for note in work.notes)[:20],
    )


def _views(book: Book, work: Worked) -> Iterator[View]:
    for sheet, numbers in zip(book.sheets, work.numbers, strict=True):
        yield from views(sheet, numbers)


def _compared(best: _Found | None) -> tuple[tuple[Quantity, ...], ErrorSeries | Absent]:
    if best is None:
        why = "No table with the quantities of the network was found in the workbook."
        hint = "Head the columns as in class: w1 to w8, h1, a_h1, ..., E1, E2, E_total, dE/dw1 to dE/dw8."
        return (), Absent("review", why, hint, stage="workbook")
    quantities, rate = compared(best.table, best.file)
    return quantities, total_error(best.table, best.file, rate)


def _all_series(seen: list[tuple[str, View]], best: _Found | None) -> tuple[ErrorSeries, ...]:
    own = start_in(best.table) if best is not None else None
    starts = (CLASS_START,) if own is None or own == CLASS_START else (CLASS_START, own)
    found = [one for file, view in seen for one in series(view, file, starts)]
    return tuple(found[:MAX_SERIES])


def _faulty(books: tuple[Book, ...], whose: str) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(clean_path(book.file), clean(book.fault)) for book in books if book.fault_of == whose
    )


def _facts(book: Book, sheet: Sheet) -> SheetFacts:
    formulas = sum(cell.computes for cell in sheet.cells.values())
    numbers = sum(isinstance(cell.value, float) and not cell.computes for cell in sheet.cells.values())
    return SheetFacts(
        clean_path(book.file),
        clean(sheet.name, 60),
        formulas,
        numbers,
        sheet.charts,
        sheet.pictures,
        sheet.hidden,
    )
