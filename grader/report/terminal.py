"""The report for a terminal: the verdict, the checks, and what to do next.

Readable at 80 columns, in a log file and without colour. Every text is a rich `Text`, so that no markup, no
emoji name and no control character in it is ever obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from grader.audience import for_students
from grader.records import Absent, Finding, Outcome, Projection, RunRecord, Status
from grader.report import words
from grader.report.inert import inert
from grader.report.sections import chance, sections
from grader.report.sections.claims import NAMES, stated
from grader.text import clean

file_name = "report.txt"

WIDTH = 80
STYLES: dict[words.Tone, str] = {
    "good": "green",
    "part": "yellow",
    "bad": "red",
    "person": "magenta",
    "quiet": "dim",
    "fault": "bright_red",
}


_IN_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "◐": "/",
        "≈": "~",
        "–": "-",
        "·": "-",
        "±": "+-",
        "×": "x",
        "\u00a0": " ",
        "→": "->",
    }
)


def render(record: RunRecord) -> str:
    """The student's report as plain text of 80 columns, the same on every machine."""
    file = StringIO()
    plain = Console(
        file=file, width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False, _environ={}
    )
    print_report(for_students(record), plain)
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip().splitlines()) + "\n"


def print_report(record: RunRecord, console: Console, place: Path | str | None = None) -> None:
    """Print all of the record that a terminal has room for. `place` is where the whole report lies, if it was stored."""
    shown = inert(record)
    for part in (
        *_head(shown, console),
        _checks(shown, console),
        *_sum(shown),
        *_chance(shown),
        *_next_steps(shown),
        *_decisions(shown),
        *_method(shown),
        *_tail(shown, place),
    ):
        console.print(printable(part, console), soft_wrap=False)
        console.print()


def printable(part: RenderableType, console: Console) -> RenderableType:
    """Leave the part alone where the console can write it; else in ASCII, and what has none as escapes."""
    if console.encoding.lower().startswith("utf"):
        return part
    plain = Console(
        file=StringIO(), width=console.width, color_system=None, force_terminal=False, _environ={}
    )
    with plain.capture() as captured:
        plain.print(part)
    text = "\n".join(line.rstrip() for line in captured.get().splitlines()).translate(_IN_ASCII)
    return Text(text.encode(console.encoding, "backslashreplace").decode(console.encoding), overflow="fold")


def _head(record: RunRecord, console: Console) -> Iterator[RenderableType]:
    verdict = words.verdict(record)
    commit = record.evidence.submission.commit[:12]
    about = [record.course, record.evidence.submission.name, f"commit {commit}" if commit else ""]
    yield Text("\n").join(
        [Text(record.title, "bold"), Text(" · ".join(part for part in about if part), "dim")]
    )
    if record.not_a_grade:
        reasons = [Text(f"- {reason}") for reason in record.not_a_grade]
        yield _framed([Text("! NOT A GRADE", "bold yellow"), *reasons], "yellow", console)
    style = STYLES[verdict.tone]
    lines = [Text(f"{verdict.icon} {verdict.headline}", f"bold {style}"), Text(verdict.reason)]
    lines += [Text(line, "dim") for line in (verdict.pass_line, verdict.scope) if line]
    yield _framed(lines, style, console)


def _framed(lines: list[Text], style: str, console: Console) -> RenderableType:
    """In a box on a terminal, as bare lines in a file."""
    group = Group(*lines)
    return (
        Panel(group, border_style=style, padding=(0, 1), width=min(console.width, 100))
        if console.is_terminal
        else group
    )


def _checks(record: RunRecord, console: Console) -> RenderableType:
    if not record.outcomes:
        return Text("No check was judged.")
    table = Table(
        box=box.SIMPLE_HEAD if console.is_terminal else None, width=min(console.width, 110), pad_edge=False
    )
    table.add_column("Requirement", ratio=5, overflow="fold")
    table.add_column("Measured", ratio=4, overflow="fold")
    table.add_column("Points", justify="right", overflow="fold")
    table.add_column("Status", no_wrap=True)
    for outcome in record.outcomes:
        word = words.STATUS[outcome.status]
        measured, score = Text(outcome.finding.measured or "not measured"), Text(words.score(outcome))
        table.add_row(
            Text(outcome.requirement), measured, score, Text(f"{word.icon} {word.text}", STYLES[word.tone])
        )
    return table


def _sum(record: RunRecord) -> Iterator[RenderableType]:
    """How the points add up, where that is more than the column of points above."""
    if not words.more_than_a_sum(record.grade):
        return
    yield Text("How the points add up", "bold")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for step in record.grade.steps:
        style = "bold" if step.kind == "sum" else ""
        table.add_row(Text(step.text, style), Text(words.points(step.points), style))
    yield table


def _next_steps(record: RunRecord) -> Iterator[RenderableType]:
    left = [outcome for outcome in record.outcomes if outcome.status != "passed"]
    if left:
        yield Text("What is left", "bold")
    for outcome in left:
        word = words.STATUS[outcome.status]
        title = Text(f"{word.icon} {outcome.requirement}", STYLES[word.tone])
        yield Group(title, *(Padding(line, (0, 0, 0, 2)) for line in advice(outcome)))


