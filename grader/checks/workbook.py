"""Whether the workbook works out the back-propagation of the class network: by formulas, with the right numbers.

The grader opens the .xlsx file and works its formulas out itself. Each value of the table is held against what follows
from the values before it, so that one mistake counts once. A table that is not recognised goes to a person.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine, failed, open_verdict
from grader.evaluation.backprop import CLASS_START, FORWARD, GRADIENTS, WEIGHTS
from grader.records import (
    Absent,
    ErrorSeries,
    Evidence,
    Finding,
    LeftOut,
    Part,
    Quantity,
    Readme,
    Status,
    Workbook,
)
from grader.text import clean, counted

Pass = Literal["forward pass", "gradients", "weight updates"]
Rate = Annotated[float, Field(gt=0, le=100, strict=True)]


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.2f}" for number in numbers)


QUANTITIES_OF: dict[Pass, tuple[str, ...]] = {
    "forward pass": FORWARD,
    "gradients": GRADIENTS,
    "weight updates": WEIGHTS,
}
BEGINS_WITH = (
    f"The network has no biases. It begins with the inputs {_listed(CLASS_START.inputs)}, the targets "
    f"{_listed(CLASS_START.targets)}, and the weights w1 to w8: {_listed(CLASS_START.weights)}."
)
"""What the class's network is, as a sentence."""

FEWEST_ITERATIONS = 10
SHOWN = 4
_EXPORT = (
    "Hand in the workbook as an .xlsx file in the repository (File > Download or Save as, Excel workbook)."
)
_Said = tuple[Status, Finding]


class Rule(interface.Rule):
    """The workbook works out the back-propagation of the class network."""

    check: Literal["workbook"]
    first_error: float | None = Field(
        None, gt=0, le=1e6, description="The total error before the first step: `0.24252`; its digits count."
    )
    right: tuple[Pass, ...] = Field((), description="Which parts of the table must have the right values.")
    formulas: bool = Field(False, description="Whether the table must be worked out by formulas.")
    error_falls: bool = Field(False, description="Whether the total error must fall from line to line.")
    learning_rates: tuple[Rate, ...] = Field(
        (), max_length=20, description="Learning rates, for each of which the total errors must be there."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"workbook"})

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.parts:
            raise ValueError(
                "ask for at least one of first_error, right, formulas, error_falls, learning_rates"
            )
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        named = ["first total error"] if self.first_error is not None else []
        named += dict.fromkeys(self.right)
        named += ["formulas"] if self.formulas else []
        named += ["falling error"] if self.error_falls else []
        return (*named, *(_rate_name(rate) for rate in dict.fromkeys(self.learning_rates)))

    def requirement(self) -> str:
        asked = [] if self.first_error is None else [f"begins with a total error of {self.first_error:g}"]
        asked += [f"has the right {', '.join(dict.fromkeys(self.right))}"] if self.right else []
        asked += ["is worked out by formulas"] if self.formulas else []
        asked += ["has a falling error"] if self.error_falls else []
        if self.learning_rates:
            rates = ", ".join(f"{rate:g}" for rate in dict.fromkeys(self.learning_rates))
            asked.append(f"has the errors for the learning rates {rates}")
        return f"The workbook {', '.join(asked[:-1])}{' and ' if asked[1:] else ''}{asked[-1]}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    found = evidence.workbook
    assert isinstance(found, Workbook)  # `needs`: what is absent was dealt with
    nothing = _nothing(found)
    if nothing is not None:
        status, finding = nothing
        return failed(finding) if status == "failed" else open_verdict(status, finding)
    share = rule.points / len(rule.parts)
    parts = tuple(
        Part(name, status, share if status == "passed" else 0.0, share, finding)
        for name, (status, finding) in ((name, _said(rule, name, evidence)) for name in rule.parts)
    )
    return replace(combine(parts, rule.points, rule.requirement()), notes=_notes(found))


def _nothing(found: Workbook) -> _Said | None:
    """What it comes to where no workbook could be read; None where one was."""
    expected = "a workbook as .xlsx file"
    if any(sheet.formulas or sheet.numbers for sheet in found.sheets):
        return None
    if found.unreadable:
        why = f"{_faults(found.unreadable)} A person opens it."
        return "review", Finding("not read", expected, why, _EXPORT)
    if found.others or found.cut:
        listed = found.cut or f"There is {', '.join(clean(one, 80) for one in found.others[:SHOWN])}."
        return "review", Finding("no .xlsx file", expected, f"{listed} A person looks.", _EXPORT)
    if found.sheets:
        return "failed", Finding(
            "an empty workbook", expected, "No cell holds a number or a formula.", _EXPORT
        )
    return "failed", Finding("no workbook", expected, _faults(found.broken), _EXPORT)


