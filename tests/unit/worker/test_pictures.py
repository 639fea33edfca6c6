"""Decoding pictures: what is said of each, and what is refused."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.worker import pictures
from grader.worker.pictures import decoded


def noise(width: int = 120, height: int = 80, seed: int = 1) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def as_bytes(image: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def facts(root: Path, data: bytes, name: str = "a.png"):
    (root / name).write_bytes(data)
    (found,) = decoded(root, [name], 60)
    return found


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_each_format(tmp_path, form):
    found = facts(tmp_path, as_bytes(noise(), form))
    assert (found["file"], found["cell"], found["width"], found["height"]) == (0, 0, 120, 80)
    assert found["fault"] == ""
    assert found["common_share"] < 0.1
    assert len(found["thumbnail"]) == 256


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA", "1", "CMYK", "I;16"])
def test_each_mode_of_one_colour_is_of_one_colour(tmp_path, mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    found = facts(tmp_path, as_bytes(Image.new(mode, (50, 40)), form))
    assert (found["fault"], found["common_share"]) == ("", 1.0)


def test_what_is_transparent_lies_on_white(tmp_path):
    found = facts(tmp_path, as_bytes(Image.new("RGBA", (50, 40), (0, 0, 0, 0))))
    assert found["thumbnail"] == "f" * 256


def test_a_thin_line_on_white_is_not_of_one_colour(tmp_path):
    chart = np.full((400, 600, 3), 255, np.uint8)
    chart[200:202, 40:560] = 0
    chart[20:380, 40:42] = 0
    found = facts(tmp_path, as_bytes(Image.fromarray(chart)))
    assert 0.98 < found["common_share"] < 0.995


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(7_000, 7_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, size):
    found = facts(tmp_path, bomb(*size))
    assert found["width"] == 0
    assert found["fault"]


@pytest.mark.parametrize(
    "data",
    [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", as_bytes(noise())[:2000], b"<svg/>", b"%!PS-Adobe EPSF"],
)
def test_what_cannot_be_decoded_has_a_fault(tmp_path, data):
    assert facts(tmp_path, data)["fault"].startswith("cannot be decoded")


def test_a_format_that_is_not_listed_is_not_opened(tmp_path):
    assert facts(tmp_path, as_bytes(noise(), "TIFF"))["fault"].startswith("cannot be decoded")


def test_saved_outputs_of_a_notebook(tmp_path):
    text = base64.b64encode(as_bytes(noise())).decode()
    lines = [text[:50] + "\n", text[50:]]
    cells = [
        {"cell_type": "code", "outputs": [{"data": {"image/png": text}}, {"data": {"image/jpeg": lines}}]},
        {"cell_type": "code", "outputs": [{"png": text}, {"data": {"text/plain": "x"}}, 3, {"data": 3}]},
        {"cell_type": "code", "outputs": [{"data": {"image/png": "!!! no base64"}}]},
        {"cell_type": "code", "outputs": 7},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    found = decoded(tmp_path, ["a.ipynb"], 60)
    assert [(one["cell"], bool(one["fault"])) for one in found] == [
        (1, False),
        (1, False),
        (2, False),
        (3, True),
    ]


def test_a_file_without_pictures_was_looked_at(tmp_path):
    (tmp_path / "a.ipynb").write_text("x = 1")
    assert decoded(tmp_path, ["a.ipynb", "gone.png"], 60) == [
        {"file": 0, "cell": -1},
        {"file": 1, "cell": -1},
    ]


def test_after_its_time_it_begins_nothing(tmp_path):
    (tmp_path / "a.png").write_bytes(as_bytes(noise()))
    assert decoded(tmp_path, ["a.png"] * 3, 0) == []


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    (tmp_path / "a.png").write_bytes(as_bytes(noise()))
    assert decoded(tmp_path, ["a.png"], 60) == [{"file": 0, "cell": -1}]
