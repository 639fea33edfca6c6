"""The seeds as dots, with the interval of their mean and the line that it is held against, as our own SVG.

The numbers stand in the table of the seeds. The interval is the one of the check's own sentence: nothing is
worked out here that the verdict did not use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from grader.records import Absent, Evidence, RunRecord
from grader.report import charts, words
from grader.report.sections.curves import limits

WIDTH, HEIGHT = charts.WIDTH, 132
LEFT, RIGHT, AXIS = 28, 28, 96
DOTS, INTERVAL = 44, 72
"""Heights of the dots and of the interval."""

_INTERVAL = re.compile(r"interval of the mean: (\d+(?:\.\d+)?) to (\d+(?:\.\d+)?) %")
"""As `grader.evaluation.noise` writes it."""
_STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Seeds:
    """All values are accuracies, 0 to 1."""

    dots: tuple[tuple[int, float], ...]  # seed, accuracy
    mean: float
    interval: tuple[float, float] | None
    lines: tuple[float, ...]


def seeds_chart(record: RunRecord) -> str:
    """The picture as an `<svg>`; "" where no accuracy was measured."""
    found = seeds(record)
    if found is None:
        return ""
    low, high = _range(found)
    return "".join(
        (
            f'<svg class="curve seeds" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" ',
            'aria-labelledby="seeds-t seeds-d">',
            '<title id="seeds-t">Test accuracy of each seed</title>',
            f'<desc id="seeds-d">{escape(told(found))}</desc>',
            *_axis(low, high),
            *_lines(found, low, high),
            *_interval(found, low, high),
            *_dots(found, low, high),
            "</svg>",
        )
    )


def seeds(record: RunRecord) -> Seeds | None:
    """What there is to draw; None where nothing was measured."""
    evidence, measured = record.evidence, record.evidence.test_accuracy
    dots = tuple(_scored(evidence))
    if isinstance(measured, Absent) or not dots:
        return None
    lines = tuple(sorted({limit.target for limit in limits(record)}))
    return Seeds(dots, measured.value, _stated_interval(record), lines)


def told(found: Seeds) -> str:
    """The picture in a sentence."""
    said = [f"seed {seed}: {words.accuracy(value)}" for seed, value in found.dots]
    said += [f"mean: {words.accuracy(found.mean)}"]
    if found.interval:
        said.append(f"95 % interval of the mean: {' to '.join(map(words.accuracy, found.interval))}")
    said += [f"line at {words.share(line)}" for line in found.lines]
    return f"{'; '.join(said)}."


def _scored(evidence: Evidence) -> Iterator[tuple[int, float]]:
    for trial in evidence.trials:
        if not isinstance(trial.accuracy, Absent) and 0 <= trial.accuracy.value <= 1:
            yield trial.seed, trial.accuracy.value


def _stated_interval(record: RunRecord) -> tuple[float, float] | None:
    for outcome in record.outcomes:
        said = _INTERVAL.search(outcome.finding.rationale) if outcome.check == "test_accuracy" else None
        if said:
            low, high = sorted(min(float(end) / 100, 1.0) for end in said.groups())
            return low, high
    return None


def _range(found: Seeds) -> tuple[float, float]:
    shown = [value for _, value in found.dots] + [found.mean, *(found.interval or ()), *found.lines]
    margin = max(0.08 * (max(shown) - min(shown)), 0.002)
    return max(0.0, min(shown) - margin), min(1.0, max(shown) + margin)


def _axis(low: float, high: float) -> Iterator[str]:
    step = next((one for one in _STEPS if (high - low) / one <= 6), 0.25)
    yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{AXIS}" y2="{AXIS}"/>'
    for number in range(int(low / step) + 1, int(high / step + 1e-9) + 1):
        x = _x(number * step, low, high)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{AXIS}" y2="{AXIS + 5}"/>'
        label = words.share(number * step)
        yield f'<text class="tick" x="{x:.1f}" y="{AXIS + 20}" text-anchor="middle">{label}</text>'


def _lines(found: Seeds, low: float, high: float) -> Iterator[str]:
    for line in found.lines:
        x = _x(line, low, high)
        end = "end" if x > WIDTH / 2 else "start"
        beside = x - 6 if end == "end" else x + 6
        yield (
            f'<g class="edge"><line x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="{AXIS}" stroke-dasharray="6 4"/>'
            f'<text x="{beside:.1f}" y="20" text-anchor="{end}">line: {words.share(line)}</text></g>'
        )


def _interval(found: Seeds, low: float, high: float) -> Iterator[str]:
    mean = first = last = _x(found.mean, low, high)
    yield '<g class="line line-0"><title>mean and the 95 % interval of it</title>'
    if found.interval:
        first, last = (_x(end, low, high) for end in found.interval)
        ends = " ".join(f"M{x:.1f} {INTERVAL - 6}v12" for x in (first, last))
        yield f'<path d="M{first:.1f} {INTERVAL}H{last:.1f} {ends}"/>'
    label = f"mean {words.accuracy(found.mean)}{', 95 % interval' if found.interval else ''}"
    x, anchor = (first - 8, "end") if first > WIDTH / 2 else (last + 8, "start")
    yield f'<path d="M{mean:.1f} {INTERVAL - 10}v20"/>'
    yield f'<text x="{x:.1f}" y="{INTERVAL + 4}" text-anchor="{anchor}">{label}</text></g>'


def _dots(found: Seeds, low: float, high: float) -> Iterator[str]:
    for seed, value in found.dots:
        yield (
            f'<g class="line line-1"><title>seed {seed}: {words.accuracy(value)}</title>'
            f'<circle cx="{_x(value, low, high):.1f}" cy="{DOTS}" r="5" fill-opacity=".55"/></g>'
        )


def _x(accuracy: float, low: float, high: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (accuracy - low) / max(high - low, 1e-9)
