"""ConvMixer: patches of an image, mixed by convolutions alone, for CIFAR-10 (session 10)."""

import torch
from torch import nn


class Residual(nn.Module):
    """What goes in is added to what comes out."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def activated(layer: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(layer, nn.GELU(), nn.BatchNorm2d(layer.out_channels))


def mixer_block(width: int, kernel: int) -> nn.Sequential:
    """A depthwise convolution mixes the places of each channel, a 1x1 convolution the channels of each place."""
    places = nn.Conv2d(width, width, kernel, groups=width, padding="same")
    return nn.Sequential(Residual(activated(places)), activated(nn.Conv2d(width, width, 1)))


class ConvMixer(nn.Module):
    """3 x 32 x 32 → (32 / patch)² patches of `width` numbers → `depth` blocks → the mean patch → logits."""

    def __init__(
        self, width: int = 32, depth: int = 2, kernel: int = 5, patch: int = 4, classes: int = 10
    ) -> None:
        super().__init__()
        self.embedding = activated(nn.Conv2d(3, width, patch, stride=patch))
        self.blocks = nn.Sequential(*(mixer_block(width, kernel) for _ in range(depth)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.embedding(x))
        return self.head(self.pool(x).flatten(1))
