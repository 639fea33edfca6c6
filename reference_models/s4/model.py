"""A small convolutional network for MNIST: 14,642 parameters."""

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


class DigitNet(nn.Module):
    """Four convolutions in three stages and one fully connected layer.

    Input: images of shape (batch, 1, 28, 28). Output: logits of shape (batch, 10).
    """

    def __init__(self, dropout: float = 0.05) -> None:
        super().__init__()
        self.edges = nn.Sequential(conv_block(1, 8), conv_block(8, 16), nn.MaxPool2d(2), nn.Dropout(dropout))
        self.strokes = nn.Sequential(conv_block(16, 24), nn.MaxPool2d(2), nn.Dropout(dropout))
        self.shapes = nn.Sequential(conv_block(24, 32), nn.MaxPool2d(2), nn.Flatten())
        self.classifier = nn.Linear(32 * 3 * 3, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.shapes(self.strokes(self.edges(images)))
        return self.classifier(features)
