"""A short ResNet for CIFAR-10 that trains fast: three layers, two of them with a residual block."""

from __future__ import annotations

import torch
from torch import nn


def conv(channels_in: int, channels: int, pool: bool = False) -> nn.Sequential:
    """A 3x3 convolution, max-pooling that halves the map where it is asked for, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, kernel_size=3, stride=1, padding=1, bias=False),
        *([nn.MaxPool2d(2)] if pool else []),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )


class ResidualLayer(nn.Module):
    """X = a convolution that halves the map; R = two convolutions on X; the result is X + R."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.down = conv(channels_in, channels, pool=True)
        self.block = nn.Sequential(conv(channels, channels), conv(channels, channels))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        halved = self.down(features)
        return halved + self.block(halved)


class CustomResNet(nn.Module):
    """Input: pictures of shape (batch, 3, 32, 32). Output: logits of shape (batch, classes).

    The softmax of the drawing is in the loss: cross-entropy takes logits.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.prep = conv(3, 64)
        self.layer1 = ResidualLayer(64, 128)
        self.layer2 = conv(128, 256, pool=True)
        self.layer3 = ResidualLayer(256, 512)
        self.pool = nn.MaxPool2d(4)
        self.classifier = nn.Linear(512, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.layer3(self.layer2(self.layer1(self.prep(images))))
        return self.classifier(self.pool(features).flatten(1))
