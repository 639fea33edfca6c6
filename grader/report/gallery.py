"""The explained images as small pictures of our own, one card each: the image, and what speaks for which class.

Pictures are PNG as text inside of the SVG, made here from checked digits: nothing is loaded, and no text of a record
gets into them but escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from grader.records import Absent, ExplainedImage, Explanations
from grader.report import heat, words
from grader.report.inert import last_kept
from grader.report.sections.explanations import map_of, name_of, told, where

if TYPE_CHECKING:
    from grader.report.heat import Bytes

SIDE, GAP, CAPTION = 100, 8, 20
SHOWN = 20
LEGEND = (
    "Amber: what speaks for the class, the stronger the more. Inside of the line: at least half as much as where it "
    "is most."
)


@last_kept
def gallery(found: Explanations | Absent) -> str:
    """The cards as HTML; "" where there is nothing to show."""
    if isinstance(found, Absent):
        return ""
    cards = [_card(one, found) for one in found.images[:SHOWN]]
    if not any(cards):
        return ""
    legend = f'<p class="note">{LEGEND}</p>' if any(one.maps for one in found.images[:SHOWN]) else ""
    return f'{legend}<div class="shots">{"".join(cards)}</div>'


def _card(one: ExplainedImage, found: Explanations) -> str:
    image = heat.decoded(one.rows, one.channels)
    if image is None:
        return ""
    sure = "over 99.9 % sure" if one.answer_share > 0.9995 else f"{words.share(one.answer_share, 1)} sure"
    label = f"Test image {one.index}: {told(one, found)}, {sure}. {_heard(one, found)}"
    wide = 3 * SIDE + 2 * GAP
    return "".join(
        (
            f'<div class="shot"><p><b>{escape(told(one, found))}</b> <span>{sure}</span></p>',
            f'<svg viewBox="0 0 {wide} {SIDE + CAPTION}" role="img" aria-label="{escape(label.strip())}">',
            _panel(0, heat.png(image), f"image {one.index:,}"),
            *_maps(one, image, found),
            "</svg></div>",
        )
    )


def _heard(one: ExplainedImage, found: Explanations) -> str:
    """The maps in words, for who does not see them."""
    return " ".join(f"For {name_of(map.class_id, found)}: {where(map)}." for map in one.maps)


def _maps(one: ExplainedImage, image: Bytes, found: Explanations) -> Iterator[str]:
    import numpy as np

    height, width, _ = image.shape
    classes = dict.fromkeys((one.answer, one.true_class))
    for place, class_id in enumerate(classes, start=1):
        map = map_of(class_id, one)
        values = None if map is None else heat.decoded(map.rows, 1)
        if values is None:
            continue
        whole = heat.resized(np.asarray(values[:, :, 0] / 255, np.float32), height, width)
        caption = f"for {name_of(class_id, found)}{'' if values.any() else ': nothing'}"
        edge = heat.edge(whole)
        lines = f'<path class="halo" d="{edge}"/><path d="{edge}"/>' if edge else ""
        scale = f"translate({place * (SIDE + GAP)} 0) scale({SIDE / width:.5g} {SIDE / height:.5g})"
        picture = heat.png(heat.laid_over(image, whole))
        yield _panel(place, picture, caption) + f'<g transform="{scale}">{lines}</g>'


def _panel(place: int, picture: str, caption: str) -> str:
    x = place * (SIDE + GAP)
    return (
        f'<image x="{x}" width="{SIDE}" height="{SIDE}" preserveAspectRatio="none" href="{picture}"/>'
        f'<text x="{x + SIDE // 2}" y="{SIDE + 15}" text-anchor="middle">{escape(caption)}</text>'
    )
