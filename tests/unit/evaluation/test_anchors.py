"""k-means on widths and heights, and the mean IoU of anchors, beside the results of scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.evaluation.anchors import KS, clusterings, mean_iou
from grader.records import Clustering
from grader.worker.annotations import read

FOLDER = Path(__file__).resolve().parents[3] / "reference_models" / "eva8_s10_yolo" / "B"
SKLEARN = {
    3: (0.543829, 7.800044),
    4: (0.594937, 5.099838),
    5: (0.638483, 3.331639),
    6: (0.754283, 1.927330),
    7: (0.808073, 1.089154),
    8: (0.812358, 0.880479),
}
"""k → mean IoU and inertia of `KMeans(k, n_init=20, random_state=0).fit(sizes)` of scikit-learn 1.9.1 on the boxes of the
reference; the mean IoU by the reference's own notebook."""


@pytest.fixture(scope="module")
def sizes():
    return read(FOLDER, ["annotations.json"], 60)[1]


@pytest.fixture(scope="module")
def found(sizes) -> dict[int, Clustering]:
    return {one.k: one for one in clusterings(sizes)}


@pytest.mark.parametrize("k", SKLEARN)
def test_they_are_those_of_scikit_learn(k: int, found, sizes) -> None:
    expected, inertia = SKLEARN[k]
    anchors = np.array(found[k].anchors)
    assert found[k].mean_iou == pytest.approx(expected, abs=1e-4)
    assert mean_iou(sizes, anchors) == pytest.approx(expected, abs=1e-4)
    squares = ((sizes[:, None] - anchors[None]) ** 2).sum(axis=2).min(axis=1).sum()
    assert squares == pytest.approx(inertia, rel=1e-4)


def test_the_same_boxes_give_the_same_anchors(sizes, found) -> None:
    assert list(found) == list(KS)
    assert {one.k: one for one in clusterings(sizes.copy())} == found


def test_width_and_height_exchanged_fit_worse(sizes, found) -> None:
    for k in (3, 4, 5, 6):
        anchors = np.array(found[k].anchors)
        assert mean_iou(sizes, anchors[:, ::-1]) < mean_iou(sizes, anchors) - 0.1


def test_the_mean_iou_by_hand() -> None:
    boxes, anchors = np.array([[0.2, 0.4], [0.5, 0.1]]), np.array([[0.4, 0.2], [0.5, 0.1]])
    assert mean_iou(boxes, anchors) == pytest.approx((0.04 / 0.12 + 1) / 2)


def test_many_boxes_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch, sizes, found) -> None:
    anchors = np.array(found[4].anchors)
    whole = mean_iou(sizes, anchors)
    monkeypatch.setattr("grader.evaluation.anchors._ROWS", 7)
    assert mean_iou(sizes, anchors) == pytest.approx(whole, abs=1e-12)
    monkeypatch.setattr("grader.evaluation.anchors.LARGEST_SAMPLE", 240)
    assert {one.k: one.mean_iou for one in clusterings(sizes)}[6] == pytest.approx(
        found[6].mean_iou, abs=0.01
    )


def test_fewer_different_boxes_than_anchors() -> None:
    same = np.repeat([[0.1, 0.2], [0.3, 0.4]], 50, axis=0)
    assert [(one.k, one.mean_iou) for one in clusterings(same)] == [(2, 1.0)]


def test_sizes_whose_squares_vanish() -> None:
    tiny = 1e-9 + np.arange(6)[:, None] * np.array([[1e-170, 2e-170]])
    assert all(0 <= one.mean_iou <= 1 for one in clusterings(tiny))
    near = np.array([[0.5, 0.5], [0.5, np.nextafter(0.5, 1)], [np.nextafter(0.5, 1), 0.5]])
    assert [one.k for one in clusterings(near)] == [2, 3]
