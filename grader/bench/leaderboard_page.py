"""A leaderboard as a page, and its picture: parameters against accuracy, as our own SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from grader.bench.leaderboard import Board, Ranked
from grader.bench.page import Grid, Page, mflops, percent, seconds
from grader.report.charts import apart
from grader.report.inert import one_line

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 14, 44
NAMES_DRAWN = 12
"""Names beside dots: those of the front first. The table has all of them."""
_STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

READ_AS = (
    "Rank: one more than the models that are better for certain, whose interval lies wholly above. Equal ranks are ties.",
    "The 95 % interval is that of the grader's reports: with fewer than five seeds the noise known of the data set "
    "counts, too.",
    "Front: no other model is as small and as accurate.",
    "Time and samples are medians over the seeds, to the end of the first epoch that has the target. Times of "
    "different devices do not compare; samples do.",
)


def board_page(found: Board) -> Page:
    several = len({one.entry.device for one in found.entries}) > 1
    heads = (
        "rank", "model", "accuracy", "95 % interval", "seeds", "parameters", "front", "MFLOPs",
        "samples to target", "time to target",
    )  # fmt: skip
    rows = tuple(_row(one, several=several) for one in found.entries)
    target = f" Target: {percent(found.target)}." if found.target else ""
    lines = (found.title, f"Edition {found.edition}, {found.data}.{target}")
    grid = Grid("By accuracy", heads, rows, (0, 2, 3, 4, 5, 7, 8, 9))
    return Page(f"Leaderboard of {found.spec_id}", lines, (grid,), READ_AS)


def _row(ranked: Ranked, *, several: bool) -> tuple[str, ...]:
    one = ranked.entry
    time = seconds(one.seconds) if math.isfinite(one.seconds) else "not reached"
    return (
        str(ranked.rank),
        one.name,
        percent(one.mean),
        f"{100 * one.interval.low:.2f} to {100 * one.interval.high:.2f} %",
        str(one.seeds),
        f"{one.parameters:,}",
        "yes" if ranked.on_front else "",
        mflops(one.flops),
        f"{one.samples:,.0f}" if math.isfinite(one.samples) else "not reached",
        f"{time} ({one.device})" if several and math.isfinite(one.seconds) else time,
    )


class _Scale:
    """Places of the picture: parameters on a logarithmic axis, accuracy on a linear one."""

    def __init__(self, found: Board) -> None:
        sizes = [max(1, one.entry.parameters) for one in found.entries]
        shown = [end for one in found.entries for end in (one.entry.interval.low, one.entry.interval.high)]
        shown += [found.target] if found.target else []
        margin = max(0.08 * (max(shown) - min(shown)), 0.001)
        self.low, self.high = max(0.0, min(shown) - margin), min(1.0, max(shown) + margin)
        self.smallest, self.largest = math.log10(min(sizes)) - 0.1, math.log10(max(sizes)) + 0.1

    def x(self, parameters: float) -> float:
        share = (math.log10(max(1.0, parameters)) - self.smallest) / (self.largest - self.smallest)
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    def y(self, accuracy: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (accuracy - self.low) / (self.high - self.low)


def front_chart(found: Board) -> str:
    """The picture as a `<figure>`."""
    scale = _Scale(found)
    front = sorted((one for one in found.entries if one.on_front), key=lambda one: one.entry.parameters)
    places = " ".join(f"{scale.x(one.entry.parameters):.1f},{scale.y(one.entry.mean):.1f}" for one in front)
    about = "; ".join(
        f"{one.entry.name}: {one.entry.parameters:,} parameters, {percent(one.entry.mean)}" for one in front
    )
    return "".join(
        (
            f'<figure><svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="front-t front-d">',
            '<title id="front-t">Parameters against test accuracy</title>',
            f'<desc id="front-d">On the front: {escape(one_line(about, 2000))}.</desc>',
            *_axes(found, scale),
            f'<g class="line line-0"><polyline points="{places}"/></g>',
            *_dots(found, scale),
            *_names(found, scale),
            "</svg></figure>",
        )
    )


def _axes(found: Board, scale: _Scale) -> Iterator[str]:
    step = next((one for one in _STEPS if (scale.high - scale.low) / one <= 6), 0.5)
    for number in range(math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9) + 1):
        y = scale.y(number * step)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{100 * number * step:.4g} %</text>'
    for exponent in range(math.floor(scale.smallest), math.ceil(scale.largest) + 1):
        for digit in (1, 2, 5):
            size = digit * 10**exponent
            if size >= 1 and scale.smallest <= math.log10(size) <= scale.largest:
                x = scale.x(size)
                yield f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,}</text>'
    if found.target:
        y = scale.y(found.target)
        yield (
            f'<g class="edge"><line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke-dasharray="6 4"/>'
            f'<text x="{LEFT + 6}" y="{y - 6:.1f}">target {percent(found.target)}</text></g>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="tick" x="{middle:.0f}" y="{HEIGHT - 4}" text-anchor="middle">parameters</text>'


def _dots(found: Board, scale: _Scale) -> Iterator[str]:
    for one in found.entries:
        entry = one.entry
        x, y = scale.x(entry.parameters), scale.y(entry.mean)
        low, high = scale.y(entry.interval.low), scale.y(entry.interval.high)
        hue = 0 if one.on_front else 4
        yield (
            f'<g class="line line-{hue}"><title>{escape(one_line(entry.name))}: {entry.parameters:,} parameters, '
            f'{percent(entry.mean)}</title><polyline points="{x:.1f},{low:.1f} {x:.1f},{high:.1f}"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/></g>'
        )


def _names(found: Board, scale: _Scale) -> Iterator[str]:
    """Beside the picture, in the order of their accuracy, so that none covers another."""
    shown = sorted(found.entries, key=lambda one: not one.on_front)[:NAMES_DRAWN]
    wanted = [scale.y(one.entry.mean) for one in shown]
    for one, y in zip(shown, apart(wanted), strict=True):
        hue = 0 if one.on_front else 4
        yield (
            f'<g class="line line-{hue}"><text x="{WIDTH - RIGHT + 8}" y="{y + 4:.1f}">'
            f"{escape(one_line(one.entry.name, 20))}</text></g>"
        )
