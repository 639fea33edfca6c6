"""Step 1, the setup: a network that is far too large."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """Seven 3x3 convolutions that double their channels up to 1,024; no padding in the last three.

    Input: images of shape (batch, 1, 28, 28). Output: logarithms of the 10 classes' probabilities, (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # 14x14
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(128, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # 7x7
            nn.Conv2d(256, 512, 3),  # 5x5
            nn.ReLU(),
            nn.Conv2d(512, 1024, 3),  # 3x3
            nn.ReLU(),
            nn.Conv2d(1024, 10, 3),  # 1x1
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.layers(images).flatten(1), dim=1)
