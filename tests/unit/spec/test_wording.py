"""Each mistake in a spec: its place, its fault and what to write instead."""

from __future__ import annotations

import re

import pytest

from grader.errors import SpecError
from grader.spec.load import parse_spec, shipped_specs

S4 = shipped_specs()["s4"].read_text(encoding="utf-8")

CASES = [
    # what is replaced, by what, and the whole problem without the file's name
    ("id: s4", "id: S 4", 'id: got "S 4", which has characters that do not fit. Lower-case'),
    ("edition: 1", 'edition: "1"', 'edition: expected a whole number, got "1". Write 1.'),
    ("edition: 1", "edition: 0", "edition: must be at least 1, got 0."),
    ("edition: 1", "edition: true", "edition: expected a whole number, got true."),
    ("edition: 1", "edition: 1.5", "edition: expected a whole number, got 1.5."),
    ("edition: 1", "editin: 1", 'editin: unknown key. Did you mean "edition"? Known are id, edition, title,'),
    ("edition: 1\n", "", 'edition: is missing. Add "edition: ..." (Raised when the rules change'),
    ("edition: 1", "edition: 1\nedition: 2", "edition: this key is here twice, first in line 6. Keep one of them."),
    ("course: ERA V4, session 4", "course: 3.10", 'course: expected text, got 3.10. Put quotes around it: "3.10".'),
    ("course: ERA V4, session 4", "course:", "course: nothing stands here. Write a value or delete the key."),
    ("course: ERA V4, session 4", "course: ''", 'course: must not be empty, got "".'),
    ("course: ERA V4, session 4", f"course: {'x' * 301}", "course: must have at most 300 characters, got"),
    ("course: ERA V4, session 4", "course: [ERA V4]", "course: expected text, got a list."),
    ("points: 250", "points: lots", 'points: expected a number, got "lots".'),
    ("points: 250", "points: 2_5_0", 'points: expected a number, got "2_5_0".'),
    ("points: 250", "points: 1,000", 'points: expected a number, got "1,000". Write 1000.'),
    ("points: 250", "points: .inf", 'points: expected a number, got ".inf".'),
    ("points: 250", "points: 0", "points: must be more than 0, got 0."),
    ("points: 250", "points: 240", "points: is 240, and the points of the checks add up to 250. Make the two agree."),
    ("task: mnist", "task: cifar", 'task: got "cifar". Did you mean "cifar10"? Known are cifar10, digit_csv, iris, mnist, mnist_sum, tiny_imagenet.'),
    ("pass_mark: 70 %", "pass_mark: 250 %", 'pass_mark: must be at most 100 %, got "250 %".'),
    ("pass_mark: 70 %", "pass_mark: most", 'pass_mark: expected a percentage such as "95 %", got "most".'),
    ("epochs: {exactly: 1}", "epochs: 1", "training.epochs: expected keys with values, got 1."),
    ("epochs: {exactly: 1}", "epochs: {}", "training.epochs: give exactly one of exactly, at_most."),
    ("exactly: 1", "exactly: 1, at_most: 2", "training.epochs: give exactly one of exactly, at_most."),
    ("exactly: 1", "at_most: student", "training.epochs: at_most: student needs a cap beside it, such as cap: 60."),
    ("exactly: 1", "at_most: 3, cap: 60", "training.epochs: cap stands only beside at_most: student."),
    ("exactly: 1", "at_most: pupil", "training.epochs.at_most: expected a whole number from 1 to 1000 or the word"),
    ("10 min ", "10 ", "training.time_limit: expected a time with its unit (s, min or h), such as 10 min, got 10."),
    ("10 min ", "ten minutes ", 'training.time_limit: expected a time with its unit (s, min or h), such as 10 min, got'),
    ("10 min ", "0 s ", 'training.time_limit: must be more than 0, got "0 s".'),
    ("recipe: student", "recipe: students", 'training.recipe: got "students". Did you mean "student"? Known are'),
    ("sgd: {", "sdg: {", 'training.default.optimizer.sdg: unknown key. Did you mean "sgd"? Known are sgd, adam, adamw.'),
    ("momentum: 0.9", "momentum: 1", "training.default.optimizer.sgd.momentum: must be less than 1, got 1."),
    ("momentum: 0.9", "nesterov: true", "training.default.optimizer.sgd: nesterov needs a momentum above 0."),
    ("momentum: 0.9", "momentum: 0.9, nesterov: yes", 'nesterov: expected true or false, got "yes". Write true.'),
    ("sgd: {momentum: 0.9}", "sgd: {}, adam: {}", "training.default.optimizer: give exactly one of sgd, adam, adamw."),
    ("{max_lr: 0.05}", "{}", 'training.default.schedule.one_cycle.max_lr: is missing. Add "max_lr: ..." (The highest'),
    ("batch_size: 128", "batch_size: 0", "training.default.batch_size: must be at least 1, got 0."),
    ("at_least: 1, at_most: 5", "at_least: 6", "training.seeds.at_least: is 6, and at_most is 5."),
    ("fewer_than: 25000", "fewer_than: 25k", 'checks[0].fewer_than: expected a whole number, got "25k". Write 25000.'),
    ("fewer_than: 25000", "fewer_than: 25_000", 'checks[0].fewer_than: expected a whole number, got "25_000". Write 25000.'),
    ("fewer_than: 25000", "fewer_then: 25000", 'checks[0].fewer_then: unknown key. Did you mean "fewer_than"? Known'),
    ("fewer_than: 25000", "exactly: 9\n    at_most: 9", "checks[0]: give exactly one of fewer_than, at_most, exactly."),
    ("check: parameters", "check: paramters", 'checks[0].check: there is no check "paramters". Did you mean "parameters"?'),
    ("check: parameters", "check: 7", "checks[0].check: there is no check 7. Known are anchors, architecture, "),
    ("check: parameters", "check:", "checks[0].check: nothing stands here."),
    ("    check: parameters\n", "", "checks[0].check: is missing. Write one of anchors, architecture, "),
    ("id: small", "id: Small Net", 'checks[0].id: got "Small Net", which has characters that do not fit.'),
    ("id: learns-fast", "id: small", 'checks[1].id: the id "small" is taken by checks[0]. Give each check an id'),
    ("    at_least: 95 %\n", "", 'checks[1].at_least: is missing. Add "at_least: ..."'),
    ("explains: [architecture]", "explains: architecture", 'checks[2].explains: expected a list, got "architecture". Write'),
    ("shows: [training log]", "shows: [logs]", 'checks[2].shows[0]: got "logs". Known are training log, model summary.'),
    ("shows: [training log]", "shows: [training log,]\n    shown: 1", "checks[2].shown: unknown key."),
    ("{architecture: 20", "{architecure: 20", 'checks[2].part_points.architecure: unknown key. Did you mean "architecture"?'),
    ("{architecture: 20", "{architecture: 15", "checks[2]: part_points add up to 45, and the check has 50 points."),
    ("{architecture: 20", "{architecture: x", 'checks[2].part_points.architecture: expected a number, got "x".'),
    ("  - id: explained", "  - hello\n  - id: explained", 'checks[2]: expected keys with values, got "hello".'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=[f"{new[:30]!r}" for _, new, _ in CASES])
def test_a_mistake_is_named_once_and_for_people(old, new, expected):
    assert S4.count(old) >= 1
    with pytest.raises(SpecError) as caught:
        parse_spec(S4.replace(old, new, 1).encode(), "s.yaml")
    found = [line for line in caught.value.problems if expected in line]
    assert len(found) == 1, caught.value.problems
    assert re.match(r"s\.yaml:\d+:\d+ ", found[0])
    assert not re.search(r"pydantic|Input should|valid (integer|number|string)|NoneType", str(caught.value))


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("edition: 1", "edition: x", "x\ntitle"),  # a wrong value: where it begins
        ("edition: 1", "editon: 1", "editon"),  # an unknown key: the key
        ("  - id: small\n", "  - id: small\n    colour: red\n", "colour"),
        ("fewer_than: 25000", "fewer_than: 25k", "25k"),
        ("    check: test_accuracy", "    check: test_acuracy", "test_acuracy"),
        ("{sgd: {momentum: 0.9}}", "{sgd: {momentum: 1.9}}", "1.9"),
        ("    points: 75\n", "", "id: small"),  # a missing key: the check that lacks it
        ("points: 250", "points: 251", "251"),
        ("    batch_size: 128\n", "    batch_size:\n", "batch_size"),  # a key without a value: the key
        ("points: 250", "points: 250\npoints: 250", "points: 250\ntask"),  # a key twice: the second
    ],
)
def test_the_place_is_the_line_and_column_in_the_file(old, new, at):
    text = S4.replace(old, new, 1)
    before = text[: text.index(at)]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    with pytest.raises(SpecError) as caught:
        parse_spec(text.encode(), "s.yaml")
    assert any(line.startswith(f"s.yaml:{place} ") for line in caught.value.problems), caught.value.problems


def test_a_terminal_cannot_be_driven_by_a_spec():
    with pytest.raises(SpecError) as caught:
        parse_spec(b'id: "\\e[31m\\u202e"\n"\\x07k": 1\n', "s.yaml")
    assert not set(str(caught.value)) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b[31m\\u202e" in str(caught.value)
