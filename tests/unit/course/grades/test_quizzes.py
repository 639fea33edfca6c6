"""Points of quizzes: read with every fault named, and given to the one row that they belong to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course.grades.quizzes import assign, read_quizzes
from grader.course.rosters.read import read_roster
from grader.errors import UsageError


def quizzes(tmp_path, text: str, name: str = "quiz 1.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    return read_quizzes(tmp_path / name)


def rows(tmp_path, text: str):
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    return read_roster(tmp_path / "roster.csv").rows


ROSTER = "student,id,email,repository\nAda,a1,ada@x.edu,\nBo,b1,bo@x.edu,\nBo,b2,bo2@x.edu,\n"


def test_points_by_id_or_address(tmp_path):
    read = quizzes(tmp_path, 'id;points;of\r\nA1;"7,5";10\r\nbo@x.edu;;10\r\nb2;0;10\r\n')
    assert read.of == {"quiz 1": 10.0}
    given = assign(read, rows(tmp_path, ROSTER))
    assert {key: one[0].points for key, one in given.points.items()} == {"a1": 7.5, "b1": None, "b2": 0.0}
    assert given.problems == ()


def test_several_quizzes_in_one_file(tmp_path):
    read = quizzes(tmp_path, "id,quiz,points,of\na1,q1,1,5\na1,q2,2,8\nb1,q2,3,8\n")
    assert read.of == {"q1": 5.0, "q2": 8.0}
    given = assign(read, rows(tmp_path, ROSTER))
    assert [(one.quiz, one.points) for one in given.points["a1"]] == [("q1", 1.0), ("q2", 2.0)]


def test_a_name_counts_only_where_it_is_one_rows_alone(tmp_path):
    given = assign(quizzes(tmp_path, "name,points,of\nADA,1,5\nBo,2,5\nEve,3,5\n"), rows(tmp_path, ROSTER))
    assert list(given.points) == ["a1"]
    assert [(one.line, one.fault) for one in given.problems] == [
        (3, '2 rows of the roster are "Bo".'),
        (4, 'nobody in the roster is "Eve".'),
    ]


def test_what_cannot_be_read_is_a_problem_and_never_zero(tmp_path):
    text = "id,points,of\na1,seven,10\nb1,-1,10\nb2,nan,10\nc1,1e3,10\nd1,5,0\n,5,10\n,,\ne1,5,10\ne1,6,10\n"
    read = quizzes(tmp_path, text)
    assert [row.who for row in read.rows] == ["e1"]
    assert [one.line for one in read.problems] == [2, 3, 4, 5, 6, 7, 10]
    assert all(one.next_step for one in read.problems)


def test_two_rows_that_lead_to_one_student_are_pointed_out(tmp_path):
    given = assign(quizzes(tmp_path, "id,points,of\na1,1,5\nada@x.edu,5,5\n"), rows(tmp_path, ROSTER))
    assert given.points["a1"][0].points == 1.0
    assert [one.line for one in given.problems] == [3]


def test_a_table_without_its_columns_is_refused(tmp_path):
    with pytest.raises(UsageError, match="points and no column of"):
        quizzes(tmp_path, "id,grade\na1,1\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["a1", "b1", "", "é"]), st.text("0123456789.,-e ", max_size=6), st.sampled_from(["10", "0", "x"])), max_size=6))  # fmt: skip
def test_every_row_is_read_or_named(tmp_path, listed):
    import csv

    with (tmp_path / "q.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "points", "of"), *listed])
    read = read_quizzes(tmp_path / "q.csv")
    empty = sum(not any(cell.strip() for cell in row) for row in listed)
    assert len(read.rows) + len(read.problems) == len(listed) - empty