def _chance(record: RunRecord) -> Iterator[RenderableType]:
    """What the grader's own verdict on an accuracy may come to; of a self-check alone."""
    if not record.forecasts:
        return
    yield Text(chance.TITLE, "bold")
    yield Text("\n").join(Text(line) for line in chance.build(record).lead)


def _decisions(record: RunRecord) -> Iterator[RenderableType]:
    """What a person decided, with the last word on each."""
    known = {outcome.id: outcome for outcome in record.outcomes}
    lines = [
        f"- {one.id}: {words.decided(one, known[one.id]) if one.id in known else words.settled(one)}"
        for one in words.last_decisions(record).values()
    ]
    if lines:
        yield Text("Decided by a person", "bold")
        yield Text("\n").join(map(Text, lines))


def _method(record: RunRecord) -> Iterator[RenderableType]:
    """Where the method can be better, and numbers that are stated and differ. No points hang on it by itself."""
    shown: list[tuple[str, str]] = []
    for one in record.evidence.remarks:
        if not one.harmless:
            quoted = f": {one.quote}" if one.quote else ""
            shown.append((f"- {one.name} ({one.place}{quoted})", f"Why: {words.sentence(one.why)}"))
    for two in record.evidence.comparisons:
        if two.verdict == "differs":
            said = f"{NAMES[two.claim.name]}: stated {stated(two.claim)} ({two.claim.place})"
            shown.append((f"- {said}, measured {two.measured}", words.sentence(two.reason)))
    if shown:
        yield Text("What a teaching assistant would point out", "bold")
    for what, why in shown:
        yield Group(Text(what), Padding(Text(why, "dim"), (0, 0, 0, 2)))


def advice(outcome: Outcome) -> Iterator[Text]:
    yield Text(words.status_line(outcome), "dim")
    if words.expected(outcome):
        yield Text(f"Expected: {words.expected(outcome)}")
    yield from _why_and_try(outcome.finding, outcome.status)
    yield from (Text(f"Note: {note}") for note in outcome.notes)
    for exhibit in outcome.exhibits:
        yield Text(f"{exhibit.name.capitalize()}:")
        yield from (Text(f"  {line}") for line in exhibit.lines)
    for part in outcome.parts:
        if part.status != "passed":
            word = words.STATUS[part.status]
            yield Text(
                f"{word.icon} {part.name}: {part.finding.measured} (expected: {part.finding.expected})"
            )
            yield from _why_and_try(part.finding, part.status)


def _why_and_try(finding: Finding, status: Status) -> Iterator[Text]:
    if finding.rationale:
        yield Text(f"Why: {finding.rationale}")
    if finding.hint:
        yield Text(": ".join(words.advice(status, finding.hint)), "bold")


def _tail(record: RunRecord, place: Path | str | None) -> Iterator[RenderableType]:
    attention = [line for section in sections(record) for line in section.attention]
    if attention:
        yield Text("\n").join(Text(f"? {line}", STYLES["person"]) for line in attention)
    yield Text("\n").join(Text(line, "dim") for line in _how(record))
    if place:
        yield Text(f"Report: {clean(str(place), 1000)}", overflow="fold")


def _how(record: RunRecord) -> Iterator[str]:
    """One line each on the training, the data, the isolation and how to do it again."""
    found = record.evidence
    for name, one in (("Accuracy", found.test_accuracy), ("Training accuracy", found.train_accuracy)):
        if isinstance(one, Absent):
            continue
        yield (
            f"{name}: {words.accuracy(one.value)} ± {100 * one.spread:.2f} points "
            f"({words.counted(len(one.values), 'seed')}, {words.counted(one.n, f'{one.split} image')})."
        )
    if isinstance(found.projection, Projection):
        yield (
            f"The whole training would take about {found.projection.seconds:,.0f} s here "
            f"({found.projection.steps_needed:,} steps, {found.projection.steps_measured} measured)."
        )
    for trial in found.trials:
        if trial.status == "stopped":
            yield f"The trial with seed {trial.seed} was stopped: {words.sentence(trial.stop_reason)}"
    if not isinstance(found.recipe, Absent):
        yield f"Recipe: {words.sentence(found.recipe.reason)}"
        if found.recipe.stated_epochs not in (0, found.recipe.epochs):
            yield f"Trained: {words.sentence(dict(found.recipe.parts).get('epochs', ''))}"
    if not isinstance(found.data, Absent):
        yield f"Data: {found.data.name}{', stand-in' if found.data.stand_in else ''}."
    if not isinstance(found.integrity.isolation, Absent):
        yield f"Isolation level {found.integrity.isolation.level}: {found.integrity.isolation.name}."
    made = record.provenance
    yield f"Time: {words.took(made)}."
    yield f"Assignment {made.spec_id}, edition {made.spec_edition}; run {record.run_id}."
