"""Honest models for MNIST in the shapes that students hand in, some with an oddity that is nobody's fault."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def block(channels_in: int, channels_out: int, **options: int) -> nn.Sequential:
    """A 3x3 convolution, batch norm, ReLU."""
    convolution = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False, **options)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU())


class Plain(nn.Module):
    """Two convolutions and two linear layers: no batch norm, no dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.hidden, self.scores = nn.Linear(16 * 7 * 7, 24), nn.Linear(24, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = functional.max_pool2d(functional.relu(self.first(images)), 2)
        maps = functional.max_pool2d(functional.relu(self.second(maps)), 2)
        return self.scores(functional.relu(self.hidden(maps.flatten(1))))


class Pooled(nn.Module):
    """Batch norm, dropout, global average pooling, log-softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            block(1, 10),
            block(10, 16),
            nn.MaxPool2d(2),
            nn.Dropout(0.05),
            block(16, 16),
            block(16, 24),
            nn.MaxPool2d(2),
        )
        self.head = nn.Conv2d(24, 10, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return functional.log_softmax(self.head(self.body(images)).mean((2, 3)), dim=1)


class Depthwise(nn.Module):
    """Depthwise separable convolutions."""

    def __init__(self) -> None:
        super().__init__()
        layers = [block(1, 16), nn.MaxPool2d(2)]
        for channels_in, channels_out in ((16, 32), (32, 48)):
            layers += [
                block(channels_in, channels_in, groups=channels_in),
                nn.Conv2d(channels_in, channels_out, 1),
            ]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(48, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(images).mean((2, 3)))


class Flat(nn.Module):
    """Linear layers alone."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.scores = nn.Linear(784, 24), nn.Linear(24, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.scores(torch.tanh(self.hidden(images.flatten(1))))


class Grouped(nn.Module):
    """Group norm, a residual addition, and probabilities as its output."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.inner = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)
        self.norm, self.head = nn.GroupNorm(4, 16), nn.Linear(16 * 7 * 7, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = functional.max_pool2d(functional.relu(self.stem(images)), 2)
        maps = functional.max_pool2d(maps + functional.relu(self.norm(self.inner(maps))), 2)
        return functional.softmax(self.head(maps.flatten(1)), dim=1)


class FixedFilters(nn.Module):
    """Sobel filters in a buffer, and the same convolution used twice."""

    def __init__(self) -> None:
        super().__init__()
        sobel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
        self.register_buffer("edges", torch.stack([sobel, sobel.T]).unsqueeze(1))
        self.stem, self.shared = block(3, 16), block(16, 16)
        self.head = nn.Linear(16 * 3 * 3, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        edges = functional.conv2d(images, self.edges, padding=1)
        maps = functional.max_pool2d(self.stem(torch.cat([images, edges], 1)), 2)
        maps = functional.max_pool2d(self.shared(maps), 2)
        return self.head(functional.max_pool2d(self.shared(maps), 2).flatten(1))


class Seeded(Plain):
    """Sets its own seed."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__()


class Squeezed(Pooled):
    """A squeeze that takes the batch away where it is one image."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return functional.adaptive_avg_pool2d(self.head(self.body(images)), 1).squeeze()


class NeverEvaluates(Plain):
    """Batch norm that stays in train mode, by mistake."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(8)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.train()
        maps = functional.max_pool2d(functional.relu(self.norm(self.first(images))), 2)
        maps = functional.max_pool2d(functional.relu(self.second(maps)), 2)
        return self.scores(functional.relu(self.hidden(maps.flatten(1))))


class DropoutStaysOn(Plain):
    """F.dropout without training=self.training, by mistake."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = functional.max_pool2d(functional.relu(self.first(images)), 2)
        maps = functional.max_pool2d(functional.relu(self.second(maps)), 2)
        return self.scores(functional.dropout(functional.relu(self.hidden(maps.flatten(1))), 0.1))
