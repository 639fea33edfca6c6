"""The package for Gradescope: what is in it, and what cannot get into it."""

from __future__ import annotations

import io
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from grader.cli.export.gradescope_package import command
from grader.errors import UsageError
from grader.platforms.gradescope import Choice, package
from grader.platforms.wheel import built_wheel
from grader.spec.load import load_spec, spec_file

SPEC = spec_file("s4").read_bytes()
LIGHT = Choice(requirement="grader==0.1.0")


def made(choice: Choice = LIGHT) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package(load_spec("s4"), SPEC, choice)))


def settings(choice: Choice, folder: Path) -> list[str]:
    """What a shell makes of the settings."""
    (folder / "package.env").write_bytes(made(choice).read("package.env"))
    show = (
        '. ./package.env; printf "%s\\n" "$spec" "$task" "$wheel" "$requirement" "$plain" "${run_options[@]}"'
    )
    done = subprocess.run(["bash", "-euc", show], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_the_programs_lie_at_the_root_and_may_be_executed() -> None:
    for info in made().infolist():
        mode = info.external_attr >> 16
        assert stat.S_ISREG(mode)
        assert bool(mode & 0o111) == (info.filename in ("setup.sh", "run_autograder"))
        assert "/" not in info.filename


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_programs_are_programs(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(made().read(name))
    subprocess.run(["bash", "-n", name], cwd=tmp_path, check=True)
    assert made().read(name).startswith(b"#!/usr/bin/env bash\n")
    assert b"\r" not in made().read(name)


def test_the_same_spec_and_grader_give_the_same_bytes() -> None:
    choice = Choice()
    assert package(load_spec("s4"), SPEC, choice) == package(load_spec("s4"), SPEC, choice)


def test_the_spec_and_the_grader_are_in_it() -> None:
    found = made(Choice())
    assert found.read("s4.yaml") == SPEC
    name, content = built_wheel()
    assert found.read(name) == content


def test_the_settings_reach_the_shell(tmp_path: Path) -> None:
    name = built_wheel()[0]
    assert settings(Choice(), tmp_path) == ["s4.yaml", "mnist", name, "", "no"]
    odd = "grader @ https://example.edu/a~b.whl"
    assert settings(Choice(requirement=odd, allow_plain=True, stand_in=True), tmp_path) == [
        *("s4.yaml", "", "", odd, "yes"),
        *("--trust-this-code", "--stand-in"),
    ]


@pytest.mark.parametrize("requirement", ["$(touch x)", "a'b", "-r x", "a;b", "a\nb", "`id`", "x" * 400])
def test_a_requirement_is_no_command(requirement: str) -> None:
    with pytest.raises(UsageError, match="nothing that pip could install"):
        made(Choice(requirement=requirement))


def test_the_risk_of_no_isolation_is_chosen_and_written_down() -> None:
    refused, allowed = (
        made(choice).read("README.md").decode()
        for choice in (LIGHT, Choice(requirement="grader", allow_plain=True))
    )
    assert "**nothing is graded**" in refused
    assert "can give itself any score" not in refused
    assert "a submission can give itself any score" in " ".join(allowed.split())
    assert "with 250 points" in refused
    assert "{" not in refused


def test_a_wheel_that_is_given_is_packed_as_it_is(tmp_path: Path) -> None:
    name, content = built_wheel()
    (tmp_path / name).write_bytes(content)
    assert made(Choice(wheel=tmp_path / name)).read(name) == content


def test_what_is_no_wheel_of_the_grader_is_refused(tmp_path: Path) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("other/__init__.py", "")
    for name, content, why in (
        ("grader-1-py3-none-any.whl", other.getvalue(), "the grader is not in it"),
        ("grader-1-py3-none-any.whl", b"text", "not a zip"),
        ("other-1-py3-none-any.whl", built_wheel()[1], "its name is not that of"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=why):
            made(Choice(wheel=tmp_path / name))
    with pytest.raises(UsageError, match="No such file"):
        made(Choice(wheel=tmp_path / "grader-2-py3-none-any.whl"))


def test_a_file_that_is_there_stays(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["s4", "--requirement", "grader"]
    command.main(asked, standalone_mode=False)
    (tmp_path / "gradescope-s4.zip").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"gradescope-s4\.zip is there already"):
        command.main(asked, standalone_mode=False)
    assert (tmp_path / "gradescope-s4.zip").read_bytes() == b"mine"
