"""The words of a report: statuses, the verdict in a sentence, numbers. Every format takes them from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records import (
    Absent,
    Adjustment,
    Decision,
    Grade,
    Outcome,
    Part,
    Provenance,
    RunRecord,
    Scalar,
    Status,
)

Tone = Literal["good", "part", "bad", "person", "quiet", "fault"]


@dataclass(frozen=True)
class Word:
    """A status as it is shown: always an icon and a word, never a colour alone."""

    icon: str
    text: str
    tone: Tone
    meaning: str  # as the rest of a sentence; "" where the word says it all


STATUS: dict[Status, Word] = {
    "passed": Word("✓", "Passed", "good", ""),
    "partial": Word("◐", "Partly met", "part", ""),
    "failed": Word("✗", "Not met", "bad", ""),
    "borderline": Word("≈", "Borderline", "person", "too close to tell; a person decides"),
    "review": Word("?", "In review", "person", "a person will look at it; no points are lost yet"),
    "skipped": Word("–", "Skipped", "quiet", "not judged in this run"),
    "errored": Word("!", "Grader fault", "fault", "the grader or its machine failed; no points are lost"),
}


@dataclass(frozen=True)
class Verdict:
    """The answer in five seconds."""

    icon: str
    tone: Tone
    headline: str
    reason: str
    pass_line: str
    scope: str  # what part of the assignment was judged; "" if it was the whole


def verdict(record: RunRecord) -> Verdict:
    grade = record.grade
    icon, tone, headline = _headline(grade, record.outcomes)
    return Verdict(icon, tone, headline, _reason(grade), pass_line(grade), _scope(grade))


def _headline(grade: Grade, outcomes: tuple[Outcome, ...]) -> tuple[str, Tone, str]:
    certain, whole = points(grade.points), points(grade.max_points)
    if grade.status == "infrastructure":
        return "!", "fault", "The grader failed: not charged"
    if grade.status == "ungradable":
        return "✗", "bad", "Could not be graded"
    if grade.status == "needs_review":
        return "?", "person", _both_totals(grade)
    if not outcomes and not grade.max_points:
        return "–", "quiet", "Complete: nothing was judged"
    word = "Complete" if grade.max_points == grade.spec_points else "So far"
    tone: Tone = "good" if grade.points >= grade.max_points else "part" if grade.passed else "bad"
    return {"good": "✓", "part": "◐", "bad": "✗"}[tone], tone, f"{word}: {certain} of {whole}"


def _both_totals(grade: Grade) -> str:
    """What is certain and what is possible; with open penalties, also what stands until a person decides."""
    if not grade.at_risk:
        return f"Needs a person: {points(grade.points)} certain, up to {points(grade.highest)} possible"
    return (
        f"Needs a person: {points(grade.points)} as it stands, "
        f"{points(grade.lowest)} to {points(grade.highest)} possible"
    )


def _reason(grade: Grade) -> str:
    if grade.status != "ungradable" or not grade.points:
        return grade.reason
    return f"{grade.reason} What could be judged without it keeps its points: {points(grade.points)}."


def pass_line(grade: Grade) -> str:
    """Where the grade stands against the pass mark; "" where that cannot be said."""
    if grade.status == "infrastructure" or not grade.max_points:
        return ""
    mark = f"the pass mark of {share(grade.pass_mark)} ({points(grade.pass_mark * grade.max_points)} points)"
    if grade.passed:
        return f"At or above {mark}."
    if grade.highest >= grade.pass_mark * grade.max_points - 1e-9:
        return f"Whether {mark} is reached is still open."
    return f"Below {mark}."


def _scope(grade: Grade) -> str:
    if grade.max_points == grade.spec_points:
        return ""
    return (
        f"{points(grade.max_points)} of the assignment's {points(grade.spec_points)} points were judged here."
    )


def score(outcome: Outcome) -> str:
    """`75 of 75`, `33.33 to 50 of 50` while points are open, `– of 125` where nothing was judged."""
    whole = points(outcome.max_points)
    if outcome.status == "skipped":
        return f"– of {whole}"
    if outcome.open_points:
        return f"{points(outcome.points)} to {points(outcome.points + outcome.open_points)} of {whole}"
    return f"{points(outcome.points)} of {whole}"


def effect(one: Adjustment) -> str:
    """What it does where it counts: `+50`, `× 4`, `-100`, `-50 %`."""
    if one.kind == "percentage":
        return f"-{share(one.amount)}"
    if one.kind == "multiplier":
        return f"×\u00a0{one.amount:g}"
    return f"{'+' if one.kind == 'bonus' else '-'}{points(one.amount)}"


def standing(one: Adjustment) -> Word:
    """How a bonus, a multiplier or a penalty stands."""
    favour = one.kind in ("bonus", "multiplier")
    if one.state == "open":
        said = "Proposed" if one.proposed else "Open"
        who = "another run decides" if one.outcome.status == "errored" else "a person decides"
        return Word("?", said, "person", f"{who}; until then it changes nothing")
    if one.state == "not judged":
        return Word("–", "Not judged", "quiet", "not judged in this run")
    by = "decided by a person" if one.decided else ""
    if one.state == "counts":
        return Word("✓", "Earned", "good", by) if favour else Word("✗", "Taken", "bad", by)
    return Word("–", "Not earned", "quiet", by) if favour else Word("✓", "Not taken", "good", by)


def more_than_a_sum(grade: Grade) -> bool:
    """Whether the grade has steps that the checks themselves do not show."""
    return bool(grade.adjustments) or any(step.points < 0 for step in grade.steps)


def expected(outcome: Outcome) -> str:
    """What was expected, where that says more than the requirement itself; "" else."""
    said = outcome.finding.expected
    return "" if said == outcome.requirement else said


def last_decisions(record: RunRecord) -> dict[str, Decision]:
    """Of each id the decision that counts."""
    return {one.id: one for one in record.decisions}


def decided(decision: Decision, outcome: Outcome) -> str:
    """`80 of 100 points by Ada, 2026-11-22 10:00:00 UTC: the targets are argued.`"""
    given = f"{points(decision.points)} of {points(outcome.max_points)} points"
    said = f"{given} by {decision.who}, {moment(decision.decided_at)}: {sentence(decision.reason)}"
    return f"{said} {_replaced(decision)}".rstrip()


def settled(decision: Decision) -> str:
    """As `decided`, for a bonus, multiplier or penalty, whose standing is shown beside it."""
    said = f"Decided by {decision.who}, {moment(decision.decided_at)}: {sentence(decision.reason)}"
    return f"{said} {_replaced(decision)}".rstrip()


def _replaced(decision: Decision) -> str:
    """What the grader had found by itself, where that is overridden; "" where a person decides what was open."""
    if decision.was in ("counts", "does not count"):
        return f"The grader had {'' if decision.was == 'counts' else 'not '}counted it."
    for status in (status for status in STATUS if status == decision.was):
        if decision.lowest == decision.highest:
            return f"The grader had found: {STATUS[status].text}, {points(decision.lowest)} points."
        if not decision.lowest <= decision.points <= decision.highest:
            return f"The grader had found: {points(decision.lowest)} to {points(decision.highest)} points."
    return ""


def status_line(outcome: Outcome) -> str:
    """`Not met, 0 of 75 points`, with what the status means where that is not plain."""
    word = STATUS[outcome.status]
    meaning = f": {word.meaning}" if word.meaning else ""
    return f"{word.text}, {score(outcome)} points{meaning}."


def advice(status: Status, hint: str) -> tuple[str, str]:
    """A hint under the name of the one whose turn it is: the student, a person of the staff, who runs the grader."""
    if status == "errored":
        return "For whoever runs the grader", hint
    name, found, rest = hint.partition(": ")
    if found and name == "A person decides":
        return name, rest[:1].upper() + rest[1:]
    return "What to try", hint


def why_not(absent: Absent) -> str:
    """The reason why something is not there, and whose doing it is."""
    whose = {
        "errored": "The grader's or its machine's fault, not charged: ",
        "review": "A person will look at this: ",
    }
    return f"{whose.get(absent.cause, '')}{sentence(absent.reason)} {sentence(absent.hint)}".strip()


def sentence(text: str) -> str:
    """The text with a full stop, if it has no end of its own."""
    return text if not text or text[-1] in ".!?…:" else f"{text}."


def shortened(text: str, limit: int = 160) -> str:
    """The start of a longer text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 2].rstrip() + " …"


