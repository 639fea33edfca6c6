"""What a person is shown beside a question: the submission's own words and the measured numbers, in a few lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from grader.records import Absent, Claim, Evidence, ModelFacts, Readme
from grader.text import clean, clean_path, counted

Exhibit = Literal["readme", "pictures", "steps", "model", "claims", "log", "files", "links"]
EXHIBITS: tuple[Exhibit, ...] = get_args(Exhibit)
SHOWN = 8
LIMIT = 2_000
"""Characters of one exhibit; what is longer is cut, and the report links the rest."""


def exhibit(name: Exhibit, evidence: Evidence) -> str | Absent:
    """One exhibit as text, or why there is none."""
    found = _MAKERS[name](evidence)
    return found if isinstance(found, Absent) else clean(found, LIMIT)


def _readme(evidence: Evidence) -> str | Absent:
    readme = evidence.reading.readme
    if isinstance(readme, Absent):
        return readme
    titles = [section.title for section in readme.sections if section.title]
    return f"{readme.path}, {readme.size_bytes:,} bytes; headings: {_some(titles)}."


def _pictures(evidence: Evidence) -> str | Absent:
    readme = evidence.reading.readme
    own = [file.path for file in evidence.submission.files if file.path.lower().endswith(_PICTURES)]
    linked = [] if isinstance(readme, Absent) else [link for link in readme.links if link.kind == "picture"]
    if not own and not linked:
        return _no_picture(evidence)
    lines = [f"line {link.line}, {clean_path(link.target)}" for link in linked]
    return f"{counted(len(own), 'file', 'files')}: {_some(own)}; shown in the README: {_some(lines)}."


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


def _steps(evidence: Evidence) -> str | Absent:
    steps = evidence.reading.experiments
    if not steps:
        return _none("No step with a target, a result and an analysis was found.")
    return " || ".join(
        f"{one.place}: target: {_line(one.target)} | result: {_line(one.result)} | analysis: {_line(one.analysis)}"
        for one in steps[:SHOWN]
    )


def _line(text: str) -> str:
    return clean(" ".join(text.split()), 300) or "missing"


def _model(evidence: Evidence) -> str | Absent:
    model = evidence.model
    if not isinstance(model, ModelFacts):
        return model
    others = [f"{one.class_name} in {one.place}" for one in evidence.reading.candidates if not one.used_by]
    return (
        f"{model.entrypoint.call} in {model.entrypoint.place}, {model.parameters:,} parameters; "
        f"model classes: {_some(others)}."
    )


def _claims(evidence: Evidence) -> str | Absent:
    compared = [
        f'{one.claim.place}: "{one.claim.text}", {one.verdict}'
        + (f" (measured: {one.measured})" if one.measured else "")
        for one in evidence.comparisons
    ]
    stated = [f'{one.place}: "{one.text}"' for one in _all_claims(evidence)]
    if not compared and not stated:
        return _none("No number is stated.")
    return "; ".join((compared or stated)[:SHOWN])


def _all_claims(evidence: Evidence) -> tuple[Claim, ...]:
    readme = evidence.reading.readme
    return (() if isinstance(readme, Absent) else readme.claims) + evidence.reading.claims


def _log(evidence: Evidence) -> str | Absent:
    readme = evidence.reading.readme
    if not isinstance(readme, Readme):
        return readme
    if not readme.logs:
        return _none("No training log was found as text.")
    return f"{counted(len(readme.logs), 'line', 'lines')}; the last: " + "; ".join(
        f'{line.place}: "{line.text}"' for line in readme.logs[-3:]
    )


def _files(evidence: Evidence) -> str | Absent:
    paths = [file.path for file in evidence.submission.files]
    return (
        f"{counted(len(paths), 'file', 'files')}: {_some(paths)}." if paths else _none("There are no files.")
    )


def _links(evidence: Evidence) -> str | Absent:
    found = [f"{one.url} ({one.kind}, {one.place})" for one in evidence.reading.repositories]
    return f"{_some(found)}." if found else _none("No other repository is linked.")


def _none(reason: str) -> Absent:
    """What was not found may still be there, in another form: a person looks."""
    return Absent("review", reason, stage="reading")


def _some(texts: list[str]) -> str:
    shown = ", ".join(clean(text, 120) for text in texts[:SHOWN])
    more = len(texts) - SHOWN
    return (f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown) or "none"


_MAKERS: dict[Exhibit, Callable[[Evidence], str | Absent]] = {
    "readme": _readme,
    "pictures": _pictures,
    "steps": _steps,
    "model": _model,
    "claims": _claims,
    "log": _log,
    "files": _files,
    "links": _links,
}
