"""Our own table of all grades: what it holds, and that nothing in it is a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course.grades.attempts import Attempt
from grader.course.grades.grades_csv import GradeLine, grades_csv
from grader.course.grades.quizzes import QuizPoints
from grader.course.grades.totals import Assignment, Rules, Work, course_total
from grader.course.rosters.read import read_roster

GOLDEN = Path(__file__).parents[3] / "golden" / "course" / "grades.csv"
S4 = Assignment("s4", 250.0)
RULES = Rules(not_handed_in=-0.3)


def lines(tmp_path, text: str, *totals):
    (tmp_path / "r.csv").write_text(text, encoding="utf-8", newline="")
    rows = read_roster(tmp_path / "r.csv").rows
    return [GradeLine(row, total) for row, total in zip(rows, totals, strict=True)]


def graded(points: float, **bounds: float) -> Work:
    return Work(S4, (Attempt("r", "c", None, "2026", points, *(bounds.values() or (points, points))),))


def test_the_table_as_it_is(tmp_path):
    s5 = Assignment("s5", 500.0)
    totals = (
        course_total((graded(225.0), Work(s5, nothing="empty")), RULES, quizzes={"s4": 10.0}, quiz_points=(QuizPoints(2, "a", "s4", 7.5, 10.0),)),
        course_total((graded(100.0, lowest=80.0, highest=180.0), Work(s5)), RULES),
        course_total((), RULES),
    )  # fmt: skip
    text = (
        "group,id,members,email,repository\r\n"
        'Ada & Co,g1,"Ada <a1>;-Bo",ada@x.edu,https://github.com/a/b\r\n'
        '"=HYPERLINK(""http://x.example"",""Eve"")",+2,,@x,\r\n'
        '"Zoë ""Z"" Ö; =1",g3,,,\r\n'
    )
    assert grades_csv(lines(tmp_path, text, *totals)).encode() == GOLDEN.read_bytes()


def test_no_row_is_a_table_too():
    assert grades_csv([]).startswith('"key","id","name"')
    assert grades_csv([]).count("\r\n") == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from('=+-@;"\t\r\n,'), max_size=20
    )
)
def test_no_name_begins_a_formula_for_any_separator(tmp_path, name):
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["student", "id", "repository"], [name, "a1", ""]])
    made = grades_csv(lines(tmp_path, written.getvalue(), course_total((), RULES)))
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(made, newline=""), delimiter=separator):
            assert not any(cell.strip().startswith(tuple("=+@＝＋－＠-")) for cell in row)
