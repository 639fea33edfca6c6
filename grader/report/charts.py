"""Our own SVG: small, without a script, sharp in print, in the colours of the page it stands in.

Each chart is an image with a title and a description; the numbers stand in a table beside it. Every text goes
through `html.escape`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

from grader.records import CurvePoint, Trial

WIDTH, HEIGHT = 720, 250
LEFT, RIGHT, TOP, BOTTOM = 48, 128, 14, 40
POINTS_DRAWN = 160
DASHES = ("", "7 4", "2 4", "10 4 2 4", "1 5")


def loss_curve(trials: tuple[Trial, ...]) -> str:
    """Training loss over samples, one line a seed, as an `<svg>`; "" where there is nothing."""
    lines = [(trial.seed, points) for trial in trials if len(points := _drawable(trial.curve)) > 1]
    if not lines:
        return ""
    most = max(point.samples for _, points in lines for point in points)
    highest = round_up(max(point.loss for _, points in lines for point in points))
    ends = apart([_y(points[-1].loss, highest) for _, points in lines])
    drawn = [
        _line(index, seed, points, most, highest, ends[index]) for index, (seed, points) in enumerate(lines)
    ]
    about = "; ".join(f"seed {seed}: from {p[0].loss:.2f} to {p[-1].loss:.2f}" for seed, p in lines)
    return "".join(
        (
            f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" ',
            'aria-labelledby="curve-t curve-d">',
            '<title id="curve-t">Training loss over the samples seen</title>',
            f'<desc id="curve-d">{escape(about)}.</desc>',
            *_grid(most, highest),
            *drawn,
            "</svg>",
        )
    )


def rate_curve(trials: tuple[Trial, ...]) -> str:
    """The learning rate as it was run, as an `<svg>`; "" where it is not known.

    All seeds are trained under one schedule: the trial that came furthest is drawn.
    """
    known = [points for trial in trials if len(points := rated(trial)) > 1]
    if not known:
        return ""
    points = max(known, key=lambda some: some[-1].samples)
    most = max(point.samples for point in points)
    highest = round_up(max(point.rate for point in points))
    places = " ".join(f"{_x(one.samples, most):.1f},{_y(one.rate, highest):.1f}" for one in points)
    about = f"From {points[0].rate:.3g} to {points[-1].rate:.3g}, at most {max(p.rate for p in points):.3g}."
    return "".join(
        (
            f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" ',
            'aria-labelledby="rates-t rates-d">',
            '<title id="rates-t">Learning rate over the samples seen</title>',
            f'<desc id="rates-d">{about}</desc>',
            *_grid(most, highest),
            f'<g class="line line-0"><polyline points="{places}"/></g>',
            "</svg>",
        )
    )


def rated(trial: Trial) -> list[CurvePoint]:
    """The points of a trial whose learning rate is known; not all of them where they are many."""
    good = [point for point in trial.curve if 0 <= point.rate < 1e12 and point.samples >= 0]
    step = math.ceil(len(good) / POINTS_DRAWN) or 1
    return good[step - 1 :: step]


def _drawable(curve: tuple[CurvePoint, ...]) -> list[CurvePoint]:
    """Points with a finite loss, not below zero, averaged in groups where there are too many."""
    good = [
        point
        for point in curve
        if math.isfinite(point.loss) and 0 <= point.loss < 1e12 and point.samples >= 0
    ]
    group = math.ceil(len(good) / POINTS_DRAWN) or 1
    groups = [good[start : start + group] for start in range(0, len(good), group)]
    return [CurvePoint(some[-1].samples, sum(point.loss for point in some) / len(some)) for some in groups]


def _line(index: int, seed: int, points: list[CurvePoint], most: int, highest: float, label_y: float) -> str:
    places = " ".join(f"{_x(point.samples, most):.1f},{_y(point.loss, highest):.1f}" for point in points)
    dash = f' stroke-dasharray="{DASHES[index % len(DASHES)]}"' if DASHES[index % len(DASHES)] else ""
    return (
        f'<g class="line line-{index % len(DASHES)}"><title>seed {seed}</title>'
        f'<polyline points="{places}"{dash}/>'
        f'<text x="{WIDTH - RIGHT + 8}" y="{label_y + 4:.1f}">seed {seed}</text></g>'
    )


def _grid(most: int, highest: float) -> Iterable[str]:
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    for place in range(0, most + 1, tick_step(most)):
        x = _x(place, most)
        y = HEIGHT - BOTTOM + 18
        yield f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{place:,}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="tick" x="{middle:.0f}" y="{HEIGHT - 4}" text-anchor="middle">samples seen</text>'


def _x(samples: int, most: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * samples / max(most, 1)


def _y(loss: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * loss / highest


def round_up(value: float) -> float:
    """The next value that divides into four readable parts."""
    if value < 1e-300:  # nothing, or so little that its parts are nothing
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12) if step * power >= value)


def tick_step(most: int) -> int:
    """A round number of samples that divides the axis into four to ten parts; at least 1."""
    power = 10 ** max(len(str(most)) - 2, 0)
    found: int = next((step * power for step in (2, 5, 10, 20) if most < 6.5 * step * power), 25 * power)
    return found


def apart(heights: list[float], gap: float = 15.0) -> list[float]:
    """The same heights, moved so that labels of one line each don't cover one another."""
    order = sorted(range(len(heights)), key=lambda index: -heights[index])
    moved = list(heights)
    for above, below in zip(order[1:], order, strict=False):
        moved[above] = min(moved[above], moved[below] - gap)
    return moved
