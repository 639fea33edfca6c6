"""The report as a README: tables and folded parts as GitHub shows them, and readable as plain text too.

No text from a record can become markup: see `plain`, `code` and `fenced`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grader.records import Decision, Outcome, Part, RunRecord, Status, Step
from grader.report import words
from grader.report.inert import inert_for_students
from grader.report.losses import losses
from grader.report.prose import pieces
from grader.report.sections import sections
from grader.report.sections.interface import Block, Fact, Kind, Section, Table

file_name = "README.md"

_MEANT = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;"}
    | {one: f"\\{one}" for one in "\\`*[]~"}
)
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_AT_THE_START = re.compile(r"([#+=:-])|(\d+)([.)])(?=\s|$)")


ALIGNED = 84
"""Characters of a cell up to which its column is padded: a longer one sticks out, and the others stay together."""


def render(record: RunRecord) -> str:
    shown = inert_for_students(record)
    parts = [*judged(shown), *map(_section, sections(shown))]
    return "\n\n".join(part for part in parts if part) + "\n"


def judged(shown: RunRecord) -> tuple[str, ...]:
    """The verdict, the checks and the sum of a record that was made inert, without the evidence behind them."""
    return _head(shown), _checks(shown.outcomes, words.last_decisions(shown)), _steps(shown)


def plain(text: str) -> str:
    """Text that stays text, also in a table cell and at the start of a line; a web address is no link."""
    shown = _inline(text)
    start = _AT_THE_START.match(shown)
    if start is None:
        return shown
    at = start.start(1) if start[1] else start.start(3)
    return f"{shown[:at]}\\{shown[at:]}"


def prose(text: str) -> str:
    """As `plain`, with what stands between backticks as code."""
    parts = list(pieces(text))
    shown = [code(part) if is_code else _inline(part) for part, is_code in parts]
    if parts and not parts[0][1]:
        shown[0] = plain(parts[0][0])
    return "".join(shown)


def _inline(text: str) -> str:
    shown = text.translate(_MEANT)
    if "_" in shown:
        shown = _EMPHASIS.sub(r"\\_", shown)
    return shown.replace("://", "&#58;//").replace("www.", "www&#46;")


def code(text: str) -> str:
    """A name in the font of code. A pipe ends a table's cell even there, so such a name becomes plain."""
    if "|" in text:
        return plain(text)
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def fenced(text: str) -> str:
    """A block whose fence is longer than any row of backticks in it."""
    ticks = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{ticks}text\n{text.rstrip()}\n{ticks}"


def _typed(text: str, kind: Kind) -> str:
    return code(text) if kind == "code" and text else plain(text)


