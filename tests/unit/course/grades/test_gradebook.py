"""The roster, the stored runs and the rules of a course brought together: who has what, and what is open."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader.course.grades.exported import export
from grader.course.grades.gradebook import gradebook
from grader.course.grades.quizzes import read_quizzes
from grader.course.grades.subject import subject_of
from grader.course.rosters.read import read_roster
from grader.course.stored.codes import code_of
from grader.course.stored.database import Standing
from grader.course.stored.folder import RunFolder
from grader.course.stored.store import opened
from grader.errors import SpecError, UsageError
from grader.records import RunRecord
from grader.report.json import to_json
from grader.spec.load import load_spec

ROSTER = """name,id,email,repository,extension
Ada,s1,ada@x.edu,https://github.com/ada/s4,
Bo,s2,bo@x.edu,https://github.com/bo/s4,2 days
Cy,s3,cy@x.edu,,
Di,s4,di@x.edu,https://github.com/di/s4,
"""
COURSE = """id: mine
title: My course
attempts: last
not_handed_in: -30 %
late: -20 %
specs: [s4]
dates:
  s4: {due: 2026-03-02T12:00:00+00:00, hard: 2026-03-05T12:00:00+00:00}
"""


S4 = subject_of("s4")


@cache
def digest(spec: str) -> str:
    return load_spec(spec).digest


class Place:
    """A folder with a roster, a course and stored runs."""

    def __init__(self, folder: Path, records: dict[str, RunRecord]) -> None:
        self.folder, self.records, self.base = folder, records, folder / "runs"
        self.base.mkdir()
        (folder / "courses").mkdir()
        self.write("class.csv", ROSTER)
        self.write("courses/mine.yaml", COURSE)

    def write(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text, "utf-8")
        return self.folder / name

    def run(self, number: int, name: str, points: float, *, day: int = 1, kind: str = "full_marks", source: str = "", spec: str = "s4", **grade) -> str:  # fmt: skip
        """Store a run of work that was handed in on that day of March 2026."""
        record, run_id = self.records[kind], f"20260310-1000{number:02}-aaaa"
        submission = replace(
            record.evidence.submission,
            name=name,
            source=source or f"https://github.com/{name.lower()}/s4",
            commit=f"{day:040x}",
            committed_at=f"2026-03-{day:02}T10:00:00+00:00",
        )
        made = replace(
            record,
            run_id=run_id,
            evidence=replace(record.evidence, submission=submission),
            grade=replace(record.grade, **({"points": points, "highest": points} if kind == "full_marks" else {}), **grade),
            provenance=replace(record.provenance, spec_id=spec, spec_digest=digest(spec)),
        )  # fmt: skip
        with RunFolder(self.base, spec, name, run_id) as folder:
            folder.publish({"result.json": to_json(made) + "\n"})
        return run_id

    def stand(
        self, key: str, state: str, run_id: str = "", reason: str = "", batch: str = "s4-class"
    ) -> None:
        with opened(self.base) as database:
            database.stand(batch, key, Standing(state, 1, run_id, reason))

    def book(self, subject: str = "s4", roster: str = "class", **options):
        own = {name: (file, self._roster(file)) for name, file in options.pop("own", {}).items()}
        with opened(self.base) as database:
            return gradebook(
                self.subject(subject),
                self._roster(roster),
                database,
                own_rosters=own,
                roster_stem=roster,
                **options,
            )

    def subject(self, name: str):
        return subject_of(str(self.folder / "courses/mine.yaml")) if name == "mine" else S4

    def _roster(self, stem: str):
        return read_roster(self.folder / f"{stem}.csv")

    def totals(self, *given, **options) -> dict[str, tuple[float, str]]:
        lines = self.book(*given, **options).lines
        return {line.row.name: (line.total.points, line.total.verdict) for line in lines}


@pytest.fixture
def place(tmp_path, example_records) -> Place:
    return Place(tmp_path, example_records)


@pytest.fixture
def graded(place) -> Place:
    """One of each: passed, late with an extension, nothing handed in, the machine's fault."""
    place.stand("s1", "graded", place.run(1, "Ada", 225.0))
    place.stand("s2", "graded", place.run(2, "Bo", 200.0, day=3))
    place.stand("s3", "missing", reason="Nothing was handed in.")
    place.stand("s4", "stuck", reason="The disk is full.")
    return place


