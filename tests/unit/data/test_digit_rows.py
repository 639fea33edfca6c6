"""Tables of pixels as text: every value comes back, and every fault is named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.data import digit_rows
from grader.errors import GraderFault

RNG = np.random.default_rng(9)
PIXELS = RNG.integers(0, 256, (40, 784)).astype(np.uint8)
LABELS = RNG.integers(0, 10, 40).astype(np.uint8)
HEADER = ",".join(["label", *(f"pixel{i}" for i in range(784))])


def text(header: str = HEADER, end: str = "\n", columns: int = 785) -> str:
    rows = np.column_stack([LABELS, PIXELS]).astype(int)[:, :columns]
    return end.join([header, *(",".join(map(str, row)) for row in rows)]) + end


def written(folder: Path, contents: str | bytes) -> Path:
    path = folder / "train.csv"
    path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return path


@pytest.mark.parametrize(
    "contents",
    [text(), text(end="\r\n"), "\ufeff" + text(), text()[:-1]],
    ids=["plain", "windows", "with a mark", "no newline at the end"],
)
def test_every_value_comes_back(contents: str, tmp_path: Path) -> None:
    pixels, labels = digit_rows.labelled(written(tmp_path, contents))
    np.testing.assert_array_equal(pixels, PIXELS)
    np.testing.assert_array_equal(labels, LABELS)
    assert pixels.dtype == labels.dtype == np.uint8


def test_pieces_join_wherever_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, text())
    for size in (2_900, 5_000, 9_001):
        monkeypatch.setattr(digit_rows, "_CHUNK_BYTES", size)
        np.testing.assert_array_equal(digit_rows.labelled(path)[0], PIXELS)


def test_a_table_without_labels(tmp_path: Path) -> None:
    header = HEADER.removeprefix("label,")
    lines = [line.partition(",")[2] for line in text().splitlines()[1:]]
    path = written(tmp_path, "\n".join([header, *lines]))
    np.testing.assert_array_equal(digit_rows.unlabelled(path), PIXELS)


def changed(line: int, column: int, cell: str) -> str:
    lines = [line.split(",") for line in text().splitlines()]
    lines[line - 1][column - 1] = cell
    return "\n".join(",".join(cells) for cells in lines)


@pytest.mark.parametrize(
    ("contents", "expected", "found"),
    [
        (changed(7, 3, "256"), "0 to 255 in line 7, column 3", "'256'"),
        (changed(7, 3, "-1"), "0 to 255 in line 7, column 3", "'-1'"),
        (changed(2, 1, ""), "0 to 255 in line 2, column 1", "''"),
        (changed(2, 1, "1.0"), "0 to 255 in line 2, column 1", "'1.0'"),
        (changed(41, 785, "x"), "0 to 255 in line 41, column 785", "'x'"),
        (changed(9, 10, "0255"), "0 to 255 in line 9, column 10", "'0255'"),
        (changed(9, 10, "1,2"), "785 numbers in line 9", "786"),
        (changed(4, 1, "10"), "labels 0 to 9", "label 10"),
        (text(columns=700), "785 numbers in line 2", "700"),
        (text()[: len(text()) // 2], "785 numbers in line", ""),
        (
            text(header="id,price"),
            'a header of 785 columns, the first "label"',
            "2 that begin with 'id,price'",
        ),
        (HEADER, "at least one row", "a header alone"),
        ("<html><body>Sign in", "the data set's own file", "a web page (HTML)"),
        ("", "the data set's own file", "an empty file"),
    ],
)
def test_a_damaged_table_names_expected_and_found(
    contents: str, expected: str, found: str, tmp_path: Path
) -> None:
    path = written(tmp_path, contents)
    with pytest.raises(GraderFault) as caught:
        digit_rows.labelled(path)
    assert caught.value.message.startswith(f"{path}: expected ")
    assert expected in caught.value.message
    assert found in caught.value.message
    assert caught.value.hint


def test_a_line_without_end_takes_no_more_than_a_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_rows, "_CHUNK_BYTES", 5_000)
    with pytest.raises(GraderFault, match="a line without end from line 2 on"):
        digit_rows.labelled(written(tmp_path, HEADER + "\n" + "1," * 50_000))
