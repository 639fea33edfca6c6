"""How the receptive field grows with depth, as our own SVG: steps, and a dashed line at the picture's size.

Depth is the longest way from the input to an operator. Where branches have the same depth, the widest is drawn;
the table beside the picture lists all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from grader.records import Absent, Axis, ModelFacts, Operator, Outcome
from grader.report import charts, words
from grader.report.sections.structure import kind_of, sees

WIDTH, HEIGHT = charts.WIDTH, charts.HEIGHT
LEFT, RIGHT, TOP, BOTTOM = charts.LEFT, charts.RIGHT, charts.TOP + 12, charts.BOTTOM
DOTS = 60
_REQUIRED = re.compile(r"(?:over|at least|exactly) (\d{1,6})(?=\.|\s|$)")
"""As the check `receptive_field` writes its requirement."""
Points = dict[int, int]


def growth(found: ModelFacts | Absent, outcomes: tuple[Outcome, ...] = ()) -> str:
    """The picture as an `<svg>`, with a line where a check asks for a size; "" where there is no growth to draw."""
    if isinstance(found, Absent) or isinstance(found.structure, Absent):
        return ""
    widest = _widest(found.structure.operators)
    lines = [points for axis in (0, 1) if len(points := _sizes(widest, axis)) > 1]
    if not lines:
        return ""
    if len(lines) == 2 and lines[0] == lines[1]:
        lines = lines[:1]
    picture = found.input_shape[-2:]
    last = max(widest)
    wanted = required(outcomes)
    sizes = (*picture, *wanted.values(), *(size for points in lines for size in points.values()))
    highest = charts.round_up(max(sizes))
    return "".join(
        (
            f'<svg class="curve growth" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" ',
            'aria-labelledby="growth-t growth-d">',
            '<title id="growth-t">Receptive field over depth</title>',
            f'<desc id="growth-d">{escape(_told(widest, picture, wanted))}</desc>',
            *_grid(last, highest),
            *_bands(widest, last),
            *_picture_lines(picture, highest),
            *_required_lines(wanted, highest),
            *_steps(lines, last, highest),
            *_dots(widest, last, highest),
            "</svg>",
        )
    )


def required(outcomes: tuple[Outcome, ...]) -> dict[str, int]:
    """`over 44` → 44, for each check of the receptive field, as its requirement states it."""
    found = [_REQUIRED.search(one.requirement) for one in outcomes if one.check == "receptive_field"]
    return {one[0]: int(one[1]) for one in found if one}


def _widest(operators: tuple[Operator, ...]) -> dict[int, Operator]:
    """Depth → the operator of that depth that sees most; only operators with a spatial output."""
    depths: dict[int, int] = {}
    found: dict[int, Operator] = {}
    for one in operators:
        depth = 1 + max((depths.get(index, 0) for index in one.inputs), default=0)
        depths[one.index] = depth
        if _spatial(one) and (depth not in found or _extent(one) > _extent(found[depth])):
            found[depth] = one
    return found


def _spatial(one: Operator) -> bool:
    return len(one.axes) == 2 and any(axis.state != "none" for axis in one.axes)


def _extent(one: Operator) -> int:
    return sum(axis.size for axis in one.axes if axis.state == "known")


def _sizes(widest: dict[int, Operator], axis: int) -> Points:
    """Depth → size along one axis, where it is known."""
    return {
        depth: one.axes[axis].size
        for depth, one in sorted(widest.items())
        if one.axes[axis].state == "known" and one.axes[axis].size >= 0
    }


def _told(widest: dict[int, Operator], picture: tuple[int, ...], wanted: dict[str, int]) -> str:
    known = [one for _, one in sorted(widest.items()) if _all(one.axes, "known")]
    said = f"The picture has {words.shape(picture)} pixels."
    if known:
        first, most = known[0], max(known, key=_extent)
        said = f"It grows from {sees(first.axes)} to {sees(most.axes)} pixels. {said}"
    for state in ("global", "unknown"):
        depths = [depth for depth, one in widest.items() if any(axis.state == state for axis in one.axes)]
        said += f" At depth {min(depths)} it becomes {state}." if depths else ""
    return said + "".join(f" Required is {name}." for name in wanted)


def _all(axes: tuple[Axis, ...], state: str) -> bool:
    return all(axis.state == state for axis in axes)


def _steps(lines: list[Points], last: int, highest: float) -> Iterator[str]:
    """A line per axis, or one for both where they are the same."""
    names = ("height", "width") if len(lines) == 2 else ("",)
    ends = charts.apart([_y(_end(points)[1], highest) for points in lines])
    for index, (points, name, label_y) in enumerate(zip(lines, names, ends, strict=True)):
        depth, size = _end(points)
        label = f"{name} {size}" if name else f"{size}\u00a0×\u00a0{size}"
        dash = f' stroke-dasharray="{charts.DASHES[index]}"' if charts.DASHES[index] else ""
        places = " ".join(f"{_x(at, last):.1f},{_y(value, highest):.1f}" for at, value in _corners(points))
        yield f'<g class="line line-{index}"><polyline points="{places}"{dash}/>'
        # Behind the end where there is room, else above it: the steps come from below.
        where = (
            f'x="{WIDTH - RIGHT + 8}" y="{label_y + 4:.1f}"'
            if depth == last
            else f'x="{_x(depth, last):.1f}" y="{label_y - 8:.1f}" text-anchor="end"'
        )
        yield f"<text {where}>{label}</text></g>"


def _end(points: Points) -> tuple[int, int]:
    return list(points.items())[-1]


def _corners(points: Points) -> Iterator[tuple[int, int]]:
    """The corners of the steps: the size stays until the operator that changes it."""
    before = -1
    for depth, size in points.items():
        if before not in (-1, size):
            yield depth, before
        yield depth, size
        before = size


def _dots(widest: dict[int, Operator], last: int, highest: float) -> Iterator[str]:
    """A dot where the field grows, with the operator's name for whoever points at it."""
    size, shown = 0, 0
    for depth, one in sorted(widest.items()):
        if not _all(one.axes, "known") or one.axes[0].size <= size or shown >= DOTS:
            continue
        size, shown = one.axes[0].size, shown + 1
        name = f" ({one.module})" if one.module else ""
        about = escape(f"depth {depth}, {kind_of(one)}{name}: {sees(one.axes)}")
        place = f'cx="{_x(depth, last):.1f}" cy="{_y(size, highest):.1f}"'
        yield f'<g class="dot"><title>{about}</title><circle {place} r="3"/></g>'


