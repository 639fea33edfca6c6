"""What is compared of one submission: its code as fingerprints, its saved logs, its notebooks and weights by digest.

All of it is hostile until it is read: how many files, how many characters, how many tokens and how much time one
submission may ask for ends here.
"""

from __future__ import annotations

import re
import time
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from grader.course.similarity import tokens
from grader.course.similarity.saved_logs import log_keys
from grader.course.similarity.winnow import fingerprints
from grader.reading import notebook, source
from grader.reading.pieces import is_skipped
from grader.reading.staged import staged_text
from grader.records import Submission, SubmittedFile
from grader.text import clean, clean_path, counted

LIMIT_FILES = 400
LIMIT_CHARACTERS = 2_000_000
LIMIT_TOKENS = 100_000
"""Of all code of one submission; the largest of 21 real ones has 12,000."""
LIMIT_SAME = 8
"""Places of one fingerprint in one file: what is repeated without an end is seen often enough."""
LIMIT_SECONDS = 15.0
LIMIT_LOG_LINES = 20_000
LIMIT_TEXT = 1_000_000
"""Bytes of a text file in which logs are looked for."""

_WEIGHTS = re.compile(
    r".*\.(?:pth?|ckpt|h5|hdf5|keras|safetensors|onnx|pkl|pickle|joblib|t7|mar)", re.IGNORECASE
)
_LOGS = re.compile(r".*\.(?:md|txt|log|csv)", re.IGNORECASE)
_LEAST_WEIGHTS_BYTES = 1024
_LINE_END = re.compile(r"\r\n|\r")


class Mark(NamedTuple):
    """A fingerprint in a document."""

    hash: int
    token: int  # index of its first token


@dataclass(frozen=True)
class Document:
    """The code of one file; the cells of a notebook one after the other."""

    path: str
    rows: tuple[str, ...]  # its lines
    cells: tuple[tuple[int, int], ...]  # (first row, number of the cell); number 0 for a plain file
    token_rows: array[int]  # the row of each token
    marks: tuple[Mark, ...]

    def place(self, row: int) -> tuple[int, int]:
        """(cell, line counted from 1) of a row."""
        first, cell = max(one for one in self.cells if one[0] <= row)
        return cell, row - first + 1


@dataclass(frozen=True)
class Work:
    """One submission, read."""

    name: str
    batch: str = ""  # an earlier batch; "" for the one that is looked at
    repository: tuple[str, str] = ("", "")  # address and folder in it; ("", "") where there is none
    tree_digest: str = ""
    documents: tuple[Document, ...] = ()
    hashes: frozenset[int] = frozenset()
    notebooks: dict[str, str] = field(default_factory=dict)  # digest → path
    weights: dict[str, str] = field(default_factory=dict)  # digest → path
    logs: dict[int, str] = field(default_factory=dict)  # key of a line → that line, cleaned
    seconds: dict[str, tuple[int, ...]] = field(default_factory=dict)  # second repository → its hashes
    network: str = ""  # digest of the model; "" where it was not measured
    notes: tuple[str, ...] = ()


@dataclass
class _Budget:
    """What one submission may still ask for."""

    end: float
    files: int = LIMIT_FILES
    characters: int = LIMIT_CHARACTERS
    tokens: int = LIMIT_TOKENS

    @property
    def is_spent(self) -> bool:
        return min(self.files, self.characters, self.tokens) <= 0 or time.monotonic() > self.end


@dataclass
class _File:
    """A file on its way to be a document."""

    path: str
    cells: list[tuple[int, str, str]]  # (number, plain Python, as it was written)
    raw: list[list[tokens.Raw]] = field(default_factory=list)


def read_work(root: Path, submission: Submission, name: str, batch: str = "") -> Work:
    """Read a submission that lies at `root`, second repositories too. Nothing is run; no file makes it raise."""
    second = {file.path: other.source for other in submission.also for file in other.files}
    files = [*submission.files, *(file for other in submission.also for file in other.files)]
    listed = [file for file in files if not is_skipped(file.path)]
    documents, logs, notes = _contents(root, [file.path for file in listed])
    by_source: dict[str, set[int]] = {}
    own: set[int] = set()
    for one in documents:
        kept = by_source.setdefault(second[one.path], set()) if one.path in second else own
        kept.update(mark.hash for mark in one.marks)
    return Work(
        name=clean(name, 80),
        batch=clean(batch, 80),
        repository=repository_of(submission, batch),
        tree_digest=submission.tree_digest,
        documents=documents,
        hashes=frozenset(own.union(*by_source.values())),
        notebooks=_digests(file for file in listed if file.path.lower().endswith(".ipynb")),
        weights=_digests(file for file in listed if _is_weights(file)),
        logs=logs,
        seconds={source: tuple(sorted(hashes - own)) for source, hashes in by_source.items()},
        notes=tuple(notes),
    )