def _faults(files: tuple[LeftOut, ...]) -> str:
    return " ".join(f"{clean(one.path, 120)} {clean(one.reason, 160)}." for one in files[:SHOWN])


def _said(rule: Rule, name: str, evidence: Evidence) -> _Said:
    found = evidence.workbook
    assert isinstance(found, Workbook)
    if name == "first total error":
        assert rule.first_error is not None
        return _first_error(rule.first_error, found)
    if name == "formulas":
        return _formulas(found)
    if name == "falling error":
        return _falls(found)
    for part in rule.right:
        if part == name:
            return _right(part, found)
    rate = next(rate for rate in rule.learning_rates if _rate_name(rate) == name)
    return _rate(rate, found, _pictured(evidence))


def _unknown(absent: Absent, expected: str) -> _Said:
    return "review", Finding("not found", expected, f"{absent.reason} A person looks.", absent.hint)


# --- the table --------------------------------------------------------------------------------------------------


def _first_error(expected: float, found: Workbook) -> _Said:
    """Held against as many digits as the spec gives."""
    said, error = f"{expected:g}", found.error
    if isinstance(error, Absent):
        return _unknown(error, said)
    measured = f"{error.first:.6g} at {_first_cell(error.place)}"
    if math.isclose(error.first, expected, abs_tol=0.5 * 10.0 ** -len(said.partition(".")[2])):
        return "passed", Finding(measured, said)
    hint = "Begin with the inputs, targets and weights of the class, and leave the biases out."
    return "failed", Finding(
        measured, said, "The first line has other numbers than the class's network.", hint
    )


def _first_cell(place: str) -> str:
    return place.partition(":")[0] if "!" in place.partition(":")[0] else place


def _right(part: Pass, found: Workbook) -> _Said:
    """Few wrong quantities are the student's; where most are, the table may be laid out in another way."""
    names = QUANTITIES_OF[part]
    here = {one.name: one for one in found.quantities if one.name in names}
    expected = f"what follows from the values before it, for {names[0]} to {names[-1]}"
    if isinstance(found.error, Absent) and not found.quantities:
        return _unknown(found.error, expected)
    wrong = [one for one in here.values() if one.wrong_at]
    missing = [name for name in names if name not in here]
    unsure = [one.name for one in here.values() if one.deviation < 0]
    measured = f"{len(here) - len(wrong) - len(unsure)} of {len(names)} right"
    if 2 * len(wrong) > len(names):
        why = f"{_all_wrong(wrong)} The table may be laid out in another way: a person looks."
        return "review", Finding(measured, expected, why, _HINTS[part])
    if wrong:
        return "failed", Finding(measured, expected, _all_wrong(wrong), _HINTS[part])
    if missing or unsure:
        which = f"{_some(missing)} not found." if missing else f"{_some(unsure)} could not be compared."
        return "review", Finding(
            measured, expected, f"{which} A person looks.", f"Head the columns {_some(missing or unsure)}."
        )
    return "passed", Finding(f"{measured}, {_lines(here)}", expected)


_HINTS: dict[Pass, str] = {
    "forward pass": "h = sum of weights times inputs, a = 1 / (1 + exp(-h)), E = (t - a_o)^2 / 2.",
    "gradients": "Follow the chain rule from E_total back to the weight, with the old weights of the same line.",
    "weight updates": "The next w is w - learning rate * dE/dw, for all eight at once.",
}


def _all_wrong(wrong: list[Quantity]) -> str:
    said = [
        f"{one.name} in {clean(one.place, 120)} is first off at {clean(one.wrong_at, 120).rpartition('!')[2]}: "
        f"{one.wrong:.6g}, expected {one.expected:.6g}"
        for one in wrong[:SHOWN]
    ]
    more = f" {len(wrong) - SHOWN} more are off." if len(wrong) > SHOWN else ""
    return f"{'; '.join(said)}.{more}"