def points(value: float) -> str:
    """`75`, `33.33`, `1,250`."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def share(ratio: float, digits: int = 2) -> str:
    """0.9883 → `98.83 %`, 0.7 → `70 %`."""
    return f"{100 * ratio:.{digits}f}".rstrip("0").rstrip(".") + " %"


def accuracy(ratio: float) -> str:
    """0.99 → `99.00 %`: always two places, so that a column of them can be compared."""
    return f"{100 * ratio:.2f} %"


def seconds(value: float) -> str:
    """`8.2 s`, `1 min 31 s`, `2 h 5 min`."""
    if value < 60:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def took(made: Provenance) -> str:
    """`1 min 31 s: training 58.2 s, scoring 12.0 s, all else 21.1 s`; the parts only where something was trained."""
    whole = seconds(made.wall_seconds)
    if not made.train_seconds:
        return whole
    parts = (made.train_seconds, made.evaluate_seconds, made.overhead_seconds)
    names = ("training", "scoring", "all else")
    return f"{whole}: " + ", ".join(
        f"{name} {seconds(part)}" for name, part in zip(names, parts, strict=True)
    )


def size(count: int) -> str:
    """`640 bytes`, `4.2 kB`, `5.0 MB`."""
    if count < 1000:
        return counted(count, "byte")
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def amount(count: int) -> str:
    """`950`, `1.42 million`, `4.09 billion`."""
    for size, name in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if count >= size:
            return f"{count / size:,.2f} {name}"
    return f"{count:,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 seed`, `3 seeds`, `60,000 images`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shape(sizes: tuple[int, ...]) -> str:
    """`8 × 26 × 26`, never broken at the end of a line."""
    return "\u00a0×\u00a0".join(str(size) for size in sizes) or "–"


def call(name: str, arguments: tuple[tuple[str, Scalar], ...]) -> str:
    """`sgd(momentum=0.9)`."""
    given = ", ".join(
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in arguments
    )
    return f"{name}({given})" if given else name


def moment(iso: str) -> str:
    """`2026-11-03T09:00:00+00:00` → `2026-11-03 09:00:00 UTC`."""
    return iso.replace("T", " ", 1).replace("+00:00", " UTC") or "not recorded"


def score_of_part(part: Part) -> str:
    """`16.67 of 16.67`; `open, 16.67` where a person or another run may still add them."""
    if part.status in ("passed", "partial", "failed"):
        return f"{points(part.points)} of {points(part.max_points)}"
    return f"{points(part.max_points)} open"
