"""The charts of a batch as our own SVG: bars, and accuracy against parameters. Real text, a title, no script.

What a chart shows stands in a table beside it, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from grader.report import words
from grader.report.batch_figures import Bin, Dot
from grader.report.charts import HEIGHT, TOP, WIDTH, round_up

LEFT, RIGHT, BOTTOM = 56, 16, 44
DOT, CROSS = 4.0, 3.4


def bars(bins: Sequence[Bin], name: str, title: str, mark: float = 0.0) -> str:
    """A bar for each bin with its count above it; "" where all are empty.

    Args:
        name: of the picture in the page, for its title and description.
        mark: a line over the bins, counted in bins from the left; 0 for none.
    """
    most = max((one.count for one in bins), default=0)
    if not most:
        return ""
    about = "; ".join(f"{one.title}: {one.count}" for one in bins if one.count)
    return "".join(
        (
            *_head(name, title, f"{about}."),
            *_steps(round_up(max(most, 4))),
            *_bars(bins, round_up(max(most, 4))),
            *(_mark(mark, len(bins)) if mark else ()),
            "</svg>",
        )
    )


def scatter(found: Sequence[Dot]) -> str:
    """Accuracy over the logarithm of the parameters, the front as a line; each dot leads to its report."""
    if not found:
        return ""
    few, many = _decades(found)
    low, high = _span(found)
    places = [(_log_x(one.parameters, few, many), _share_y(one.accuracy, low, high)) for one in found]
    front = [place for one, place in zip(found, places, strict=True) if one.on_front]
    about = f"{words.counted(len(found), 'submission')}, {len(front)} of them on the front."
    return "".join(
        (
            *_head("dots", "Test accuracy over the number of parameters", about),
            *_parameter_ticks(few, many),
            *_accuracy_ticks(low, high),
            f'<polyline class="front" points="{_front_line(front)}"/>',
            *(_dot(one, place, low) for one, place in zip(found, places, strict=True)),
            "</svg>",
        )
    )


def share_bar(parts: Sequence[tuple[str, int]], whole: int) -> str:
    """One line of a table as a bar of parts: (class, count)."""
    at, drawn = 0.0, []
    for kind, count in parts:
        width = 100 * count / max(whole, 1)
        if count:
            drawn.append(f'<rect class="{kind}" x="{at:.2f}" width="{width:.2f}" height="8"/>')
        at += width
    return f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'


def _head(name: str, title: str, about: str) -> tuple[str, ...]:
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" ',
        f'aria-labelledby="{name}-t" aria-describedby="{name}-d">',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(about)}</desc>',
    )


# --- bars -------------------------------------------------------------------------------------------------------------


def _bars(bins: Sequence[Bin], highest: float) -> Iterator[str]:
    step = (WIDTH - LEFT - RIGHT) / len(bins)
    for at, one in enumerate(bins):
        x, foot = LEFT + at * step, HEIGHT - BOTTOM
        middle = x + step / 2
        if one.count:
            tall, top = _height(one.count, highest), _height(one.open, highest)
            yield f'<g class="col"><title>{escape(one.title)}: {one.count:,}</title>'
            yield f'<rect x="{x + 3:.1f}" y="{foot - tall:.1f}" width="{step - 6:.1f}" height="{tall:.1f}"/>'
            if one.open:
                yield (
                    f'<rect class="open" x="{x + 3:.1f}" y="{foot - tall:.1f}" width="{step - 6:.1f}" '
                    f'height="{top:.1f}"/>'
                )
            yield f'<text x="{middle:.1f}" y="{foot - tall - 5:.1f}" text-anchor="middle">{one.count:,}</text></g>'
        for line, text in enumerate(_two_lines(one.title)):
            yield (
                f'<text class="tick" x="{middle:.1f}" y="{foot + 16 + 14 * line}" text-anchor="middle">'
                f"{escape(text)}</text>"
            )


def _two_lines(title: str) -> tuple[str, ...]:
    """`20 to 30 %` and `1 min 0 s to 2 min 0 s` as two short lines."""
    first, found, second = title.partition(" to ")
    return (first, f"to {second}") if found else (title,)


def _height(count: int, highest: float) -> float:
    return (HEIGHT - BOTTOM - TOP - 14) * count / highest


def _steps(highest: float) -> Iterator[str]:
    for part in range(5):
        value = highest * part / 4
        if value != int(value):
            continue
        y = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP - 14) * part / 4
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'


def _mark(mark: float, bins: int) -> Iterator[str]:
    x = LEFT + (WIDTH - LEFT - RIGHT) * mark / bins
    yield (
        f'<g class="edge"><line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke-dasharray="6 4"/>'
        f'<text x="{x - 6:.1f}" y="{TOP + 8}" text-anchor="end">pass mark</text></g>'
    )


# --- dots -------------------------------------------------------------------------------------------------------------


def _decades(found: Sequence[Dot]) -> tuple[float, float]:
    """The logarithms between which the dots lie, with a little room."""
    few = math.log10(min(one.parameters for one in found))
    many = math.log10(max(one.parameters for one in found))
    room = max(0.08 * (many - few), 0.05)
    return few - room, many + room


def _span(found: Sequence[Dot]) -> tuple[float, float]:
    """The accuracies that are drawn: where most lie. What lies lower stands at the foot."""
    ordered = sorted(one.accuracy for one in found)
    low, high = ordered[len(ordered) // 10], ordered[-1]
    room = max(0.15 * (high - low), 0.002)
    return max(0.0, low - room), min(1.0, high + room)


def _log_x(parameters: float, few: float, many: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(parameters) - few) / (many - few)


def _share_y(accuracy: float, low: float, high: float) -> float:
    share = min(max((accuracy - low) / (high - low), 0.0), 1.0)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share


def _front_line(places: Sequence[tuple[float, float]]) -> str:
    """Steps: between two of the front, nobody is better than the one with fewer parameters."""
    corners: list[tuple[float, float]] = []
    for x, y in places:
        corners += [(x, corners[-1][1])] if corners else []
        corners.append((x, y))
    corners += [(WIDTH - RIGHT, corners[-1][1])] if corners else []
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _dot(one: Dot, place: tuple[float, float], low: float) -> str:
    """A disc for who passed, a cross for who did not, a ring for who is open: never a colour alone."""
    x, y = place
    row = one.row
    below = ", drawn at the foot" if one.accuracy < low else ""
    title = f"{row.name}: {one.parameters:,} parameters, {words.accuracy(one.accuracy)}{below}"
    if row.state == "passed":
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT:g}"/>'
    elif row.state == "person":
        shape = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="{DOT:g}"/>'
    else:
        a, b = x - CROSS, y - CROSS
        shape = f'<path d="M{a:.1f} {b:.1f}l{2 * CROSS:g} {2 * CROSS:g}m0 -{2 * CROSS:g}l-{2 * CROSS:g} {2 * CROSS:g}"/>'
    kind = "dot front-dot" if one.on_front else "dot"
    drawn = f'<g class="{kind}"><title>{escape(title)}</title>{shape}</g>'
    return f'<a href="{escape(row.address)}" tabindex="-1">{drawn}</a>' if row.address else drawn


def _parameter_ticks(few: float, many: float) -> Iterator[str]:
    steps = (1, 2, 5) if many - few < 2.5 else (1,)
    y = HEIGHT - BOTTOM
    for power in range(math.floor(few), math.ceil(many) + 1):
        for step in steps:
            value = step * 10.0**power
            if few <= math.log10(value) <= many and value >= 1:
                x = _log_x(value, few, many)
                yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{y}"/>'
                yield f'<text class="tick" x="{x:.1f}" y="{y + 19}" text-anchor="middle">{value:,.0f}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="tick" x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">parameters</text>'


def _accuracy_ticks(low: float, high: float) -> Iterator[str]:
    yield f'<text class="tick" x="4" y="{TOP - 6}">test accuracy</text>'
    sizes = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    step = next((one for one in sizes if (high - low) / one <= 6), 0.2)
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        y = _share_y(number * step, low, high)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield (
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words.share(number * step)}</text>'
        )
