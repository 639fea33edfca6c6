"""UltimusNet: three convolutions and four attention blocks over 8 numbers, for CIFAR-10 (session 9)."""

import torch
from torch import nn


class Ultimus(nn.Module):
    """Attention over the features of one image: (n, channels) → (n, channels)."""

    def __init__(self, channels: int = 48, width: int = 8) -> None:
        super().__init__()
        self.key = nn.Linear(channels, width)
        self.query = nn.Linear(channels, width)
        self.value = nn.Linear(channels, width)
        self.out = nn.Linear(width, channels)
        self.scale = width**0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        key, query, value = self.key(x), self.query(x), self.value(x)
        products = query.unsqueeze(2) @ key.unsqueeze(1)  # QᵀK of each image: width x width
        attention = torch.softmax(products, dim=-1) / self.scale
        z = (value.unsqueeze(1) @ attention).squeeze(1)
        return self.out(z)


def convolution(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class UltimusNet(nn.Module):
    """A 3 x 32 x 32 image becomes 48 maps of 4 x 4, one vector of 48 numbers, and after four blocks ten logits."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            convolution(3, 16, stride=2),
            convolution(16, 32, stride=2),
            convolution(32, 48, stride=2),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.blocks = nn.Sequential(*(Ultimus() for _ in range(4)))
        self.head = nn.Linear(48, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.features(x)).flatten(1)
        return self.head(self.blocks(x))
