"""A network for CIFAR-10 with fewer than 200,000 parameters: four blocks and an output, without max-pooling."""

from __future__ import annotations

import torch
from torch import nn


class Conv(nn.Sequential):
    """A full 3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
        )


class Separable(nn.Module):
    """A depthwise separable convolution: 3x3 on each channel by itself, then 1x1 over all channels.

    Where the output has the shape of the input, the input is added to it.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels_in,
            channels_in,
            kernel_size=3,
            stride=stride,
            padding=dilation,
            dilation=dilation,
            groups=channels_in,
            bias=False,
        )
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.pointwise = nn.Conv2d(channels_in, channels_out, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels_out)
        self.adds = stride == 1 and channels_in == channels_out

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        found = self.norm2(self.pointwise(self.norm1(self.depthwise(features))))
        return torch.relu(features + found if self.adds else found)


class CifarNet(nn.Module):
    """C1 C2 C3 C4 O: three blocks that end in a 3x3 convolution of stride 2, a fourth one, and the output.

    Input: images of shape (batch, 3, 32, 32). Output: logits of shape (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Sequential(Conv(3, 24), Conv(24, 48, stride=2))
        self.c2 = nn.Sequential(Separable(48, 64), Separable(64, 64, dilation=2), Separable(64, 112, stride=2))
        self.c3 = nn.Sequential(Separable(112, 128), Separable(128, 128), Separable(128, 192, stride=2))
        self.c4 = nn.Sequential(Separable(192, 192))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(192, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.c4(self.c3(self.c2(self.c1(images))))
        return self.classifier(self.pool(features).flatten(1))
