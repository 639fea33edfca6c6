"""Whether the pictures that the assignment asks for are there: how many, how large, not blank, a set for each model.

Decided by what a worker saw when it decoded them. What they show, a person decides: add a `manual` check for that.
Pictures that look the same, or lie on other servers, go to a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.evaluation.gallery import Shown, distinct, elsewhere, gallery, is_blank, speaks_of
from grader.records import Evidence, Finding, Part, Picture, Pictures, Status
from grader.text import clean, counted

SHOWN = 3
LIMIT = 400
"""Pictures that are compared with each other."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Pixels = Annotated[int, Field(ge=1, le=10_000, strict=True)]
_Said = tuple[Status, Finding]


class Rule(interface.Rule):
    """The pictures that the assignment asks for are there."""

    check: Literal["pictures"]
    at_least: int = Field(1, ge=1, le=200, strict=True, description="How many different pictures, at least.")
    width: Pixels = Field(64, description="Pixels that each must be wide, at least.")
    height: Pixels = Field(64, description="Pixels that each must be high, at least.")
    shown_in: Literal["readme", "notebook", "anywhere"] = Field(
        "anywhere",
        description="Where they must be: shown in the README, in a notebook's saved outputs, or anywhere.",
    )
    sets: tuple[tuple[Word, ...], ...] = Field(
        (),
        max_length=10,
        description="One set of words for each model: a picture's name or heading must have one of them.",
    )

    needs: ClassVar[frozenset[str]] = frozenset({"pictures"})

    @model_validator(mode="after")
    def _sets_have_words(self) -> Self:
        if not all(self.sets):
            raise ValueError("each of the sets needs at least one word")
        return self

    def requirement(self) -> str:
        there = "There is" if self.at_least == 1 else "There are"
        where = {"readme": "The README shows", "notebook": "A notebook shows", "anywhere": there}
        each = f", and one for each of: {', '.join(words[0] for words in self.sets)}" if self.sets else ""
        count = counted(self.at_least, "picture", "different pictures")
        return f"{where[self.shown_in]} at least {count} of {self.width} x {self.height} px or more{each}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.pictures
    assert isinstance(found, Pictures)  # `needs`: what is absent was dealt with
    look = _Look(rule, evidence, found)
    share = rule.points / (1 + len(rule.sets))
    said = [("number", *_number(rule, look))] + [
        (f"a picture for {words[0]}", *_of_set(words, look)) for words in rule.sets
    ]
    parts = tuple(
        Part(name, status, share if status == "passed" else 0.0, share, finding)
        for name, status, finding in said
    )
    return replace(combine(parts, rule.points, rule.requirement()), notes=_notes(look))


class _Look:
    """The pictures that a rule is about: those that count, and those that do not with the reason."""

    def __init__(self, rule: Rule, evidence: Evidence, found: Pictures) -> None:
        readme = evidence.reading.readme
        asked = [one for one in gallery(found, readme, evidence.reading.notebooks) if _is_asked(rule, one)]
        self.good: list[Shown] = []
        self.bad: list[str] = []
        for one in asked[:LIMIT]:
            fault = _fault(rule, one.picture)
            if fault:
                self.bad.append(f"{one.picture.place} {fault}")
            else:
                self.good.append(one)
        self.distinct = distinct([one.picture for one in self.good])
        self.cut = found.cut or ("" if len(asked) <= LIMIT else f"Only {LIMIT} pictures are compared.")
        self.elsewhere = elsewhere(found, readme) if rule.shown_in != "notebook" else ()

    def doubt(self) -> str:
        """Why there may be more than what counts; "" where there is not."""
        if self.elsewhere:
            return f"The README shows pictures that lie elsewhere: {_some(list(self.elsewhere))}. A person looks."
        return f"{self.cut} A person looks." if self.cut else ""


def _is_asked(rule: Rule, one: Shown) -> bool:
    saved = ", cell " in one.picture.place
    return rule.shown_in == "anywhere" or (saved if rule.shown_in == "notebook" else one.in_readme)


def _fault(rule: Rule, picture: Picture) -> str:
    """Why a picture does not count; "" where it does."""
    if picture.fault:
        return picture.fault
    if picture.width < rule.width or picture.height < rule.height:
        return f"is small ({picture.width} x {picture.height} px)"
    return "is blank" if is_blank(picture) else ""


def _number(rule: Rule, look: _Look) -> _Said:
    expected = f"at least {rule.at_least}"
    measured = counted(len(look.distinct), "picture", "different pictures")
    names = _some([one.place for one in look.distinct])
    if len(look.distinct) >= rule.at_least:
        return "passed", Finding(f"{measured}: {names}", expected)
    if len(look.good) >= rule.at_least:
        why = f"{len(look.good)} pictures are there, and some look the same: a person looks."
        return "review", Finding(measured, expected, why)
    if doubt := look.doubt():
        return "review", Finding(measured, expected, doubt)
    why = f"These do not count: {_some(look.bad)}." if look.bad else ""
    hint = "Commit the pictures and show them with ![what it is](path.png)."
    return "failed", Finding(measured, expected, why, hint)


def _of_set(words: tuple[str, ...], look: _Look) -> _Said:
    """A picture belongs to a model by its name, or by a heading of the README above it."""
    expected = f"a picture that is named for {' or '.join(words)}"
    fitting = [one for one in look.good if any(speaks_of(one, word) for word in words)]
    if fitting:
        return "passed", Finding(_some([one.picture.place for one in fitting]), expected)
    if look.good or look.doubt():
        why = (
            look.doubt()
            or "Neither a name nor a heading says it; a person looks which pictures belong to it."
        )
        return "review", Finding("none that is named so", expected, why)
    return "failed", Finding(
        "no picture", expected, "", "Name the picture, or the heading above it, for its model."
    )


def _notes(look: _Look) -> tuple[str, ...]:
    return (f"Not counted: {_some(look.bad)}.",) if look.bad else ()


def _some(texts: list[str]) -> str:
    shown = ", ".join(clean(text, 160) for text in texts[:SHOWN])
    more = len(texts) - SHOWN
    return f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown
