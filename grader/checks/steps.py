"""Whether the work is handed in as the steps that the assignment asks for, one file each, with its texts.

The number of files and the presence of target, result and analysis are decided here. Whether the targets are justified
and the analyses right is for a person, who gets the texts of all steps side by side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, combine
from grader.reading.steps import StepFile, step_files, steps_in_readme
from grader.records import Evidence, Finding, NotebookFacts, Part, Status
from grader.text import clean, counted

LIMIT_TEXT = 400
"""Characters of one text that the person who judges is shown; the place leads to the rest."""
SHOWN = 6


class Rule(interface.Rule):
    """The work is handed in as steps, one file each, with target, result and analysis."""

    check: Literal["steps"]
    exactly: int = Field(ge=1, le=20, strict=True, description="How many step files there must be.")
    by_a_person: Ratio = Field(
        0.0, description="The share of the points that a person gives for what the texts say: `50 %`."
    )

    def requirement(self) -> str:
        files = counted(self.exactly, "step", "steps")
        return f"The work is handed in as exactly {files}, one file each, with target, result and analysis."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = step_files(evidence.reading, evidence.submission)
    certain = (1 - rule.by_a_person) * rule.points
    share = certain / (rule.exactly + 1)
    parts = []
    if certain > 0:
        parts.append(_count(rule, evidence, found, share))
        best = sorted(found, key=lambda one: len(one.missing))[: rule.exactly]
        kept = [one for one in found if one in best]
        parts += [_texts(number, one, evidence, share) for number, one in enumerate(kept, 1)]
        gone = range(len(kept) + 1, rule.exactly + 1)
        parts += [_no_file(number, parts[0].status, share) for number in gone]
    if rule.by_a_person:
        parts.append(_for_a_person(found, evidence, rule.by_a_person * rule.points))
    verdict = combine(tuple(parts), rule.points, rule.requirement())
    return replace(verdict, notes=_notes(found))


def _part(name: str, status: Status, share: float, finding: Finding) -> Part:
    return Part(name, status, share if status == "passed" else 0.0, share, finding)


# --- how many -------------------------------------------------------------------------------------------------


def _count(rule: Rule, evidence: Evidence, found: tuple[StepFile, ...], share: float) -> Part:
    files = counted(rule.exactly, "step file", "step files")
    measured = counted(len(found), "step file", "step files")
    listed = ", ".join(one.file for one in found[:SHOWN]) + (", ..." if found[SHOWN:] else "")
    expected = f"exactly {files}"
    if len(found) == rule.exactly:
        return _part(files, "passed", share, Finding(f"{measured}: {listed}", expected))
    if found:
        hint = f"Hand in exactly {files}, and put other files into a folder of their own."
        return _part(files, "failed", share, Finding(f"{measured}: {listed}", expected, "", hint))
    status, why = _nothing(evidence)
    hint = "Begin each step's file with a text cell or docstring that has Target, Result and Analysis."
    return _part(files, status, share, Finding("no step file", expected, why, hint))


def _nothing(evidence: Evidence) -> tuple[Status, str]:
    """What it means that no file has a block."""
    described = steps_in_readme(evidence.reading)
    unreadable = evidence.reading.unreadable
    if described:
        steps = counted(len(described), "step", "steps")
        return (
            "review",
            f"The README describes {steps} ({described[0].place}), the files do not: a person looks.",
        )
    if unreadable:
        return "review", f"{clean(unreadable[0].path)} could not be read, or not all of it: a person looks."
    return "failed", "No notebook or script has a block with target, result and analysis."


# --- the texts of a step --------------------------------------------------------------------------------------


def _texts(number: int, step: StepFile, evidence: Evidence, share: float) -> Part:
    name = f"step {number}"
    expected = f"target, result and analysis in {step.file}"
    models = f"model: {', '.join(step.models[:3])}" if step.models else "its model was not found"
    if not step.missing:
        place = _place(step.place, evidence.reading.notebooks)
        return _part(name, "passed", share, Finding(f"all three, {place}; {models}", expected))
    if step.place:
        measured, why = f"no {' and no '.join(step.missing)}; {models}", f"The block is in {step.place}."
    else:
        measured, why = f"no block; {models}", "It is named like the other steps, and has no block."
    hint = "Write each as a heading or as a word with a colon, and the text behind it."
    return _part(name, "failed", share, Finding(measured, expected, why, hint))


def _no_file(number: int, of_count: Status, share: float) -> Part:
    status: Status = "review" if of_count == "review" else "failed"
    return _part(
        f"step {number}", status, share, Finding("no file", "a file with target, result and analysis")
    )


def _place(place: str, notebooks: tuple[NotebookFacts, ...]) -> str:
    """Where the block stands; for a notebook also how many cells it has, so that start and end can be told."""
    file = place.partition(", cell ")[0]
    cells = next((one.code_cells + one.text_cells for one in notebooks if one.path == file), 0)
    return f"{place} of {cells}" if cells and ", cell " in place else place


# --- for a person ---------------------------------------------------------------------------------------------


def _for_a_person(found: tuple[StepFile, ...], evidence: Evidence, points: float) -> Part:
    name, expected = "what the texts say", "justified targets and right analyses"
    shown = [(one.file, one.target, one.result, one.analysis) for one in found if one.place]
    if not shown:
        shown = [
            (one.place, one.target, one.result, one.analysis) for one in steps_in_readme(evidence.reading)
        ]
    if not shown:
        status = _nothing(evidence)[0]
        return Part(name, status, 0.0, points, Finding("no text", expected, "There is no text to judge."))
    said = " || ".join(
        f"{file}: target: {_cut(target)} | result: {_cut(result)} | analysis: {_cut(analysis)}"
        for file, target, result, analysis in shown[:SHOWN]
    )
    measured = f"the texts of {counted(len(shown), 'step', 'steps')}"
    return Part(name, "review", 0.0, points, Finding(measured, expected, f"{said} || A person decides."))


def _cut(text: str) -> str:
    return clean(" ".join(text.split()), LIMIT_TEXT) or "missing"


def _notes(found: tuple[StepFile, ...]) -> tuple[str, ...]:
    without = [one.file for one in found if not one.models]
    if not without:
        return ()
    return (f"Which model belongs to the step could not be told for {', '.join(without[:SHOWN])}.",)
