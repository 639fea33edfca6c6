"""What a person is shown beside a question: the submission's own words and the measured numbers, in a few lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from grader.records import Absent, Claim, Evidence, ModelFacts, Readme, Section
from grader.text import clean, clean_path, counted

ExhibitName = Literal[
    "readme", "pictures", "steps", "model", "claims", "log", "files", "links", "comments", "workbook"
]
EXHIBITS: tuple[ExhibitName, ...] = get_args(ExhibitName)
SHOWN = 8
LIMIT = 560
"""Characters of one line; what is longer is cut, and its place leads to the rest."""
MAX_LINES = 24
MOST_CELLS = 22

Lines = tuple[str, ...]


def exhibit(name: ExhibitName, evidence: Evidence, headings: tuple[str, ...] = ()) -> Lines | Absent:
    """One exhibit, or why there is none.

    Args:
        headings: words; of the README, the sections whose headings have one of them are shown whole.
    """
    found = _readme(evidence, headings) if name == "readme" else _MAKERS[name](evidence)
    if isinstance(found, Absent):
        return found
    return tuple(clean(line, LIMIT) for line in found[:MAX_LINES])


def _readme(evidence: Evidence, headings: tuple[str, ...]) -> Lines | Absent:
    readme = evidence.reading.readme
    if isinstance(readme, Absent):
        return readme
    titles = [section.title for section in readme.sections if section.title]
    first = f"{readme.path}, {readme.size_bytes:,} bytes; headings: {_some(titles)}."
    wanted = [one for one in readme.sections if any(word.lower() in one.title.lower() for word in headings)]
    if headings and not wanted:
        return first, f"No heading has {_or(headings)}."
    return first, *(line for section in wanted for line in _section(section))


def _section(section: Section) -> Lines:
    """A section of the README: its text, and how much else stands in it."""
    rows, blocks = len(section.table_rows), len(section.code)
    also = [counted(rows, "row of a table", "rows of tables")] if rows else []
    also += [counted(blocks, "block of code", "blocks of code")] if blocks else []
    beside = f" ({', '.join(also)})" if also else ""
    return f"Line {section.line}, {section.title}{beside}:", *(_line(text, LIMIT) for text in section.prose)


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(f'"{clean(word, 40)}"' for word in words)


def _pictures(evidence: Evidence) -> Lines | Absent:
    readme = evidence.reading.readme
    own = [file.path for file in evidence.submission.files if file.path.lower().endswith(_PICTURES)]
    linked = [] if isinstance(readme, Absent) else [link for link in readme.links if link.kind == "picture"]
    if not own and not linked:
        return _no_picture(evidence)
    shown = [f"line {link.line}, {clean_path(link.target)}" for link in linked]
    return (
        f"{counted(len(own), 'file', 'files')}: {_some(own)}.",
        f"Shown in the README: {_some(shown)}.",
    )


def _no_picture(evidence: Evidence) -> Absent:
    """Nothing to look at, where a worker saw that no notebook holds one either and nothing speaks of one elsewhere."""
    readme, decoded = evidence.reading.readme, evidence.pictures
    if isinstance(decoded, Absent) or decoded.pictures or decoded.cut or _may_be_elsewhere(evidence):
        return readme if isinstance(readme, Absent) else _none("There is no picture.")
    hint = "Commit the picture and show it with ![what it is](path.png)."
    return Absent("failed", "No picture was handed in.", hint, stage="pictures")


def _may_be_elsewhere(evidence: Evidence) -> bool:
    """In a document, or behind a link that the README's words speak of."""
    readme, files = evidence.reading.readme, evidence.submission.files
    if any(file.path.lower().endswith(_DOCUMENTS) for file in files) or evidence.submission.left_out:
        return True
    if isinstance(readme, Absent):
        return False
    said = " ".join(
        text for one in readme.sections for text in (one.title, *one.prose, *sum(one.table_rows, ()))
    )
    return any(word in said.lower() for word in ("screenshot", "picture", "image", "photo"))


_DOCUMENTS = (
    ".pdf",
    ".doc",
    ".docx",
    ".ppt",
    ".pptx",
    ".odt",
    ".tif",
    ".tiff",
    ".heic",
    ".avif",
    ".mp4",
    ".mov",
    ".zip",
)

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".svg")


