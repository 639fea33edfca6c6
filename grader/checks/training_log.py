"""The log of the student's own training: how many epochs it shows, and a validation after each of them.

Read in the README and in the saved outputs of notebooks. It is what the student shows, and measures nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, failed, from_absence, open_verdict, passed
from grader.evaluation.amounts import Amount
from grader.evaluation.log_runs import Run, runs_of
from grader.evaluation.remarks import chosen_session
from grader.records import Absent, Evidence, Finding, Readme
from grader.text import clean, counted

Count = Annotated[int, Field(ge=1, le=5_000, strict=True)]
_HINT = "Keep the output of the training in the notebook, or paste it into the README: a line per epoch."


class Rule(interface.Rule):
    """The log of the training is shown as the assignment asks for."""

    check: Literal["training_log"]
    exactly: Count | None = Field(None, description="The log shows this many epochs and no more.")
    at_least: Count | None = Field(None, description="The log shows this many epochs or more.")
    validation_after_each: bool = Field(
        False, description="After each epoch that is shown, a result on test or validation images is."
    )
    last_lines: Count | None = Field(
        None, description="It is enough to show this many epochs at the end of the training."
    )
    logs: Annotated[int, Field(ge=1, le=50, strict=True)] = Field(
        1, description="How many logs of trainings are asked for; each has to be as the other keys say."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.exactly is not None or self.at_least is not None:
            if self.amount.fault():
                raise ValueError(self.amount.fault().replace(", at_most or fewer_than", " or at_least"))
            if self.last_lines is not None:
                raise ValueError("last_lines stands for the whole log: leave out exactly and at_least")
        elif not self.validation_after_each and self.last_lines is None:
            raise ValueError("ask for at least one of exactly, at_least, validation_after_each, last_lines")
        return self

    @property
    def amount(self) -> Amount:
        return Amount(exactly=self.exactly, at_least=self.at_least)

    def requirement(self) -> str:
        which = f"{self.logs} training logs are shown" if self.logs > 1 else "The training log is shown"
        epochs = f" with {self.amount.of('epoch', 'epochs')}" if str(self.amount) else ""
        last = (
            f" with at least its last {counted(self.last_lines, 'epoch', 'epochs')}"
            if self.last_lines
            else ""
        )
        each = ", a validation after each" if self.validation_after_each else ""
        return f"{which}{epochs}{last}{each}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    readme = evidence.reading.readme
    if isinstance(readme, Absent):
        return _without_readme(rule, evidence, readme)
    runs = runs_of(readme.logs)
    if not runs:
        return _nothing(rule, readme)
    good = [run for run in runs if not _faults(rule, run)]
    finding = Finding(f"{counted(len(runs), 'log', 'logs')}: {_said(good or list(runs))}", rule.requirement())
    if len(good) < rule.logs:
        return _too_little(rule, readme, runs, replace(finding, hint=_HINT))
    doubt = _stops_early(good, evidence) if rule.last_lines is not None else ""
    return open_verdict("review", replace(finding, rationale=doubt)) if doubt else passed(finding)


def _too_little(rule: Rule, readme: Readme, runs: tuple[Run, ...], finding: Finding) -> Verdict:
    wrong = [(run, _faults(rule, run)) for run in runs if _faults(rule, run)]
    good = len(runs) - len(wrong)
    longest = max(wrong, key=lambda one: (-len(one[1]), len(one[0].epochs)), default=None)
    why = " ".join(longest[1]) if longest else ""
    if rule.logs > 1:
        why = f"{good} of {rule.logs} logs are as asked. {f'Of another: {why}' if why else ''}".strip()
    finding = replace(finding, rationale=why)
    if readme.log_pictures:
        return open_verdict("review", _with_pictures(finding, readme))
    doubt = _doubt(rule, [run for run, _ in wrong])
    if doubt:
        return open_verdict("review", replace(finding, rationale=f"{why} {doubt} A person looks."))
    return failed(finding)


def _doubt(rule: Rule, runs: list[Run]) -> str:
    """Why a log that seems to show too little may be what is asked for, as a sentence."""
    if not all(run.is_named for run in runs):
        return "Not every line names its epoch, so where a log begins is not certain."
    if rule.validation_after_each and any(run.has_losses_alone for run in runs):
        return "Lines show losses alone; a validation's loss in a line of its own is not read."
    return ""


def _stops_early(runs: list[Run], evidence: Evidence) -> str:
    """Why the end of the log may not be the end of the training; "" where one of the logs ends with it."""
    whole, last = _epochs(evidence), max(run.epochs[-1] for run in runs)
    if last >= whole:
        return ""
    return (
        f"The log ends with epoch {last:,}, and the training's loop has {whole:,}: it was stopped early, or its end is "
        "not shown. A person looks."
    )


def _faults(rule: Rule, run: Run) -> list[str]:
    """What is wrong with one log, as sentences."""
    found = []
    if str(rule.amount) and not rule.amount.allows(len(run.epochs)):
        found.append(f"It shows {counted(len(run.epochs), 'epoch', 'epochs')}; asked for: {rule.amount}.")
    if rule.last_lines is not None and run.tail < rule.last_lines:
        found.append(
            f"It ends with {counted(run.tail, 'epoch', 'epochs')} in a row; asked for: {rule.last_lines}."
        )
    untested = [epoch for epoch in run.epochs if epoch not in set(run.tested)]
    if rule.validation_after_each and untested:
        more = f" and of {len(untested) - 1:,} more" if untested[1:] else ""
        found.append(f"The validation of epoch {untested[0]:,}{more} is missing.")
    return found


def _epochs(evidence: Evidence) -> int:
    """The epochs of the training, as its loop has them; 0 where that is not known."""
    session = chosen_session(evidence.training)
    if session is None or session.confidence == "low" or any(name == "epochs" for name, _ in session.unknown):
        return 0
    return session.epochs


def _said(runs: list[Run]) -> str:
    listed = [
        f"{counted(len(run.epochs), 'epoch', 'epochs')}, {len(run.tested)} with a validation ({clean(run.place, 160)})"
        for run in runs[:3]
    ]
    return "; ".join(listed) + (f"; {len(runs) - 3} more" if len(runs) > 3 else "")


def _nothing(rule: Rule, readme: Readme) -> Verdict:
    why = "No line with an epoch's result is in the README or in the notebook's saved outputs."
    finding = Finding("no log", rule.requirement(), why, _HINT)
    if readme.log_pictures:
        return open_verdict("review", _with_pictures(finding, readme))
    return failed(finding)


def _with_pictures(finding: Finding, readme: Readme) -> Finding:
    shown = ", ".join(clean(one, 120) for one in readme.log_pictures[:3])
    why = f"{finding.rationale} Pictures that may show a log: {shown}. A person looks at them."
    return Finding(finding.measured, finding.expected, why, finding.hint)


def _without_readme(rule: Rule, evidence: Evidence, readme: Absent) -> Verdict:
    """Saved outputs are read by way of the README: without one, a notebook may still hold the log."""
    notebooks = [file.path for file in evidence.submission.files if file.path.lower().endswith(".ipynb")]
    if readme.cause != "failed" or not notebooks:
        return from_absence(readme, rule.requirement())
    why = f"{readme.reason} The log may be in {clean(notebooks[0], 160)}: a person looks."
    return open_verdict("review", Finding("not read", rule.requirement(), why, readme.hint))
