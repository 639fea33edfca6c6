"""The networks of `gpu.py`, in the shapes that the assignments ask for."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


def conv(inside: int, outside: int, stride: int = 1, groups: int = 1, size: int = 3) -> list[nn.Module]:
    """Convolution, batch norm, ReLU."""
    return [
        nn.Conv2d(inside, outside, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
    ]


def head(channels: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


def mnist_net() -> nn.Module:
    """About 17,000 parameters."""
    return nn.Sequential(
        *(*conv(1, 16), *conv(16, 16), nn.MaxPool2d(2), *conv(16, 32), *conv(32, 32), *head(32)),
    )


def cifar_small() -> nn.Module:
    """Depthwise and pointwise, strides instead of pooling; under 200,000 parameters."""
    layers = [*conv(3, 32)]
    shapes = ((32, 64, 2), (64, 96, 1), (96, 128, 2), (128, 128, 1), (128, 192, 2), (192, 192, 1))
    for inside, outside, stride in shapes:
        layers += [*conv(inside, inside, stride, groups=inside), *conv(inside, outside, size=1)]
    return nn.Sequential(*layers, *head(192))


class Residual(nn.Module):
    """The input, through a 1x1 convolution where its shape changes, plus what two convolutions make of it."""

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(*conv(inside, outside, stride), *conv(outside, outside)[:-1])
        same = inside == outside and stride == 1
        self.skip = nn.Identity() if same else nn.Sequential(*conv(inside, outside, stride, size=1)[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.skip(x))


def resnet18() -> nn.Module:
    """For images of 32 pixels: 11.2 million parameters."""
    blocks: list[nn.Module] = []
    for inside, outside in pairwise((64, 64, 128, 256, 512)):
        blocks += [Residual(inside, outside, 1 + (inside != outside)), Residual(outside, outside)]
    return nn.Sequential(*conv(3, 64), *blocks, *head(512))


def custom_resnet() -> nn.Module:
    """Three layers with pooling, the first and the last with a residual: 6.6 million parameters."""

    def layer(inside: int, outside: int) -> list[nn.Module]:
        first, norm, relu = conv(inside, outside)
        return [first, nn.MaxPool2d(2), norm, relu]

    return nn.Sequential(
        *(*conv(3, 64), *layer(64, 128), Plus(128), *layer(128, 256), *layer(256, 512), Plus(512)),
        *(nn.MaxPool2d(4), nn.Flatten(), nn.Linear(512, 10)),
    )


class Plus(nn.Module):
    """The input plus what two convolutions with ReLU make of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*conv(channels, channels), *conv(channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.add(x, self.body(x))
