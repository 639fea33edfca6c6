"""The README explains the architecture and other topics, shows the training log and the model's summary, and is well
formatted.

Decided by rules alone. Each part that a spec asks for has its own points, and says what is missing. The right
words in random order explain nothing: see `grader.reading.word_order`.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Annotated, Literal, Self, cast, get_args

from pydantic import Field, model_validator

from grader.checks import interface
from grader.checks.interface import Points, Verdict, combine, status_of
from grader.reading.explanation import explain, wrong_counts
from grader.reading.topics import TOPICS, TopicName, said_on
from grader.records import Absent, Evidence, Finding, LogLine, ModelFacts, Part, Readme, Status
from grader.text import clean_path, counted

PartName = Literal["architecture", "training log", "model summary", "well formatted", TopicName]

TRAINING_IMAGES = 60_000
"""MNIST's training set; no test set of these courses is that large."""

TOPICS_SAID: dict[TopicName, str] = {name: f"a sentence says {topic.asked}" for name, topic in TOPICS.items()}
"""What the README has to say on each topic, as a clause."""

_EXPECTED: dict[PartName, str] = {
    "architecture": "A section of at least 60 words, outside of code blocks, that says what at least three "
    "layer kinds of the model do, with the right number of parameters.",
    "training log": "One line per trained epoch with its test accuracy, as text, as a table or in the linked "
    "notebook's saved output.",
    "model summary": "A table of the model's layers as torchsummary or torchinfo prints it, in the README or in "
    "the linked notebook's saved output.",
    "well formatted": "A title, two further headings, code and logs in fences or tables, no broken picture "
    "or link.",
    **{name: f"A sentence that says {topic.asked}." for name, topic in TOPICS.items()},
}


class Rule(interface.Rule):
    """The README explains the architecture, shows the training log and is well formatted."""

    check: Literal["readme"]
    explains: tuple[Literal["architecture", TopicName], ...] = Field(
        (), description="What the README has to explain."
    )
    shows: tuple[Literal["training log", "model summary"], ...] = Field(
        (), description="What the README has to show."
    )
    well_formatted: bool = Field(False, description="Title, headings, fences, no broken picture or link.")
    part_points: Annotated[
        dict[PartName, Points] | None,
        Field(description="Points of each part that is asked for; equal shares where this is not given."),
    ] = None

    @property
    def parts(self) -> tuple[PartName, ...]:
        last: tuple[PartName, ...] = ("well formatted",) if self.well_formatted else ()
        return (*dict.fromkeys(self.explains), *dict.fromkeys(self.shows), *last)

    @model_validator(mode="after")
    def _points_fit_parts(self) -> Self:
        if not self.parts:
            raise ValueError("ask for at least one of explains, shows, well_formatted")
        if self.part_points is None:
            return self
        if set(self.part_points) != set(self.parts):
            raise ValueError(f"part_points must name exactly: {', '.join(self.parts)}")
        total = sum(self.part_points.values())
        if not math.isclose(total, self.points):
            raise ValueError(f"part_points add up to {total:g}, and the check has {self.points:g} points")
        return self

    def points_of(self, part: PartName) -> float:
        return self.part_points[part] if self.part_points else self.points / len(self.parts)

    def requirement(self) -> str:
        asked: dict[PartName, str] = {
            "architecture": "explains the architecture",
            "training log": "shows the training log",
            "model summary": "shows the model's summary",
            "well formatted": "is well formatted",
        }
        topics = [part for part in self.parts if part not in asked]
        said = [f"explains {', '.join(topics)}"] if topics else []
        said += [asked[part] for part in self.parts if part in asked]
        return f"The README {', '.join(said[:-1])}{' and ' if said[1:] else ''}{said[-1]}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    parts = tuple(_part(rule, name, evidence) for name in rule.parts)
    verdict = combine(parts, rule.points, rule.requirement())
    return replace(verdict, notes=_notes(rule, evidence))


def _part(rule: Rule, name: PartName, evidence: Evidence) -> Part:
    readme = evidence.reading.readme
    if name == "model summary":
        status, finding = _model_summary(evidence)
    elif isinstance(readme, Absent):
        status, finding = _absent(readme, name, "no README to read")
    elif name == "architecture":
        status, finding = _architecture(readme, evidence)
    elif name == "training log":
        status, finding = _training_log(readme, evidence)
    elif name in get_args(TopicName):
        status, finding = _topic(readme, cast("TopicName", name))
    else:
        status, finding = _well_formatted(readme)
    points = rule.points_of(name)
    return Part(name, status, points if status == "passed" else 0.0, points, finding)


