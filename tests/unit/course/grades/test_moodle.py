"""The Moodle worksheet goes back with grades and feedback in it and not a byte beside them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.grades.moodle import MoodleGrade, fill, grades_of
from grader.course.rosters.read import read_roster
from grader.course.rosters.table import table_of
from grader.errors import UsageError

GOLDEN = Path(__file__).parents[3] / "golden" / "course"
HOSTILE = '=1+1; <script>alert(1)</script>;=HYPERLINK("http://x")\n\u202e\x1b[31m'
GRADES = (
    MoodleGrade("Ada", ("ada@x.edu",), 225.5, "", "s4: 225.5 of 250."),
    MoodleGrade("Bo Li", ("m2",), -75.0, "", HOSTILE),
    MoodleGrade("Cy", ("cy@x.edu",), 7.5),
    MoodleGrade("Di Vi", ("m4", "di@x.edu"), 300.0, "", "s4: 300 of 250."),
    MoodleGrade("Ed", ("Ed",), 1.0),
    MoodleGrade("Gus", ("gus@x.edu",), 1.0, "", "s4: 1 of 250."),
    MoodleGrade("Hal", ("m5", "m1"), 2.0),
)


def golden(name: str) -> str:
    return (GOLDEN / name).read_bytes().decode("utf-8")


def test_the_worksheet_as_it_goes_back():
    filled = fill(golden("moodle_worksheet.csv"), GRADES, 250.0)
    assert filled.text == golden("moodle_filled.csv")
    assert filled.column == "Bewertung"
    assert filled.changed == (
        "Ada Lovelace (line 2): 225,5",
        '=HYPERLINK("http://x.example","Bo") (line 3): 0',
        "Di Vi (line 6): 250",
        "Gus (line 8): 1",
    )
    assert filled.notes == (
        "Cy (cy@x.edu): line 5 has it in other capitals and was left as it was. Correct the roster.",
        '=HYPERLINK("http://x.example","Bo") (line 3): the grade is -75; Moodle takes 0 to 250, and 0 was written.',
        '=HYPERLINK("http://x.example","Bo") (line 3): 100,00 was replaced by 0.',
        "Di Vi (line 6): the grade is 300; Moodle takes 0 to 250, and 250 was written.",
        "Di Vi (line 6): somebody's feedback is there already and was left as it was.",
        "Gus (line 8): the row ends before the feedback, which was left out.",
    )
    assert filled.without_student == (
        "Cy (cy@x.edu): nobody has its ids",
        "Ed (Ed): nobody has its ids",
        "Hal (m5, m1): its ids are those of lines 2, 7",
    )
    assert filled.without_grade == ("+cmd|' /C calc'!A0 (line 5)", "Ed (line 7)")


def test_feedback_is_neither_markup_nor_a_formula_nor_many_lines():
    filled = fill(golden("moodle_worksheet.csv"), GRADES, 250.0)
    cell = table_of(filled.text, "x").rows[1].value(11)
    assert cell.startswith("Grader: =1+1; &lt;script&gt;alert(1)&lt;/script&gt;;'=HYPERLINK")
    assert not set("<>\n\r\x1b\u202e") & set(cell)


ENGLISH = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
)
ADA = (MoodleGrade("Ada", ("ada@x.edu",), 125.0),)


def english(titles: str = ENGLISH, most: str = "100.00", **changed: str) -> str:
    row = {"who": "Participant 7", "status": "Submitted", "grade": "", **changed}
    return f"{titles}{row['who']},Ada,ada@x.edu,{row['status']},{row['grade']},{most},Yes,-,-,\n"


def test_another_highest_grade_is_no_matter_of_silence():
    with pytest.raises(UsageError, match="highest grade is 100, and these grades are of 250") as caught:
        fill(english(), ADA, 250.0)
    assert "--scale" in caught.value.hint
    assert ",50,100.00," in fill(english(), ADA, 250.0, scale=True).text
    assert ",125,250.00," in fill(english(most="250.00"), ADA, 250.0).text


@pytest.mark.parametrize(
    "titles",
    [
        "Identifiant,Nom complet,Adresse de courriel,Statut,Note,Note maximale,Modifiable,Dernière modification (travail remis),Dernière modification (note),Feedback par commentaires\n",
        "Identificador,Nombre completo,Dirección de correo,Estado,Calificación,Calificación máxima,Se puede,Última modificación (entrega),Última modificación (calificación),Comentarios\n",
        "識別,氏名,メール,状態,xx,yy,zz,最終更新 (提出),最終更新 (評点),コメント\n",
    ],
    ids=["fr", "es", "unknown-titles"],
)
def test_titles_in_any_language(titles):
    grades = (MoodleGrade("Ada", ("ada@x.edu",), 125.0, "", "why"),)
    filled = fill(english(titles, "250.00"), grades, 250.0)
    assert filled.text == english(titles, "250.00", grade="125").replace("-,\n", "-,Grader: why\n")
    assert not filled.notes


def test_columns_by_name_where_they_cannot_be_told():
    two = "Identifier,Full name,Email address,Mark,Most,A,B,Last modified (grade)\n"
    text = two + "Participant 7,Ada,ada@x.edu,,10,,20,-\n"
    with pytest.raises(UsageError, match="several columns that may be the grade") as caught:
        fill(text, ADA, 20.0)
    assert "--grade-column" in caught.value.hint
    filled = fill(text, (MoodleGrade("Ada", ("ada@x.edu",), 5.0),), 20.0, grade_column="A")
    assert filled.text == text.replace("10,,20", "10,5,20")
    with pytest.raises(UsageError, match='no column "C"'):
        fill(text, ADA, 20.0, grade_column="C")
    with pytest.raises(UsageError, match="there is no highest grade"):
        fill(text, ADA, 20.0, grade_column="B")


def test_a_scale_and_what_is_no_worksheet_are_refused():
    scale = english().replace("100.00", "Outstanding")
    with pytest.raises(UsageError, match="no column that can be the grade"):
        fill(scale, ADA, 250.0)
    for text in ("name,id\nAda,1\n", "Student,ID,Section,A (1)\nAda,1,x,\n"):
        with pytest.raises(UsageError, match="no offline grading worksheet"):
            fill(text, ADA, 250.0)


def test_what_moodle_would_refuse_is_said():
    without = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade\nParticipant 7,Ada,ada@x.edu,x,,250\n"
    )
    filled = fill(without, ADA, 250.0)
    assert filled.notes[0].startswith("No column says when the grade was last changed")
    with pytest.raises(UsageError, match="no column for feedback"):
        fill(without, (MoodleGrade("Ada", ("ada@x.edu",), 1.0, "", "why"),), 250.0)
    assert "separated by commas" in fill(without.replace(",", ";"), ADA, 250.0).notes[1]


BLIND = "Identifier,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade)\n"


def test_with_hidden_names_only_the_very_worksheet_says_who_is_who(tmp_path):
    text = BLIND + "Participant 7,Submitted,,250,Yes,-,-\nParticipant 8,Submitted,,250,Yes,-,-\n"
    (tmp_path / "r.csv").write_text(text)
    roster = read_roster(tmp_path / "r.csv")
    grades = [one for row in roster.rows for one in grades_of(row, 5.0, of_worksheet=True)]
    assert [(one.ids, one.number) for one in grades] == [((), "7"), ((), "8")]
    assert fill(text, grades[:1], 250.0).text == text.replace("7,Submitted,", "7,Submitted,5")
    for other in ([MoodleGrade("Ada", ("7",), 5.0)], [MoodleGrade("Ada", (), 5.0, "9")]):
        with pytest.raises(UsageError, match="the roster is not this worksheet"):
            fill(text, other, 250.0)


def test_a_worksheets_identifier_is_nobodys_id_elsewhere(tmp_path):
    (tmp_path / "r.csv").write_text(english())
    (row,) = read_roster(tmp_path / "r.csv").rows
    assert grades_of(row, 5.0, of_worksheet=True)[0].ids == ("ada@x.edu",)
    assert "7" in grades_of(row, 5.0, of_worksheet=False)[0].ids


def test_a_group_gives_its_grade_to_each_member(tmp_path):
    (tmp_path / "r.csv").write_text(
        "group,id,members,repository\nA,g1,Ada <ada@x.edu>;Bo <m2>,https://github.com/a/b\n"
    )
    (row,) = read_roster(tmp_path / "r.csv").rows
    found = grades_of(row, 5.0, of_worksheet=False, feedback="f")
    assert [(one.who, one.ids, one.feedback) for one in found] == [
        ("Ada", ("ada@x.edu",), "f"),
        ("Bo", ("m2",), "f"),
    ]


NAME = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8) | st.sampled_from(
    ["=1+1", 'a"b', "x\ny", ",", "+cmd|"]
)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(NAME, st.sampled_from(["", "3", "4.5"])), min_size=1, max_size=6),
    st.dictionaries(st.integers(0, 5), st.integers(0, 25_000).map(lambda n: n / 100)),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_only_the_grades_change_whatever_the_names_are(students, points, quoting):
    titles = ENGLISH.strip().split(",")
    rows = [
        [f"Participant {at}", name, f"u{at}@x.edu", "Sub", old, "250.00", "Yes", "-", "-", "x"]
        for at, (name, old) in enumerate(students)
    ]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=quoting, lineterminator="\r\n").writerows([titles, *rows])
    grades = [MoodleGrade("", (f"u{at}@x.edu",), one) for at, one in points.items()]
    filled = fill(written.getvalue(), grades, 250.0)
    before, after = table_of(written.getvalue(), "x"), table_of(filled.text, "x")
    for at, (was, now) in enumerate(zip(before.rows, after.rows, strict=True)):
        assert [cell.value for i, cell in enumerate(was.cells) if i != 4] == [
            cell.value for i, cell in enumerate(now.cells) if i != 4
        ]
        assert float(now.value(4) or -1) == float(points[at] if at in points else was.value(4) or -1)
    assert len(filled.changed) == len([at for at in points if at < len(students)])