def test_everybody_has_a_line_and_what_is_open_says_why(graded):
    book = graded.book()
    assert graded.totals() == {
        "Ada": (225.0, "passed"),
        "Bo": (200.0, "passed"),
        "Cy": (0.0, "not passed"),
        "Di": (0.0, "open"),
    }
    assert [list(line.unsettled()) for line in book.lines[:3]] == [[], [], []]
    assert list(book.lines[3].unsettled()) == [
        "s4: the grader's or the machine's fault, each time (The disk is full.), of 250"
    ]
    assert (book.notes, book.unread) == ((), ())
    assert book.lines[0].folder("s4") == graded.base / "s4/Ada/20260310-100001-aaaa"


def test_a_course_takes_off_what_is_late_unless_there_is_an_extension(graded):
    assert graded.totals("mine")["Bo"] == (200.0, "passed")
    graded.write("class.csv", ROSTER.replace("2 days", ""))
    late = graded.totals("mine")
    assert late["Bo"] == (160.0, "not passed")
    assert late["Cy"] == (-75.0, "not passed")
    graded.stand("s2", "graded", graded.run(9, "Bo", 250.0, day=6))
    assert graded.totals("mine")["Bo"] == (160.0, "not passed")  # the last work that came in time
    graded.stand("s1", "graded", graded.run(8, "Ada", 250.0, day=6, source="https://github.com/ada/new"))
    lines = graded.book("mine").lines
    assert lines[0].total.steps[0].text.startswith("s4: not handed in (no work by 2026-03-05T12:00:00")


def test_two_commits_by_the_last_and_by_the_best(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 100.0, day=2))
    assert graded.totals("mine")["Ada"] == (100.0, "not passed")
    graded.write("courses/mine.yaml", COURSE.replace("last", "best"))
    assert graded.totals("mine")["Ada"] == (225.0, "passed")
    graded.run(6, "Ada", 150.0, day=1)  # the earlier work, judged again: it is worth what it was judged last
    assert graded.totals("mine")["Ada"] == (150.0, "not passed")


def test_a_batch_with_an_earlier_deadline_takes_newer_work_back(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 250.0, day=2))
    assert graded.totals()["Ada"] == (250.0, "passed")
    graded.stand("s1", "graded", "20260310-100001-aaaa")
    line = graded.book().lines[0]
    assert line.total.points == 225.0
    assert line.remarks == ("s4: 1 run of newer work than the batch took does not count",)


def test_a_run_beside_the_batch_counts_only_where_that_is_asked(graded):
    graded.run(5, "ada/s4", 250.0, day=2, source="https://github.com/Ada/s4.git")
    line = graded.book().lines[0]
    assert line.total.points == 225.0
    assert line.remarks == ("s4: 1 run of the same link beside the batch not counted (--by-hand counts)",)
    assert graded.totals(by_hand=True)["Ada"] == (250.0, "passed")


def test_coded_names_lead_to_the_same_people(place):
    code = code_of(place.base, "s1")
    place.stand(code, "graded", place.run(1, code, 225.0, source=code))
    assert place.totals()["Ada"] == (225.0, "passed")
    assert place.totals()["Bo"] == (0.0, "open")