def _steps(evidence: Evidence) -> Lines | Absent:
    steps = evidence.reading.experiments
    if not steps:
        return _none("No step with a target, a result and an analysis was found.")
    return tuple(
        line
        for one in steps[: MAX_LINES // 4]
        for line in (
            f"{one.place}:",
            f"Target: {_line(one.target)}",
            f"Result: {_line(one.result)}",
            f"Analysis: {_line(one.analysis)}",
        )
    )


def _line(text: str, limit: int = 500) -> str:
    return clean(" ".join(text.split()), limit) or "missing"


def _model(evidence: Evidence) -> Lines | Absent:
    model = evidence.model
    if not isinstance(model, ModelFacts):
        return model
    others = [f"{one.class_name} in {one.place}" for one in evidence.reading.candidates if not one.used_by]
    return (
        f"{model.entrypoint.call} in {model.entrypoint.place}, {model.parameters:,} parameters.",
        f"Model classes: {_some(others)}.",
    )


def _claims(evidence: Evidence) -> Lines | Absent:
    compared = [
        f'{one.claim.place}: "{one.claim.text}", {one.verdict}'
        + (f" (measured: {one.measured})" if one.measured else "")
        for one in evidence.comparisons
    ]
    stated = [f'{one.place}: "{one.text}"' for one in _all_claims(evidence)]
    if not compared and not stated:
        return _none("No number is stated.")
    return tuple((compared or stated)[:SHOWN])


def _all_claims(evidence: Evidence) -> tuple[Claim, ...]:
    readme = evidence.reading.readme
    return (() if isinstance(readme, Absent) else readme.claims) + evidence.reading.claims


def _log(evidence: Evidence) -> Lines | Absent:
    readme = evidence.reading.readme
    if not isinstance(readme, Readme):
        return readme
    if not readme.logs:
        return _none("No training log was found as text.")
    last = readme.logs[-3:]
    return (
        f"{counted(len(readme.logs), 'line', 'lines')}; the last:",
        *(f"{one.place}: {one.text}" for one in last),
    )


def _files(evidence: Evidence) -> Lines | Absent:
    paths = [file.path for file in evidence.submission.files]
    if not paths:
        return _none("There are no files.")
    return (f"{counted(len(paths), 'file', 'files')}: {_some(paths)}.",)


def _links(evidence: Evidence) -> Lines | Absent:
    found = evidence.reading.repositories
    if not found:
        return _none("No other repository is linked.")
    return tuple(f"{one.url} ({one.kind}, {one.place})" for one in found[:SHOWN])


def _comments(evidence: Evidence) -> Lines | Absent:
    """What the cells of the notebook with the model say, else of the longest one."""
    model = evidence.model.entrypoint.file if isinstance(evidence.model, ModelFacts) else ""
    notebooks = evidence.reading.notebooks
    longest = max(notebooks, key=lambda one: (one.path == model, one.code_cells), default=None)
    said = [cell for cell in longest.comments if cell.text] if longest else []
    if longest is None or not said:
        return _none("No comment was found in a notebook.")
    more = len(said) - MOST_CELLS
    rest = (f"and {counted(more, 'other cell', 'other cells')}",) if more > 0 else ()
    return (f"{longest.path}:", *(f"Cell {cell.cell}: {cell.text}" for cell in said[:MOST_CELLS]), *rest)


def _workbook(evidence: Evidence) -> Lines | Absent:
    found = evidence.workbook
    if isinstance(found, Absent):
        return found
    if not found.sheets:
        return _none("No workbook was read.")
    table = "" if isinstance(found.error, Absent) else f"Total error of the table in {found.error.place}. "
    series = [f"{one.rate:g} in {one.place}" for one in found.series]
    sheets = [
        f"{sheet.file}, {sheet.name} ({counted(sheet.charts, 'chart', 'charts')}, "
        f"{counted(sheet.pictures, 'picture', 'pictures')})"
        for sheet in found.sheets
    ]
    return f"Sheets: {_some(sheets)}.", f"{table}Errors by learning rate: {_some(series)}."


def _none(reason: str) -> Absent:
    """What was not found may still be there, in another form: a person looks."""
    return Absent("review", reason, stage="reading")


def _some(texts: list[str]) -> str:
    shown = ", ".join(clean(text, 120) for text in texts[:SHOWN])
    more = len(texts) - SHOWN
    return (f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown) or "none"


_MAKERS: dict[ExhibitName, Callable[[Evidence], Lines | Absent]] = {
    "pictures": _pictures,
    "steps": _steps,
    "model": _model,
    "claims": _claims,
    "log": _log,
    "files": _files,
    "links": _links,
    "workbook": _workbook,
    "comments": _comments,
}
