"""The anchors and their mean IoU as submissions write them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from grader.reading.anchors import stated_anchors
from grader.reading.class_counts import stated_classes
from grader.reading.pages import Page, pages
from grader.records import StatedAnchors, StatedClass, Submission, SubmittedFile

THREE = ((0.1, 0.2), (0.3, 0.15), (0.4, 0.7))
NAMES = ("person", "traffic light")


def written(root: Path, **files: str) -> tuple[Page, ...]:
    listed = []
    for name, text in files.items():
        path = f"{name}.ipynb" if name.startswith("nb") else f"{name}.md"
        (root / path).write_text(text, encoding="utf-8")
        listed.append(SubmittedFile(path, len(text), "0" * 64))
    submission = Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", tuple(listed))
    return pages(root, submission, "README.md")[0]


def notebook(*outputs: str, text: str = "") -> str:
    cells = [
        {"cell_type": "code", "source": "show()", "outputs": [{"output_type": "stream", "text": one}]}
        for one in outputs
    ]
    first = [{"cell_type": "markdown", "source": text}] if text else []
    return json.dumps({"cells": [*first, *cells], "nbformat": 4, "nbformat_minor": 4, "metadata": {}})


def stated(root: Path, **files: str) -> dict[int, StatedAnchors]:
    return {one.k: one for one in stated_anchors(written(root, **files)).anchors}


FORMS = {
    "a list in one line": "# A\n\nk = 3, mean IoU: 0.61\n\n`[[0.1, 0.2], [0.3, 0.15], [0.4, 0.7]]`\n",
    "tuples below a heading": "## K=3\n\nIoU = 61 %\n\n- (0.1, 0.2)\n- (0.3, 0.15)\n- (0.4, 0.7)\n",
    "w and h": "### 3 clusters\n\n* w: 0.1, h: 0.2\n* w: 0.3, h: 0.15\n* width = 0.4, height = 0.7\n\nAverage IoU 0.61\n",
    "a printed array": "Anchors for k=3:\n```\n[[0.1  0.2 ]\n [0.3  0.15]\n [0.4  0.7 ]]\nMean IoU: 0.61\n```\n",
    "crosses": "## k: 3\n\n1. 0.1 x 0.2\n2. 0.3 x 0.15\n3. 0.4 x 0.7\n\nmean IoU 0.61\n",
    "a table by anchor": "## k = 3 (mean IoU 0.61)\n\n| Anchor | w | h |\n|-|-|-|\n| 1 | .1 | .2 |\n| 2 | .3 | .15 |\n| 3 | .4 | .7 |\n",
    "a row for k": "| k | anchors | mean IoU |\n|-|-|-|\n| 3 | (0.1, 0.2), (0.3, 0.15), (0.4, 0.7) | 0.61 |\n",
    "a row for each pair": "| clusters | width | height | avg IoU (%) |\n|-|-|-|-|\n| 3 | .1 | .2 | 61 |\n| 3 | .3 | .15 | 61 |\n| 3 | .4 | .7 | 61 |\n",
    "a column for k": "| | k=3 | k=4 |\n|-|-|-|\n| mean IoU | 0.61 | 0.7 |\n| anchors | (.1, .2), (.3, .15), (.4, .7) | |\n",
    "numpy 2": "k=3\n\n[(np.float64(0.1), np.float64(0.2)), (np.float64(0.3), np.float64(0.15)), (np.float64(0.4), np.float64(0.7))]\n\nIoU 0.61\n",
    "a data frame": "k = 3, mean IoU 0.61\n```\n   width  height\n0   0.10    0.20\n1   0.30    0.15\n2   0.40    0.70\n```\n",
    "only an array": "```\narray([[0.1, 0.2],\n       [0.3, 0.15],\n       [0.4, 0.7]])\nmean IoU: 0.61\n```\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form(name: str, tmp_path: Path) -> None:
    found = stated(tmp_path, README=FORMS[name])[3]
    assert (found.anchors, found.scale) == (THREE, (1.0, 1.0))
    assert found.mean_iou == pytest.approx(0.61)


@pytest.mark.parametrize("name", ["a printed array", "only an array"])
def test_saved_outputs(name: str, tmp_path: Path) -> None:
    output = FORMS[name].replace("```\n", "")
    found = stated(tmp_path, nb=notebook(output))[3]
    assert (found.anchors, found.mean_iou, found.place) == (THREE, 0.61, "nb.ipynb, cell 1")


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ("in pixels of 416 x 416", (416.0, 416.0)),
        ("for 640x480 images", (640.0, 480.0)),
        ("on a 13x13 grid", (13.0, 13.0)),
        ("as they are", (0.0, 0.0)),
    ],
    ids=["pixels", "images", "grid", "unknown"],
)
def test_pixels_need_the_size_of_their_picture(size: str, scale: tuple[float, float], tmp_path: Path) -> None:
    text = f"# Anchors {size}\n\n## k = 2\n\n- (10, 13)\n- (116, 90)\n"
    assert stated(tmp_path, README=text)[2].scale == scale


def test_a_named_k_goes_before_a_printed_array_and_a_page_completes_another(tmp_path: Path) -> None:
    output = "[[9.0 9.0]\n [8.0 8.0]\n [7.0 7.0]]\nk = 3\n[[0.1 0.2]\n [0.3 0.15]\n [0.4 0.7]]\n"
    found = stated(tmp_path, README="k = 3: mean IoU 0.61\n", nb=notebook(output))[3]
    assert (found.anchors, found.mean_iou, found.iou_place) == (THREE, 0.61, "README.md:1")


def test_what_is_about_several_k_or_none_belongs_to_none(tmp_path: Path) -> None:
    text = "From k = 3 to 6 the mean IoU rises.\n\nk = 3, 4 and 5: IoU 0.9\n\n# Shapes\n\nboxes: (480, 2) and (150, 2)\n"
    found = stated_anchors(written(tmp_path, README=text))
    assert (found.anchors, found.loose_iou) == ((), "README.md:3")


def test_numbers_that_are_none(tmp_path: Path) -> None:
    text = "k = 2\n\n[[nan, nan], [1e999, 2]]\n\n(0, 0.1) (99999999, 1)\n\nmean IoU: 7\n"
    assert stated(tmp_path, README=text) == {}


def test_hostile_pages_are_read_in_little_time(tmp_path: Path) -> None:
    begin = time.monotonic()
    files = {
        "README": "k = 3 [[" + "0.1, " * 40_000 + "\n" + "(0.1 " * 20_000 + "iou " * 20_000,
        "a": "\n".join("| k | w | h |\n|-|-|-|\n" + "| 3 | 0.1 | 0.2 |\n" * 100 for _ in range(20)),
        "nb": notebook("w: 0.1 " * 20_000, "person" + " " * 50_000 + "1", "k\u202e=\x1b[3m 3"),
    }
    read = written(tmp_path, **files)
    stated_anchors(read)
    stated_classes(read, NAMES)
    assert time.monotonic() - begin < 20


def test_there_is_an_end_to_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.reading.pages.LIMIT_PAGES", 1)
    (tmp_path / "README.md").write_text("# A\n")
    files = tuple(SubmittedFile(path, 4, "0" * 64) for path in ("README.md", "b.md"))
    submission = Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", files)
    assert pages(tmp_path, submission, "README.md")[1] == "Only 1 of 2 pages and notebooks were read."
    monkeypatch.setattr("grader.reading.pages.LIMIT_PIECES", 0)
    assert pages(tmp_path, submission, "README.md")[1].startswith("From README.md on there was too much")


# --- classes ------------------------------------------------------------------------------------------------

TABLES = {
    "counts": "| Class | Boxes |\n|-|-|\n| person | 1,200 |\n| Traffic Light | 38 |\n",
    "with ids": "| id | name | count |\n|-|-|-|\n| 1 | person | 1200 |\n| 10 | **traffic light** | 38 |\n",
    "the count first": "| Number of boxes | Class |\n|-|-|\n| 1200 | person |\n| 38 | traffic light |\n",
    "lines": "```\nperson: 1200\ntraffic light        38\n```\n",
    "a data frame": "```\n            name  count\n0         person   1200\n1  traffic light     38\n```\n",
    "a dictionary": "```\nCounter({'person': 1200, 'traffic light': 38})\n```\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_each_form_of_counts(name: str, tmp_path: Path) -> None:
    found = stated_classes(written(tmp_path, README=TABLES[name]), NAMES)
    assert [(one.name, one.value, one.is_share) for one in found] == [
        ("person", 1200.0, False),
        ("traffic light", 38.0, False),
    ]


def test_shares(tmp_path: Path) -> None:
    text = "| class | share | percent |\n|-|-|-|\n| person | 0.97 | 97 |\n| traffic light | 0.03 | 3 % |\n"
    found = stated_classes(written(tmp_path, README=text), NAMES)
    assert found[0] == StatedClass("person", 0.97, True, "README.md:3")
    assert [one.value for one in found] == [0.97, 0.03]


def test_names_that_are_not_known_stand_in_a_table_that_is_headed_so(tmp_path: Path) -> None:
    text = (
        "| Layer | Size |\n|-|-|\n| conv | 3 |\n\n| Category | Count |\n|-|-|\n| cat | 3 |\n| dog\x1b | 4 |\n"
    )
    found = stated_classes(written(tmp_path, README=text), ())
    assert [(one.name, one.value) for one in found] == [("cat", 3.0), ("dog\\x1b", 4.0)]
