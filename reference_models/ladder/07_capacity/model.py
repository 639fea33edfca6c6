"""Step 7, capacity: a layer more at the end."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv(channels_in: int, channels_out: int, size: int = 3) -> nn.Sequential:
    """A convolution without padding and without offsets, ReLU, batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, size, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(channels_out),
    )


class Net(nn.Module):
    """Step 6 with a 3x3 convolution of 32 channels before its end.

    Input: images of shape (batch, 1, 28, 28). Output: logarithms of the 10 classes' probabilities, (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(1, 10),  # 26x26
            conv(10, 10),  # 24x24
            conv(10, 20),  # 22x22
            nn.MaxPool2d(2),  # 11x11
            conv(20, 10, size=1),
            conv(10, 10),  # 9x9
            conv(10, 20),  # 7x7
            nn.Dropout(0.25),
            conv(20, 32),  # 5x5
            nn.Conv2d(32, 10, 1, bias=False),
            nn.AvgPool2d(5),  # 1x1
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.layers(images).flatten(1), dim=1)
