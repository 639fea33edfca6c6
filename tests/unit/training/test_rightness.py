"""How often a model is right while it trains: told beside the loss, and without any effect."""

from __future__ import annotations

import pytest
import torch

from grader.training.rightness import share_right

LABELS = torch.tensor([0, 1, 2, 2])
SCORES = torch.tensor([[9.0, 0, 0], [0, 9, 0], [0, 9, 0], [0, 0, 9]])


def test_the_share_whose_highest_score_is_the_labels() -> None:
    assert share_right(SCORES, LABELS) == 0.75
    assert share_right(SCORES.flip(1), LABELS) == 0.25


def test_beside_a_digit_the_images_classes_count() -> None:
    """The sum's scores follow those of the classes in the same row: they are answers of their own."""
    targets = torch.stack([LABELS, LABELS + 5, torch.full_like(LABELS, 5)], 1)
    assert share_right(SCORES, targets, classes=3) == 0.75
    louder = torch.cat([SCORES, torch.full((4, 19), 50.0)], 1)
    assert share_right(louder, targets, classes=3) == 0.75


@pytest.mark.parametrize(
    "scores",
    [None, [1.0], torch.zeros(4), torch.zeros(4, 1), torch.zeros(3, 3), torch.zeros(4, 3, 1)],
    ids=range(6),
)
def test_scores_that_are_no_row_per_label_say_nothing(scores: object) -> None:
    assert share_right(scores, LABELS) == -1.0


def test_no_answers_say_nothing() -> None:
    assert share_right(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)) == -1.0
