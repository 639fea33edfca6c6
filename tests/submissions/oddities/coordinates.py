"""Tells the convolution where each pixel lies: two planes of coordinates, made anew in each forward pass."""

import torch
from torch import nn
from torch.nn import functional as F


class WhereNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU())
        self.scores = nn.Linear(12 * 49, 10)

    def forward(self, images):
        line = torch.linspace(-1, 1, images.shape[-1], device=images.device)
        rows, columns = torch.meshgrid(line, line, indexing="ij")
        where = torch.stack([rows, columns]).expand(len(images), -1, -1, -1)
        features = self.features(torch.cat([images, where], 1))
        return self.scores(F.max_pool2d(features, 2).flatten(1))
