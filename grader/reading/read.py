"""Everything that can be known of a submission without running it."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from pathlib import Path

from grader.reading import notebook
from grader.reading.claims import LIMIT_CLAIMS, claims
from grader.reading.discovery import discover
from grader.reading.links import Targets, targets
from grader.reading.logs import LIMIT_LINES, Line, log_lines
from grader.reading.markdown import blocks
from grader.reading.readme import LIMIT_BYTES, linked_notebooks, readme_of
from grader.reading.staged import staged_text
from grader.reading.units import is_skipped
from grader.records import Absent, Claim, LogLine, Reading, Readme, Submission
from grader.text import clean_path

LIMIT_NOTEBOOKS = 30
"""Notebooks whose saved outputs are read."""

_WRITE_ONE = "Add a README.md that explains the architecture and shows the training log."


def read_submission(root: Path, submission: Submission) -> Reading:
    """Read the staged files below `root`. Only `submission.files` are looked at for models.

    The README is the one that the link named, else that of the subfolder, else that of the root.
    """
    found = discover(root, submission)
    known = targets(root, submission)
    path = readme_path(root, submission)
    readme, notebooks = _readme(root, submission, path, known)
    logs, claimed = _saved_outputs(root, notebooks or _notebooks(submission))
    if isinstance(readme, Readme):
        readme = replace(readme, logs=(readme.logs + logs)[:LIMIT_LINES])
    return Reading(readme, found.candidates, found.choice, found.unreadable, claimed)


def readme_path(root: Path, submission: Submission) -> str:
    """Path of the README relative to the root, "" where there is none."""
    if submission.readme_path:
        return submission.readme_path
    folder = submission.subfolder.strip("/")
    handed_in = [file.path for file in submission.files] + [left.path for left in submission.left_out]
    own = [path for path in handed_in if posixpath.dirname(path) == folder]
    staged = [entry.name for entry in root.iterdir()] if folder and root.is_dir() else []
    return _readme_among(own) or _readme_among(staged)


def _readme_among(paths: list[str]) -> str:
    """README.md before README.txt and the like; the spelling that people use most where several differ."""
    names = {path: posixpath.basename(path) for path in paths}
    fitting = [
        path for path in paths if names[path].lower() == "readme" or names[path].lower().startswith("readme.")
    ]
    order = sorted(
        fitting, key=lambda path: (not path.lower().endswith(".md"), names[path] != "README.md", path)
    )
    return order[0] if order else ""


def _readme(
    root: Path, submission: Submission, path: str, known: Targets
) -> tuple[Readme | Absent, tuple[str, ...]]:
    """(the README, the notebooks that it links)."""
    if not path:
        folder = clean_path(submission.subfolder)
        reason = f"There is no README in {folder} or in the root." if folder else "There is no README."
        return _missing(reason), ()
    shown = clean_path(path)
    try:
        text = staged_text(root, path, LIMIT_BYTES)
    except ValueError as error:
        hint = (
            "Keep the README a page of text: under 300 kB, with pictures and notebooks linked, not embedded."
        )
        return _missing(f"{shown} cannot be read: {error}.", hint), ()
    if not text.strip():
        return _missing(f"{shown} is empty."), ()
    page = blocks(text)
    size_bytes = (root / path).stat().st_size
    return readme_of(page, path, size_bytes, known), linked_notebooks(page, path, known, submission.source)


def _missing(reason: str, hint: str = _WRITE_ONE) -> Absent:
    return Absent("failed", reason, hint, stage="reading")


def _notebooks(submission: Submission) -> tuple[str, ...]:
    paths = (file.path for file in submission.files)
    return tuple(path for path in paths if path.lower().endswith(".ipynb") and not is_skipped(path))


def _saved_outputs(root: Path, notebooks: tuple[str, ...]) -> tuple[tuple[LogLine, ...], tuple[Claim, ...]]:
    """Logs and claims in the saved outputs of the notebooks; one that cannot be read has none."""
    logs: list[LogLine] = []
    claimed: list[Claim] = []
    for path in notebooks[:LIMIT_NOTEBOOKS]:
        try:
            cells = notebook.code_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS))
        except ValueError:
            continue  # said already, among what is unreadable
        for cell in cells:
            text = "".join(output if output.endswith("\n") else output + "\n" for output in cell.outputs)
            lines = [Line(f"{path}, cell {cell.number}", line) for line in text.split("\n") if line.strip()]
            logs += log_lines(lines)
            claimed += claims(lines)
    return tuple(logs[:LIMIT_LINES]), tuple(claimed[:LIMIT_CLAIMS])
