"""Step 10, the network of step 8; what is new is in train.py."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv(channels_in: int, channels_out: int, padding: int = 0) -> nn.Sequential:
    """A 3x3 convolution without offsets, ReLU, batch normalisation, dropout."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=padding, bias=False),
        nn.ReLU(),
        nn.BatchNorm2d(channels_out),
        nn.Dropout(0.1),
    )


class Net(nn.Module):
    """Six 3x3 convolutions; pooling where the receptive field is 5, and a layer after global average pooling.

    Input: images of shape (batch, 1, 28, 28). Output: logarithms of the 10 classes' probabilities, (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(1, 16),  # 26x26
            conv(16, 32),  # 24x24
            nn.Conv2d(32, 10, 1, bias=False),
            nn.MaxPool2d(2),  # 12x12
            conv(10, 16),  # 10x10
            conv(16, 16),  # 8x8
            conv(16, 16),  # 6x6
            conv(16, 16, padding=1),
            nn.AvgPool2d(6),  # 1x1
            nn.Conv2d(16, 10, 1, bias=False),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.layers(images).flatten(1), dim=1)