def repository_of(submission: Submission, batch: str) -> tuple[str, str]:
    """(address without branch and folder, folder): the same however it is linked. It is never shown."""
    from grader.errors import FetchError
    from grader.fetch.url import parse

    if submission.kind != "git":
        return (f"{batch}\n{submission.source}" if submission.source else "", "")
    try:
        url = parse(submission.source).url
    except FetchError:
        url = submission.source
    return url.lower().removesuffix("/").removesuffix(".git"), submission.subfolder.strip("/")


def is_same_place(one: Work, other: Work) -> bool:
    """Whether two works are of the same folder of the same repository, or one folder lies in the other.

    Different folders of one repository are different work: a course may keep all of its students in one.
    """
    (url, here), (other_url, there) = one.repository, other.repository
    within = f"{here}/".startswith(f"{there}/") or f"{there}/".startswith(f"{here}/")
    return bool(url) and url == other_url and (within or not (here and there))


def _is_weights(file: SubmittedFile) -> bool:
    return file.size_bytes >= _LEAST_WEIGHTS_BYTES and _WEIGHTS.fullmatch(file.path) is not None


def _digests(files: Iterable[SubmittedFile]) -> dict[str, str]:
    return {file.sha256: clean_path(file.path) for file in files if file.size_bytes}


# --- reading ----------------------------------------------------------------------------------------------------------


def _contents(root: Path, paths: list[str]) -> tuple[tuple[Document, ...], dict[int, str], list[str]]:
    """(code, lines of saved logs, what could not be read) of these files."""
    budget = _Budget(time.monotonic() + LIMIT_SECONDS)
    logs: dict[int, str] = {}
    notes: list[str] = []
    read: list[_File] = []
    wanted = [path for path in paths if path.lower().endswith((".py", ".ipynb"))]
    for count, path in enumerate(wanted):
        if budget.is_spent:
            left = counted(len(wanted) - count, "file of code was", "files of code were")
            notes.append(f"{left} not compared: there is too much of it")
            break
        try:
            read.append(_file(root, path, budget, logs))
        except ValueError as error:
            notes.append(f"{clean_path(path)} was not compared: {clean(str(error))}")
    for path in [path for path in paths if _LOGS.fullmatch(path)][:LIMIT_FILES]:
        if time.monotonic() > budget.end or len(logs) >= LIMIT_LOG_LINES:
            break
        logs.update(_text_logs(root, path))
    return tuple(_documents(read)), logs, notes


def _file(root: Path, path: str, budget: _Budget, logs: dict[int, str]) -> _File:
    """Raises ValueError with the reason where it cannot be read."""
    budget.files -= 1
    if not path.lower().endswith(".ipynb"):
        text = _LINE_END.sub("\n", staged_text(root, path, source.LIMIT_CHARACTERS))
        found = _File(path, [(0, text, text)])
    else:
        cells = notebook.code_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS))
        found = _File(path, [(cell.number, cell.source, cell.raw) for cell in cells if cell.source.strip()])
        for cell in cells:
            if len(logs) < LIMIT_LOG_LINES:
                logs.update(key for output in cell.outputs for key in log_keys(output))
    for _, text, _ in found.cells:
        raw = tokens.scanned(text, max(0, budget.tokens)) if len(text) <= budget.characters else []
        budget.characters -= len(text)
        budget.tokens -= len(raw)
        found.raw.append(raw)
    return found


def _text_logs(root: Path, path: str) -> list[tuple[int, str]]:
    try:
        return list(log_keys(staged_text(root, path, LIMIT_TEXT)))
    except ValueError:
        return []


def _documents(files: list[_File]) -> Iterator[Document]:
    """What is an attribute of the submission's own is seen in all of its files together."""
    own = {name for file in files for raw in file.raw for name in tokens.own_attributes(raw)}
    for file in files:
        words: list[str] = []
        rows: list[str] = []
        cells: list[tuple[int, int]] = []
        token_rows = array("l")
        for (number, text, written), raw in zip(file.cells, file.raw, strict=True):
            found = tokens.normalised(raw, own)
            cells.append((len(rows), number))
            token_rows.extend(len(rows) + line for line in found.lines)
            words.extend(found.words)
            rows.extend(_rows(text, written))
        if words:
            yield Document(file.path, tuple(rows), tuple(cells), token_rows, tuple(_marks(words)))


def _marks(words: list[str]) -> Iterator[Mark]:
    seen: Counter[int] = Counter()
    for hash_, token in fingerprints(words):
        seen[hash_] += 1
        if seen[hash_] <= LIMIT_SAME:
            yield Mark(hash_, token)


def _rows(text: str, written: str) -> list[str]:
    """The lines as the student wrote them, magics too, where they are as many as those that were compared."""
    plain, shown = text.split("\n"), _LINE_END.sub("\n", written).split("\n")
    return shown if len(shown) == len(plain) else plain
