"""Rosters: every format that a course has, every row accounted for, every fault with its line."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course.grades.quizzes import read_quizzes
from grader.course.rosters.read import read_roster
from grader.course.rosters.records import STATES, Member
from grader.errors import UsageError

LINK = "https://github.com/{0}/s4"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,S4 (77),Final Score\n"
    ",,,,,Manual Posting,(read only)\n"
    "    Points Possible,,,,,250.00,(read only)\n"
    '"Lovelace, Ada",11,s11,ada@x.edu,EVA,,\n'
    '"=HYPERLINK(""http://x"")",12,s12,bo,EVA,,\n'
    '"Student, Test",13,,0a0a,EVA,,\n'
)
WORKSHEET = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung änderbar,Abgabe,"
    "Texteingabe online,Zuletzt geändert (Bewertung),Feedback\n"
    "Teilnehmer/in123,Ada Lovelace,ada@x.edu,Abgegeben,,250,Ja,1. März,"
    '"<p>Mine: <a href=""https://github.com/ada/s4?x=1&amp;y=2"">here</a></p>",-,\n'
    "Teilnehmer/in124,Bo Li,bo@x.edu,Keine Abgabe,,250,Ja,-,<p>&nbsp;</p>,-,\n"
    'Teilnehmer/in125,Cy Do,cy@x.edu,Abgegeben,,250,Ja,-,"see\nhttps://github.com/cy/a and https://github.com/cy/b",-,\n'
)


def roster(tmp_path: Path, text: str | bytes, **options):
    file = tmp_path / "roster.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_roster(file, **options)


def said(read) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.weight) for one in read.problems]


def test_own_columns(tmp_path):
    read = roster(
        tmp_path,
        "group;id;members;repository;folder;models_repository;extension;email\r\n"
        'Ada & Co;g1;"Ada <a1> ; Bo";https://github.com/o/x;S4/;https://github.com/o/models;2 days;a@x.edu\r\n',
    )
    (row,) = read.rows
    assert (read.format, read.separator, read.problems) == ("own columns", ";", ())
    assert (row.line, row.key, row.id, row.name, row.state) == (2, "g1", "g1", "Ada & Co", "ready")
    assert row.members == (Member("Ada", "a1"), Member("Bo", "Bo"))
    assert (row.repository, row.folder) == ("https://github.com/o/x", "S4")
    assert row.models_repository == "https://github.com/o/models"
    assert row.extension is not None
    assert row.extension.seconds == 2 * 86400
    assert row.ids == ("g1", "a@x.edu")
    assert row.cells[2] == "Ada <a1> ; Bo"


def test_own_columns_with_numbered_names_are_no_worksheet(tmp_path):
    read = roster(tmp_path, "student,repository,colour\nstudent 1,https://github.com/a/b,x\nstudent 2,,y\n")
    assert (read.format, [row.key for row in read.rows]) == ("own columns", ["student-1", "student-2"])


def test_classroom_50_with_a_pattern(tmp_path):
    text = "username,first_name,last_name,email,section,github_id\nada,Ada,Lovelace,a@x.edu,1,99\n../x,Eve,E,e@x.edu,1,98\n,No,One,,,\n"
    read = roster(tmp_path, text, pattern="https://github.com/org/{username}-s4")
    assert read.format == "Classroom 50"
    assert [row.repository for row in read.rows] == ["https://github.com/org/ada-s4", "", ""]
    assert [row.state for row in read.rows] == ["ready", "bad link", "bad link"]
    assert [row.name for row in read.rows] == ["Ada Lovelace", "Eve E", "No One"]
    assert said(read) == [(3, "username", "mistake"), (4, "username", "mistake")]


@pytest.mark.parametrize("pattern", ["https://github.com/org/{user}", "https://github.com/org/s4"])
def test_a_pattern_that_fits_no_column_is_a_usage_error(tmp_path, pattern):
    with pytest.raises(UsageError) as caught:
        roster(tmp_path, "username,first_name,github_id\nada,A,1\n", pattern=pattern)
    assert "username" in caught.value.hint


def test_a_pattern_runs_nothing_and_reaches_nothing(tmp_path):
    with pytest.raises(UsageError, match="__class__"):
        roster(tmp_path, "username,github_id\nada,1\n", pattern="https://github.com/{username.__class__}")


def test_a_canvas_export_as_it_comes(tmp_path):
    read = roster(tmp_path, "\ufeff" + CANVAS, pattern="https://github.com/org/{sis_user_id}")
    assert read.format == "Canvas"
    assert [(row.id, row.ids) for row in read.rows] == [
        ("11", ("11", "s11", "ada@x.edu")),
        ("12", ("12", "s12", "bo")),
    ]
    assert read.rows[0].name == "Lovelace, Ada"
    assert [(one.line, one.what) for one in read.passed_over] == [
        (2, "the posting row"),
        (3, "the row of possible points"),
        (6, "Canvas's test student"),
    ]
    assert read.problems == ()


def test_a_canvas_export_without_links_says_so(tmp_path):
    read = roster(tmp_path, CANVAS)
    assert [row.state for row in read.rows] == ["empty", "empty"]
    assert said(read) == [(1, "", "mistake")]


def test_a_moodle_worksheet_in_another_language(tmp_path):
    read = roster(tmp_path, WORKSHEET)
    assert read.format == "Moodle worksheet"
    assert [(row.id, row.name, row.email) for row in read.rows] == [
        ("123", "Ada Lovelace", "ada@x.edu"),
        ("124", "Bo Li", "bo@x.edu"),
        ("125", "Cy Do", "cy@x.edu"),
    ]
    assert [row.state for row in read.rows] == ["ready", "empty", "ready"]
    assert read.rows[0].repository == "https://github.com/ada/s4?x=1&y=2"
    assert read.rows[2].repository == "https://github.com/cy/a"
    assert said(read) == [(4, "Texteingabe online", "warning")]


def test_a_moodle_worksheet_with_id_numbers_and_with_hidden_names(tmp_path):
    titles = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Last modified (grade),repository\n"
    rows = "Participant 7,Ada,m7,ada@x.edu,Submitted,,100,-,https://github.com/ada/s4\nParticipant 8,Bo,m8,bo@x.edu,Submitted,,100,-,\n"
    read = roster(tmp_path, titles + rows)
    assert (read.format, read.problems) == ("Moodle worksheet", ())
    assert read.rows[0].ids == ("7", "m7", "ada@x.edu")
    blind = (
        "Identifier,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),repository\n"
        + "".join(f"Participant {n},Submitted,,100,Yes,-,https://github.com/u{n}/s4\n" for n in range(5))
    )
    read = roster(tmp_path, blind)
    assert [row.name for row in read.rows] == ["0", "1", "2", "3", "4"]


def test_a_list_of_moodle_participants_in_another_language(tmp_path):
    text = "Vorname,Nachname,Matrikel,E-Mail-Adresse,Gruppen\nAda,Lovelace,1001,ada@x.edu,A\nBo,Li,1002,bo@x.edu,B\n"
    read = roster(tmp_path, text, pattern="https://github.com/org/{matrikel}")
    assert read.format == "Moodle participants"
    assert [(row.name, row.ids) for row in read.rows] == [
        ("Ada Lovelace", ("1001", "ada@x.edu")),
        ("Bo Li", ("1002", "bo@x.edu")),
    ]


def test_a_form_whose_column_of_links_has_any_title(tmp_path):
    read = roster(tmp_path, "Name,Your work\nAda,github.com/ada/s4\nBo,\n")
    assert [row.state for row in read.rows] == ["ready", "empty"]
    assert said(read) == [(1, "Your work", "warning")]


def test_a_column_of_other_links_is_left_alone_where_a_pattern_makes_them(tmp_path):
    text = "student,id,page\nAda,a1,https://example.org/ada\n"
    read = roster(tmp_path, text, pattern="https://github.com/org/{id}-s4")
    assert read.rows[0].repository == "https://github.com/org/a1-s4"
    assert said(read) == [(1, "page", "warning")]


def test_a_second_file_brings_the_links_by_id_and_never_by_name(tmp_path):
    links = tmp_path / "links.csv"
    links.write_text(
        "email,name,repository,folder,extension\n"
        "ADA@x.edu,?,https://github.com/ada/s4/blob/main/README.md,S4,1 day\n"
        'nobody@x.edu,"=HYPERLINK(""http://x"")",https://github.com/b/c,,\n'
    )
    read = roster(tmp_path, CANVAS, links=links)
    assert [row.state for row in read.rows] == ["ready", "empty"]
    assert (read.rows[0].folder, read.rows[0].extension.seconds) == ("S4", 86400)
    assert [(one.file, one.line, one.weight) for one in read.problems] == [("links.csv", 3, "mistake")]


def test_a_second_file_with_two_rows_for_one_student(tmp_path):
    links = tmp_path / "links.csv"
    links.write_text("id,repository\ns11,https://github.com/a/b\n11,https://github.com/a/c\n12,htp:/x\n")
    read = roster(tmp_path, CANVAS, links=links)
    assert [row.state for row in read.rows] == ["empty", "bad link"]
    assert [(one.file, one.line) for one in read.problems] == [("", 4), ("links.csv", 4)]


def test_a_row_with_a_fault_is_kept(tmp_path):
    read = roster(
        tmp_path,
        "student,id,repository,folder,extension\n"
        "Ada,1,not handed in,,\n"
        "Bo,2,https://colab.research.google.com/drive/1,,\n"
        "Cy,3,https://u:secret@github.com/c/s4,,\n"
        "Di,4,https://github.com/d/s4,../..,soon\n"
        "Ed,5,-,,\n"
        ",,https://github.com/e/s4,,,more\n"
        "Fe,6,https://github.com/f/s4,,2026-03-01T10:00\n"
        "Gi,7,https://github.com/g/s4,C:\\S4,\n",
    )
    assert [row.state for row in read.rows] == [
        "bad link",
        "bad link",
        "bad link",
        "ready",
        "empty",
        "ready",
        "ready",
        "ready",
    ]
    assert said(read) == [
        (2, "repository", "mistake"),
        (3, "repository", "mistake"),
        (4, "repository", "mistake"),
        (5, "folder", "mistake"),
        (5, "extension", "mistake"),
        (7, "", "mistake"),
        (7, "", "warning"),
        (8, "extension", "warning"),
        (9, "folder", "mistake"),
    ]
    assert "secret" not in " ".join(one.text(read.file) for one in read.problems)
    assert all(one.next_step for one in read.problems)
    assert read.rows[5].key == "row-7"
    assert [len(read.mistakes_of(row)) for row in read.rows] == [1, 1, 1, 2, 0, 1, 0, 1]


def test_the_same_work_and_the_same_id_in_two_rows_are_kept_and_named(tmp_path):
    read = roster(
        tmp_path,
        "student,id,repository,folder\n"
        "Ada,1,https://github.com/o/x,\n"
        "Bo,2,http://www.github.com/O/X.git,\n"
        "Cy,2,https://github.com/o/y/tree/main/cy,\n"
        "Di,4,https://github.com/o/y/blob/main/di/README.md,\n"
        "Ed,5,https://github.com/o/z,S4\n"
        "Fe,6,https://github.com/o/z,S5\n",
    )
    assert [row.state for row in read.rows] == ["duplicate", "duplicate", "ready", "ready", "ready", "ready"]
    assert said(read) == [
        (2, "repository", "warning"),
        (3, "id", "mistake"),
        (3, "repository", "warning"),
        (4, "id", "mistake"),
    ]
    assert "line 3" in read.problems[0].fault
    assert [row.key for row in read.rows] == ["1", "2", "2-2", "4", "5", "6"]


def test_a_whole_repository_holds_all_of_its_folders(tmp_path):
    text = "student,repository,folder\nA,https://github.com/o/x,S4\nB,https://github.com/o/x,\nC,https://github.com/o/x,S5\n"
    read = roster(tmp_path, text)
    assert [row.state for row in read.rows] == ["duplicate"] * 3
    assert "lines 2, 3" in read.problems[2].fault


def test_many_rows_of_one_repository_name_a_few_lines(tmp_path):
    text = "student,repository\n" + "Ada,https://github.com/o/x\n" * 9
    read = roster(tmp_path, text)
    assert "lines 2, 3, 4, 5, 6 and 3 more, too" in read.problems[-1].fault
    assert [row.key for row in read.rows] == ["ada", *(f"ada-{number}" for number in range(2, 10))]


def test_a_member_of_two_groups_is_named(tmp_path):
    text = "group,members,repository\nA,Ada <a1>;Bo,https://github.com/a/x\nB,Cy;Ada <A1>,https://github.com/b/x\nC,Di;Di,https://github.com/c/x\n"
    assert said(roster(tmp_path, text)) == [(2, "members", "mistake"), (3, "members", "mistake")]


def test_a_folder_beside_the_roster_and_no_other(tmp_path):
    (tmp_path / "work" / "ada").mkdir(parents=True)
    (tmp_path / "work" / "out").symlink_to("/")
    text = "student,repository\nA,ada\nB,../work/ada\nC,/etc\nD,..\nE,out\nF,none\nG,~\n"
    (tmp_path / "work" / "roster.csv").write_text(text)
    read = read_roster(tmp_path / "work" / "roster.csv")
    here = str((tmp_path / "work" / "ada").resolve())
    assert [row.repository for row in read.rows] == [here, here, "", "", "", "", ""]
    assert [row.state for row in read.rows] == ["duplicate"] * 2 + ["bad link"] * 5


def test_odd_text_is_harmless_to_show_and_kept_as_it_was(tmp_path):
    name = "A\x1b[31m\u202e\x00d"
    read = roster(tmp_path, f'student,repository\n"{name}",\n')
    assert read.rows[0].name == "A\\x1b[31m\\u202e\\x00d"
    assert read.rows[0].cells[0] == name
    assert said(read) == [(2, "", "warning")]


def test_a_file_in_windows_1252_is_read_with_a_warning(tmp_path):
    read = roster(tmp_path, "student;repository\r\nRené;\r\n".encode("cp1252"))
    assert (read.encoding, read.rows[0].name, read.rows[0].key) == ("cp1252", "René", "rene")
    assert said(read) == [(1, "", "warning")]


def test_columns_that_are_not_known_or_stand_twice_are_named(tmp_path):
    text = "student,repository,colour,Repository\nAda,,blue,https://github.com/a/b\n"
    assert said(roster(tmp_path, text)) == [(1, "colour", "warning"), (1, "Repository", "warning")]
    many = ",".join(f"c{at}" for at in range(100))
    assert len(roster(tmp_path, f"student,repository,{many}\nA,\n").problems) == 21


def test_titles_that_say_nothing_are_a_mistake_and_lose_no_row(tmp_path):
    read = roster(tmp_path, "a,b\n1,2\n3,4\n")
    assert (read.format, len(read.rows)) == ("unknown", 2)
    assert {one.weight for one in read.problems if one.line == 1 and not one.column} == {"mistake"}


@pytest.mark.parametrize("first", ["Ada,https://github.com/a/b", "Ada,ada@x.edu", "Ada,git@github.com:a/b"])
def test_a_file_without_titles_does_not_lose_its_first_row_in_silence(tmp_path, first):
    read = roster(tmp_path, f"{first}\nBo,https://github.com/c/d\n")
    assert "should hold titles" in read.problems[0].fault
    assert (1, "", "mistake") in said(read)


CELL = st.text(st.characters(codec="utf-8"), max_size=10) | st.sampled_from(
    [
        "",
        "https://github.com/a/b",
        "2 days",
        "a@x.edu",
        "htp:/x",
        "..",
        "Points Possible",
        "Participant 12",
        "\0",
    ]
)
TITLE = st.sampled_from(
    ["student", "id", "members", "repository", "folder", "extension", "email", "username", "github_id", "ID", "Student", "SIS User ID", "x", ""]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(
    st.lists(TITLE, min_size=2, max_size=6),
    st.lists(st.lists(CELL, min_size=2, max_size=7), max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_no_row_of_any_table_is_lost(tmp_path, titles, rows, separator, encoding):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows([titles, *rows])
    file = tmp_path / "any.csv"
    file.write_bytes(written.getvalue().encode(encoding))
    try:
        read = read_roster(file)
    except UsageError as error:  # nearly nothing but zero bytes
        assert "bytes are zero" in error.message
        assert encoding != "utf-16"
        return
    if read.separator == separator:  # with empty titles, another one may fit better
        assert len(read.rows) + len(read.passed_over) == len(rows)
        kept = iter(read.rows)
        assert all(row.cells in map(tuple, rows) for row in kept)
    assert sum(map(read.count, STATES)) == len(read.rows)
    keys = [row.key for row in read.rows]
    assert len(set(keys)) == len(keys)
    assert all(
        set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-") and key[0] not in "._-" for key in keys
    )
    assert all(one.fault and one.next_step and one.line >= 1 for one in read.problems)
    told = {one.line for one in read.problems}
    assert all(row.line in told for row in read.rows if row.state in ("bad link", "duplicate"))


def test_five_thousand_rows_with_every_fault_are_read_in_seconds(tmp_path):
    lines = ["student,id,repository,extension"]
    for at in range(5000):
        link = [LINK.format(f"u{at}"), "htp:/x", "", LINK.format("same"), "see https://github.com/q/w"][
            at % 5
        ]
        lines.append(f'"Ünïcode, {at}",{at - at % 7 % 2},{link},{"soon" if at % 11 == 0 else ""}')
    for _ in range(3):  # again where the machine is busy
        start = time.process_time()
        read = roster(tmp_path, "\r\n".join(lines).encode("utf-8-sig"))
        seconds = time.process_time() - start
        if seconds < 2:
            break
    assert seconds < 2
    assert len(read.rows) == 5000
    assert [read.count(state) for state in STATES] == [1000, 2000, 1000, 1000]
    assert sum(one.column == "extension" for one in read.problems) == 455


def test_a_cell_that_swallowed_rows_is_a_mistake(tmp_path):
    swallowed = "".join(f"u{at},\n" for at in range(60))
    read = roster(tmp_path, f'student,repository\n"Ada,\n{swallowed}Bo","\n')
    assert said(read)[0] == (2, "", "mistake")
    assert "line 63" in read.problems[0].fault
    assert said(roster(tmp_path, 'student,repository\n"Ada,x\nBo,\nCy",\n')) == [(2, "", "warning")]
    assert said(roster(tmp_path, 'student,repository\n"Ada\nLovelace",\n')) == []


def test_too_many_members_and_a_models_repository_that_is_none(tmp_path):
    members = ";".join(f"m{at}" for at in range(60))
    read = roster(
        tmp_path, f'group,members,repository,models_repository\nA,"{members}",https://github.com/a/b,later\n'
    )
    assert len(read.rows[0].members) == 50
    assert read.rows[0].models_repository == ""
    assert said(read) == [(2, "members", "mistake"), (2, "models_repository", "mistake")]


def test_a_rows_own_link_goes_before_those_of_a_second_file(tmp_path):
    (tmp_path / "links.csv").write_text("id,repository,folder\n1,https://github.com/a/second,S4\n")
    read = roster(
        tmp_path, "student,id,repository\nAda,1,https://github.com/a/own\n", links=tmp_path / "links.csv"
    )
    assert (read.rows[0].repository, read.rows[0].folder) == ("https://github.com/a/own", "S4")


DOCS = Path(__file__).parents[4] / "docs" / "roster.md"
EXAMPLES = re.findall(r"```csv ([^\n]+)\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("name", "text"), EXAMPLES, ids=[f"{at}-{name}" for at, (name, _) in enumerate(EXAMPLES)]
)
def test_the_examples_of_the_documentation_are_read_without_a_mistake(tmp_path, name, text):
    if name == "quizzes":
        (tmp_path / "q.csv").write_text(text)
        assert len(read_quizzes(tmp_path / "q.csv").rows) == 2
        return
    pattern = {"Classroom 50": "{username}", "Canvas": "{id}", "Moodle participants": "{nachname}"}.get(name)
    read = roster(tmp_path, text, pattern=f"https://github.com/org/{pattern}" if pattern else "")
    assert (read.format, read.problems) == (name, ())
    assert read.rows
