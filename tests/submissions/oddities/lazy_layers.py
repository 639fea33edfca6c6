"""Layers that find out how wide they are when they first see an image."""

from torch import nn


class LazyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.LazyConv2d(12, 3, stride=2, padding=1),
            nn.LazyBatchNorm2d(),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.LazyLinear(10),
        )

    def forward(self, images):
        return self.layers(images)
