"""Thirty specs with one mistake each: every message has its place, the fault and what to do next.

After a wanted change of a message, write the golden lines anew and read the difference:

GRADER_UPDATE_GOLDEN=1 python -m pytest tests/unit/spec/test_broken_specs.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import cli

TESTS = Path(__file__).parents[2]
FILES = sorted((TESTS / "fixtures" / "broken_specs").glob("*.yaml"))
GOLDEN = TESTS / "golden" / "spec" / "broken_specs.txt"
LINE = re.compile(
    r"(?P<file>[\w./-]+\.yaml):(?P<line>\d+):(?P<column>\d+) (?P<where>[\w.\[\]-]+|the spec): (?P<text>.+)"
)
NEXT_STEP = (
    "Write", "Add", "Give", "Make", "Did you mean", "Known are", "Keep", "Delete", "Put", "Look", "needs quotes",
    "such as", "instead", "give exactly one of", "must be",
)  # fmt: skip


def validated(files: list[Path], monkeypatch) -> tuple[int, list[str]]:
    monkeypatch.chdir(TESTS / "fixtures" / "broken_specs")
    words = ["spec", "validate", *(f"./{file.name}" for file in files)]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.return_value, result.output.splitlines()


def test_there_are_thirty_and_each_says_what_is_wrong_with_it():
    assert len(FILES) == 30
    assert len({file.read_text(encoding="utf-8").splitlines()[0] for file in FILES}) == 30


def test_all_of_them_say_what_they_said(monkeypatch):
    code, lines = validated(FILES, monkeypatch)
    lines = [
        re.sub(r"(there is no check .* Known are ).*", r"\1...", line) for line in lines
    ]  # kinds come and go
    if os.environ.get("GRADER_UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    assert code == 2
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_has_place_fault_and_next_step(file, monkeypatch):
    code, lines = validated([file], monkeypatch)
    assert code == 2
    written = file.read_text(encoding="utf-8").splitlines()
    for line in lines:
        found = LINE.fullmatch(line)
        assert found, line
        assert found["file"] == f"./{file.name}"
        assert 1 <= int(found["line"]) <= len(written)
        assert 1 <= int(found["column"]) <= len(written[int(found["line"]) - 1]) + 1
        assert any(step in found["text"] for step in NEXT_STEP), line
        assert not re.search(r"pydantic|Input should|valid (integer|number|string)|NoneType", line)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_one_mistake_is_told_in_few_lines(file, monkeypatch):
    """What only follows from a mistake is not told as one more; a missing training is told at each of four checks."""
    _, lines = validated([file], monkeypatch)
    assert len(lines) == (4 if file.stem == "training_missing" else 1)
