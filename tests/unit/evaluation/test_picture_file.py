"""The picture file is one that a decoder reads back exactly."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grader.evaluation.picture_file import palette_png


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 256), st.integers(0, 1000))
def test_read_back(width, height, colours, seed):
    random = np.random.default_rng(seed)
    palette = random.integers(0, 256, (colours, 3), dtype=np.uint8)
    indices = random.integers(0, colours, (height, width), dtype=np.uint8)
    with Image.open(io.BytesIO(palette_png(indices, palette)), formats=["PNG"]) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), palette[indices])
