"""Cells change, and nothing beside them."""

from __future__ import annotations

import pytest

from grader.course.grades.changed_cells import Change, with_changes
from grader.course.rosters.table import table_of


@pytest.mark.parametrize(
    ("written", "expected"),
    [("7", "a,7,c\r\n"), ("7,5", 'a,"7,5",c\r\n'), ('say "x"', 'a,"say ""x""",c\r\n'), ("", "a,,c\r\n")],
)
def test_a_cell_is_quoted_where_it_must_be(written, expected):
    table = table_of("x,y,z\r\na,b,c\r\n", "t")
    assert with_changes(table, [Change(table.rows[0].cells[1], written)]) == f"x,y,z\r\n{expected}"


def test_quotation_marks_stay_and_the_separator_is_the_tables_own():
    table = table_of('x;y\n"a";b\n', "t")
    changes = [Change(table.rows[0].cells[1], "7,5"), Change(table.rows[0].cells[0], "1")]
    assert with_changes(table, changes) == 'x;y\n"1";7,5\n'
