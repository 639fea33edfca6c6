"""Whether a notebook is in the repository, with its saved outputs and logs, and holds what the assignment says.

Of what a notebook must have, one notebook that has it is enough; what it must not have, none may have. A link to
Colab is no notebook: it can change after the deadline, and it may be private.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.reading.notebooks import is_notebook
from grader.reading.patterns import Where, looked_at, named
from grader.reading.pieces import stops_there
from grader.records import Definition, Evidence, Finding, LeftOut, NotebookFacts, Part, Status
from grader.text import clean, clean_path, counted

SHOWN = 3

FilePattern = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Times = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class Rule(interface.Rule):
    """A notebook is in the repository, with what the assignment asks for."""

    check: Literal["notebook"]
    file: FilePattern = Field("*.ipynb", description="Which notebooks are looked at: `S3/*.ipynb`.")
    in_the_repository: bool = Field(
        False,
        description="The notebook itself is handed in, and not a link to Colab or a page that leads there.",
    )
    saved_outputs: bool = Field(False, description="It was saved with the outputs of its cells.")
    log_epochs: Times | None = Field(
        None, description="Epochs that a saved training log must have, at least."
    )
    logs: Times | None = Field(
        None, description="How many such logs: 3 where three models are trained; 1 if it is left out."
    )
    defines_nothing: bool = Field(False, description="It defines no function and no class.")
    clones: FilePattern | None = Field(
        None, description="It clones a repository whose address fits: `*` for any, `*/pytorch-*`."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.asked:
            raise ValueError(
                "ask for at least one of in_the_repository, saved_outputs, log_epochs, defines_nothing, clones"
            )
        if self.logs and not self.log_epochs:
            raise ValueError("logs needs log_epochs beside it: how many epochs each of them has")
        return self

    @property
    def asked(self) -> tuple[str, ...]:
        """The parts that the spec asks for, in words."""
        log = counted(self.log_epochs or 0, "epoch", "epochs")
        times = f"{self.logs} saved logs" if (self.logs or 1) > 1 else "a saved log"
        said = (
            ("is in the repository", self.in_the_repository),
            ("has saved outputs", self.saved_outputs),
            (f"has {times} of {log}", self.log_epochs is not None),
            ("defines no function or class", self.defines_nothing),
            (
                "clones a repository" + ("" if self.clones == "*" else f" like {self.clones}"),
                bool(self.clones),
            ),
        )
        return tuple(words for words, is_asked in said if is_asked)

    def requirement(self) -> str:
        *first, last = self.asked
        which = "The notebook" if self.file == "*.ipynb" else f"The notebook {self.file}"
        return f"{which} {', '.join(first)}{' and ' if first else ''}{last}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    look = _Look(rule, evidence)
    judges: tuple[tuple[object, Callable[[_Look], _Said]], ...] = (
        (rule.in_the_repository, _in_the_repository),
        (rule.saved_outputs, _saved_outputs),
        (rule.log_epochs, _logs),
        (rule.defines_nothing, _defines_nothing),
        (rule.clones, _clones),
    )
    said = [decide(look) for is_asked, decide in judges if is_asked]
    share = rule.points / len(said)
    parts = tuple(
        Part(name, status, share if status == "passed" else 0.0, share, finding)
        for name, (status, finding) in zip(rule.asked, said, strict=True)
    )
    return combine(parts, rule.points, rule.requirement())


_Said = tuple[Status, Finding]


class _Look:
    """The notebooks that a rule is about, and those of them that could not be read."""

    def __init__(self, rule: Rule, evidence: Evidence) -> None:
        reading, submission = evidence.reading, evidence.submission
        self.rule = rule
        where: Where = "submission"

        def is_asked(path: str) -> bool:
            return looked_at(path.partition(", cell ")[0], submission, where, rule.file)

        self.notebooks = [one for one in reading.notebooks if is_asked(one.path)]
        known = {one.path for one in self.notebooks}
        broken = [left for left in reading.unreadable if is_asked(left.path)]
        self.unreadable = [left for left in broken if is_notebook(left.path) and left.path not in known]
        said = known | {left.path for left in self.unreadable}
        self.unreadable += [
            LeftOut(path, "not looked at: there are too many notebooks")
            for file in submission.files
            if is_notebook(file.path) and is_asked(file.path) and (path := clean_path(file.path)) not in said
        ]
        self.cut = reading.outline.cut or next(
            (
                f"{clean(left.path)}: {clean(left.reason)}."
                for left in reading.unreadable
                if stops_there(left)
            ),
            "",
        )
        self.broken_cells = [left for left in broken if ", cell " in left.path]
        self.definitions: list[Definition] = [
            one for one in reading.outline.definitions if one.kind != "method" and one.file in known
        ]
        self.colab = [link for link in reading.repositories if link.kind == "notebook"]

    def doubt(self) -> str:
        """A notebook that may have what the others lack; "" where all were read."""
        if not self.unreadable:
            return ""
        left = self.unreadable[0]
        return f"{clean(left.path)}: {clean(left.reason)}. A person looks."

    def none(self, expected: str) -> _Said | None:
        """The verdict where there is no notebook to look at."""
        if self.notebooks:
            return None
        if self.unreadable:
            left = self.unreadable[0]
            status: Status = "failed" if _is_no_notebook(left) else "review"
            why = f"{clean(left.path)}: {clean(left.reason)}."
            return status, Finding("a notebook that cannot be read", expected, why, _HINT)
        if self.colab:
            link = self.colab[0]
            why = f"{link.place} links to {clean(link.url, 120)}: that is no notebook of the repository."
            return "failed", Finding("a link to Colab instead of a notebook", expected, why, _HINT)
        return "failed", Finding("no notebook", expected, "No notebook was handed in there.", _HINT)


_HINT = "Download the notebook with its outputs (File > Download > .ipynb) and commit that file."


def _is_no_notebook(left: LeftOut) -> bool:
    """A page or a pointer in a notebook's place; one that is only too large or broken may still be one."""
    return "HTML page" in left.reason or "pointer" in left.reason or "empty" in left.reason


