"""One network for MNIST, three normalisations: the argument `norm` chooses which one is built in."""

from __future__ import annotations

import torch
from torch import nn

NORMS = ("group", "layer", "batch")


def normalisation(norm: str, channels: int) -> nn.Module:
    """The layer that normalises a map with `channels` channels.

    Layer normalisation is written as group normalisation with one group: mean and variance are taken over all channels
    and all places of an image, and there is one weight and one bias per channel, as in the other two.
    """
    if norm == "group":
        return nn.GroupNorm(2, channels)
    if norm == "layer":
        return nn.GroupNorm(1, channels)
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    raise ValueError(f"norm must be one of {', '.join(NORMS)}, and is {norm!r}")


def conv_block(norm: str, channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution with padding, a normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, stride=stride, padding=1, bias=False),
        normalisation(norm, channels_out),
        nn.ReLU(),
    )


class NormNet(nn.Module):
    """Six 3x3 convolutions in three stages, global average pooling and one fully connected layer.

    Input: images of shape (batch, 1, 28, 28). Output: logits of shape (batch, 10).
    """

    def __init__(self, norm: str = "batch") -> None:
        super().__init__()
        self.edges = nn.Sequential(conv_block(norm, 1, 8, stride=2), conv_block(norm, 8, 8), nn.MaxPool2d(2))
        self.strokes = nn.Sequential(conv_block(norm, 8, 12), conv_block(norm, 12, 14))
        self.digits = nn.Sequential(conv_block(norm, 14, 16), conv_block(norm, 16, 16))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(16, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.digits(self.strokes(self.edges(images)))
        return self.classifier(self.pool(features).flatten(1))
