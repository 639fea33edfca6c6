"""From a name or a file to a spec: what is found, what is refused, and what the digests depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import ExitCode, SpecError
from grader.spec.load import (
    MAX_BYTES,
    MAX_PROBLEMS,
    evidence_plan_digest,
    load_spec,
    parse_spec,
    shipped_specs,
)

S4 = shipped_specs()["s4"].read_text(encoding="utf-8")


def problems(content: str | bytes) -> tuple[str, ...]:
    raw = content.encode("utf-8") if isinstance(content, str) else content
    with pytest.raises(SpecError) as caught:
        parse_spec(raw, "specs/x.yaml")
    return caught.value.problems


def edited(*pairs: tuple[str, str]) -> str:
    """The shipped spec with each of these texts replaced; each must be in it."""
    text = S4
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_shipped_spec_says_what_the_assignment_says():
    loaded = load_spec("s4")
    spec = loaded.spec
    assert loaded.path_shown == "specs/s4.yaml"
    assert (spec.id, spec.edition, spec.points, spec.pass_mark, spec.task) == ("s4", 1, 250, 0.7, "mnist")
    assert [(rule.id, rule.points) for rule in spec.checks] == [
        ("small", 75),
        ("learns-fast", 125),
        ("explained", 50),
    ]
    assert [rule.requirement() for rule in spec.checks] == [
        "The model has fewer than 25,000 parameters.",
        "The trained model reaches a test accuracy of 95 % or more.",
        "The README explains the architecture, shows the training log and is well formatted.",
    ]


def test_the_shipped_training_is_one_epoch_with_the_documented_recipe():
    training = load_spec("s4").spec.training
    assert training is not None
    assert (training.epochs.limit, training.time_limit, training.reference_device) == (1, 600.0, "t4")
    assert (training.seeds.at_least, training.seeds.at_most) == (1, 5)
    assert (training.default.optimizer.name, training.default.optimizer.arguments) == (
        "sgd",
        (("momentum", 0.9),),
    )
    assert (training.default.schedule.name, training.default.schedule.arguments) == (
        "one_cycle",
        (("max_lr", 0.05),),
    )
    assert training.default.batch_size == 128


def test_every_shipped_spec_loads_and_is_named_after_its_file():
    assert shipped_specs()
    for name in shipped_specs():
        assert load_spec(name).spec.id == name


# --- which file ---------------------------------------------------------------------------------------------


def test_a_path_and_a_name_give_the_same_spec(tmp_path):
    copy = tmp_path / "mine.yaml"
    copy.write_text(S4, encoding="utf-8")
    assert load_spec(copy).spec == load_spec(str(copy)).spec == load_spec("s4").spec
    assert load_spec(copy).digest == load_spec("s4").digest


def refused(given: str | Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec(given)
    assert caught.value.exit_code == ExitCode.USAGE
    return str(caught.value)


def test_an_unknown_name_names_the_nearest():
    assert refused("s44") == 'there is no spec "s44". Did you mean s4? A file is given by its path.'
    assert f"Known are {', '.join(shipped_specs())}." in refused("imagenet")


def test_a_file_without_suffix_is_pointed_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("draft").write_text(S4, encoding="utf-8")
    assert "write ./draft" in refused("draft")
    assert load_spec("./draft").spec.id == "s4"


def test_a_missing_file_a_folder_and_a_shipped_name_as_a_path(tmp_path):
    assert "there is no such file" in refused(tmp_path / "gone.yaml")
    assert 'by its name: "s4"' in refused(tmp_path / "s4.yaml")
    assert "this is a folder" in refused(tmp_path)
    (tmp_path / "plain").write_text("x", encoding="utf-8")
    assert "there is no such file" in refused(tmp_path / "plain" / "s.yaml")
    assert "cannot be read" in refused("a\0b.yaml")


# --- what is no spec at all ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "1:1 the spec: the file is empty."),
        ("# only a comment\n", "1:1 the spec: the file is empty."),
        ("- a\n- b\n", "1:1 the spec: expected keys with values"),
        ("\n  hello\n", "2:3 the spec: expected keys with values"),
        ("id: s4\n---\nid: s5\n", "2:1 the spec: a second document starts here."),
        ("%YAML 1.1\n---\nid: s4\n", "the spec: directives (%YAML, %TAG) are not allowed."),
        (
            "id: !!python/object:os.system s4\n",
            "1:5 the spec: tags (!!python/object:os.system)",
        ),
        ("id: !x {a: 1}\n", "1:5 the spec: tags (!x) are not allowed."),
        ("id: &a s4\ntitle: *a\n", "1:5 the spec: anchors (&a) are not allowed."),
        ("id: &a s4\ntitle: *a\n", "2:8 the spec: aliases (*a) are not allowed."),
        ("a:\n\tb: 1\n", "2:1 the spec: a tab stands here."),
        (
            "id: s4\ntitle: MNIST: one epoch\n",
            "2:13 the spec: this is not YAML: mapping values are not allowed",
        ),
        ("title: [a, b\n", "2:1 the spec: this is not YAML:"),
        ("id: 's4\n", "the spec: this is not YAML:"),
        ("id: s4\ntitle: a\x07b\n", "2:9 the spec: a control character (U+0007)."),
        (b"id: s4\ntitle: \xc3\xa9\xff\n", "2:9 the spec: this is not UTF-8 text."),
        ("a: " + "[" * 30 + "]" * 30, "the spec: nested more than 20 deep."),
        ("? [a]\n: b\n", "1:3 the spec: a key is a single word"),
        (b"a" * (MAX_BYTES + 1), "1:1 the spec: the file is over 256 kB."),
    ],
)
def test_what_cannot_be_read_as_a_spec_says_why_and_where(content, expected):
    assert any(f"specs/x.yaml:{expected}" in line or expected in line for line in problems(content))
    assert all(line.startswith("specs/x.yaml:") for line in problems(content))


def test_nested_aliases_are_refused_before_they_grow():
    bomb = "a: &a [x, x]\n" + "\n".join(
        f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert len(problems(bomb)) == 9 + 16


def test_deep_nesting_is_refused_without_a_crash():
    for text in ("[" * 100_000, "{a: " * 50_000, "- " * 100_000):
        assert "nested more than 20 deep" in problems(text)[0]


def test_a_byte_order_mark_and_windows_line_ends_are_read_like_any_other(tmp_path):
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + S4.replace("\n", "\r\n").encode())
    assert load_spec(file).digest == load_spec("s4").digest


# --- all at once --------------------------------------------------------------------------------------------


def test_every_mistake_of_every_kind_is_found_in_one_go():
    text = edited(
        ("edition: 1", "editon: 1"),
        ("points: 250", "points: 240"),
        ("10 min ", "ten min"),
        ("fewer_than: 25000", "fewer_than: 25k"),
        ("id: learns-fast", "id: small"),
        ("at_least: 1, at_most: 5", "at_least: 9, at_most: 5"),
    )
    found = "\n".join(problems(text))
    for place in (
        "editon: unknown key",
        "edition: is missing",
        "points: is 240",
        "training.time_limit: expected a time",
    ):
        assert place in found
    assert 'checks[0].fewer_than: expected a whole number, got "25k". Write 25000.' in found
    assert 'checks[1].id: the id "small" is taken by checks[0]' in found
    assert "training.seeds.at_least: is 9, and at_most is 5" in found
    assert len(problems(text)) == 7


def test_problems_come_in_the_order_of_the_file_and_not_endlessly():
    lines = "\n".join(f"wrong{n}: 1" for n in range(200))
    found = problems(lines)
    assert len(found) == MAX_PROBLEMS + 1
    numbers = [int(line.split(":")[1]) for line in found]
    assert numbers == sorted(numbers)
    assert "more problems" in found[-1]


# --- digests ------------------------------------------------------------------------------------------------


def digests(text: str) -> tuple[str, str]:
    spec = parse_spec(text.encode(), "x.yaml")
    return load_digest(text), evidence_plan_digest(spec)


def load_digest(text: str) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.yaml"
        file.write_text(text, encoding="utf-8")
        return load_spec(file).digest


def test_comments_layout_and_ways_to_write_a_value_change_no_digest():
    other = edited(
        ("# ERA V4", "# another remark, ERA V4"),
        ("pass_mark: 70 %", "pass_mark: 0.7"),
        ("10 min ", "600 s "),
        ("seeds: {at_least: 1, at_most: 5}", "seeds:\n    at_least: 1\n    at_most: 5"),
        ("fewer_than: 25000\n    points: 75", "points: 75.0\n    fewer_than: 25000"),
    )
    assert digests(other) == digests(S4)
    assert digests(S4)[0].startswith("sha256:")
    assert len(digests(S4)[0]) == 71


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: MNIST", "title: The MNIST"),
        ("pass_mark: 70 %", "pass_mark: 60 %"),
        ("fewer_than: 25000", "fewer_than: 20000"),
        ("at_least: 95 %", "at_least: 96 %"),
        ("architecture: 20, training log: 20", "architecture: 25, training log: 15"),
        ("edition: 1", "edition: 2"),
    ],
)
def test_what_is_only_judged_leaves_the_evidence_plan_as_it_is(old, new):
    assert digests(edited((old, new)))[0] != digests(S4)[0]
    assert digests(edited((old, new)))[1] == digests(S4)[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exactly: 1", "exactly: 2"),
        ("10 min", "11 min"),
        ("reference_device: t4", "reference_device: a100"),
        ("recipe: student", "recipe: default"),
        ("momentum: 0.9", "momentum: 0.8"),
        ("max_lr: 0.05", "max_lr: 0.1"),
        ("batch_size: 128", "batch_size: 64"),
        ("at_most: 5", "at_most: 3"),
    ],
)
def test_what_can_change_a_number_changes_the_evidence_plan(old, new):
    assert digests(edited((old, new)))[1] != digests(S4)[1]


def test_dropping_the_only_check_that_needs_a_measurement_changes_the_evidence_plan():
    without = S4[: S4.index("  - id: learns-fast")] + S4[S4.index("  - id: explained") :]
    assert digests(without.replace("points: 250", "points: 125"))[1] != digests(S4)[1]