def test_two_rosters_of_the_same_folder_do_not_mix(graded):
    graded.write("other.csv", "name,id,repository\nAda,s1,https://github.com/namesake/s4\n")
    assert graded.totals(roster="other") == {"Ada": (0.0, "open")}
    graded.stand(
        "s1", "graded", graded.run(5, "Ada", 50.0, source="https://github.com/namesake/s4"), batch="s4-other"
    )
    assert graded.totals(roster="other") == {"Ada": (50.0, "not passed")}
    assert graded.totals()["Ada"] == (225.0, "passed")
    # A roster of the same name from somewhere else has the same keys, and other people.
    graded.write("class.csv", "name,id,repository\nZoe,s1,https://github.com/zoe/s4\n")
    (line,) = graded.book().lines
    assert "the batch graded Ada in this row" in next(line.unsettled())


def test_an_assignment_with_a_roster_of_its_own_is_found_by_ids_and_never_by_a_name(graded):
    graded.write("list.csv", "name,id,email\nAda L.,9,ada@x.edu\nBo,7,b@x.edu\nEve,8,cy@x.edu\n")
    book = graded.book(roster="list", own={"s4": "class"})
    assert [line.total.points for line in book.lines] == [225.0, 0.0, 0.0]
    assert "no single one, with an id of this row" in next(book.lines[1].unsettled())
    assert book.lines[2].total.assignments[0].standing == "not handed in"
    assert "there is no batch s4-list. Here are s4-class." in graded.book(roster="list").notes[0]


def test_a_member_of_a_group_has_the_groups_points(graded):
    graded.write("list.csv", "name,id\nAda L.,a1\n")
    graded.write(
        "class.csv", "group,id,members,repository\nAda,s1,Ada L. <a1>;Bo <b1>,https://github.com/ada/s4\n"
    )
    assert graded.totals(roster="list", own={"s4": "class"}) == {"Ada L.": (225.0, "passed")}


def test_what_a_person_decides_keeps_a_row_open_between_its_bounds(graded):
    graded.stand(
        "s1",
        "graded",
        graded.run(5, "Ada", 0.0, day=2, kind="by_a_person", spec_points=250.0, max_points=250.0),
    )
    line = graded.book().lines[0]
    record = graded.records["by_a_person"].grade
    assert (line.total.lowest, line.total.highest) == (record.lowest, record.highest)
    assert "a person decides about" in next(line.unsettled())
    assert "grader review" in next(line.unsettled())


def test_an_open_attempt_that_may_be_the_best_keeps_the_row_open(graded):
    open_run = graded.run(5, "Ada", 0.0, day=2, kind="by_a_person", spec_points=250.0, max_points=250.0)
    graded.stand("s1", "graded", open_run)
    graded.write("courses/mine.yaml", COURSE.replace("last", "best"))
    highest = graded.records["by_a_person"].grade.highest
    graded.run(1 + 5, "Ada", highest - 1, day=1)
    line = graded.book("mine").lines[0]
    assert (line.total.points, line.total.highest) == (highest - 1, highest)
    assert open_run in next(line.unsettled())
    graded.run(1 + 6, "Ada", highest, day=1)
    assert not graded.book("mine").lines[0].is_open


def test_a_broken_run_of_another_assignment_is_no_matter(graded):
    place = graded.base / "s5" / "Ada" / "20260310-100001-bbbb"
    place.mkdir(parents=True)
    (place / "result.json").write_text("{")
    assert graded.book().unread == ()


def test_a_grade_of_other_points_or_another_text_is_pointed_out(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 200.0, spec_points=240.0, max_points=240.0))
    assert "judged as an assignment of 240 points" in next(graded.book().lines[0].unsettled())
    graded.stand("s1", "graded", graded.run(6, "Ada", 200.0))
    assert graded.book().notes == ()
    (note,) = graded.book("mine").notes
    assert note.startswith("s4: 2 grades were judged under another text of the spec, or without --course")


def test_a_run_that_judged_only_a_part_is_no_zero(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 50.0, max_points=50.0))
    assert "only 50 of its 250 points were judged" in next(graded.book().lines[0].unsettled())


def test_stand_in_data_gives_no_grade(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 0.0, kind="self_check"))
    assert graded.book().lines[0].total.points == 225.0  # the same work has a run that is one
    (graded.base / "s4/Ada/20260310-100001-aaaa/result.json").unlink()
    assert "its runs are no grades" in next(graded.book().lines[0].unsettled())


