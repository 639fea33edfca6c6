"""Step 2, the skeleton: the order of layers that the later steps keep."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv(channels_in: int, channels_out: int, size: int = 3) -> nn.Sequential:
    """A convolution without padding and without offsets, and ReLU."""
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, size, bias=False), nn.ReLU())


class Net(nn.Module):
    """Convolutions of 32, 64 and 128 channels twice, 1x1 convolutions between and after them, a 7x7 one at the end.

    Input: images of shape (batch, 1, 28, 28). Output: logarithms of the 10 classes' probabilities, (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(1, 32),  # 26x26
            conv(32, 64),  # 24x24
            conv(64, 128),  # 22x22
            nn.MaxPool2d(2),  # 11x11
            conv(128, 32, size=1),
            conv(32, 64),  # 9x9
            conv(64, 128),  # 7x7
            conv(128, 10, size=1),
            nn.Conv2d(10, 10, 7, bias=False),  # 1x1
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.layers(images).flatten(1), dim=1)
