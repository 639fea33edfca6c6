"""Everything that can be known of a submission without running it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from pathlib import Path

from grader.reading import notebook
from grader.reading.claims import LIMIT_CLAIMS, claims, last_fields
from grader.reading.discovery import discover
from grader.reading.experiments import experiments, texts_of
from grader.reading.finders import suggested_rates, with_suggestions
from grader.reading.grad_cam import grad_cam
from grader.reading.layer_comments import layer_comments
from grader.reading.links import Targets, targets
from grader.reading.logs import LIMIT_LINES, Line, log_lines
from grader.reading.markdown import Block, blocks
from grader.reading.notebooks import notebooks as facts_of_notebooks
from grader.reading.outline import outline
from grader.reading.pieces import is_skipped
from grader.reading.readme import LIMIT_BYTES, linked_notebooks, readme_of, text_lines
from grader.reading.repositories import distinct, fetched_by_code, in_lists, linked
from grader.reading.staged import staged_text
from grader.reading.stated_fields import field_of_rows
from grader.reading.summaries import LIMIT_SUMMARIES, summaries
from grader.records import Absent, Claim, LogLine, ModelSummary, Reading, Readme, Submission
from grader.text import clean, clean_path

LIMIT_NOTEBOOKS = 30
"""Notebooks whose saved outputs are read."""

_WRITE_ONE = "Add a README.md that explains the architecture and shows the training log."


def read_submission(root: Path, submission: Submission) -> Reading:
    """Read the staged files below `root`; of second repositories the source alone. Nothing is executed.

    The README is the one that the link named, else that of the subfolder, else that of the root.
    """
    known = targets(root, submission)
    path = readme_path(root, submission)
    readme, notebooks, page = _readme(root, submission, path, known)
    found = discover(root, submission, final_words(page))
    logs, claimed, suggested, shown = _saved_outputs(root, notebooks or _notebooks(submission))
    if isinstance(readme, Readme):
        readme = replace(readme, logs=(readme.logs + logs)[:LIMIT_LINES])
    links = [
        *fetched_by_code(found.source, submission),
        *in_lists(root, submission),
        *linked(page, path, submission),
    ]
    return Reading(
        readme=readme,
        candidates=found.candidates,
        choice=found.choice,
        unreadable=found.unreadable,
        claims=claimed,
        repositories=distinct(links),
        sessions=with_suggestions(found.sessions, suggested),
        experiments=experiments(texts_of(root, submission, path, found.source)),
        outline=outline(found.source),
        notebooks=facts_of_notebooks(root, submission),
        summaries=(*summaries(text_lines(page, path)), *shown)[:LIMIT_SUMMARIES],
        grad_cam=grad_cam(found.source),
        layer_comments=layer_comments(found.source),
    )


_FINAL = re.compile(r"\b(?:final|best|chosen|selected|submitted)\b", re.IGNORECASE)


def final_words(page: list[Block]) -> frozenset[str]:
    """The words, in lower case, of the README's lines that speak of its final or best model."""
    lines = [
        line[:500]
        for block in page
        if block.kind in ("prose", "heading", "row")
        for line in (block.lines or (block.text,))
    ]
    fitting = [line for line in lines if _FINAL.search(line)][:100]
    return frozenset(word.lower() for line in fitting for word in re.findall(r"\w{3,60}", line))


def readme_path(root: Path, submission: Submission) -> str:
    """Path of the README relative to the root, "" where there is none."""
    if submission.readme_path:
        return submission.readme_path
    folder = submission.subfolder.strip("/")
    handed_in = [file.path for file in submission.files] + [left.path for left in submission.left_out]
    own = [path for path in handed_in if posixpath.dirname(path) == folder]
    twins = _in_folders_of_other_case(root, folder) if folder else []
    staged = [entry.name for entry in root.iterdir()] if folder and root.is_dir() else []
    return _readme_among(own) or _readme_among(twins) or _readme_among(staged)


