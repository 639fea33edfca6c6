"""The Canvas export goes back with one column changed and not a byte beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader.course.grades.canvas import CanvasGrade, columns, fill, grades_of
from grader.course.rosters.read import read_roster
from grader.course.rosters.table import table_of
from grader.errors import UsageError

GOLDEN = Path(__file__).parents[3] / "golden" / "course"
COLUMN = "S4 MNIST, part (1) (77)"
GRADES = (
    CanvasGrade("Ada", ("ada@x.edu",), 225.0),
    CanvasGrade("Bo", ("s12",), -75.0),
    CanvasGrade("Cy", ("13",), 7.5),
    CanvasGrade("Di", ("14", "s14"), 100.0),
    CanvasGrade("Lovelace, Ada", ("Lovelace, Ada",), 1.0),
    CanvasGrade("Zoe", ("99",), 1.0),
    CanvasGrade("Gus", ("16", "17"), 1.0),
    CanvasGrade("Hal", ("18",), 1.0),
    CanvasGrade("Hal again", ("s18",), 2.0),
)


def golden(name: str) -> str:
    return (GOLDEN / name).read_bytes().decode("utf-8")


def test_the_export_as_it_goes_back():
    filled = fill(golden("canvas_export.csv"), COLUMN, GRADES)
    assert filled.text == golden("canvas_filled.csv")
    assert filled.column == COLUMN
    assert filled.changed == (
        "Lovelace, Ada (line 4): 225",
        '=HYPERLINK("http://x.example","Bo") (line 5): -75',
        "Cy \\x0a Do (line 6): 7.5",
    )
    assert filled.notes == (
        "Cy \\x0a Do (line 6): 10 was replaced by 7.5.",
        "Di, Vi (line 8): is excused in Canvas and was left as it was.",
    )
    assert filled.without_student == (
        "Lovelace, Ada (Lovelace, Ada): nobody has its ids",
        "Zoe (99): nobody has its ids",
        "Gus (16, 17): its ids are those of lines 10, 11",
        "Hal (18): line 12 has 2 grades",
        "Hal again (s18): line 12 has 2 grades",
    )
    assert filled.without_grade == (
        "Ed (line 9)",
        "Gus One (line 10)",
        "Gus Two (line 11)",
        "Hal (line 12)",
        "Student, Test (line 13)",
    )


def test_a_grade_below_zero_is_capped_where_that_is_asked_and_said():
    filled = fill(golden("canvas_export.csv"), COLUMN, GRADES[1:2], cap_negative=True)
    assert filled.notes[0].endswith("the grade is -75, and 0 was written as was asked.")
    assert ',bo,EVA,"old","0",2,' in filled.text


def test_another_number_of_possible_points_is_pointed_out():
    text = golden("canvas_export.csv")
    assert fill(text, COLUMN, GRADES[:1], of=250.0).notes == ()
    (note,) = fill(text, COLUMN, GRADES[:1], of=500.0).notes
    assert note.startswith("Canvas has 250 possible points in this column, and these grades are of 500:")


def test_an_id_that_leads_to_another_name_is_pointed_out():
    filled = fill(
        golden("canvas_export.csv"),
        COLUMN,
        [CanvasGrade("Zoë Z.", ("11",), 5.0), CanvasGrade("s12", ("s12",), 5.0)],
    )
    assert filled.notes == ("Lovelace, Ada (line 4): has the ids of Zoë Z. (11), and another name.",)


@pytest.mark.parametrize("wanted", [COLUMN, " 77 ", "S4 MNIST, part (1)"])
def test_a_column_by_title_number_or_name(wanted):
    text = golden("canvas_export.csv")
    assert fill(text, wanted, GRADES).text == fill(text, COLUMN, GRADES).text


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("S5 (78)", "read only"),
        ("Twice", "2 columns"),
        ("S9 (1)", "no column"),
        ("ID", "no column"),
        ("Final Score", "no column"),
        ("", "no column"),
    ],
)
def test_any_other_column_is_refused(wanted, word):
    with pytest.raises(UsageError, match=word) as caught:
        fill(golden("canvas_export.csv"), wanted, GRADES)
    assert caught.value.hint


def test_the_columns_that_can_be_filled():
    assert columns(golden("canvas_export.csv")) == (COLUMN, "Twice (79)", "Twice (80)")


@pytest.mark.parametrize("text", ["name,id\nAda,1\n", "Student,Section\nAda,1\n"])
def test_what_is_no_export_is_refused(text):
    with pytest.raises(UsageError, match="no export"):
        fill(text, "77", GRADES)


def test_an_export_that_writes_decimal_commas_gets_them():
    text = "Student;ID;Section;A (1)\n    Points Possible;;;250,00\nAda;1;x;\nBo;2;x\n"
    filled = fill(text, "1", (CanvasGrade("Ada", ("1",), 7.5), CanvasGrade("Bo", ("2",), 8.0)))
    assert filled.text == text.replace("Ada;1;x;", "Ada;1;x;7,5")
    assert filled.notes == ("Bo (line 4): the row ends before the column and was left as it was.",)


def test_a_group_gives_its_grade_to_each_member(tmp_path):
    (tmp_path / "r.csv").write_text(
        "group,id,members,repository\nA,g1,Ada <11>;Bo <s12>,https://github.com/a/b\nCy,13,,https://github.com/c/d\n"
    )
    group, alone = read_roster(tmp_path / "r.csv").rows
    assert grades_of(group, 5.0) == (CanvasGrade("Ada", ("11",), 5.0), CanvasGrade("Bo", ("s12",), 5.0))
    assert grades_of(alone, 5.0) == (CanvasGrade("Cy", ("13",), 5.0),)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8) | st.sampled_from(["=1+1", 'a"b', "x\ny", ",", ""])  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(st.tuples(CELL, CELL, CELL), max_size=6),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
    st.dictionaries(st.integers(0, 5), st.integers(-900, 90_000).map(lambda n: n / 100)),
)
def test_only_one_column_changes_whatever_the_file_looks_like(students, quoting, ending, mark, points):
    assume(
        not any("\n" in cell for row in students for cell in row)
        or ending == "\r\n"
        or quoting == csv.QUOTE_ALL
    )
    rows = [["Student", "ID", "Section", "A (1)", "B (2)"], ["    Points Possible", "", "", "5", "6"]]
    rows += [[name, str(at), section, old, "7"] for at, (name, section, old) in enumerate(students)]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=quoting, lineterminator=ending).writerows(rows)
    text = "\ufeff" * mark + written.getvalue()
    filled = fill(text, "A (1)", [CanvasGrade("x", (str(at),), value) for at, value in points.items()])
    after = list(csv.reader(io.StringIO(filled.text.removeprefix("\ufeff"), newline="")))
    assert len(after) == len(rows)
    for at, (row, new) in enumerate(zip(rows, after, strict=True), -2):
        if at in points and row[3].strip().upper() != "EX":
            assert float(new[3]) == points[at]
            row = [*row[:3], new[3], *row[4:]]
        assert new == row
    untouched = fill(text, "A (1)", [])
    assert untouched.text == text
    assert len(filled.changed) <= min(len(points), len(students))
    assert filled.text.startswith("\ufeff") == mark
    assert raw_without(filled.text, 3) == raw_without(text, 3)


def raw_without(text: str, column: int) -> str:
    """The file without the cells of a column, quotation marks, separators and line ends as they stand."""
    table = table_of(text, "x")
    for record in reversed((table.header, *table.rows)):
        cell = record.cells[column]
        text = text[: cell.start] + text[cell.end :]
    return text