def _bands(widest: dict[int, Operator], last: int) -> Iterator[str]:
    """A shaded part where nothing is known in pixels: the whole picture is seen, or there is no rule."""
    for state in ("unknown", "global"):
        depths = [depth for depth, one in widest.items() if _all(one.axes, state)]
        if not depths:
            continue
        first, end = _x(min(depths) - 0.5, last), min(_x(max(depths) + 0.5, last), WIDTH - RIGHT)
        height = HEIGHT - BOTTOM - TOP
        place = f'x="{first:.1f}" y="{TOP}" width="{end - first:.1f}" height="{height}"'
        yield f'<rect class="band {state}" {place}/>'
        beside = (
            f'x="{end + 8:.1f}" y="{TOP + 10}"' if state == "global" else f'x="{first:.1f}" y="{TOP - 6}"'
        )
        yield f"<text {beside}>{state}</text>"


def _picture_lines(picture: tuple[int, ...], highest: float) -> Iterator[str]:
    same = len(set(picture)) == 1
    for size, name in ((picture[0], "picture" if same else "its height"), (picture[-1], "its width"))[
        : 1 if same else 2
    ]:
        y = _y(size, highest)
        yield (
            f'<g class="edge"><line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke-dasharray="6 4"/><text x="{LEFT + 6}" y="{y - 6:.1f}">{name}: {size}</text></g>'
        )


def _required_lines(wanted: dict[str, int], highest: float) -> Iterator[str]:
    for name, size in wanted.items():
        y = _y(size, highest)
        yield (
            f'<g class="edge required"><line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{WIDTH - RIGHT - 6}" y="{y - 6:.1f}" text-anchor="end">required: {escape(name)}</text></g>'
        )


def _grid(last: int, highest: float) -> Iterable[str]:
    for step in range(5):
        value = highest * step / 4
        y = _y(value, highest)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    yield f'<text class="tick" x="4" y="{TOP - 12}">pixels</text>'
    y = HEIGHT - BOTTOM + 18
    for depth in range(0, last + 1, charts.tick_step(last)):
        yield f'<text class="tick" x="{_x(depth, last):.1f}" y="{y}" text-anchor="middle">{depth:,}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield (
        f'<text class="tick" x="{middle:.0f}" y="{HEIGHT - 4}" text-anchor="middle">'
        "depth: operators on the longest way from the picture</text>"
    )


def _x(depth: float, last: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * depth / max(last, 1)


def _y(size: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * size / highest
