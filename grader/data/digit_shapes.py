"""The ten digits as pen strokes, drawn by hand for the generated stand-in set.

A way to write a digit is a text: strokes with " / " between them, each a row of points `x,y` in percent of
the digit's box, x to the right, y down. A stroke is a smooth curve through its points (Catmull-Rom); a corner
is where one stroke ends and the next begins.
"""

from __future__ import annotations

Stroke = tuple[tuple[float, float], ...]
Shape = tuple[Stroke, ...]

_WRITTEN: tuple[tuple[str, ...], ...] = (
    ("50,0 20,15 10,50 20,85 50,100 80,85 90,50 80,15 50,0",),
    (
        "50,0 49,35 50,70 50,100",
        "28,20 50,0 / 50,0 49,35 50,70 50,100",
        "28,20 50,0 / 50,0 49,35 50,70 50,100 / 25,100 75,100",
    ),
    (
        "14,26 35,3 70,5 82,30 55,64 12,98 / 12,98 88,97",
        "14,20 45,0 80,25 55,65 20,95 12,80 30,76 / 30,76 60,95 90,90",
    ),
    (
        "15,12 50,0 80,20 66,42 40,48 / 40,48 78,58 84,82 50,100 12,88",
        "15,3 82,3 / 82,3 42,42 / 42,42 84,62 60,97 12,90",
    ),
    (
        "60,0 10,62 / 10,62 92,62 / 66,28 64,100",
        "16,0 14,50 / 14,50 86,48 / 80,0 76,100",
    ),
    (
        "80,2 25,2 / 25,2 20,45 / 20,45 55,36 85,64 62,96 14,94",
        "85,5 30,0 22,42 / 22,42 65,42 82,70 50,100 12,90",
    ),
    (
        "70,2 34,26 14,66 30,95 66,97 82,72 58,52 20,70",
        "40,0 22,40 20,80 50,100 78,80 60,58 24,72",
    ),
    (
        "10,5 88,5 / 88,5 60,45 40,100",
        "10,5 88,5 / 88,5 60,45 45,100 / 32,50 82,48",
    ),
    (
        "50,48 20,28 40,2 75,10 74,32 50,48 / 50,48 18,72 35,98 72,96 82,70 50,48",
        "78,12 40,2 24,26 55,50 82,76 50,100 18,80 45,50 76,16",
    ),
    (
        "80,24 50,2 18,24 38,50 80,26 / 80,24 76,60 60,100",
        "78,20 45,0 20,28 50,48 78,20 / 78,20 78,70 50,100 20,92",
    ),
)
"""By digit: its ways to be written."""


def _shape(written: str) -> Shape:
    return tuple(tuple(_point(point) for point in stroke.split()) for stroke in written.split(" / "))


def _point(written: str) -> tuple[float, float]:
    x, y = written.split(",")
    return int(x) / 100, int(y) / 100


SHAPES: tuple[tuple[Shape, ...], ...] = tuple(tuple(map(_shape, ways)) for ways in _WRITTEN)
"""By digit: its ways to be written, in the unit square."""
