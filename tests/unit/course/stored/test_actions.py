"""A run told to a step of GitHub Actions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.stored.actions import OUTPUT, SUMMARY, log_text, outputs, tell
from grader.errors import StoreError
from grader.report.actions_summary import LIMIT_BYTES


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads GITHUB_OUTPUT."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, end = line.split("<<", 1)
        value = []
        while (line := next(lines)) != end:
            value.append(line)
        found[name] = "\n".join(value)
    return found


def test_summary_and_outputs_go_where_the_step_says(tmp_path, example_records) -> None:
    place, out = tmp_path / "summary.md", tmp_path / "out"
    said = tell(example_records["partial"], {SUMMARY: str(place), OUTPUT: str(out)})
    assert said == ()
    assert place.read_text().startswith("# MNIST in one epoch")
    assert read_outputs(out.read_text()) == {
        "status": "complete",
        "points": "158.33",
        "max_points": "250",
        "passed": "false",
        "is_grade": "true",
    }


def test_both_are_appended(tmp_path, example_records) -> None:
    place, out = tmp_path / "summary.md", tmp_path / "out"
    place.write_text("Before.\n")
    out.write_text("mine=1\n")
    tell(example_records["full_marks"], {SUMMARY: str(place), OUTPUT: str(out)})
    assert place.read_text().startswith("Before.\n\n# MNIST")
    assert out.read_text().startswith("mine=1\nstatus<<")


def test_delimiters_are_drawn_anew(tmp_path, example_records) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        tell(example_records["full_marks"], {OUTPUT: str(out)})
    ends = re.findall(r"<<(end-[0-9a-f]{32})$", out.read_text(), re.MULTILINE)
    assert len(ends) == len(set(ends)) == 10


def test_without_a_step_it_says_so_and_writes_nothing(example_records) -> None:
    (said,) = tell(example_records["full_marks"], {})
    assert "no step of GitHub Actions" in said


@pytest.mark.parametrize("room", [0, 1, 150, 800])
def test_the_summary_of_a_step_never_passes_its_limit(room, tmp_path, example_records) -> None:
    place = tmp_path / "summary.md"
    place.write_bytes(b"x" * (LIMIT_BYTES - room))
    said = tell(example_records["adjusted"], {SUMMARY: str(place)})
    assert place.stat().st_size <= LIMIT_BYTES
    assert bool(said) == (place.stat().st_size == LIMIT_BYTES - room)


def test_a_file_that_cannot_be_written_is_said(tmp_path, example_records) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        tell(example_records["full_marks"], {SUMMARY: str(tmp_path / "no" / "summary.md")})


def test_every_ending_has_outputs_without_a_line_end(example_record) -> None:
    assert all("\n" not in value and value for value in outputs(example_record).values())


def test_the_report_stands_between_guards(example_record, actions_runner) -> None:
    text = log_text(example_record)
    tokens = re.findall(r"^::stop-commands::([0-9a-f]{32})$", text, re.MULTILINE)
    assert len(tokens) == 1
    assert text.count(tokens[0]) == 2
    assert log_text(example_record) != text  # another token each time
    read = actions_runner().read(text)
    assert [one.name for one in read.obeyed[:3]] == ["group", "stop-commands", "endgroup"]
    assert read.token == ""


def test_commands_in_the_report_are_not_obeyed(example_records, actions_runner) -> None:
    made = example_records["full_marks"]
    for attack in ("::set-output name=x::y", "##[add-path]/tmp"):
        text = log_text(replace(made, title=attack, course=attack))
        assert attack in text
        read = actions_runner().read(text)
        assert not read.of("set-output", "add-path")
        assert [one for one in read.plain if attack in one]
        unguarded = actions_runner().read(re.sub(r"(?m)^::stop-commands::.*\n", "", text))
        assert unguarded.of("set-output", "add-path")


def test_places_are_only_files_that_the_step_names(tmp_path: Path, example_records) -> None:
    tell(example_records["hostile"], {SUMMARY: str(tmp_path / "s"), OUTPUT: str(tmp_path / "o")})
    assert sorted(one.name for one in tmp_path.iterdir()) == ["o", "s"]