def _absent(absent: Absent, name: PartName, measured: str) -> tuple[Status, Finding]:
    return status_of(absent), Finding(measured, _EXPECTED[name], absent.reason, absent.hint)


def _verdict(name: PartName, measured: str, faults: list[str], hint: str) -> tuple[Status, Finding]:
    if not faults:
        return "passed", Finding(measured, _EXPECTED[name])
    return "failed", Finding(measured, _EXPECTED[name], " ".join(faults), hint)


# --- architecture -------------------------------------------------------------------------------------------


def _architecture(readme: Readme, evidence: Evidence) -> tuple[Status, Finding]:
    model = evidence.model
    if isinstance(model, Absent):
        return _absent(model, "architecture", "no model to compare the README with")
    found = explain(readme, model)
    faults = [*found.faults, *_wrong_counts(readme, model)]
    return _verdict("architecture", found.measured, faults, _hint(found.hint, model))


def _hint(hint: str, model: ModelFacts) -> str:
    return hint or f"The model has {model.parameters:,} parameters: write that number."


def _wrong_counts(readme: Readme, model: ModelFacts) -> list[str]:
    measured = f"measured are {model.parameters:,}"
    return [
        f'{claim.place} says {claim.value:,.0f} parameters ("{claim.text}"); {measured}.'
        for claim in wrong_counts(readme, model)
    ]


# --- topics -----------------------------------------------------------------------------------------------


def _topic(readme: Readme, name: TopicName) -> tuple[Status, Finding]:
    """Words decide that it is there or that it is not; where they cannot tell, a person reads it."""
    said, topic = said_on(readme, name), TOPICS[name]
    if said.answer == "explained":
        return "passed", Finding(f'"{said.quote}"', _EXPECTED[name])
    if said.answer == "named":
        why = f"The README comes to it without saying {topic.asked}, as far as words tell: a person reads it."
        return "review", Finding(f'"{said.quote}"', _EXPECTED[name], why, topic.hint)
    return "failed", Finding("not a word", _EXPECTED[name], f"Nothing says {topic.asked}.", topic.hint)


# --- training log -------------------------------------------------------------------------------------------


def _training_log(readme: Readme, evidence: Evidence) -> tuple[Status, Finding]:
    epochs = 1 if isinstance(evidence.recipe, Absent) else evidence.recipe.epochs
    tested = [line for line in readme.logs if line.test_accuracy >= 0]
    missing = _missing_epochs(tested, epochs)
    measured = _said(tested)
    if not missing:
        return "passed", Finding(measured, _EXPECTED["training log"])
    if not tested and readme.log_pictures:
        why = (
            f"The log is shown as a picture only: {', '.join(readme.log_pictures[:3])}. A person looks at it."
        )
        return "review", Finding(
            "pictures", _EXPECTED["training log"], why, "Paste the log as text in a fence."
        )
    if not tested and readme.logs:
        shown = "a training accuracy" if readme.logs[0].train_accuracy >= 0 else "a loss"
        why = f"{readme.logs[0].place} shows {shown}; no line shows a test accuracy."
    elif not tested:
        why = "No line with an epoch's test accuracy is in the README or in the notebook's saved outputs."
    else:
        why = f"A test accuracy is missing for {_epochs(missing)} of {epochs}."
    hint = "Paste the log of your training, a line per epoch: `Epoch 1 | loss 0.21 | test accuracy 97.93 %`."
    return "failed", Finding(measured, _EXPECTED["training log"], why, hint)


def _missing_epochs(tested: list[LogLine], epochs: int) -> list[int]:
    """Epochs without a line; lines that name no epoch stand for the first that are missing."""
    named = {line.epoch for line in tested if line.epoch}
    unnamed = sum(not line.epoch for line in tested)
    return [epoch for epoch in range(1, epochs + 1) if epoch not in named][unnamed:]


def _said(tested: list[LogLine]) -> str:
    if not tested:
        return "no line with a test accuracy"
    first, last = tested[0], tested[-1]
    count = f"{len(tested)} line{'s' if len(tested) > 1 else ''} with a test accuracy"
    return f"{count}, {first.place}" + (f" to {last.place}" if last.place != first.place else "")