def _in_the_repository(look: _Look) -> _Said:
    expected = "the notebook itself, with its code"
    if missing := look.none(expected):
        return missing
    full = [one for one in look.notebooks if one.code_cells]
    if not full:
        shown = _named(look.notebooks)
        why = "It has no code; " + (
            f"{look.colab[0].place} links to Colab." if look.colab else "it may only lead elsewhere."
        )
        return ("failed" if look.colab else "review"), Finding(shown, expected, why, _HINT)
    also = f"{look.colab[0].place} also links to Colab; what counts is the file." if look.colab else ""
    return "passed", Finding(_named(full), expected, also)


def _saved_outputs(look: _Look) -> _Said:
    expected = "a notebook that was saved with its outputs"
    if missing := look.none(expected):
        return missing
    best = max(look.notebooks, key=lambda one: one.cells_with_output)
    cells = f"{best.path}: {best.cells_with_output} of {counted(best.code_cells, 'code cell', 'code cells')}"
    if best.cells_with_output:
        return "passed", Finding(f"{cells} with a saved output", expected)
    hint = "Run all cells and save the notebook; do not clear its outputs."
    if doubt := look.doubt():
        return "review", Finding("no saved output", expected, doubt)
    return "failed", Finding("no saved output", expected, f"Looked at: {_named(look.notebooks)}.", hint)


def _logs(look: _Look) -> _Said:
    epochs, times = look.rule.log_epochs or 1, look.rule.logs or 1
    expected = (
        f"{counted(times, 'log', 'logs')} of at least {counted(epochs, 'epoch', 'epochs')} in saved outputs"
    )
    if missing := look.none(expected):
        return missing

    def long_enough(one: NotebookFacts) -> int:
        return sum(count >= epochs for count in one.logs)

    best = max(look.notebooks, key=lambda one: (long_enough(one), sum(one.logs)))
    found = [counted(count, "epoch", "epochs") for count in best.logs[:8]]
    measured = f"{best.path}: {', '.join(found) or 'no log'}"
    if long_enough(best) >= times:
        return "passed", Finding(measured, expected)
    if sum(best.logs) >= epochs * times:
        why = "All epochs are there, but not in as many logs: a person looks."
        return "review", Finding(measured, expected, why)
    if doubt := look.doubt():
        return "review", Finding(measured, expected, doubt)
    hint = "Print a line per epoch while it trains, and save the notebook with its outputs."
    return "failed", Finding(measured, expected, "", hint)


def _defines_nothing(look: _Look) -> _Said:
    expected = "no function or class in the notebook"
    if missing := look.none(expected):
        return missing
    if look.definitions:
        shown = [f"{one.kind} {one.name} in {one.place}" for one in look.definitions[:SHOWN]]
        more = len(look.definitions) - SHOWN
        measured = ", ".join(shown) + (f" and {counted(more, 'other', 'others')}" if more > 0 else "")
        return "failed", Finding(measured, expected, "", "Move them to .py files and import them.")
    unread = [*look.unreadable, *look.broken_cells]
    if unread or look.cut:
        why = f"{clean(unread[0].path)} could not be read." if unread else look.cut
        return "review", Finding("none seen", expected, f"{why} A person looks.")
    return "passed", Finding("none", expected)


def _clones(look: _Look) -> _Said:
    wanted = look.rule.clones or "*"
    expected = "a cell that clones a repository" + ("" if wanted == "*" else f" like {wanted}")
    if missing := look.none(expected):
        return missing
    all_of_them = [(one.path, url) for one in look.notebooks for url in one.clones]
    for path, url in all_of_them:
        if named(url, f"*{wanted}"):
            return "passed", Finding(f"{path} clones {url}", expected)
    if doubt := look.doubt():
        return "review", Finding("none seen", expected, doubt)
    if all_of_them:
        path, url = all_of_them[0]
        return "failed", Finding(f"{path} clones {url}", expected, "It is another repository.")
    hint = "Begin the notebook with a cell such as `!git clone URL`, and import the code from there."
    return "failed", Finding("no cell clones a repository", expected, "", hint)


def _named(notebooks: list[NotebookFacts]) -> str:
    shown = ", ".join(one.path for one in notebooks[:SHOWN])
    more = len(notebooks) - SHOWN
    return f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown
