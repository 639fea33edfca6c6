"""A course: its specs are found, its rules are added to each of them, and its mistakes have a place."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from grader.cli import cli
from grader.errors import SpecError
from grader.spec.course import load_course, with_course
from grader.spec.json_schema import course_schema_text
from grader.spec.load import load_spec, shipped_specs
from grader.spec.new import write_new_spec
from grader.spec.shipped import shipped_courses

COURSE = """id: mine
title: My course
pass_mark: 60 %
attempts: best
not_handed_in: -20 %
specs: [s4]
penalties:
  - {id: colab-link, by_hand: There is a link to Colab., percent: 50 %, source: ours}
  - {id: messy-names, by_hand: Messy names., points: 5}
"""


def written(tmp_path, *pairs: tuple[str, str]):
    text = COURSE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "courses").mkdir(exist_ok=True)
    file = tmp_path / "courses" / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(tmp_path, *pairs: tuple[str, str]) -> list[str]:
    file = written(tmp_path, *pairs)
    with pytest.raises(SpecError) as caught:
        load_course(file)
    assert all(line.startswith(str(file)) for line in caught.value.problems)
    return [line.removeprefix(f"{file}:") for line in caught.value.problems]


def test_every_shipped_course_loads_is_named_after_its_file_and_names_its_schema():
    assert "eva8" in shipped_courses()
    for name, file in shipped_courses().items():
        assert load_course(name) == load_course(file)
        assert load_course(name).id == name
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=../course.schema.json\n")
        Draft202012Validator(json.loads(course_schema_text())).validate(
            YAML(typ="safe", pure=True).load(text)
        )


def test_eva8_has_the_rules_of_the_course():
    course = load_course("eva8")
    assert (course.pass_mark, course.not_handed_in, course.attempts) == (0.7, -0.3, "last")
    said = {one.id: (one.kind, one.amount, one.proposed) for one in course.penalties}
    assert said["colab-link"] == ("percentage", 0.5, True)
    assert said["misrepresented"] == ("percentage", 1.0, True)


DATES = "dates:\n  s4: {due: 2026-03-01T23:59:00+05:30, hard: 2026-03-08T23:59:00+05:30}\n"


def test_dates_are_moments_with_an_offset(tmp_path):
    course = load_course(written(tmp_path, ("penalties:", f"late: -20 %\n{DATES}penalties:")))
    dates = course.dates["s4"]
    assert (course.late, dates.due.isoformat()) == (-0.2, "2026-03-01T23:59:00+05:30")
    assert course.model_dump(mode="json")["dates"]["s4"]["hard"] == "2026-03-08T23:59:00+05:30"
    Draft202012Validator(json.loads(course_schema_text())).validate(
        YAML(typ="safe", pure=True).load(
            'id: a\ntitle: a\nspecs: [s4]\ndates: {s4: {due: "2026-03-01T23:59Z"}}\n'
        )
    )
    assert load_course("eva8").dates == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("s4: {due", "s5: {due", '9:7 dates.s5: "s5" is no assignment of this course. Known are s4.'),
        ("03-01T23:59:00+05:30", "03-11T23:59:00+05:30", "9:7 dates.s4: due is after hard."),
        ("01T23:59:00+05:30", "01T23:59:00", '9:13 dates.s4.due: no offset is given, so nobody knows when that is. Write it as 2026-03-01T23:59:00+05:30, got "2026-03-01T23:59:00".'),
        ("01T23:59:00+05:30", "01", '9:13 dates.s4.due: no time of the day is given. Write it as 2026-03-01T23:59:00+05:30, got "2026-03-01".'),
        ("2026-03-01T23:59:00+05:30", "March", '9:13 dates.s4.due: expected a moment such as "2026-03-01T23:59:00+05:30", got "March".'),
        ("2026-03-01T23:59:00+05:30", "7", '9:13 dates.s4.due: expected a moment such as'),
        ("hard:", "hrd:", '9:40 dates.s4.hrd: unknown key. Did you mean "hard"? Known are due, hard.'),
        ("{due: 2026-03-01T23:59:00+05:30, hard: 2026-03-08T23:59:00+05:30}", "{}", "9:7 dates.s4: give due, hard or both."),
        ("late: -20 %", "late: 20 %", "7:7 late: expected a percentage below zero"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_dates_has_its_place(old, new, said, tmp_path):
    text = f"late: -20 %\n{DATES}penalties:".replace(old, new, 1)
    found = problems(tmp_path, ("penalties:", text))
    assert any(line.startswith(said) for line in found), found


def test_a_course_adds_its_penalties_to_a_spec_and_what_the_spec_says_goes_first(tmp_path):
    course = load_course(written(tmp_path))
    plain = with_course(load_spec("s4"), course)
    assert [one.id for one in plain.spec.penalties] == ["colab-link", "messy-names"]
    assert plain.spec.not_handed_in == -0.2
    assert plain.digest != load_spec("s4").digest
    write_new_spec("own", tmp_path)
    own = load_spec(tmp_path / "own.yaml")
    both = with_course(own, course).spec
    assert [(one.id, one.amount) for one in both.penalties][-2:] == [("messy-names", 10), ("colab-link", 0.5)]
    assert both.not_handed_in == -0.3
    assert (
        with_course(own, course.model_copy(update={"penalties": (), "not_handed_in": None})).digest
        == own.digest
    )


def test_its_specs_lie_in_the_folder_above_or_are_shipped(tmp_path):
    write_new_spec("own", tmp_path)
    assert load_course(written(tmp_path, ("[s4]", "[own, s4]"))).specs == ("own", "s4")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[s4]", "[s4, s44]", '6:13 specs[1]: there is no spec "s44". Write specs/s44.yaml first; known are '),
        ("[s4]", "[s4, s4]", '6:13 specs[1]: "s4" is listed twice. Keep one of them.'),
        ("[s4]", "s4", '6:8 specs: expected a list, got "s4". Write [s4].'),
        ("[s4]", "[../s4]", '6:9 specs[0]: got "../s4", which has characters that do not fit.'),
        ("-20 %", "20 %", "5:16 not_handed_in: expected a percentage below zero"),
        ("best", "worst", '4:11 attempts: got "worst". Known are last, best.'),
        ("attempts", "atempts", '4:1 atempts: unknown key. Did you mean "attempts"? Known are id, title, specs,'),
        ("messy-names", "colab-link", '9:10 penalties[1].id: the id "colab-link" is taken by penalties[0].'),
        ("by_hand: Messy names.", "by_hnd: x", '9:23 penalties[1].by_hnd: unknown key. Did you mean "by_hand"?'),
        ("by_hand: Messy names.", "taken_unless: {check: readmee}", '9:45 penalties[1].taken_unless.check: there is no check "readmee".'),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_what_to_do(old, new, said, tmp_path):
    assert any(line.startswith(said) for line in problems(tmp_path, (old, new))), problems(
        tmp_path, (old, new)
    )


def test_a_spec_with_mistakes_of_its_own_is_pointed_out(tmp_path):
    (tmp_path / "own.yaml").write_text("id: own\n", encoding="utf-8")
    assert problems(tmp_path, ("[s4]", "[own]")) == [
        "6:9 specs[0]: the spec own has 5 mistakes of its own. See `grader spec validate` with its file."
    ]


def grader(*words: str):
    return CliRunner().invoke(cli, ["spec", *words], standalone_mode=False)


def test_validate_knows_a_course_by_its_specs(tmp_path):
    file = written(tmp_path)
    result = grader("validate", "eva8", str(file), "s4")
    assert result.return_value == 0
    assert result.output.splitlines()[1:] == [
        f"{file}: ok (course mine, 1 spec)",
        "specs/s4.yaml: ok (s4, edition 1)",
    ]
    written(tmp_path, ("best", "worst"))
    result = grader("validate", str(file))
    assert result.return_value == 2
    assert "attempts" in result.output


def test_show_with_a_course_shows_what_it_adds(tmp_path):
    shown = grader("show", "s4", "--course", str(written(tmp_path))).output
    assert "-50 %  colab-link: Taken by a person. There is a link to Colab." in shown
    assert "-20 %  of the points where nothing is handed in" in shown
    assert "colab-link" not in grader("show", "s4").output


def test_an_unknown_course_names_the_known_ones():
    with pytest.raises(SpecError, match='there is no course "eva9"'):
        load_course("eva9")
    assert "there is no such file" in str(grader("show", "s4", "--course", "gone.yaml").exception)


def test_the_exported_schema_is_fresh():
    """After a change: `grader spec schema --course > specs/course.schema.json`."""
    file = shipped_specs()["s4"].with_name("course.schema.json")
    assert file.read_text(encoding="utf-8") == course_schema_text() == grader("schema", "--course").output
