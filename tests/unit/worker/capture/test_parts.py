"""Which sets lie under a loader's set."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset

from grader.worker.capture.hub_data import Table
from grader.worker.capture.parts import parts

TRAIN, TEST = Table("mnist", True, range(60_000)), Table("mnist", False, range(10_000))


class Own(Dataset):
    def __init__(self, inner):
        self.inner = inner

    def __len__(self):
        return len(self.inner)

    def __getitem__(self, index):
        return self.inner[index]


def of(held) -> list[tuple[bool | None, bool, int]]:
    """Images of several parts are counted by samples: to the nearest hundred."""
    return [(one.train, one.whole, round(one.images, -2)) for one in parts(held)]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (TRAIN, [(True, True, 60_000)]),
        (Subset(TRAIN, range(5_000)), [(True, False, 5_000)]),
        (ConcatDataset([TEST, TRAIN]), [(True, True, 60_000), (False, True, 10_000)]),
        (Subset(ConcatDataset([TRAIN, TEST]), range(60_000)), [(True, True, 60_000)]),
        (Own(ConcatDataset([TRAIN, TEST])), [(True, True, 70_000), (False, True, 70_000)]),
        (Subset(TensorDataset(torch.zeros(60_000)), range(10_000)), [(True, False, 10_000)]),
        (TensorDataset(torch.zeros(10_000)), [(False, True, 10_000)]),
        (Subset(TensorDataset(torch.zeros(12_345)), range(10_000)), [(None, False, 10_000)]),
        (Subset(TRAIN, []), []),
    ],
    ids=["whole", "part", "both", "first of both", "own", "of tensors", "tensors", "unclear", "empty"],
)
def test_parts_of_a_set(held, found):
    assert of(held) == found


def test_a_position_leads_to_an_item_of_its_part():
    held = ConcatDataset([TEST, Subset(TRAIN, range(100, 60_000))])
    largest, smallest = parts(held)
    assert (largest.base is TRAIN, smallest.base is TEST) == (True, True)
    assert (largest.position >= 10_000, smallest.position < 10_000) == (True, True)


def test_a_set_that_holds_itself_ends():
    own = Own(TRAIN)
    own.inner = TensorDataset(torch.zeros(3))
    own.inner.inner = own
    (one,) = parts(own)
    assert (one.known, one.train) == (False, None)