def _epochs(numbers: list[int]) -> str:
    return (
        f"epoch {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} epochs, the first is {numbers[0]},"
    )


# --- model summary ------------------------------------------------------------------------------------------

_SUMMARY_WORD = re.compile(r"summary|torch_?info", re.IGNORECASE)


def _model_summary(evidence: Evidence) -> tuple[Status, Finding]:
    """A summary in a notebook counts where there is no README, too."""
    found, expected = evidence.reading.summaries, _EXPECTED["model summary"]
    if not found:
        return _no_summary(evidence.reading.readme, expected)
    model = evidence.model
    counts = set() if isinstance(model, Absent) else {model.parameters, model.trainable}
    fitting = [one for one in found if one.parameters < 0 or not counts or one.parameters in counts]
    shown = (fitting or found)[0]
    total = f", {counted(shown.parameters, 'parameter', 'parameters')}" if shown.parameters >= 0 else ""
    measured = f"{shown.place}: {shown.layers} rows{total}"
    if fitting or isinstance(model, Absent):
        return "passed", Finding(measured, expected)
    why = f"Measured are {model.parameters:,} parameters. A person looks whether it is of this model."
    return "review", Finding(measured, expected, why)


def _no_summary(readme: Readme | Absent, expected: str) -> tuple[Status, Finding]:
    links = () if isinstance(readme, Absent) else readme.links
    pictures = [one for one in links if one.kind == "picture" and _SUMMARY_WORD.search(one.target)]
    hint = "Print `summary(model, (3, 32, 32))` in the notebook, or paste its output into the README."
    if pictures:
        why = f"{pictures[0].target} (line {pictures[0].line}) seems to be a picture of one. A person looks."
        return "review", Finding("a picture", expected, why, hint)
    why = "It is neither in the README nor in the notebooks' saved outputs."
    return "failed", Finding("no table of the layers", expected, why, hint)


# --- well formatted -----------------------------------------------------------------------------------------


def _well_formatted(readme: Readme) -> tuple[Status, Finding]:
    headings = [section for section in readme.sections if section.level]
    further = len(headings) - bool(readme.title)
    broken = [link for link in readme.links if link.fault]
    faults = []
    if not readme.title:
        faults.append("There is no title: no heading of level 1.")
    if further < 2:
        faults.append(
            f"Beside the title there {'is 1 heading' if further == 1 else 'are no headings'}; 2 are asked."
        )
    if readme.loose_lines:
        faults.append(f"Code or log stands in running text in {_lines(readme.loose_lines)}.")
    faults += [f'Line {link.line}: the {link.kind} "{link.target}" {link.fault}.' for link in broken[:10]]
    if len(broken) > 10:
        faults.append(f"{len(broken) - 10} more links are broken.")
    measured = ", ".join(
        (
            f"{'a' if readme.title else 'no'} title",
            _counted(further, "further heading"),
            f"{_counted(len(readme.loose_lines), 'loose line')} of code or log",
            _counted(len(broken), "broken link"),
        )
    )
    hints = []
    if not readme.title or further < 2:
        hints.append("Write the title as `# Title` and headings as `## Heading`.")
    if readme.loose_lines:
        hints.append("Put code and logs between lines of ```.")
    if broken:
        hints.append(
            "Commit the files that are linked, or mend the links: GitHub minds upper and lower case."
        )
    return _verdict("well formatted", measured, faults, " ".join(hints))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _lines(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:8])
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"line{'s' if len(numbers) > 1 else ''} {shown}{more}"


# --- notes --------------------------------------------------------------------------------------------------


def _notes(rule: Rule, evidence: Evidence) -> tuple[str, ...]:
    readme = evidence.reading.readme
    if isinstance(readme, Absent):
        return ()
    notes = []
    folder = evidence.submission.subfolder.strip("/")
    if folder and not readme.path.startswith(folder + "/"):
        notes.append(f"The README that was read is {clean_path(readme.path)}; {clean_path(folder)} has none.")
    training = [line for line in readme.logs if line.test_images >= TRAINING_IMAGES]
    if training and "training log" in rule.parts:
        notes.append(
            f"{training[0].place} counts {training[0].test_images:,} images: that is the size of the "
            "training set, so what it calls test accuracy was measured on training images."
        )
    return tuple(notes)