def _in_folders_of_other_case(root: Path, folder: str) -> list[str]:
    """The files of folders whose names differ from this one by case alone: `s4` beside `S4`."""
    above, name = posixpath.split(folder)
    try:
        twins = [
            one for one in (root / above).iterdir() if one.name.lower() == name.lower() and one.name != name
        ]
        return [
            posixpath.join(above, one.name, file.name)
            for one in twins
            if one.is_dir()
            for file in one.iterdir()
        ]
    except OSError:
        return []


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
) -> tuple[Readme | Absent, tuple[str, ...], list[Block]]:
    """(the README, the notebooks that it links, its page)."""
    if not path:
        folder = clean_path(submission.subfolder)
        reason = f"There is no README in {folder} or in the root." if folder else "There is no README."
        return _missing(reason), (), []
    shown = clean_path(path)
    try:
        text = staged_text(root, path, LIMIT_BYTES)
    except ValueError as error:
        hint = (
            "Keep the README a page of text: under 300 kB, with pictures and notebooks linked, not embedded."
        )
        return _missing(f"{shown} cannot be read: {error}.", hint), (), []
    if not text.strip():
        return _missing(f"{shown} is empty."), (), []
    page = blocks(text)
    size_bytes = (root / path).stat().st_size
    notebooks = linked_notebooks(page, path, known, submission.source)
    return readme_of(page, path, size_bytes, known), notebooks, page


def _missing(reason: str, hint: str = _WRITE_ONE) -> Absent:
    return Absent("failed", reason, hint, stage="reading")


def _notebooks(submission: Submission) -> tuple[str, ...]:
    paths = (file.path for file in submission.files)
    return tuple(path for path in paths if path.lower().endswith(".ipynb") and not is_skipped(path))


def _saved_outputs(
    root: Path, notebooks: tuple[str, ...]
) -> tuple[
    tuple[LogLine, ...], tuple[Claim, ...], dict[str, list[tuple[str, float]]], tuple[ModelSummary, ...]
]:
    """(logs, claims, rates that a finder suggested, summaries of models) in saved outputs.

    A notebook that cannot be read has none.
    """
    logs: list[LogLine] = []
    claimed: list[Claim] = []
    shown: list[ModelSummary] = []
    suggested: dict[str, list[tuple[str, float]]] = {}
    for path in notebooks[:LIMIT_NOTEBOOKS]:
        try:
            cells = notebook.code_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS))
        except ValueError:
            continue  # said already, among what is unreadable
        for cell in cells:
            text = "".join(output if output.endswith("\n") else output + "\n" for output in cell.outputs)
            lines = [Line(f"{path}, cell {cell.number}", line) for line in text.split("\n") if line.strip()]
            logs += log_lines(lines)
            shown += summaries(lines)
            claimed += last_fields(claims(lines))
            for unit, rates in suggested_rates(lines).items():
                suggested.setdefault(unit, []).extend(rates)
        claimed += _fields_in_text_cells(root, path)
    return tuple(logs[:LIMIT_LINES]), tuple(claimed[:LIMIT_CLAIMS]), suggested, tuple(shown[:LIMIT_SUMMARIES])


def _fields_in_text_cells(root: Path, path: str) -> list[Claim]:
    """Receptive fields that a notebook's text cells state; a listing by layer states its last."""
    found: list[Claim] = []
    for cell in notebook.text_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS)):
        place = f"{path}, cell {cell.number}"
        rows = [
            tuple(line.strip(" |").split("|"))
            for line in cell.source.split("\n")
            if line.lstrip().startswith("|")
        ]
        index, pixels = field_of_rows([tuple(part.strip() for part in row) for row in rows])
        stated = claims(
            [Line(place, line) for line in cell.source.split("\n") if not line.lstrip().startswith("|")]
        )
        found += [claim for claim in last_fields(stated) if claim.name == "receptive_field"]
        if index > 0:
            found.append(Claim("receptive_field", float(pixels), place, clean(" | ".join(rows[index]))))
    return found
