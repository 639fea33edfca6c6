"""Whether an address in the README answers on the web: with content, in time, and from where the assignment says.

One address that does is enough. What may be the network's or the moment's fault goes to a person, and costs nothing.
Whose app it is that answers, a program cannot tell.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from grader.checks import interface
from grader.checks.interface import Verdict, failed, open_verdict, passed
from grader.evaluation.hosts import HostKind, kind_of
from grader.records import Evidence, Finding, WebAnswer, WebAnswers
from grader.text import clean, counted

MAX_SECONDS = 15.0
SHOWN = 3
_SECONDS = r"^\s*(\d{1,4}(?:\.\d{1,3})?)\s*s\s*$"
_RANK = ("passed", "review", "failed")


def _seconds(value: object) -> object:
    """`10 s`; a number without its unit is a mistake, as everywhere in a spec."""
    found = re.match(_SECONDS, value) if isinstance(value, str) else None
    if found:
        return float(found[1])
    if isinstance(value, float):  # as it was dumped
        return value
    raise ValueError("expected a time in seconds with its unit, such as 10 s")


Within = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=Annotated[str, Field(pattern=_SECONDS)]),
    Field(gt=0, le=MAX_SECONDS),
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Rule(interface.Rule):
    """A public address in the README answers."""

    check: Literal["web"]
    answers_within: Within = Field(
        10.0, description=f"How long the whole answer may take, up to {MAX_SECONDS:g} s: `10 s`."
    )
    json_keys: tuple[Key, ...] = Field(
        (), max_length=20, description="The answer is a JSON object that has these keys."
    )
    host: Literal["serverless", "any"] = Field(
        "any", description="`serverless`: by its name, a serverless function serves it and no machine."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"web"})

    def requirement(self) -> str:
        where = " of a serverless function" if self.host == "serverless" else ""
        keys = f", as JSON with {', '.join(self.json_keys)}" if self.json_keys else ""
        return (
            f"The README gives a public address{where} that answers within {self.answers_within:g} s{keys}."
        )


_Decided = tuple[Literal["passed", "review", "failed"], str]
_Said = tuple[Literal["passed", "review", "failed"], str, str]
"""Status of one address, what was seen, and why it does not pass."""


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.web
    assert isinstance(found, WebAnswers)  # `needs`: what is absent was dealt with
    if not found.answers:
        hint = "Write the whole address into the README, with https:// before it."
        return failed(Finding("no address of an app of yours", rule.requirement(), _passed_over(found), hint))
    return _best(rule, found)


def _best(rule: Rule, found: WebAnswers) -> Verdict:
    """The verdict about the address that comes out best."""
    expected = rule.requirement()
    said = [_of_one(rule, one, found.reached_the_web) for one in found.answers]
    best = min(range(len(said)), key=lambda index: _RANK.index(said[index][0]))
    status, measured, why = said[best]
    notes, begins = _notes(found, said), _beginning(found.answers[best])
    if status == "passed":
        told = f"{begins} Whose app it is, a program cannot tell.".strip()
        return passed(Finding(measured, expected, told), notes)
    if status == "failed" and not found.cut:
        hint = "Open the address in a private window of a browser: what you see there is what counts."
        return failed(Finding(measured, expected, why, hint), notes)
    why = f"{why} {found.cut if status == 'failed' else begins}".strip()
    return open_verdict(
        "review", Finding(measured, expected, f"{why} A person opens it in a browser."), notes
    )


def _of_one(rule: Rule, one: WebAnswer, reached_the_web: bool) -> _Said:
    status, why = _decided(rule, one, reached_the_web)
    shown = f"{one.url} ({one.place}): {_answer(one)}"
    return status, shown, f"{one.url}: {why}." if why else ""


def _decided(rule: Rule, one: WebAnswer, reached_the_web: bool) -> _Decided:
    """The host's name decides first: what a machine serves need not be asked."""
    kinds = _kinds(one)
    if rule.host == "serverless" and "machine" in kinds:
        return "failed", "its host is a machine or a bare address by its name, and no serverless function"
    if one.fault:
        return _faulty(one, reached_the_web)
    if one.seconds > rule.answers_within:
        return "failed", f"it took {one.seconds:.1f} s, the fastest of {counted(one.tries, 'try', 'tries')}"
    if why := _without_keys(rule, one):
        packed = one.notes and not one.is_json
        return ("review" if packed else "failed"), why
    if rule.host == "serverless" and kinds != {"serverless"}:
        return "review", _unsure(kinds)
    return "passed", ""


def _kinds(one: WebAnswer) -> set[HostKind]:
    """What serves the address, and what it redirects to in the end."""
    last = re.match(r"https?://(\[[^\]]*\]|[^/:]*)", one.redirects[-1]) if one.redirects else None
    return {kind_of(host) for host in (one.host, last[1] if last else "") if host}


def _faulty(one: WebAnswer, reached_the_web: bool) -> _Decided:
    if one.whose == "submission":
        return "failed", one.fault
    if one.whose == "network" and reached_the_web:
        return "failed", f"{one.fault}, and this machine's network works: another address answered"
    if one.whose == "machine":
        return "review", f"{one.fault}; that is not the submission's doing"
    return "review", f"{one.fault}; whether that is the service's doing cannot be told from here"


def _without_keys(rule: Rule, one: WebAnswer) -> str:
    if not rule.json_keys:
        return ""
    if not one.is_json:
        return "its answer is no JSON object that could be read"
    missing = [key for key in rule.json_keys if key not in one.json_keys]
    return f"its JSON has no {', '.join(missing)}" if missing else ""


def _unsure(kinds: set[HostKind]) -> str:
    if "tunnel" in kinds:
        return "by its name it is a tunnel or a name for changing addresses, and what stands behind it cannot be told"
    return "its name does not say whether a serverless function or a machine serves it"


def _answer(one: WebAnswer) -> str:
    if one.fault and not one.status:
        return one.fault
    kind = one.content_type.partition(";")[0] or "no content type"
    way = f", after {counted(len(one.redirects), 'redirect', 'redirects')}" if one.redirects else ""
    return f"HTTP {one.status} in {one.seconds:.1f} s, {kind}, {one.size_bytes:,} bytes{way}"


def _passed_over(found: WebAnswers) -> str:
    if not found.passed_over:
        return "The README has no web address."
    listed = [f"{clean(one.path, 100)} ({clean(one.reason, 100)})" for one in found.passed_over[:SHOWN]]
    more = len(found.passed_over) - SHOWN
    return f"These are none: {', '.join(listed)}{f' and {more} more' if more > 0 else ''}."


def _beginning(one: WebAnswer) -> str:
    return f'Its answer begins: "{one.text}".' if one.text and not one.fault else ""


def _notes(found: WebAnswers, said: list[_Said]) -> tuple[str, ...]:
    notes = [note for one in found.answers if one.status and not one.fault for note in one.notes]
    if len(said) > 1:
        notes += [f"{measured}. {why}".strip() for _, measured, why in said]
    return tuple(notes)
