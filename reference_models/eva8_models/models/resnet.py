"""ResNet-18 and ResNet-34 for pictures of 32x32, after "Deep Residual Learning for Image Recognition" (He et al., 2015).

The stem is a 3x3 convolution of stride 1 without pooling, because a picture of 32x32 has nothing to give away.
"""

from __future__ import annotations

import torch
from torch import nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions whose result is added to what came in."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        found = torch.relu(self.bn1(self.conv1(features)))
        found = self.bn2(self.conv2(found))
        return torch.relu(found + self.shortcut(features))


class ResNet(nn.Module):
    """A stem, four layers of basic blocks, global average pooling and a fully connected layer.

    Input: pictures of shape (batch, 3, 32, 32). Output: logits of shape (batch, classes).
    """

    def __init__(self, blocks: tuple[int, int, int, int], classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _layer(64, 64, blocks[0], stride=1)
        self.layer2 = _layer(64, 128, blocks[1], stride=2)
        self.layer3 = _layer(128, 256, blocks[2], stride=2)
        self.layer4 = _layer(256, 512, blocks[3], stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(512, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = torch.relu(self.bn1(self.conv1(images)))
        features = self.layer4(self.layer3(self.layer2(self.layer1(features))))
        return self.classifier(self.pool(features).flatten(1))


def _layer(channels_in: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    first = BasicBlock(channels_in, channels, stride)
    return nn.Sequential(first, *(BasicBlock(channels, channels) for _ in range(blocks - 1)))


def ResNet18(classes: int = 10) -> ResNet:
    """2-2-2-2 blocks, 11,173,962 parameters with ten classes."""
    return ResNet((2, 2, 2, 2), classes)


def ResNet34(classes: int = 10) -> ResNet:
    """3-4-6-3 blocks, 21,282,122 parameters with ten classes."""
    return ResNet((3, 4, 6, 3), classes)