def _lines(here: dict[str, Quantity]) -> str:
    lines = max(one.formulas + one.numbers for one in here.values())
    largest = max(one.deviation for one in here.values())
    return f"{counted(lines, 'line', 'lines')}, largest deviation {largest:.1g}"


def _formulas(found: Workbook) -> _Said:
    """Each column below its first line; the first weights are given, so that they are numbers."""
    expected = "formulas in every column of the forward and the backward pass, and for the weights"
    if isinstance(found.error, Absent) and not found.quantities:
        return _unknown(found.error, expected)
    pasted = [one for one in found.quantities if one.numbers > (1 if one.name in WEIGHTS else 0)]
    measured = (
        f"{sum(one.formulas for one in found.quantities):,} formulas in {len(found.quantities)} columns"
    )
    if not pasted:
        return "passed", Finding(measured, expected)
    listed = "; ".join(f"{one.name} in {clean(one.place, 120)} has {one.numbers}" for one in pasted[:SHOWN])
    more = f" and {len(pasted) - SHOWN} other columns" if len(pasted) > SHOWN else ""
    why = f"Numbers without a formula: {listed}{more}."
    return "failed", Finding(measured, expected, why, "Keep the formulas: paste them, and not their values.")


def _falls(found: Workbook) -> _Said:
    expected = f"a total error that falls over at least {FEWEST_ITERATIONS} iterations"
    error = found.error
    if isinstance(error, Absent):
        return _unknown(error, expected)
    measured = f"from {error.first:.6g} to {error.last:.6g} in {counted(error.values, 'line', 'lines')}"
    if error.values < FEWEST_ITERATIONS:
        return "failed", Finding(
            measured, expected, "There are too few lines.", "Copy the last line's formulas down."
        )
    if error.rises_at:
        why = f"It rises at {clean(error.rises_at, 120)}."
        return "failed", Finding(measured, expected, why, "Each new weight is w - learning rate * dE/dw.")
    return "passed", Finding(measured, expected)


# --- learning rates -----------------------------------------------------------------------------------------------


def _rate_name(rate: float) -> str:
    return f"learning rate {rate:g}"


def _pictured(evidence: Evidence) -> bool:
    """Whether a graph may be somewhere as a picture."""
    found, readme = evidence.workbook, evidence.reading.readme
    on_sheets = isinstance(found, Workbook) and any(sheet.pictures for sheet in found.sheets)
    return on_sheets or (isinstance(readme, Readme) and any(link.kind == "picture" for link in readme.links))


def _rate(rate: float, found: Workbook, pictured: bool) -> _Said:
    """A series of numbers will do. Where no more than the table's own is there, a graph may be a picture."""
    expected = f"the total errors that follow from a learning rate of {rate:g}"
    fitting = [one for one in found.series if math.isclose(one.rate, rate, rel_tol=1e-6)]
    if fitting:
        return "passed", Finding(_of_series(fitting[0]), expected)
    others = sorted({one.rate for one in found.series})
    measured = (
        f"series for {', '.join(f'{one:g}' for one in others)}" if others else "no series of total errors"
    )
    hint = "Set the learning rate, and paste the column of total errors as values beside the others."
    if len(others) <= 1 and pictured:
        why = "The graph may be a picture: a person looks."
        return "review", Finding(measured, expected, why, hint)
    return "failed", Finding(measured, expected, "", hint)


def _of_series(one: ErrorSeries) -> str:
    return f"{clean(one.place, 120)}: {one.first:.5f} to {one.last:.5f} in {counted(one.values, 'line', 'lines')}"


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _notes(found: Workbook) -> tuple[str, ...]:
    sheets = [
        f"{sheet.file}, {sheet.name}: {sheet.formulas:,} formulas, {sheet.numbers:,} numbers, "
        f"{counted(sheet.charts, 'chart', 'charts')}, {counted(sheet.pictures, 'picture', 'pictures')}"
        + (", hidden" if sheet.hidden else "")
        for sheet in found.sheets[:SHOWN]
    ]
    unread = [_faults(some) for some in (found.unreadable, found.broken) if some]
    seen = (f"Sheets: {'; '.join(clean(one, 200) for one in sheets)}.",) if sheets else ()
    return (
        *seen,
        *unread,
        *(clean(note) for note in found.notes[:SHOWN]),
        *((found.cut,) if found.cut else ()),
    )
