"""A network with two inputs, an image and a digit, and two outputs, the digit in the image and the sum of both."""

from __future__ import annotations

import torch
from torch import nn


def conv_block(channels_in: int, channels_out: int) -> nn.Sequential:
    """A 3x3 convolution that keeps the image size, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class SumNet(nn.Module):
    """Reads the digit in an image and adds the digit that is given beside it.

    Input: images of shape (batch, 1, 28, 28), digits as one-hot vectors of shape (batch, 10).
    Output: logits of shape (batch, 10) for the digit in the image, and of shape (batch, 19) for the sum.
    """

    def __init__(self) -> None:
        super().__init__()
        # The part that sees the image: 28x28 -> 14x14 -> 7x7 -> one number for each of 32 channels.
        self.edges = nn.Sequential(conv_block(1, 8), nn.MaxPool2d(2))
        self.strokes = nn.Sequential(conv_block(8, 16), conv_block(16, 24), nn.MaxPool2d(2))
        self.shapes = conv_block(24, 32)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.read = nn.Linear(32, 10)
        # The part that adds: it sees ten scores for the image and ten numbers for the other digit.
        self.add = nn.Sequential(nn.Linear(10 + 10, 64), nn.ReLU(), nn.Linear(64, 19))

    def forward(self, images: torch.Tensor, digits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.pool(self.shapes(self.strokes(self.edges(images)))).flatten(1)
        scores = self.read(features)
        # Here the two inputs meet: side by side, in front of the adding layers.
        both = torch.cat([scores, digits], dim=1)
        return scores, self.add(both)
