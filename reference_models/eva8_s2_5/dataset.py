"""MNIST with a random digit beside each image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.utils.data import Dataset
from torchvision import datasets


class DigitPairs(Dataset):
    """Items: an image, a digit as a one-hot vector, the label of the image, and the sum of label and digit."""

    def __init__(self, mnist: datasets.MNIST, fixed_seed: int | None = None) -> None:
        """`fixed_seed` draws all digits once, so that a test set is the same each time it is asked."""
        self.mnist = mnist
        self.digits = None
        if fixed_seed is not None:
            generator = torch.Generator().manual_seed(fixed_seed)
            self.digits = torch.randint(0, 10, (len(mnist),), generator=generator)

    def __len__(self) -> int:
        return len(self.mnist)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, int, int]:
        image, label = self.mnist[index]
        # For training a new digit is drawn each time, evenly from 0 to 9 and independent of the image.
        drawn = torch.randint(0, 10, ()) if self.digits is None else self.digits[index]
        return image, F.one_hot(drawn, num_classes=10).float(), label, label + int(drawn)
