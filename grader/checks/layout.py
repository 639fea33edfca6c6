"""Whether the files and folders that the assignment asks for are there, under the names that it asks for.

Decided by the names of what was handed in. Whether it is tidy is proposed with its reasons, and never taken: that
goes to a person, or is a note.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine, open_verdict
from grader.evaluation.second_repository import none_given
from grader.reading.mess import mess
from grader.reading.patterns import Where, fits, fitting, handed_in
from grader.reading.repositories import own_name
from grader.records import Evidence, Finding, Part, Status, Submission
from grader.text import clean, clean_path, counted

SHOWN = 3

Pattern = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/][^\x00-\x1f\x7f]*$")
]
Choice = Pattern | Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=10)]
"""A pattern, or several of which one is enough."""


class Rule(interface.Rule):
    """The repository has the files and folders that the assignment asks for."""

    check: Literal["layout"]
    requires: tuple[Choice, ...] = Field(
        (),
        max_length=30,
        description="Files and folders that must be there: `models/resnet.py`, `S3/*.ipynb`, `data/`. A list stands "
        "for one of several.",
    )
    forbids: tuple[Pattern, ...] = Field(
        (), max_length=30, description="Files and folders that must not be there, at any depth."
    )
    suggests: tuple[Choice, ...] = Field(
        (), max_length=30, description="As `requires`, but what is missing is a note and costs nothing."
    )
    name_unlike: tuple[Pattern, ...] = Field(
        (), max_length=10, description="Patterns that the repository's name must not match: `*assignment*`."
    )
    tidy: Literal["review", "note"] | None = Field(
        None,
        description="Messy names and committed caches: `review` a person decides, `note` they are only named.",
    )
    where: Where = Field(
        "submission", description="Which repository is looked at; `second repository` is the one it imports."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.requires or self.forbids or self.name_unlike or self.tidy == "review"):
            raise ValueError("ask for at least one of requires, forbids, name_unlike, tidy: review")
        return self

    def requirement(self) -> str:
        said = [f"has {_listed([_said(one) for one in self.requires])}"] if self.requires else []
        said += [f"has no {_listed(list(self.forbids), 'or')}"] if self.forbids else []
        said += ["is named for what it is"] if self.name_unlike else []
        said += ["is tidy"] if self.tidy == "review" else []
        whose = "second repository" if self.where == "second repository" else "repository"
        return f"The {whose} {_listed(said)}."


def _said(choice: Choice) -> str:
    return choice if isinstance(choice, str) else " or ".join(choice)


def _listed(names: list[str], word: str = "and") -> str:
    """The first ones: a requirement is one readable sentence."""
    if len(names) > SHOWN + 1:
        names = [*names[:SHOWN], f"{len(names) - SHOWN} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    submission = evidence.submission
    missing = none_given(evidence) if rule.where == "second repository" else ""
    if missing:
        return open_verdict("review", Finding("no second repository", rule.requirement(), missing))
    paths = handed_in(submission, rule.where)
    count = len(rule.requires) + len(rule.forbids) + bool(rule.name_unlike) + (rule.tidy == "review")
    share = rule.points / count
    parts = [_required(choice, paths, submission, share) for choice in rule.requires]
    parts += [_forbidden(pattern, paths, submission, share) for pattern in rule.forbids]
    if rule.name_unlike:
        parts.append(_name(rule, submission, share))
    messy = _messy(rule, submission) if rule.tidy else []
    if rule.tidy == "review":
        parts.append(_tidy(messy, share))
    verdict = combine(tuple(parts), rule.points, rule.requirement())
    notes = [*_suggested(rule, paths, submission), *(messy if rule.tidy == "note" else [])]
    return replace(verdict, notes=tuple(notes))


def _part(name: str, status: Status, share: float, finding: Finding) -> Part:
    return Part(name, status, share if status == "passed" else 0.0, share, finding)


def _required(choice: Choice, paths: tuple[str, ...], submission: Submission, share: float) -> Part:
    patterns = (choice,) if isinstance(choice, str) else choice
    name, expected = _said(choice), f"{_said(choice)} is there"
    found = [fitting(paths, pattern, submission.subfolder) for pattern in patterns]
    here = [path for one in found for path in one.here]
    deeper = [path for one in found for path in one.deeper]
    if here or deeper:
        why = (
            ""
            if here
            else "It lies in another folder than the assignment says, with the same names below it."
        )
        return _part(name, "passed", share, Finding(_places(here or deeper), expected, why))
    wanted = {posixpath.basename(pattern.rstrip("/")).lower() for pattern in patterns} - {"*", "*.*"}
    alike = [path for path in paths if any(fits(path, one) for one in wanted)]
    why = f"Elsewhere there is {_places(alike)}." if alike else "Nothing with this name was handed in."
    hint = f"Commit {name}, and mind folder and spelling."
    return _part(name, "failed", share, Finding("not there", expected, why, hint))


def _forbidden(pattern: str, paths: tuple[str, ...], submission: Submission, share: float) -> Part:
    found = fitting(paths, pattern, submission.subfolder).all
    expected = f"{pattern} is not there"
    if not found:
        return _part(f"no {pattern}", "passed", share, Finding("not there", expected))
    hint = "Take it out of the repository, and name it in .gitignore."
    return _part(f"no {pattern}", "failed", share, Finding(_places(list(found)), expected, "", hint))


def _places(paths: list[str]) -> str:
    shown = ", ".join(clean_path(path) for path in paths[:SHOWN])
    more = len(paths) - SHOWN
    return f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown


# --- the repository's name ------------------------------------------------------------------------------------


def _name(rule: Rule, submission: Submission, share: float) -> Part:
    expected = f"a name that is not like {_listed(list(rule.name_unlike), 'or')}"
    names = [name for name in _names(rule, submission) if name]
    if not names:
        why = "It was not handed in as a link to a repository: a person looks at its name."
        return _part("name", "review", share, Finding("no name to look at", expected, why))
    unlike = [name for name in names for pattern in rule.name_unlike if fits(name, pattern)]
    if not unlike:
        return _part("name", "passed", share, Finding(_places(names), expected))
    hint = "Name the repository for what it holds, such as pytorch-cifar-resnet."
    return _part("name", "failed", share, Finding(_places(unlike), expected, "", hint))


def _names(rule: Rule, submission: Submission) -> list[str]:
    """Names of the repositories without their owners; "" where the source names none."""
    own = own_name(submission).partition("/")[2]
    if not own and submission.kind == "git":
        own = posixpath.basename(submission.name)
    second = [posixpath.basename(other.name) for other in submission.also]
    return ([own] if rule.where != "second repository" else []) + (
        second if rule.where != "submission" else []
    )


# --- what is messy --------------------------------------------------------------------------------------------


def _messy(rule: Rule, submission: Submission) -> list[str]:
    """Reasons with places, as sentences. What a folder's caches were left out of, nobody committed."""
    taken = replace(submission, left_out=() if submission.kind == "folder" else submission.left_out)
    found = mess(handed_in(taken, rule.where))
    return [f"{one.reason[0].upper()}{one.reason[1:]}: {one.places}." for one in found]


def _tidy(messy: list[str], share: float) -> Part:
    expected = "no copies, caches, data sets or names that say nothing"
    if not messy:
        return _part("tidy", "passed", share, Finding("nothing messy seen", expected))
    why = clean(" ".join(messy), 1_500)
    hint = "Delete copies and caches, and name files for what they hold."
    measured = counted(len(messy), "reason to look", "reasons to look")
    return _part("tidy", "review", share, Finding(measured, expected, f"{why} A person decides.", hint))


def _suggested(rule: Rule, paths: tuple[str, ...], submission: Submission) -> list[str]:
    missing = [
        _said(choice)
        for choice in rule.suggests
        if not any(
            fitting(paths, pattern, submission.subfolder).all
            for pattern in ((choice,) if isinstance(choice, str) else choice)
        )
    ]
    return [f"Suggested, and not there: {', '.join(missing)}."] if missing else []