def _grid(titles: Iterable[tuple[str, Kind]], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; its cells are Markdown already, and stand below one another in plain text, too."""
    heads = tuple(titles)
    lines = [tuple(title for title, _ in heads), *rows]
    widths = [
        max([3, *(len(cell) for cell in column if len(cell) <= ALIGNED)])
        for column in zip(*lines, strict=True)
    ]
    kinds = [kind for _, kind in heads]
    rule = [
        f"{'-' * (wide - 1)}{':' if kind == 'number' else '-'}"
        for wide, kind in zip(widths, kinds, strict=True)
    ]
    aligned = [
        [
            cell.rjust(wide) if kind == "number" else cell.ljust(wide)
            for cell, wide, kind in zip(line, widths, kinds, strict=True)
        ]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (aligned[0], rule, *aligned[1:]))


def _head(record: RunRecord) -> str:
    verdict = words.verdict(record)
    submission, started = record.evidence.submission, words.moment(record.provenance.started_at)
    lines = [f"# {plain(record.title)}"]
    if record.not_a_grade:
        reasons = "\n".join(f"> - {plain(reason)}" for reason in record.not_a_grade)
        lines.append(f"> [!WARNING]\n> **Not a grade**\n>\n{reasons}")
    about = [plain(record.course), f"**{plain(submission.name)}**", plain(started)]
    if submission.commit:
        about.insert(2, f"commit {code(submission.commit[:12])}")
    lines.append(" · ".join(part for part in about if part))
    lines.append(f"## {verdict.icon} {plain(verdict.headline)}")
    lines += [plain(line) for line in (verdict.reason, verdict.pass_line, verdict.scope) if line]
    if went := losses(record):
        lines.append("\n".join(f"- {plain(one.text)}" for one in went))
    return "\n\n".join(lines)


def _checks(outcomes: tuple[Outcome, ...], decided: dict[str, Decision]) -> str:
    if not outcomes:
        return "## Checks\n\nNo check was judged."
    titles: tuple[tuple[str, Kind], ...] = (
        ("Requirement", "text"),
        ("Measured", "text"),
        ("Points", "number"),
        ("Status", "text"),
    )
    grid = _grid(titles, map(_check_row, outcomes))
    return "\n\n".join(
        ["## Checks", grid, *("\n\n".join(_check(one, decided.get(one.id))) for one in outcomes)]
    )


def _check_row(one: Outcome) -> tuple[str, ...]:
    word = words.STATUS[one.status]
    expected = f"; expected: {plain(words.expected(one))}" if words.expected(one) else ""
    return (
        plain(one.requirement),
        plain(one.finding.measured or "not measured") + expected,
        words.score(one),
        f"{word.icon} {word.text}",
    )


def _check(one: Outcome, decision: Decision | None) -> Iterator[str]:
    word = words.STATUS[one.status]
    yield f"### {word.icon} {plain(one.requirement)}"
    yield f"{code(one.id)}: {plain(words.status_line(one))}"
    if decision:
        yield f"**Decided:** {plain(words.decided(decision, one))}"
    if one.finding.rationale:
        yield f"**Why:** {plain(one.finding.rationale)}"
    if one.finding.hint:
        yield _advice(one.status, one.finding.hint)
    if one.notes:
        yield "\n".join(f"- {plain(note)}" for note in one.notes)
    for exhibit in one.exhibits:
        yield "\n".join(
            [f"- **{plain(exhibit.name.capitalize())}**", *(f"  - {plain(line)}" for line in exhibit.lines)]
        )
    if one.parts:
        yield "\n".join(map(_part, one.parts))


def _part(part: Part) -> str:
    word = words.STATUS[part.status]
    finding = part.finding
    status = f"{word.text.lower()}, {words.score_of_part(part)}"
    lines = [f"- {word.icon} **{plain(part.name)}**, {status}: {plain(finding.measured)}"]
    if part.status != "passed" and finding.expected:
        lines.append(f"**Expected:** {plain(finding.expected)}")
    lines += [f"**Why:** {plain(finding.rationale)}"] if finding.rationale else []
    lines += [_advice(part.status, finding.hint)] if finding.hint else []
    return "\n  - ".join(lines)


def _advice(status: Status, hint: str) -> str:
    label, text = words.advice(status, hint)
    return f"**{label}:** {prose(text)}"


def _steps(record: RunRecord) -> str:
    if not record.grade.steps:
        return "## How the points add up\n\nThere is nothing to add up."
    titles: tuple[tuple[str, Kind], ...] = (("Step", "text"), ("Points", "number"))
    rows = (tuple(_weighty(step, text) for text in _step(step)) for step in record.grade.steps)
    return f"## How the points add up\n\n{_grid(titles, rows)}"


def _step(step: Step) -> tuple[str, str]:
    return plain(step.text), words.points(step.points)


def _weighty(step: Step, text: str) -> str:
    return f"**{text}**" if step.kind == "sum" else text


def _section(section: Section) -> str:
    parts = [f"## {plain(section.title)}"]
    parts += [f"> **?** {plain(line)}" for line in section.attention]
    parts += [prose(line) for line in section.lead]
    parts += [_facts(section.facts)] if section.facts else []
    return "\n\n".join([*parts, *map(_table, section.tables), *map(_block, section.blocks)])


def _facts(facts: tuple[Fact, ...]) -> str:
    titles: tuple[tuple[str, Kind], ...] = (("What", "text"), ("Value", "text"))
    return _grid(titles, ((plain(fact.label), _typed(fact.value, fact.kind)) for fact in facts))


def _table(table: Table) -> str:
    kinds = [column.kind for column in table.columns]
    rows = (tuple(_typed(cell, kind) for cell, kind in zip(row, kinds, strict=True)) for row in table.rows)
    grid = _grid(((plain(column.title), column.kind) for column in table.columns), rows)
    note = f"\n\n{plain(table.note)}" if table.note else ""
    return (_folded(table.title, grid) if table.folded else f"### {plain(table.title)}\n\n{grid}") + note


def _block(block: Block) -> str:
    text = fenced(block.text)
    return _folded(block.title, text) if block.folded else f"### {plain(block.title)}\n\n{text}"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{plain(title)}</summary>\n\n{content}\n\n</details>"
