"""What one submission may ask of the reader and of the parser ends somewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

from grader.reading import pieces as text_module
from grader.reading import units as module
from grader.reading.pieces import pieces
from grader.reading.units import units
from grader.records import LeftOut, Submission, SubmittedFile


def submission(root: Path, sources: dict[str, str]) -> Submission:
    for name, text in sources.items():
        (root / name).write_text(text)
    files = tuple(
        SubmittedFile(n, len(t), hashlib.sha256(t.encode()).hexdigest()) for n, t in sorted(sources.items())
    )
    return Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files)


def test_all_source_together_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(text_module, "LIMIT_TOTAL_CHARACTERS", 100)
    handed_in = submission(tmp_path, {f"{letter}.py": "x = 1\n" * 10 for letter in "abcd"})
    unreadable: list[LeftOut] = []
    assert [unit.file for unit in units(pieces(tmp_path, handed_in, unreadable), unreadable)] == [
        "a.py",
        "b.py",
    ]
    assert [(left.path, "too much source code" in left.reason) for left in unreadable] == [("c.py", True)]


def test_so_has_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LIMIT_SECONDS", -1.0)
    unreadable: list[LeftOut] = []
    assert (
        list(units(pieces(tmp_path, submission(tmp_path, {"a.py": "x = 1"}), unreadable), unreadable)) == []
    )
    assert [left.path for left in unreadable] == ["a.py"]


def test_the_text_has_a_limit_of_time_too(tmp_path, monkeypatch):
    monkeypatch.setattr(text_module, "LIMIT_SECONDS", -1.0)
    unreadable: list[LeftOut] = []
    assert list(pieces(tmp_path, submission(tmp_path, {"a.py": "x = 1"}), unreadable)) == []
    assert "too much source code" in unreadable[0].reason


def test_honest_submissions_are_far_from_it(tmp_path):
    unreadable: list[LeftOut] = []
    handed_in = submission(tmp_path, {f"m{n}.py": "x = 1\n" * 5000 for n in range(20)})
    assert len(list(units(pieces(tmp_path, handed_in, unreadable), unreadable))) == 20
    assert unreadable == []
