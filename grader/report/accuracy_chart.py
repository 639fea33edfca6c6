"""Test accuracy over the epochs as our own SVG: a line a seed, the limit, and the epochs in which it must hold.

The axis shows the end of the training: what lies far below is drawn at its foot, and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from grader.records import EpochPoint, Trial
from grader.report import charts, words
from grader.report.sections.curves import Limit, measured

WIDTH, HEIGHT = charts.WIDTH, charts.HEIGHT
LEFT, RIGHT, TOP, BOTTOM = charts.LEFT + 8, charts.RIGHT, charts.TOP, charts.BOTTOM
DOTTED = 40
"""With more epochs, no dots are drawn on the lines."""

FLATTER = 5
"""How many times flatter the end of the training may become so that the first epochs are seen too."""

_STEPS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
Drawn = list[tuple[Trial, list[EpochPoint]]]
Range = tuple[float, float]


def accuracy_curve(trials: tuple[Trial, ...], limits: tuple[Limit, ...]) -> str:
    """The picture as an `<svg>`; "" where there are not at least two epochs to draw."""
    drawn = [(trial, points) for trial, points in measured(trials) if len(points) > 1]
    if not drawn:
        return ""
    last = max(points[-1].epoch for _, points in drawn)
    span = _range(drawn, limits)
    return "".join(
        (
            f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" ',
            'aria-labelledby="accuracy-t accuracy-d">',
            '<title id="accuracy-t">Test accuracy after each epoch</title>',
            f'<desc id="accuracy-d">{escape(_told(drawn, limits, span))}</desc>',
            *_bands(limits, last),
            *_grid(last, span),
            *_limits(limits, span),
            *_lines(drawn, last, span),
            "</svg>",
        )
    )


def _range(drawn: Drawn, limits: tuple[Limit, ...]) -> Range:
    """From a little below the later half of the epochs and the limits to a little above them; all epochs, where
    that does not make the end much flatter."""
    late = [point.accuracy for _, points in drawn for point in points[len(points) // 2 :]]
    shown = [*late, *(limit.target for limit in limits)]
    margin = max(0.6 * (max(shown) - min(shown)), 0.002)
    low, high = max(0.0, min(shown) - margin), min(1.0, max(shown) + margin / 2)
    every = min(point.accuracy for _, points in drawn for point in points)
    return (min(every, low) if high - every <= FLATTER * (high - low) else low), high


def _told(drawn: Drawn, limits: tuple[Limit, ...], span: Range) -> str:
    said = [
        f"seed {trial.seed}: {words.accuracy(points[0].accuracy)} after epoch {points[0].epoch}, "
        f"{words.accuracy(points[-1].accuracy)} after epoch {points[-1].epoch}"
        for trial, points in drawn
    ]
    said += [f"line at {words.share(limit.target)}" for limit in limits]
    said += [below] if (below := _below(drawn, span)) else []
    return f"{'; '.join(said)}."


def _below(drawn: Drawn, span: Range) -> str:
    """Which epochs are drawn at the foot because they lie lower; "" where none does."""
    low = [point for _, points in drawn for point in points if point.accuracy < span[0]]
    if not low:
        return ""
    epochs = sorted({point.epoch for point in low})
    which = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]} to {epochs[-1]}"
    return f"below: {which}, from {words.accuracy(min(one.accuracy for one in low))}"


def _lines(drawn: Drawn, last: int, span: Range) -> Iterator[str]:
    ends = charts.apart([_y(points[-1].accuracy, span) for _, points in drawn])
    for index, ((trial, points), label_y) in enumerate(zip(drawn, ends, strict=True)):
        hue = index % len(charts.DASHES)
        dash = f' stroke-dasharray="{charts.DASHES[hue]}"' if charts.DASHES[hue] else ""
        places = [(_x(point.epoch, last), _y(point.accuracy, span)) for point in points]
        yield f'<g class="line line-{hue}"><title>seed {trial.seed}</title>'
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"{dash}/>'
        if len(points) <= DOTTED:
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places)
        label = f"{trial.seed}: {words.accuracy(points[-1].accuracy)}"
        yield f'<text x="{WIDTH - RIGHT + 8}" y="{label_y + 4:.1f}">{label}</text></g>'
    yield f'<text x="{WIDTH - RIGHT + 8}" y="{HEIGHT - 4}">seed: last epoch</text>'
    yield f'<text x="{LEFT}" y="{HEIGHT - 4}">{escape(_below(drawn, span))}</text>'


def _limits(limits: tuple[Limit, ...], span: Range) -> Iterator[str]:
    for limit in limits:
        y = _y(limit.target, span)
        yield (
            f'<g class="edge"><line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke-dasharray="6 4"/><text x="{LEFT + 6}" y="{y - 6:.1f}">'
            f"line: {words.share(limit.target)}</text></g>"
        )


def _bands(limits: tuple[Limit, ...], last: int) -> Iterator[str]:
    """A shaded part behind the last epochs where the line must hold in each of several."""
    most = min(max((limit.last_epochs for limit in limits), default=1), last)
    if most > 1:
        first = max(_x(last - most + 0.5, last), LEFT)
        height = HEIGHT - BOTTOM - TOP
        yield f'<rect class="band" x="{first:.1f}" y="{TOP}" width="{WIDTH - RIGHT - first:.1f}" height="{height}"/>'


def _grid(last: int, span: Range) -> Iterator[str]:
    step = next((one for one in _STEPS if (span[1] - span[0]) / one <= 5), 0.25)
    for number in range(math.ceil(span[0] / step - 1e-9), math.floor(span[1] / step + 1e-9) + 1):
        y = _y(number * step, span)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        label = words.share(number * step)
        yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    every = 1 if last <= 12 else charts.tick_step(last)
    for epoch in sorted({1, *range(every, last + 1, every)}):
        x, y = _x(epoch, last), HEIGHT - BOTTOM + 18
        yield f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{epoch:,}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="tick" x="{middle:.0f}" y="{HEIGHT - 4}" text-anchor="middle">epoch</text>'


def _x(epoch: float, last: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(last - 1, 1)


def _y(accuracy: float, span: Range) -> float:
    share = (accuracy - span[0]) / (span[1] - span[0])
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(share, 0.0), 1.0)
