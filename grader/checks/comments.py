"""Whether the code cells of the notebook are commented, each with a few words of its own.

A comment or a docstring in the cell counts. Code that was commented out is no comment, and a text cell above does not
replace one. A cell that only shows something needs none.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, failed, open_verdict, passed
from grader.reading.notebooks import is_notebook
from grader.reading.patterns import looked_at
from grader.records import Absent, CellComments, Evidence, Finding, NotebookFacts
from grader.text import clean, clean_path, counted

SHOWN = 8

FilePattern = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Rule(interface.Rule):
    """The code cells of the notebook are commented."""

    check: Literal["comments"]
    file: FilePattern = Field(
        "*.ipynb", description="Which notebook is looked at; of several, the one with the model."
    )
    cells: Ratio = Field(1.0, gt=0, description="The share of the code cells that must be commented: 90 %.")
    words: int = Field(
        3, ge=1, le=100, strict=True, description="How many words the comments of a cell have, at least."
    )

    def requirement(self) -> str:
        share = "Every code cell" if self.cells == 1 else f"At least {self.cells:.0%} of the code cells"
        of = "of the notebook" if self.file == "*.ipynb" else f"of {self.file}"
        return f"{share} {of} {'is' if self.cells == 1 else 'are'} commented."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    """Points in proportion to the commented cells, up to the share that is asked for."""
    notebook = _notebook(rule, evidence)
    if notebook is None:
        return _none(rule, evidence)
    asked = [cell for cell in notebook.comments if not cell.exempt]
    unread = notebook.code_cells - len(notebook.comments)
    if not asked:
        why = "No code cell of it that needs a comment was read: a person looks."
        return open_verdict("review", Finding(f"{notebook.path}: no code cells", rule.requirement(), why))
    without = [cell for cell in asked if cell.words < rule.words]
    doubtful = [cell for cell in without if cell.fault]
    share = (len(asked) - len(without)) / (len(asked) + unread)
    finding = _finding(rule, notebook, asked, without)
    notes = _notes(notebook)
    if share >= rule.cells - 1e-9:
        return passed(finding, notes)
    certain = min(1.0, share / rule.cells)
    if doubtful or unread:
        still = min(1.0, (share + (len(doubtful) + unread) / (len(asked) + unread)) / rule.cells) - certain
        return Verdict("review", finding, certain, still, notes=notes)
    return Verdict("partial", finding, certain, notes=notes) if certain else failed(finding, notes)


def _notebook(rule: Rule, evidence: Evidence) -> NotebookFacts | None:
    """The notebook with the model, else the longest one that fits."""
    fitting = [
        one
        for one in evidence.reading.notebooks
        if looked_at(one.path, evidence.submission, "submission", rule.file) and one.code_cells
    ]
    model = "" if isinstance(evidence.model, Absent) else evidence.model.entrypoint.file
    return max(fitting, key=lambda one: (one.path == model, one.code_cells), default=None)


def _none(rule: Rule, evidence: Evidence) -> Verdict:
    """No notebook with code: handed in elsewhere, unreadable, or not at all."""
    reading, expected = evidence.reading, rule.requirement()
    broken = [left for left in reading.unreadable if is_notebook(left.path)]
    if broken:
        why = f"{clean_path(broken[0].path)}: {clean(broken[0].reason)}. A person looks."
        return open_verdict("review", Finding("a notebook that cannot be read", expected, why, _HINT))
    colab = [link for link in reading.repositories if link.kind == "notebook"]
    if colab:
        why = f"{colab[0].place} links to {clean(colab[0].url, 120)}: that is no notebook of the repository."
        return failed(Finding("a link to Colab instead of a notebook", expected, why, _HINT))
    return failed(Finding("no notebook with code", expected, "No notebook was handed in there.", _HINT))


_HINT = "Download the notebook with its outputs (File > Download > .ipynb) and commit that file."


def _finding(
    rule: Rule, notebook: NotebookFacts, asked: list[CellComments], without: list[CellComments]
) -> Finding:
    measured = (
        f"{notebook.path}: {len(asked) - len(without)} of {counted(len(asked), 'code cell', 'code cells')}"
    )
    shown = "; ".join(_described(cell, rule.words) for cell in without[:SHOWN])
    more = f"; and {counted(len(without) - SHOWN, 'other', 'others')}" if len(without) > SHOWN else ""
    hint = "Write in each cell what it does and why, in a comment of its own." if without else ""
    why = f"Without a comment: {shown}{more}." if without else ""
    return Finding(measured, rule.requirement(), why, hint)


def _described(cell: CellComments, words: int) -> str:
    """`cell 5 (only code that was commented out)`."""
    said = []
    if cell.words:
        said.append(f"{counted(cell.words, 'word', 'words')} of {words}")
    if cell.commented_out:
        said.append("only code that was commented out" if not cell.words else "code that was commented out")
    if cell.text_above:
        said.append("the text above it is no comment")
    if cell.fault:
        said.append(f"{clean(cell.fault)}, a person looks")
    return f"cell {cell.cell} ({', '.join(said)})" if said else f"cell {cell.cell}"


def _notes(notebook: NotebookFacts) -> tuple[str, ...]:
    exempt = [str(cell.cell) for cell in notebook.comments if cell.exempt]
    if not exempt:
        return ()
    return (f"Not asked for a comment, because they only show something: cells {', '.join(exempt[:20])}.",)
