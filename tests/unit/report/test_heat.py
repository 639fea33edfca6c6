"""Pictures from rows of digits: decoded strictly, resized as torch does it, encoded as a PNG that others read."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.report import heat


def test_rows_become_pixels() -> None:
    grey = heat.decoded(("00ff", "807f"), 1)
    assert grey is not None
    assert grey.tolist() == [[[0], [255]], [[128], [127]]]
    colour = heat.decoded(("0102030a0b0c",), 3)
    assert colour is not None
    assert colour.tolist() == [[[1, 2, 3], [10, 11, 12]]]


@pytest.mark.parametrize(
    ("rows", "channels"),
    [
        ((), 1),
        (("",), 1),
        (("0",), 1),
        (("00", "0000"), 1),
        (("0g",), 1),
        (("FF",), 1),
        (("0 0 ",), 1),
        (("00\n0",), 1),
        (("0000",), 3),
        (("0000",), 2),
        (("00",), 0),
        (("00" * 65,), 1),
        (("00",) * 65, 1),
        (("é0",), 1),
    ],
)
def test_what_is_no_rectangle_of_digits_gives_nothing(rows: tuple[str, ...], channels: int) -> None:
    assert heat.decoded(rows, channels) is None


MAPS = arrays.arrays(np.float32, st.tuples(*[st.integers(1, 12)] * 2), elements=st.floats(0, 1, width=32))


@given(MAPS, st.integers(1, 40), st.integers(1, 40))
def test_resizing_is_bilinear_between_centres(map: np.ndarray, height: int, width: int) -> None:
    whole = torch.nn.functional.interpolate(
        torch.from_numpy(map)[None, None].double(), (height, width), mode="bilinear", align_corners=False
    )[0, 0].numpy()
    expected = (whole - whole.min()) / (1e-7 + (whole - whole.min()).max())
    found = heat.resized(map, height, width)
    assert found.shape == (height, width)
    assert 0 <= found.min() <= found.max() <= 1
    if np.ptp(whole) > 1e-3 or not np.ptp(whole):  # what differs by rounding only is spread out by the scale
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_resizing_by_hand() -> None:
    found = heat.resized(np.array([[0.0, 1.0]], np.float32), 1, 4)
    np.testing.assert_allclose(found, [[0, 0.25, 0.75, 1]], atol=1e-6)


def test_amber_covers_in_proportion() -> None:
    image = np.array([[[0], [255]]], np.uint8)
    covered = heat.laid_over(image, np.array([[1.0, 0.0]], np.float32))
    assert covered[0, 0].tolist() == [round(heat.STRENGTH * part) for part in heat.AMBER]
    assert covered[0, 1].tolist() == [255, 255, 255]


def test_colours_below_become_grey() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    covered = heat.laid_over(image, np.zeros((1, 2), np.float32))
    assert covered[0].tolist() == [[76, 76, 76], [150, 150, 150]]


def test_the_edge_goes_around_what_is_strong() -> None:
    map = np.array([[0.0, 0.6], [0.0, 0.2]], np.float32)
    assert sorted(heat.edge(map).split("M")[1:]) == ["1 0h1", "1 0v1", "1 1h1", "2 0v1"]
    assert heat.edge(np.ones((2, 2), np.float32)).count("M") == 8
    assert heat.edge(np.zeros((2, 2), np.float32)) == ""


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("smooth", [True, False])
def test_another_program_reads_the_png(channels: int, smooth: bool) -> None:
    pictures = pytest.importorskip("PIL.Image")
    draws = np.random.default_rng(0).integers(0, 256, (9, 14, channels), dtype=np.uint8)
    image = np.arange(9 * 14 * channels, dtype=np.uint8).reshape(9, 14, channels) if smooth else draws
    kind, text = heat.png(image).split(",")
    assert kind == "data:image/png;base64"
    read = np.asarray(pictures.open(io.BytesIO(base64.b64decode(text))))
    assert (read.reshape(image.shape) == image).all()