def test_a_run_that_cannot_be_read_is_named_and_its_row_waits(graded):
    place = graded.base / "s4/Ada/20260310-100001-aaaa"
    (place / "result.json").write_text("{")
    assert graded.book().unread == (place,)
    (graded.base / "grader.db").unlink()
    graded.stand("s1", "graded", place.name)
    book = graded.book()
    assert book.unread == (place,)
    assert "its run is gone or cannot be read" in next(book.lines[0].unsettled())


def test_quizzes_come_on_top_and_a_lost_row_is_said(graded):
    file = graded.write("q.csv", "id,quiz,points,of\ns1,one,7.5,10\nnobody,one,1,10\n")
    book = graded.book(quizzes=[read_quizzes(file)])
    assert [line.total.points for line in book.lines][:2] == [232.5, 200.0]
    assert list(book.lines[1].unsettled()) == ["one: no points are known, of 10"]
    assert "q.csv:3" in book.notes[0]


# --- what is exported ------------------------------------------------------------------------------------------------


def test_an_export_leaves_out_what_is_not_settled(graded):
    graded.stand(
        "s1",
        "graded",
        graded.run(5, "Ada", 0.0, day=2, kind="by_a_person", spec_points=250.0, max_points=250.0),
    )
    chosen = export(graded.book())
    assert [(one.row.name, one.points) for one in chosen.rows] == [("Bo", 200.0), ("Cy", 0.0)]
    assert (chosen.what, chosen.of) == ("s4", 250.0)
    assert [said.partition(":")[0] for said in chosen.left_out] == ["Ada", "Di"]
    more = export(graded.book(), with_open=True)
    assert [one.row.name for one in more.rows] == ["Ada", "Bo", "Cy"]  # Di has no points that are certain
    assert [said.partition(":")[0] for said in (*more.certain, *more.left_out)] == ["Ada", "Di"]
    with pytest.raises(UsageError, match='no assignment "s5"'):
        export(graded.book(), assignment="s5")


def test_a_total_with_quizzes_and_one_assignment_of_it(graded):
    file = graded.write("q.csv", "id,quiz,points,of\n" + "".join(f"s{n},one,5,10\n" for n in range(1, 5)))
    book = graded.book(quizzes=[read_quizzes(file)])
    assert [(one.points, export(book).of) for one in export(book).rows][:2] == [
        (230.0, 260.0),
        (205.0, 260.0),
    ]
    assert [one.points for one in export(book, assignment="s4").rows][:2] == [225.0, 200.0]


def test_feedback_names_each_check_that_lost_points(graded):
    graded.stand("s1", "graded", graded.run(5, "Ada", 0.0, day=2, kind="partial"))
    said = export(graded.book("mine"), assignment="s4", with_feedback=True).rows[0].feedback
    record = graded.records["partial"]
    lost = [one for one in record.outcomes if one.points < one.max_points]
    assert lost
    assert all(f"{one.id}: {one.points:g} of {one.max_points:g} (" in said for one in lost)
    assert not any(f"{one.id}:" in said for one in record.outcomes if one not in lost)
    assert said.startswith(f"s4: {record.grade.points:g} of 250.")


# --- what it is about -----------------------------------------------------------------------------------------------


def test_a_course_a_spec_and_neither(place):
    course, spec = place.subject("mine"), place.subject("s4")
    assert [part.id for part in course.parts] == [part.id for part in spec.parts] == ["s4"]
    assert (course.rules.late, course.rules.not_handed_in, spec.rules.not_handed_in) == (0.2, -0.3, 0.0)
    assert (spec.course, spec.rules.attempts) == ("", "last")
    assert course.parts[0].assignment.hard.shown == "2026-03-05T12:00:00+00:00"
    assert len(subject_of("eva8").parts) == 12
    with pytest.raises(SpecError, match='there is no spec "eva"'):
        subject_of("eva")
