"""`grader spec new`: a complete, commented spec that is valid as it stands, and overwrites nothing."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from grader.cli import cli
from grader.errors import ExitCode, UsageError
from grader.spec.json_schema import json_schema_text
from grader.spec.load import load_spec
from grader.spec.new import new_spec_text, write_new_spec
from grader.spec.schema import Spec


def test_it_is_valid_and_has_the_id_that_was_asked_for(tmp_path):
    spec_file, schema_file = write_new_spec("my_net-2", tmp_path)
    assert spec_file.name == "my_net-2.yaml"
    assert load_spec(spec_file).spec.id == "my_net-2"
    assert schema_file.read_text(encoding="utf-8") == json_schema_text()
    text = spec_file.read_text(encoding="utf-8")
    assert f"grader spec validate {spec_file}" in text
    assert "{id}" not in text


@pytest.mark.parametrize("key", sorted(Spec.model_fields))
def test_it_shows_every_key(key):
    assert re.search(rf"^{key}:", new_spec_text("net", "net.yaml"), re.MULTILINE)


def test_it_is_commented():
    lines = [line for line in new_spec_text("net", "net.yaml").splitlines() if line.strip()]
    assert sum("#" in line for line in lines) >= 20


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "spec.schema.json").write_text("mine", encoding="utf-8")
    assert [file.name for file in write_new_spec("net", tmp_path)] == ["net.yaml"]
    before = (tmp_path / "net.yaml").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"is there already\. Choose another id"):
        write_new_spec("net", tmp_path)
    assert (tmp_path / "net.yaml").read_text(encoding="utf-8") == before
    assert (tmp_path / "spec.schema.json").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("My Net", "my-net"),
        ("../x", "x"),
        ("", ""),
        ("a/b", "a-b"),
        ("x" * 61, "x" * 60),
        ("_a_", "a"),
        ("é\x1b[0m", "0m"),
    ],
    ids=range(7),
)
def test_an_id_that_is_none_names_one_that_is(name, meant, tmp_path):
    with pytest.raises(UsageError) as caught:
        write_new_spec(name, tmp_path)
    assert ("Write" in caught.value.hint) is bool(meant)
    assert f'"{meant}"' in caught.value.hint or not meant
    assert "\x1b" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    if meant:
        write_new_spec(meant, tmp_path)


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        write_new_spec("net", tmp_path / "gone")


def test_the_command_says_what_comes_next(tmp_path):
    result = CliRunner().invoke(cli, ["spec", "new", "net", "--folder", str(tmp_path)], standalone_mode=False)
    assert f"grader spec validate {tmp_path / 'net.yaml'}" in result.output
    validated = CliRunner().invoke(
        cli, ["spec", "validate", str(tmp_path / "net.yaml")], standalone_mode=False
    )
    assert validated.return_value == ExitCode.PASSED
    shown = (
        CliRunner().invoke(cli, ["spec", "show", str(tmp_path / "net.yaml")], standalone_mode=False).output
    )
    for line in (
        "--repo: a public GitHub repository with README.md and the training notebook",
        "   +10  smaller: The model has fewer than 8,000 parameters.",
        "    x2  very-accurate: The trained model reaches a test accuracy of 99.6 % or more.",
        "   -10  no-readable-log: Taken where this does not hold. The README shows the training log.",
        "-100 %  misrepresented: Proposed where this does not hold, and taken once a person has confirmed it.",
        "   -10  messy-names: Taken by a person. The folders and files have messy names.",
    ):
        assert line in shown, shown
    page = CliRunner().invoke(
        cli, ["spec", "show", "--page", str(tmp_path / "net.yaml")], standalone_mode=False
    )
    assert page.output.startswith("# The title of the assignment\n")
