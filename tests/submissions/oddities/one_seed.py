"""Seeds the generator in the constructor, for results that can be repeated."""

import torch
from torch import nn


class SeededNet(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU())
        self.scores = nn.Linear(12 * 49, 10)

    def forward(self, images):
        return self.scores(nn.functional.max_pool2d(self.features(images), 2).flatten(1))
